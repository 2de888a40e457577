#!/usr/bin/env bash
# The classifiers of `aisle run` on the 20 splits of each reference file, beside the reference's own scores. Exits with
# 77 where there is no reference data (AISLE_SHARED, default ../shared beside the checkout).
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
shared=${AISLE_SHARED:-$top/../shared}
aisle=$top/build/bin/aisle
[ -d "$shared/golden/learn/splits" ] && [ -d "$shared/data" ] && [ -d "$shared/weights" ] ||
  { echo "skipped: $shared holds no splits, data and weights"; exit 77; }
[ -x "$aisle" ] || { echo "FAIL: $aisle was not built"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# [name=NAME] run SET LABEL FUSION [OPTION...]: into $work/SET.LABEL.NAME, which is FUSION by default; the vectors of a set are made once.
run() {
  local out=$work/$1.$2.${name:-$3} code=0
  "$aisle" run --data "$shared/data/$1/products.csv" --label "$2" --fusion "$3" \
    --split "$shared/golden/learn/splits/$1.$2.json" --text-model all-MiniLM-L6-v2 --image-model efficientnet-lite0 \
    --weights "$shared/weights" --embeddings "$work/$1" --out "$out" "${@:4}" 2>"$work/messages" || code=$?
  # 3: some rows were skipped.
  [ $code = 0 ] || [ $code = 3 ] || { cat "$work/messages"; echo "FAIL: aisle run, exit code $code"; exit 1; }
}
for set in fashion grocery; do
  for label in class_id sub_class1_id; do run $set $label concat; done
  run $set sub_class1_id balanced --learners logistic_regression,mlp
  for label in class_id sub_class1_id; do name=auto run $set $label balanced --recipe auto --no-review; done
done

python3 - "$work" "$shared/golden/learn/splits" <<'PYTHON'
import json
import math
import sys

work, splits = sys.argv[1:]
failed = 0


def scores(name):
    with open(f"{work}/{name}/metrics.json", encoding="utf-8") as file:
        rows = json.load(file)["models"]
    assert rows and all(len(row["splits"]) == 20 for row in rows), f"{name}: not all splits were run"
    return rows


def say(what, got, least, unit):
    global failed
    good = got >= least
    failed += not good
    print(f"{what:62} {got:6.2f} >= {least:6.2f}  {unit:8}  {'PASS' if good else 'FAIL'}")


def one(rows, modality, **wanted):
    found = [r for r in rows if r["modality"] == modality and all(r[k] == v for k, v in wanted.items())]
    assert len(found) == 1, (modality, wanted)
    return found[0]


def at_least(what, row, accuracy, f1):
    say(what, row["accuracy_mean"], accuracy, "accuracy")
    say(what, row["macro_f1_mean"], f1, "macro F1")


# Not below the reference by more than chance: three standard errors of its mean, or half a point.
for name in ("fashion.class_id", "fashion.sub_class1_id", "grocery.class_id", "grocery.sub_class1_id"):
    rows = scores(name + ".concat")
    with open(f"{splits}/{name}.json", encoding="utf-8") as file:
        reference = json.load(file)["reference"]
    compared = [(modality, learner) for modality in ("text", "image", "both") if modality in reference
                for learner in ("logistic_regression", "random_forest", "mlp")]
    for modality, learner in compared:
        ours = "multimodal" if modality == "both" else modality
        stored = reference[modality][learner]
        slack = max(0.5, 3 * stored["accuracy_sd"] / math.sqrt(20))
        say(f"{name} {ours} {learner}", one(rows, ours, model=learner)["accuracy_mean"],
            stored["accuracy_mean"] - slack, "accuracy")

rows = scores("fashion.class_id.concat")
for modality, accuracy, f1 in (("text", 85, 80), ("image", 75, 70), ("multimodal", 85, 80)):
    at_least(f"fashion.class_id {modality} chosen", one(rows, modality, chosen=True), accuracy, f1)

rows = scores("fashion.sub_class1_id.balanced")
at_least("fashion.sub_class1_id balanced multimodal logistic_regression",
         one(rows, "multimodal", model="logistic_regression"), 96, 87)
at_least("fashion.sub_class1_id balanced multimodal mlp", one(rows, "multimodal", model="mlp"), 95.5, 90.5)
rows = scores("grocery.sub_class1_id.balanced")
at_least("grocery.sub_class1_id balanced image logistic_regression",
         one(rows, "image", model="logistic_regression"), 93.3, 93)

# What the search chooses: as good as the best recipe of the reference, and no modality alone is better than all.
for name in ("fashion.class_id", "fashion.sub_class1_id", "grocery.class_id", "grocery.sub_class1_id"):
    rows = scores(name + ".auto")
    with open(f"{splits}/{name}.json", encoding="utf-8") as file:
        stored = [s for of in json.load(file)["reference"].values() for s in of.values()]
    best = max((r for r in rows if r["chosen"]), key=lambda r: r["cross_validation_macro_f1"])
    recipe = best["recipe"]
    at_least(f"{name} auto: {best['modality']} {best['model']} c {recipe['c']:g}{' words' * recipe['words']}", best,
             max(s["accuracy_mean"] for s in stored) - 0.5, max(s["macro_f1_mean"] for s in stored) - 1)
    if len(rows) > 1:
        say(f"{name} auto: all modalities", one(rows, "multimodal")["accuracy_mean"],
            max(r["accuracy_mean"] for r in rows), "accuracy")

print(f"{failed} failed")
sys.exit(failed > 0)
PYTHON
