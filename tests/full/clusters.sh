#!/usr/bin/env bash
# examples/clusters as far as one machine goes: the array script with the variables that Slurm sets, the pods' command
# with those of Kubernetes, GNU parallel and Ray where they are installed (AISLE_PYTHON names a python that has ray). Each
# must give the file that one process writes. Exits with 77 where there is no text model.
set -eu
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export AISLE=$top/build/bin/aisle PATH=$top/build/bin:$PATH
python=${AISLE_PYTHON:-python3}
[ -x "$AISLE" ] || { echo "FAIL: $AISLE was not built"; exit 1; }
for folder in "${AISLE_SHARED:-$top/../shared}/weights" "$top/weights"; do
  [ -d "$folder/all-MiniLM-L6-v2" ] && { export AISLE_WEIGHTS=$folder; break; }
done
[ -n "${AISLE_WEIGHTS:-}" ] || { echo "skipped: tools/get-weights all-MiniLM-L6-v2 was not run"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
data=$top/examples/catalogue/products.csv
isa=generic
grep -qw avx2 /proc/cpuinfo 2>/dev/null && isa=avx2
export AISLE_ISA=$isa
quiet() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; echo "FAIL: $*"; exit 1; }; }
same() {
  cmp "$work/$1.npy" "$work/one.npy" && cmp "$work/$1.ids.csv" "$work/one.ids.csv" || { echo "FAIL: $1"; exit 1; }
  echo "$1: as one process"
}
quiet "$AISLE" embed --data "$data" --text-model all-MiniLM-L6-v2 --out "$work/one.npy"

# In any order; --array=0-2, of which the last is submitted alone.
for task in 1 0; do
  quiet env SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=2 SLURM_ARRAY_TASK_COUNT=3 \
    SLURM_CPUS_PER_TASK=1 bash "$top/examples/clusters/slurm.sh" "$data" "$work/slurm"
done
quiet env AISLE_SHARDS=3 SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_MIN=2 SLURM_ARRAY_TASK_MAX=2 \
  SLURM_ARRAY_TASK_COUNT=1 SLURM_CPUS_PER_TASK=1 bash "$top/examples/clusters/slurm.sh" "$data" "$work/slurm"
quiet "$AISLE" merge "$work/slurm" --out "$work/slurm.npy"
same slurm

# The command of the pods, with the volume and the number of pods as they are here.
command=$(sed -n '/args:/,/resources:/p' "$top/examples/clusters/kubernetes.yaml" | sed '1,2d;$d' |
  sed "s#/catalogue/products.csv#$data#; s#/catalogue/weights#$AISLE_WEIGHTS#; s#/catalogue/parts#$work/kubernetes#; s#auto/16#auto/4#; s#--isa avx2#--isa $isa#")
for index in 0 1 2 3; do quiet env JOB_COMPLETION_INDEX=$index sh -c "$command"; done
quiet "$AISLE" merge "$work/kubernetes" --out "$work/kubernetes.npy"
same kubernetes

if parallel --version 2>/dev/null | grep -q GNU; then
  quiet bash "$top/examples/clusters/parallel.sh" "$data" "$work/in parallel" "$work/parallel.npy" 3
  same parallel
else
  echo "skipped: GNU parallel is not installed"
fi
if "$python" -c 'import ray' 2>/dev/null; then
  quiet "$python" "$top/examples/clusters/ray_embed.py" "$data" "$work/ray" "$work/ray.npy" 3
  same ray
else
  echo "skipped: $python has no ray"
fi
