#!/usr/bin/env bash
# The cells of results/report.ipynb, executed: of the example catalogue with generated vectors, and of a catalogue of 300
# classes, whose drawings and file stay bounded. Exits with 77 where python3 lacks numpy, pandas or matplotlib
# (AISLE_PYTHON names another python).
set -eu
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
aisle=$top/build/bin/aisle
python=${AISLE_PYTHON:-python3}
"$python" -c 'import matplotlib, numpy, pandas' 2>/dev/null ||
  { echo "skipped: $python has no numpy, pandas and matplotlib"; exit 77; }
[ -x "$aisle" ] || { echo "FAIL: $aisle was not built"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" - "$work" "$top/examples/catalogue/products.csv" <<'PYTHON'
import csv
import random
import sys

work, example = sys.argv[1:]
random.seed(1)


def vectors(name, rows):
    with open(f"{work}/{name}.csv", "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["sku"] + [f"v{i}" for i in range(8)])
        for sku, group in rows:
            out.writerow([sku] + [f"{random.gauss(group % (3 + i), 1):.6f}" for i in range(8)])


with open(example, encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
classes = sorted({row["class_id"] for row in rows})
for name in ("text", "image"):
    vectors(name, [(row["sku"], classes.index(row["class_id"])) for row in rows])
with open(f"{work}/many.csv", "w", newline="", encoding="utf-8") as file:
    out = csv.writer(file)
    out.writerow(["sku", "name", "class_id"])
    out.writerows([f"K{i:05}", f"product {i}", f"class {i // 4:03}"] for i in range(1200))
vectors("many_text", [(f"K{i:05}", i // 4) for i in range(1200)])
PYTHON

"$aisle" run --data "$top/examples/catalogue/products.csv" --label class_id --text-embeddings "$work/text.csv" \
  --image-embeddings "$work/image.csv" --learners logistic_regression --out "$work/example" 2>"$work/messages" ||
  { cat "$work/messages"; exit 1; }
"$aisle" run --data "$work/many.csv" --label class_id --text-embeddings "$work/many_text.csv" --test-size 0.5 \
  --learners logistic_regression --out "$work/many" 2>"$work/messages" || { cat "$work/messages"; exit 1; }

for results in "$work/example" "$work/many"; do
  (cd "$results" && MPLBACKEND=Agg "$python" -) <<'PYTHON'
import json
import os

import matplotlib.pyplot as plt

assert os.path.getsize("report.ipynb") < 4_000_000, "the notebook is as large as a picture book"
with open("report.ipynb", encoding="utf-8") as file:
    cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
names, drawn = {}, 0
for number, cell in enumerate(cells):
    exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    for figure in plt.get_fignums():
        plt.figure(figure).savefig(f"drawn-{drawn}.png")
        assert os.path.getsize(f"drawn-{drawn}.png") < 4_000_000, "a drawing grows with the classes"
        drawn += 1
    plt.close("all")
assert cells and drawn, "nothing was drawn"
print(f"{len(cells)} cells, {drawn} drawings")
PYTHON
done
