"""Embeds a catalogue with Spark as a column of vectors: Arrow batches in and out of `aisle embed` (mapInArrow).

    spark-submit examples/spark/embed_arrow.py products.csv vectors.parquet [all-MiniLM-L6-v2]

AISLE names the program and AISLE_WEIGHTS the folder of the models, both on every worker. The result has the columns
sku, embedding (list of floats; null where there is none) and error. Needs pyarrow.
"""

import json
import os
import subprocess
import sys
import threading

import pyarrow as pa
from pyspark.sql import SparkSession

data, out = sys.argv[1:3]
model = sys.argv[3] if len(sys.argv) > 3 else "all-MiniLM-L6-v2"
aisle = os.environ.get("AISLE", "aisle")
environment = dict(os.environ)
rows_of_batch = 1024

spark = SparkSession.builder.appName("aisle embed").getOrCreate()
products = spark.read.csv(data, header=True, multiLine=True, quote='"', escape='"')
products = products.select("sku", "name", "description")
schema = pa.schema([("sku", pa.string()), ("embedding", pa.list_(pa.float32())), ("error", pa.string())])


def embed(batches):
    """All batches of a partition through one process, so that the model is loaded once."""
    process = subprocess.Popen(
        [aisle, "embed", "--in", "-", "--out", "-", "--text-model", model, "--threads", "1"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    failure = []

    def feed():
        try:
            with process.stdin as lines:
                for batch in batches:
                    for row in batch.to_pylist():
                        parts = [p.strip() for p in (row["name"], row["description"]) if p and p.strip()]
                        lines.write(json.dumps({"id": row["sku"], "text": " ".join(parts)}).encode() + b"\n")
        except BaseException as e:  # told by the thread that Spark waits for
            failure.append(e)

    # Fed by a thread of its own: rows come back while others are still on their way.
    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        rows = []
        for line in process.stdout:
            row = json.loads(line)
            rows.append({"sku": row["id"], "embedding": row.get("text_embedding"), "error": row.get("error")})
            if len(rows) == rows_of_batch:
                yield pa.RecordBatch.from_pylist(rows, schema=schema)
                rows = []
        code = process.wait()
        feeder.join()
        # 3: some rows have errors. Who ends early leaves the feeder with a broken pipe, which says less.
        if code not in (0, 3):
            raise RuntimeError(f"aisle embed ended with exit code {code}")
        if failure:
            raise failure[0]
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema=schema)
    finally:  # also where nobody asks for the rest (a limit)
        process.kill()
        process.wait()
        feeder.join()


products.repartition(max(2, spark.sparkContext.defaultParallelism)).mapInArrow(
    embed, "sku string, embedding array<float>, error string").write.mode("overwrite").parquet(out)
