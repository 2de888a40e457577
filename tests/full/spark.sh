#!/usr/bin/env bash
# examples/spark with a real Spark, workers in processes of their own: the vectors are those of one `aisle embed`, rows
# that cannot be done are named, and a worker without weights fails the job. Exits with 77 where there is no Java or no
# PySpark (AISLE_PYTHON names a python that has pyspark and pyarrow) or no text model.
set -eu
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export AISLE=$top/build/bin/aisle
python=${AISLE_PYTHON:-python3}
command -v java >/dev/null || { echo "skipped: no Java"; exit 77; }
"$python" -c 'import pyarrow, pyspark' 2>/dev/null || { echo "skipped: $python has no pyspark and pyarrow"; exit 77; }
[ -x "$AISLE" ] || { echo "FAIL: $AISLE was not built"; exit 1; }
for folder in "${AISLE_SHARED:-$top/../shared}/weights" "$top/weights"; do
  [ -d "$folder/all-MiniLM-L6-v2" ] && { export AISLE_WEIGHTS=$folder; break; }
done
[ -n "${AISLE_WEIGHTS:-}" ] || { echo "skipped: tools/get-weights all-MiniLM-L6-v2 was not run"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYSPARK_PYTHON=$python PYSPARK_DRIVER_PYTHON=$python SPARK_LOCAL_IP=127.0.0.1

# The example catalogue, a row without a text, and one whose text has what CSV and JSON quote.
"$python" - "$top/examples/catalogue/products.csv" "$work/products.csv" <<'PYTHON'
import csv
import sys

with open(sys.argv[1], encoding="utf-8", newline="") as file:
    rows = [[r["sku"], r["name"], r["description"]] for r in csv.DictReader(file)]
rows += [["empty", "", " "], ["odd", 'a "quoted"\nlamp, blue', "caf\u00e9 \u2603"]]
with open(sys.argv[2], "w", encoding="utf-8", newline="") as file:
    csv.writer(file).writerows([["sku", "name", "description"]] + rows)
PYTHON
"$AISLE" embed --data "$work/products.csv" --text-model all-MiniLM-L6-v2 --out "$work/one.jsonl" 2>"$work/messages" ||
  [ $? = 3 ] || { cat "$work/messages"; exit 1; }

spark() {
  "$("$python" -c 'import os, pyspark; print(os.path.join(pyspark.__path__[0], "bin", "spark-submit"))')" \
    --master "local-cluster[2,1,1024]" --conf spark.ui.enabled=false "$@" >"$work/spark.log" 2>&1
}
spark "$top/examples/spark/embed_pipe.py" "$work/products.csv" "$work/pipe" || { tail -40 "$work/spark.log"; exit 1; }
spark "$top/examples/spark/embed_arrow.py" "$work/products.csv" "$work/arrow" || { tail -40 "$work/spark.log"; exit 1; }
"$python" - "$work" <<'PYTHON'
import array
import glob
import json
import sys

import pyarrow.parquet as pq

work = sys.argv[1]


def read(lines):
    return {row["id"]: row for row in map(json.loads, lines)}


one = read(open(f"{work}/one.jsonl", encoding="utf-8"))
assert len(one) > 300 and "error" in one["empty"]
# A table says of a row without a text that it has neither text nor picture, a stream that it has no text.
for row in one.values():
    if "error" in row:
        row["error"] = "no text"
piped = read(line for name in sorted(glob.glob(f"{work}/pipe/part-*")) for line in open(name, encoding="utf-8"))
assert piped == one, "RDD.pipe gives other rows than one process"
arrow = {row["sku"]: row for row in pq.read_table(f"{work}/arrow").to_pylist()}
assert set(arrow) == set(one), "mapInArrow gives other rows than one process"
for sku, row in arrow.items():
    expected = one[sku].get("text_embedding")
    assert row["embedding"] == (expected and list(array.array("f", expected))), sku
    assert row["error"] == one[sku].get("error"), sku
print(f"{len(one)} rows by RDD.pipe and by mapInArrow as by one process")
PYTHON

# What every task fails at is not lost.
if AISLE_WEIGHTS=$work/nowhere spark "$top/examples/spark/embed_pipe.py" "$work/products.csv" "$work/failed"; then
  echo "FAIL: a job whose workers have no model succeeded"
  exit 1
fi
[ ! -e "$work/failed/_SUCCESS" ] || { echo "FAIL: a failed job says it succeeded"; exit 1; }
echo "a job without the model fails"
