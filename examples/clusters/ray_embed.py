"""A catalogue embedded by Ray, a shard a task, on nodes that see the same folder:

    python examples/clusters/ray_embed.py products.csv parts vectors.npy [SHARDS]

AISLE names the program and AISLE_WEIGHTS the folder of the models, both on every node. A task that fails, or whose node
goes, is tried again and goes on behind its last part.
"""

import os
import subprocess
import sys

import ray

data, parts, out = (os.path.abspath(path) for path in sys.argv[1:4])
shards = int(sys.argv[4]) if len(sys.argv) > 4 else 16
aisle = os.environ.get("AISLE", "aisle")
cpus = int(os.environ.get("AISLE_CPUS", "1"))  # of a task
variables = {name: os.environ[name] for name in ("AISLE_WEIGHTS", "AISLE_ISA") if name in os.environ}


@ray.remote(num_cpus=cpus, max_retries=3, retry_exceptions=True)
def embed(shard):
    done = subprocess.run(
        [aisle, "embed", "--data", data, "--text-model", "all-MiniLM-L6-v2", "--shard", f"{shard}/{shards}", "--resume",
         "--out", parts, "--threads", str(cpus)],
        env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3):  # 3: some rows had nothing to embed
        raise RuntimeError(f"shard {shard}: exit code {done.returncode}: {done.stderr.strip()}")
    return done.stderr


ray.init()
ray.get([embed.remote(shard) for shard in range(shards)])
sys.exit(0 if subprocess.run([aisle, "merge", parts, "--out", out]).returncode in (0, 3) else 1)
