#!/usr/bin/env bash
# `aisle serve` as the official client of OpenAI and LangChain see it. Exits with 77 where there is no python3 with venv
# and pip, or pip cannot install them.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/minilm.bash"
"$aisle" serve --text-model none 2>&1 | grep -q 'built without cpp-httplib' &&
  { echo "skipped: built without cpp-httplib"; exit 77; }
work=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
python3 -m venv "$work/venv" 2>/dev/null || { echo "skipped: python3 has no venv"; exit 77; }
python=$work/venv/bin/python
"$python" -m pip install -q openai langchain-openai >"$work/pip" 2>&1 ||
  { echo "skipped: pip cannot install openai and langchain-openai"; tail -n 1 "$work/pip"; exit 77; }

export AISLE_SERVE_TEST_KEY=sk-test-1234
"$aisle" serve --text-model "$model" --port 0 --api-key-variable AISLE_SERVE_TEST_KEY >"$work/url" 2>"$work/messages" &
server=$!
for _ in $(seq 600); do [ -s "$work/url" ] && break; kill -0 $server || break; sleep 0.1; done
[ -s "$work/url" ] || { cat "$work/messages"; echo "FAIL: aisle serve does not start"; exit 1; }

printf '%s\n' '{"id":0,"text":"a red cotton shirt"}' '{"id":1,"text":"garden hose, 15 m"}' \
  '{"id":2,"text":"Grüner Tee 100 g"}' >"$work/rows.jsonl"
"$aisle" embed --in "$work/rows.jsonl" --text-model "$model" --out "$work/vectors.jsonl" 2>"$work/embed" ||
  { cat "$work/embed"; exit 1; }
"$python" - "$(cat "$work/url")" "$work" <<'PYTHON' || { cat "$work/messages"; exit 1; }
import json
import struct
import sys

import langchain_openai
import openai

url, work = sys.argv[1:]
with open(f"{work}/rows.jsonl", encoding="utf-8") as file:
    texts = [json.loads(line)["text"] for line in file]
with open(f"{work}/vectors.jsonl", encoding="utf-8") as file:
    expected = [json.loads(line)["text_embedding"] for line in file]
name, key = "all-MiniLM-L6-v2", "sk-test-1234"


def bits(vector):
    return struct.pack(f"<{len(vector)}f", *vector)


def same(got, where):
    assert [bits(v) for v in got] == [bits(v) for v in expected], f"{where}: other vectors than aisle embed's"


client = openai.OpenAI(base_url=url, api_key=key, max_retries=0)
assert [m.id for m in client.models.list()] == [name]
for more in ({}, {"encoding_format": "float"}, {"encoding_format": "base64"}, {"dimensions": 384}):
    answer = client.embeddings.create(model=name, input=texts, **more)
    if more.get("encoding_format") == "base64":
        import base64
        same([struct.unpack("<384f", base64.b64decode(d.embedding)) for d in answer.data], "openai, base64")
    else:
        same([d.embedding for d in answer.data], f"openai {more}")
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 10
for error, more in ((openai.BadRequestError, {"dimensions": 100}), (openai.NotFoundError, {"model": "gpt"}),
                    (openai.BadRequestError, {"input": []})):
    try:
        client.embeddings.create(**{"model": name, "input": texts, **more})
        raise AssertionError(f"{more} was taken")
    except error as e:
        assert e.body["message"] and e.body["type"] == "invalid_request_error", e.body
try:
    openai.OpenAI(base_url=url, api_key="sk-other", max_retries=0).models.list()
    raise AssertionError("another key was taken")
except openai.AuthenticationError:
    pass

chain = langchain_openai.OpenAIEmbeddings(model=name, base_url=url, api_key=key, check_embedding_ctx_length=False)
same(chain.embed_documents(texts), "LangChain")
same([chain.embed_query(t) for t in texts], "LangChain, queries")
print(f"openai {openai.__version__}, langchain-openai: the vectors of aisle embed, to the bit")
PYTHON
kill -TERM $server
wait $server
code=$?
server=
[ $code = 0 ] || { cat "$work/messages"; echo "FAIL: exit code $code after SIGTERM"; exit 1; }
