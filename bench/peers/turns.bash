# Sourced by comparisons, which take turns: python, out (the JSON lines) and the functions aisle and peer.
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=${1:-/tmp/peers/bin/python}
export PEERS_CACHE=${PEERS_CACHE:-/tmp/peers-cache}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
aisle() { build/bin/aisle bench "$@" --threads 2 | tee -a "$out"; }
peer() { "$python" "bench/peers/$1.py" "${@:2}" --threads 2 --out "$out"; }
