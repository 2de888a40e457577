#!/usr/bin/env bash
# A catalogue embedded by GNU parallel, on this machine or on others that see the same folder:
#
#   examples/clusters/parallel.sh products.csv parts vectors.npy [SHARDS] [--sshlogin host1,host2 ...]
#
# --retries starts a shard again that failed; it goes on behind its last part.
set -eu
data=$1 parts=$2 out=$3 shards=${4:-$(nproc)}
shift $(($# < 4 ? $# : 4))
aisle=${AISLE:-aisle} model=${AISLE_MODEL:-all-MiniLM-L6-v2}
# One thread a process; exit code 3 says that some rows had nothing to embed.
seq 0 $((shards - 1)) |
  parallel --retries 3 --halt soon,fail=1 --wd "$PWD" --env AISLE_WEIGHTS --env AISLE_ISA "$@" \
    "$(printf '%q ' "$aisle" embed --data "$data" --text-model "$model" --out "$parts" --resume --threads 1) \
     --shard {}/$shards || test \$? = 3"
"$aisle" verify "$parts"
"$aisle" merge "$parts" --out "$out" || [ $? = 3 ]
