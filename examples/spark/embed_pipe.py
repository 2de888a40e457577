"""Embeds a catalogue with Spark: every partition's rows go as JSON lines through a process of `aisle embed`.

    spark-submit examples/spark/embed_pipe.py products.csv vectors.jsonl [all-MiniLM-L6-v2]

AISLE names the program and AISLE_WEIGHTS the folder of the models, both on every worker. The result is a folder of
JSON lines, {"id": ..., "text_embedding": [...]}, or {"id": ..., "error": "..."} of a row that cannot be done.
"""

import json
import os
import shlex
import sys

from pyspark.sql import SparkSession

data, out = sys.argv[1:3]
model = sys.argv[3] if len(sys.argv) > 3 else "all-MiniLM-L6-v2"
aisle = os.environ.get("AISLE", "aisle")

spark = SparkSession.builder.appName("aisle embed").getOrCreate()
products = spark.read.csv(data, header=True, multiLine=True, quote='"', escape='"')


def as_json(row):
    text = " ".join(part.strip() for part in (row["name"], row["description"]) if part and part.strip())
    return json.dumps({"id": row["sku"], "text": text})


# One thread a process, as Spark runs a process for every core. Exit code 3 says that some rows have errors, which stand
# in their lines: no failure of the task.
command = f"{shlex.quote(aisle)} embed --in - --out - --text-model {shlex.quote(model)} --threads 1 || test $? = 3"
vectors = (
    products.rdd.repartition(max(2, spark.sparkContext.defaultParallelism))
    .map(as_json)
    .pipe("sh -c " + shlex.quote(command), env=dict(os.environ), checkCode=True)
)
vectors.saveAsTextFile(out)
