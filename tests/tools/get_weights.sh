#!/usr/bin/env bash
# tools/get-weights against a local server, faults included.   get_weights.sh TOP
set -u
top=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null; rm -rf "$work"' EXIT
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
fresh() { rm -rf "$work/weights"; mkdir "$work/weights"; : >"$work/plain.log"; }
get() { "$top/tools/get-weights" --weights "$work/weights" --manifest "$work/manifest.json" "$@" >"$work/out" 2>&1; }
fails() { ! "$@"; }

# staged MODEL FAULT: where the files of that source gather.
staged() {
  local sum
  sum=$(printf '%s\n' https "http://127.0.0.1:$port/$2" '' '' | sha256sum)
  echo "$work/weights/$1.part/https-http---127.0.0.1-$port-${2//\//-}-${sum:0:16}"
}
# serve NAME [CERTIFICATE]: a server that logs to $work/NAME.log; its port is in $work/NAME.port.
serve() {
  : >"$work/$1.log"
  python3 "$here/faulty_server.py" "$work/origin" "$work/$1.log" ${2:+"$2"} >"$work/$1.port" &
  server+=" $!"
  for _ in $(seq 100); do [ -s "$work/$1.port" ] && break; sleep 0.1; done
}

mkdir -p "$work/origin/sub" "$work/origin/org/name/resolve/main" "$work/origin/one" "$work/origin/two"
python3 -c 'import random; random.seed(1); open("'"$work"'/origin/model.bin", "wb").write(random.randbytes(300001))'
echo '{}' >"$work/origin/sub/config.json"
cp "$work/origin/model.bin" "$work/origin/org/name/resolve/main/model.bin"
for source in one two; do
  cp "$work/origin/model.bin" "$work/origin/$source/model.bin"
  echo "{\"of\": \"$source\"}" | tee "$work/origin/$source/config.json" >"$work/origin/$source/preset.json"
done
mkdir -p "$work/origin/one-1" "$work/origin/one/1"  # of the first, the model is missing
echo 1 >"$work/origin/one-1/config.json"
echo 2 >"$work/origin/one/1/config.json"
cp "$work/origin/model.bin" "$work/origin/one/1/model.bin"
serve plain
port=$(cat "$work/plain.port")
ln -s plain.log "$work/log"
# A certificate for this machine, which curl is told to believe.
secure=0
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$work/key" -out "$work/certificate" 2>/dev/null && cat "$work/key" >>"$work/certificate" &&
  serve secure "$work/certificate" && secure=$(cat "$work/secure.port")

python3 - "$work" "$port" "$secure" <<'PYTHON'
import hashlib, json, sys, zipfile
work, port, secure = sys.argv[1:]
sha = lambda path: hashlib.sha256(open(f"{work}/origin/{path}", "rb").read()).hexdigest()
model = {"path": "model.bin", "sha256": sha("model.bin"), "size": 300001}
config = {"path": "sub/config.json", "sha256": sha("sub/config.json")}
unknown = {"path": "model.bin", "sha256": None}
def web(fault, *files): return {"kind": "https", "url": f"http://127.0.0.1:{port}/{fault}", "files": list(files)}
local = {"kind": "file", "url": f"file://{work}/origin", "files": [model, config]}
hub = {"kind": "huggingface", "repository": "org/name", "revision": "main", "files": [model]}
def any_of(*paths): return [{"path": path, "sha256": None} for path in paths]
def safe(fault, *files): return {"kind": "https", "url": f"https://127.0.0.1:{secure}/{fault}", "files": list(files)}
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
    "two-sources": [web("partial/one", *any_of("config.json", "preset.json", "model.bin")),
                    web("good/two", *any_of("config.json", "model.bin"))],
    "alike": [web("good/one-1", *any_of("config.json", "model.bin")), web("good/one/1", *any_of("config.json", "model.bin"))],
    "half": [web("partial/one", *any_of("config.json", "model.bin"))],
    "far": [{"kind": "https", "url": "http://example.org/x", "files": [model]}],
    "far-user": [{"kind": "https", "url": "http://localhost:1@example.org/x", "files": [model]}],
    "secure": [safe("good", model)],
    "downgrade": [safe(f"downgrade/{port}", model)],
    "hub": [hub],
    "outside": [web("good", {"path": "../model.bin", "sha256": None})],
    "package": [package],
    "package-path": [{**package, "package": f"{work}/evil"}],
    "package-option": [{**package, "version": "1.0 --index-url=x"}],
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
mkdir -p "$work/weights/good"
: >"$work/weights/good/sub"
echo old >"$work/weights/good/model.bin"
check "a file that cannot take its place" fails get good
check "leaves no model of two sources" absent good/model.bin
rm "$work/weights/good/sub"
: >"$work/plain.log"
check "and the next try completes it" get good
check "with all files" same model.bin good/model.bin
check "and nothing fetched twice" requests 0

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
check "nor a part" eval '[ -z "$(ls "$work/weights")" ]'
fresh
check "no connection: the next source" get refused
check "whole" same model.bin refused/model.bin

fresh
check "a connection that breaks is resumed" get cut
check "to the right bytes" same model.bin cut/model.bin
check "from where it broke" grep -q 'cut model.bin bytes=150000-' "$work/log"
fresh
mkdir -p "$(staged good good)"
head -c 1000 "$work/origin/model.bin" >"$(staged good good)/model.bin.part"
check "a part of an earlier run is resumed" get good
check "to the right bytes again" same model.bin good/model.bin
check "from its end" grep -q 'good model.bin bytes=1000-' "$work/log"
fresh
mkdir -p "$(staged good good)"
head -c 400000 /dev/zero >"$(staged good good)/model.bin.part"
check "a part that is too long starts over" get good
check "and is whole" same model.bin good/model.bin
fresh
mkdir -p "$(staged good good)"
cp "$work/origin/model.bin" "$(staged good good)/model.bin.part"
check "a whole part is only renamed" get good
check "without a request for it" fails grep -q 'model.bin' "$work/log"
fresh
mkdir -p "$(staged plain plain)"
head -c 1000 "$work/origin/model.bin" >"$(staged plain plain)/model.bin.part"
check "a server without ranges starts over" get plain
check "and it is whole" same model.bin plain/model.bin

fresh
check "an unknown sha256 is refused" fails get unknown
check "before it is asked for" requests 0
check "naming the option" said "--allow-unverified"
check "which takes it" get --allow-unverified unknown
check "as it is" same model.bin unknown/model.bin
check "and says what it got" said "taken unverified, sha256 $(sha256sum <"$work/origin/model.bin" | cut -d ' ' -f 1)"
check "and the next time does not call it checked" get unknown
check "as nobody has vouched" said "nobody has vouched"

fresh
check "sources without checksums: the next one" get --allow-unverified two-sources
check "with its own configuration" same two/config.json two-sources/config.json
check "and nothing of the first" absent two-sources/preset.json
check "nothing half done is left" absent two-sources.part
: >"$work/plain.log"
check "the second time nothing is fetched" get --allow-unverified two-sources
check "no request" requests 0
rm "$work/weights/two-sources/model.bin"
cp "$work/origin/one/preset.json" "$work/weights/two-sources/preset.json"
check "what an other source had left goes" get --allow-unverified two-sources
check "with its file" absent two-sources/preset.json
fresh
check "half a source is none" fails get --allow-unverified half
check "so there is no folder of the model" absent half
check "what it did deliver is kept" cmp -s "$work/origin/one/config.json" "$(staged half partial/one)/config.json"
check "for the next try" fails get --allow-unverified half
check "which asks for the rest alone" eval '[ "$(grep -c config.json "$work/log")" -eq 1 ]'
check "and says what it takes of an earlier try" said "config.json: of an earlier try, taken unverified, sha256 "
check "sources whose folders would be named alike" get --allow-unverified alike
check "are not mixed" same one/1/config.json alike/config.json

fresh
mkdir -p "$work/weights/good"
echo mine | tee "$work/weights/good/model.bin" >"$work/mine"
check "a file of the user's own gives way" get good
check "to the source's" same model.bin good/model.bin
check "and is kept" cmp -s "$work/mine" "$work/weights/good/model.bin.old"
check "which is said" said "kept as model.bin.old"
echo more >"$work/weights/good/model.bin"
check "and the next one" get good
check "beside it" cmp -s "$work/mine" "$work/weights/good/model.bin.old"
check "under another name" [ "$(cat "$work/weights/good/model.bin.old.2")" = more ]
for id in ../victim a/b .. '' m.part; do
  mkdir -p "$work/victim" && echo mine >"$work/victim/model.bin"
  python3 -c 'import json, sys; json.dump({"schema": 1, "models": [{"id": sys.argv[1], "sources": []}]}, open(sys.argv[2], "w"))' \
    "$id" "$work/ids.json"
  check "the id '$id' is refused" fails get --manifest "$work/ids.json" "$id"
  check "as no plain name" said "plain name"
done

fresh
check "plain http to another machine is refused" fails get far
check "saying what is expected" said "expected https"
check "whatever stands before its name" fails get far-user
check "too" said "expected https"
if [ "$secure" != 0 ]; then
  export CURL_CA_BUNDLE=$work/certificate
  check "https" get secure
  check "brings the bytes" same model.bin secure/model.bin
  : >"$work/plain.log"
  check "https that redirects to plain http is refused" fails get downgrade
  check "and not followed" requests 0
  check "though it was asked" grep -q downgrade "$work/secure.log"
  unset CURL_CA_BUNDLE
else
  echo "skipped: no openssl for a server that speaks https"
fi

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
mkdir -p "$work/evil"
echo "open('$work/executed', 'w').close()" >"$work/evil/setup.py"
check "a path is no name of a package" fails get package-path
check "and is told so" said "expected the name of a package"
check "none of its code runs" eval '[ ! -e "$work/executed" ]'
check "an option is no version" fails get package-option
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

# Manifests that say too little, or the same twice.
file='{"path": "a", "sha256": null}'
source='{"kind": "https", "url": "https://127.0.0.1:9/x", "files": ['
for fault in "files is empty|{\"id\": \"m\", \"sources\": [$source]}]}" \
  "path 'a' again|{\"id\": \"m\", \"sources\": [$source$file, $file]}]}" \
  "id 'm' again|{\"id\": \"m\", \"sources\": []}, {\"id\": \"m\", \"sources\": []}" \
  "expected a plain path|{\"id\": \"m\", \"sources\": [$source{\"path\": \"a\\nfile\", \"sha256\": null}]}]}"; do
  printf '{"schema": 1, "models": [%s]}\n' "${fault#*|}" >"$work/doubtful.json"
  check "a manifest is refused: ${fault%%|*}" fails get --manifest "$work/doubtful.json" --allow-unverified m
  check "and it says why" said "${fault%%|*}"
done

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
