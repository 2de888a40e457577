#!/usr/bin/env bash
# examples.sh NAME BIN TOP: runs bin/NAME on examples/catalogue as its first comment says, and looks whether its answers
# make sense.
set -u
name=$1 bin=$2 top=$3
weights=
for folder in "${AISLE_SHARED:-$top/../shared}/weights" "$top/weights"; do
  [ -d "$folder/all-MiniLM-L6-v2" ] && [ -d "$folder/efficientnet-lite0" ] && { weights=$folder; break; }
done
[ -n "$weights" ] || { echo "skipped: tools/get-weights all-MiniLM-L6-v2 efficientnet-lite0 was not run"; exit 0; }
cd "$top" || exit 1
images=examples/catalogue/images

failures=0
run() { out=$("$bin/$name" "$@") || { echo "FAIL: exit code $?: $name $*"; failures=1; }; }
# expect WHAT AWK-PROGRAM: the program, given the output, exits with 0.
expect() { awk "$2" <<<"$out" || { echo "FAIL: expected $1, got"; echo "$out"; failures=1; }; }
# How many of the five products found are of this class.
of_class() {
  awk '{print $2}' <<<"$out" | python3 -c '
import csv, sys
classes = {row["sku"]: row["class_id"] for row in csv.DictReader(open(sys.argv[1], encoding="utf-8"))}
print(sum(classes[line.strip()] == sys.argv[2] for line in sys.stdin))' examples/catalogue/products.csv "$1"
}
at_least() { [ "$2" -ge "$1" ] || { echo "FAIL: $2 of $3, expected $1 at least, in"; echo "$out"; failures=1; }; }
nearest_first='$1 > last + 0 && NR > 1 {bad = 1} {last = $1} END {exit bad || NR != 5}'
first_pair='NR == 2 {ab = $1} NR == 3 {ac = $1} NR == 4 {bc = $1} END {exit !(ab > ac + 0.1 && ab > bc + 0.1 && ab < 1)}'

case $name in
  embed)
    run "$weights/all-MiniLM-L6-v2" "a red cotton shirt" "crimson tee made of cotton" "garden hose"
    expect "three vectors" 'NR == 1 {exit $0 != "3 vectors of 384 dimensions"}'
    expect "the shirts to be alike" "$first_pair"
    run "$weights/efficientnet-lite0" $images/{100001,100143,100002}.jpg
    expect "three vectors" 'NR == 1 {exit $0 != "3 vectors of 1280 dimensions"}'
    expect "the shoes to be alike" "$first_pair"
    ;;
  classify)
    run examples/catalogue/products.csv class_id "$weights"
    expect "an accuracy of 0.85 at least on 110 products" '$1 == "accuracy" {good = $2 >= 0.85 && $3 == 110} END {exit !good}'
    expect "all twelve classes" '/^ *[A-Z][A-Za-z -]* +[01]\.[0-9]+ +[01]/ {n++} END {exit n != 12}'
    ;;
  similar)
    run examples/catalogue/products.csv "$weights" "something to drink tea from"
    expect "five products, the nearest first" "$nearest_first"
    at_least 4 "$(of_class Mugs)" mugs
    run examples/catalogue/products.csv "$weights" $images/100001.jpg
    expect "five products, the nearest first" "$nearest_first"
    expect "the picture itself first" 'NR == 1 {exit !($1 == "1.000" && $2 == 100001)}'
    at_least 4 "$(of_class "Running shoes")" shoes
    ;;
  *) echo "FAIL: there is no test of $name"; failures=1 ;;
esac
exit $failures
