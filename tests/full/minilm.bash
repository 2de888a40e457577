# Sourced by tests of the command with MiniLM: top, aisle and model, or the end where they are not there.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
aisle=$top/build/bin/aisle
model=${AISLE_SHARED:-$top/../shared}/weights/all-MiniLM-L6-v2
[ -x "$aisle" ] || { echo "FAIL: $aisle was not built"; exit 1; }
[ -d "$model" ] || { echo "skipped: $model is absent"; exit 77; }
