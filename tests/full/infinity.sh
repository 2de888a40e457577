#!/usr/bin/env bash
# A server of somebody else's with OpenAI's embeddings interface: infinity, serving all-MiniLM-L6-v2 by PyTorch, gives
# `aisle embed` the vectors that aisle makes itself. Exits with 77 where there is no python3 with venv and pip, or pip
# cannot install it. AISLE_INFINITY names a venv that has it.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/minilm.bash"
work=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
venv=${AISLE_INFINITY:-$work/venv}
if [ ! -x "$venv/bin/infinity_emb" ]; then
  python3 -m venv "$venv" 2>/dev/null || { echo "skipped: python3 has no venv"; exit 77; }
  "$venv/bin/python" -m pip install -q "infinity-emb[server,torch]" numpy >"$work/pip" 2>&1 ||
    { echo "skipped: pip cannot install infinity-emb"; tail -n 1 "$work/pip"; exit 77; }
fi

port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
HF_HUB_OFFLINE=1 DO_NOT_TRACK=1 "$venv/bin/infinity_emb" v2 --model-id "$model" --served-model-name minilm \
  --engine torch --device cpu --no-bettertransformer --no-model-warmup --host 127.0.0.1 --port "$port" >"$work/log" 2>&1 &
server=$!
for _ in $(seq 1800); do
  curl -sf "http://127.0.0.1:$port/health" >/dev/null && break
  kill -0 $server 2>/dev/null || { tail -n 20 "$work/log"; echo "FAIL: infinity does not start"; exit 1; }
  sleep 0.1
done

export OPENAI_API_KEY=none
embed() { "$aisle" embed --data "$top/examples/catalogue/products.csv" --image-model '' "$@" 2>>"$work/messages"; }
embed --text-model openai:minilm --api-base "http://127.0.0.1:$port" --out "$work/theirs.npy" &&
  embed --text-model "$model" --out "$work/ours.npy" || { cat "$work/messages"; exit 1; }
"$venv/bin/python" - "$work" <<'PYTHON' || { cat "$work/messages"; exit 1; }
import sys

import numpy as np

theirs, ours = (np.load(f"{sys.argv[1]}/{name}.npy") for name in ("theirs", "ours"))
assert theirs.shape == ours.shape and len(ours) > 100, (theirs.shape, ours.shape)
worst = float(abs(theirs - ours).max())
print(f"{len(ours)} vectors, largest difference {worst:.1e}")
# Two float32 computations of one model: the golden cases of MiniLM are a few 1e-7 from the double one.
assert worst < 2e-6
PYTHON
grep -q 'tokens in [0-9]* request' "$work/messages" || { cat "$work/messages"; echo "FAIL: no count of tokens"; exit 1; }
echo "infinity's vectors are aisle's"
