#!/usr/bin/env bash
# A catalogue embedded by a Slurm array, a shard a task; then joined by a job that waits for all of them:
#
#   id=$(sbatch --parsable --array=0-15 examples/clusters/slurm.sh products.csv parts)
#   sbatch --dependency=afterok:$id --wrap "aisle merge parts --out vectors.npy || test \$? = 3"
#
# A task that was killed or preempted is put into the queue again (--requeue) and goes on behind its last part. Some tasks
# of an array are submitted again with its number of shards: AISLE_SHARDS=16 sbatch --array=3,7 ...
#SBATCH --job-name=aisle-embed
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --output=aisle-embed-%A-%a.log
set -eu
data=$1 parts=$2 model=${3:-all-MiniLM-L6-v2}
# The number of the task and how many there are come from Slurm's variables. All nodes must give the same bits: name the
# instruction set that the oldest of them has.
code=0
${AISLE:-aisle} embed --data "$data" --text-model "$model" --shard "auto${AISLE_SHARDS:+/$AISLE_SHARDS}" --resume --out "$parts" \
  --isa "${AISLE_ISA:-avx2}" --threads "${SLURM_CPUS_PER_TASK:-0}" || code=$?
[ $code = 3 ] && exit 0  # some rows had nothing to embed: the parts list them
exit $code
