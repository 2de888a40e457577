"""Clients of `aisle serve`: serve_client.py URL SCENARIO [ARGUMENT...]. Exits with 1 and says what is wrong, if anything is.
"""
import base64
import gzip
import http.client
import json
import os
import re
import select
import signal
import socket
import struct
import sys
import threading
import time
import urllib.parse

url, scenario = sys.argv[1:3]
host = urllib.parse.urlsplit(url).netloc
model = "tiny-bert"


def ask(method, path, body=None, connection=None, **headers):
    own = connection or http.client.HTTPConnection(host, timeout=60)
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    own.request(method, path, data, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = own.getresponse()
    content = answer.read()
    if connection is None:
        own.close()
    return answer.status, content, answer


def embed(texts, connection=None, **more):
    status, content, _ = ask("POST", "/v1/embeddings", {"model": model, "input": texts, **more}, connection)
    assert status == 200, (status, content[:300])
    return json.loads(content)


def floats(embedding):
    """As bytes: equal means equal bits."""
    if isinstance(embedding, str):
        return base64.b64decode(embedding)
    return struct.pack(f"<{len(embedding)}f", *embedding)


def vectors(answer):
    assert [item["index"] for item in answer["data"]] == list(range(len(answer["data"])))
    assert answer["object"] == "list" and answer["model"] == model
    return [floats(item["embedding"]) for item in answer["data"]]


def expected_of(path):
    out = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            out[row["id"]] = floats(row["text_embedding"])
    return out


def same_bits(rows_file, vectors_file):
    """Many clients at a time, batches of all sizes, both formats, tokens too."""
    with open(rows_file, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    expected = expected_of(vectors_file)
    faults = []

    def client(number):
        try:
            connection = http.client.HTTPConnection(host, timeout=60)
            at = number
            for size in (1, 7, 2, 33, 120, 5):
                chosen = [rows[(at + i * (number + 1)) % len(rows)] for i in range(size)]
                at += size
                format = ("base64", "float")[size % 2]
                got = vectors(embed([r["text"] for r in chosen], connection, encoding_format=format))
                assert len(got) == size
                for row, vector in zip(chosen, got):
                    assert vector == expected[row["id"]], f"client {number}: the vector of {row} is not embed's"
        except Exception as error:
            faults.append(error)

    # At a time, so that they wait to be let in.
    many = [socket.create_connection(host.split(":"), 60) for _ in range(40)]
    for raw in many:
        raw.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    for raw in many:
        assert raw.recv(100).startswith(b"HTTP/1.1 200"), "a client was turned away"
        raw.close()
    threads = [threading.Thread(target=client, args=(n,)) for n in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not faults, faults[0]
    # One text, as a text and not a list; tokens as `aisle tokenize` gives them: [CLS] blue shirt [SEP].
    assert vectors(embed("blue shirt")) == vectors(embed(["blue shirt"])) == vectors(embed([2, 4, 6, 3])) == vectors(
        embed([[2, 4, 6, 3]]))
    assert embed("blue shirt")["usage"] == {"prompt_tokens": 4, "total_tokens": 4}
    assert len(vectors(embed([[2, 4, 3], [2, 3]]))) == 2


def refused():
    """What is wrong with a request, in OpenAI's shape."""
    def check(body, status, param, word, code=None):
        got, content, answer = ask("POST", "/v1/embeddings", body)
        assert got == status, (body, got, content)
        assert answer.getheader("Content-Type").startswith("application/json")
        error = json.loads(content)["error"]
        assert set(error) == {"message", "type", "param", "code"}, error
        assert error["param"] == param and error["code"] == code, (body, error)
        assert word in error["message"], (body, error)
        assert error["type"] == "invalid_request_error"

    good = {"model": model, "input": "a"}
    check(b"{", 400, None, "line 1")
    check(b"[]", 400, None, "expected an object")
    check(json.dumps(good).encode().replace(b'"a"', b'"caf\xe9"'), 400, None, "no UTF-8: byte ")
    check({"input": "a"}, 400, "model", "expected the name of a model")
    check({**good, "model": "gpt"}, 404, "model", "'gpt' does not exist; there is 'tiny-bert'", "model_not_found")
    check({"model": model}, 400, "input", "expected a text")
    for bad, word in (([], "an empty list"), ("", "an empty text"), (["a", ""], "input[1]: an empty text"),
                      ({"a": 1}, "found an object"), (3, "found an integer"), (None, "found null"), (["a", 1], "input[1]: expected a text"),
                      ([["a"]], "found a string among them"), ([1.5], "input[0]"), ([["a"], "b"], "input[0]"),
                      ([[]], "a list without tokens"), ([2, 99, 3], "token 99 is none of this model's 14"),
                      ([2, -1, 3], "token -1"), ([4, 6], "check_embedding_ctx_length"), ([2, 4], "expected tokens as"),
                      (["a"] * 301, "301 texts, expected no more than 300")):
        check({**good, "input": bad}, 400, "input", word)
    check({**good, "input": [2] * 600 + [3]}, 400, "input", "tokens, this model takes", "context_length_exceeded")
    check({**good, "encoding_format": "int8"}, 400, "encoding_format", "float or base64")
    check({**good, "dimensions": 4}, 400, "dimensions", "may not be shortened")
    check({**good, "dimensions": 0}, 400, "dimensions", "dimensions: 0")
    check({**good, "dimensions": "many"}, 400, None, "dimensions")
    size = len(floats(embed("a")["data"][0]["embedding"])) // 4
    assert len(embed("a", dimensions=size)["data"][0]["embedding"]) == size

    # Bodies that are too long, by their length, in chunks and unpacked, whatever their type; and others of a form's.
    for headers in ({}, {"Content_Type": "application/x-www-form-urlencoded"}):
        status, content, _ = ask("POST", "/v1/embeddings", b" " * 200000, **headers)
        assert status == 413 and "100000 bytes" in json.loads(content)["error"]["message"], (status, content)
        body = json.dumps({**good, "input": ["a" * 300] * 200}).encode()
        assert 8192 < len(body) < 100000
        assert ask("POST", "/v1/embeddings", body, **headers)[0] == 200
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("POST", "/v1/embeddings", iter([b" " * 70000] * 3), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})
    answer = connection.getresponse()
    assert answer.status == 413, answer.status
    answer.read()
    assert ask("GET", "/v1/models", connection=connection)[0] == 200  # the connection is good
    assert ask("POST", "/v1/embeddings", gzip.compress(b" " * 10000000), Content_Encoding="gzip")[0] == 413

    for method, path, status in (("GET", "/v1/embeddings", 405), ("POST", "/v1/models", 405), ("DELETE", "/health", 405),
                                 ("GET", "/", 404), ("POST", "/v1/chat/completions", 404), ("GET", "/v1/models/gpt", 404),
                                 ("GET", "/%0a", 404), ("PUT", "/nowhere", 404)):
        got, content, _ = ask(method, path, b"{}" if method != "GET" else None)
        assert got == status, (method, path, got)
        assert json.loads(content)["error"]["message"], (method, path)
    for request, status in ((b"no http\r\n\r\n", b"400"), (b"POST /v1/embeddings HTTP/1.1\r\nHost: a\r\n\r\n", b"400")):
        raw = socket.create_connection(host.split(":"), 20)
        raw.sendall(request)
        assert raw.recv(100).startswith(b"HTTP/1.1 " + status), request


def looked_at():
    """Models, health, metrics."""
    status, content, _ = ask("GET", "/v1/models")
    models = json.loads(content)
    assert status == 200 and models["object"] == "list" and [m["id"] for m in models["data"]] == [model]
    assert models["data"][0]["object"] == "model" and models["data"][0]["owned_by"] == "aisle"
    assert json.loads(ask("GET", "/v1/models/tiny-bert")[1]) == models["data"][0]
    assert json.loads(ask("GET", "/health")[1]) == {"status": "ok"}

    def metrics():
        status, content, answer = ask("GET", "/metrics")
        assert status == 200 and answer.getheader("Content-Type") == "text/plain; version=0.0.4"
        values, types = {}, {}
        for line in content.decode().splitlines():
            if line.startswith("# TYPE "):
                types[line.split()[2]] = line.split()[3]
            elif not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                values[name] = float(value)
        assert types["aisle_request_seconds"] == "histogram" and types["aisle_texts_total"] == "counter"
        return values

    before = metrics()
    embed(["blue shirt", "a", "b"])
    ask("POST", "/v1/embeddings", b"{")
    after = metrics()

    def more(name):
        return after.get(name, 0) - before.get(name, 0)
    assert more('aisle_http_requests_total{path="/v1/embeddings",status="200"}') == 1
    assert more('aisle_http_requests_total{path="/v1/embeddings",status="400"}') == 1
    assert more("aisle_texts_total") == 3 and more("aisle_tokens_total") == 10
    assert more("aisle_batch_texts_sum") == 3 and more("aisle_batch_tokens_sum") == 10
    assert more("aisle_request_seconds_count") == 1 and more("aisle_request_seconds_sum") > 0
    assert more('aisle_request_seconds_bucket{le="+Inf"}') == 1
    assert after["aisle_queue_texts"] == 0 and after["aisle_queue_requests"] == 0


def locked(key):
    """A key is asked for, of what costs something."""
    body = {"model": model, "input": "a"}
    for given in (None, "Bearer", "Bearer x", "Bearer " + key + "x", "Bearer " + key[:-1], "Basic " + key, key):
        headers = {"Authorization": given} if given else {}
        status, content, answer = ask("POST", "/v1/embeddings", body, **headers)
        assert status == 401 and answer.getheader("WWW-Authenticate") == "Bearer", (given, status)
        assert json.loads(content)["error"]["code"] == "invalid_api_key" and key.encode() not in content
        assert ask("GET", "/v1/models", **headers)[0] == 401
    assert ask("POST", "/v1/embeddings", body, Authorization="Bearer " + key)[0] == 200
    assert ask("POST", "/v1/embeddings", body, authorization="bearer " + key)[0] == 200
    assert ask("GET", "/health")[0] == 200 and ask("GET", "/metrics")[0] == 200


def busy():
    """Of many at a time some are asked to come later, and the rest is answered."""
    texts = ["blue red cotton shirts a b c . " * 8] * 300
    counts, faults = {}, []

    def client():
        try:
            for _ in range(200):
                status, content, answer = ask("POST", "/v1/embeddings", {"model": model, "input": texts, "encoding_format": "base64"})
                assert status in (200, 429), status
                if status == 429:
                    assert 1 <= int(answer.getheader("Retry-After")) <= 60
                    assert json.loads(content)["error"]["type"] == "rate_limit_error"
                counts[status] = counts.get(status, 0) + 1
                if len(counts) == 2:
                    return
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=client) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not faults, faults[0]
    assert counts.get(429) and counts.get(200), counts


def shortened():
    """Fewer dimensions, of length 1 again."""
    whole = embed("blue shirt")["data"][0]["embedding"]
    got = embed("blue shirt", dimensions=5)["data"][0]["embedding"]
    length = sum(v * v for v in whole[:5]) ** 0.5
    assert len(got) == 5
    for a, b in zip(got, whole):
        assert abs(a - b / length) < 1e-6, (got, whole)
    assert vectors(embed("blue shirt", dimensions=len(whole))) == vectors(embed("blue shirt"))


def connected():
    return socket.create_connection(host.split(":"), 60)


def answers(raw):
    """Status, headers and content of all that comes until the server ends the connection."""
    got = []
    file = raw.makefile("rb")
    while True:
        line = file.readline()
        if not line:
            return got
        headers = http.client.parse_headers(file)
        got.append((int(line.split()[1]), headers, file.read(int(headers["Content-Length"]))))


def post(body, *headers, method="POST", path="/v1/embeddings"):
    lines = [f"{method} {path} HTTP/1.1", "Host: a", *headers]
    if not any(h.startswith(("Content-Length", "Transfer-Encoding")) for h in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


one_text = json.dumps({"model": model, "input": "blue shirt"}).encode()
last_one = b"GET /v1/models HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def in_step():
    """What is a body for one is no request for the other; requests that come together are answered in turn."""
    def statuses(data):
        raw = connected()
        raw.sendall(data)
        got = answers(raw)
        assert got[-1][1]["Connection"] == "close", (data[:60], got)
        assert all("Connection" not in headers for _, headers, _ in got[:-1]), got
        return [status for status, _, _ in got]

    # Three at a time, one of them another one's; and a body that comes with the next request.
    assert statuses(post(one_text) * 3 + last_one) == [200] * 4
    assert statuses(post(one_text) + b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n" + post(b"{") + last_one) == [200, 200, 400, 200]
    # A body that nobody reads is the connection's end.
    hidden = b"x" * 9000 + b"\r\n\r\n" + last_one * 300
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 405), ("TRACE", 405), ("CONNECT", 405)):
        if method != "HEAD":
            assert statuses(post(hidden, method=method, path="/health") + last_one) == [status], method
            chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(hidden), hidden)
            assert statuses(post(chunks, "Transfer-Encoding: chunked", method=method, path="/health")) == [status], method
    # One that is read is not: of a form, too, and where there is nothing to be had.
    form = "Content-Type: multipart/form-data; boundary=x"
    assert statuses(post(hidden, form) + last_one) == [415, 200]
    assert statuses(post(hidden, path="/x") + last_one) == [404, 200]
    assert statuses(post(hidden, method="DELETE", path="/x") + last_one) == [404, 200]
    status, content, _ = ask("POST", "/v1/embeddings", hidden, Content_Type="multipart/form-data; boundary=x")
    assert status == 415 and "application/json" in json.loads(content)["error"]["message"], content
    # Where a body ends is said once, or the request refused at once.
    for length in ("-5", "99999999999999999999999", "abc", "+5", "5, 5", "0x5", "5\r\nContent-Length: 6",
                   "5\r\nTransfer-Encoding: chunked"):
        assert statuses(post(b"0\r\n\r\n" + last_one, "Content-Length: " + length)) == [400], length
    assert statuses(post(b"", "Content-Length: 5000000000000")) == [413]
    assert statuses(post(b"", "Expect: 100-continue", "Content-Length: -5")) == [400]
    assert statuses(post(b"0\r\n\r\n" + last_one, "Transfer-Encoding: gzip, chunked")) == [501]
    assert statuses(post(last_one, "Content-Length : %d" % len(last_one), "Content-Length: 0")) == [400]
    assert statuses(b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 70\nX: b\r\n\r\n" + last_one) == [400]
    assert statuses(b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: a\r\n\r\n" + last_one) == [414]
    assert statuses(post(one_text, "Content-Encoding: br") + last_one) == [415]
    assert statuses(post(gzip.compress(one_text), "Content-Encoding: gzip") + last_one) == [200, 200]
    assert statuses(b"GET /health HTTP/1.1\r\n" + b"X: aaaaaaaaaaaaaa\r\n" * 5000 + b"\r\n" + last_one) == [431]
    for method in ("FOO", "get", "PROPFIND"):
        assert statuses(post(b"", method=method)) == [501], method
    assert statuses(b"GET /health HTTP/1.0\r\n\r\n" + last_one) == [200]
    assert statuses(b"GET /health HTTP/1.1\r\nConnection: Close\r\n\r\n" + last_one) == [200]
    # Ranges are of no use here.
    plain = ask("POST", "/v1/embeddings", one_text)[1]
    for ranges in ("0-3", "0-99999", ",".join(["0-"] * 100)):
        status, content, answer = ask("POST", "/v1/embeddings", one_text, Range="bytes=" + ranges)
        assert status == 200 and content == plain, (ranges, status, len(content))
    assert ask("HEAD", "/health")[2].getheader("Accept-Ranges") is None


def crowded():
    """All connections are taken by clients that do not come to their point: they are answered or cut off, and others served."""
    slow = [connected() for _ in range(4)]
    for raw in slow:
        raw.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n")
    stop = threading.Event()

    def drip():
        while not stop.wait(0.5):
            for raw in slow:
                try:
                    raw.sendall(b"X: y\r\n")
                except OSError:
                    pass

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        assert ask("GET", "/health")[0] == 200
        for raw in slow:
            assert [status for status, _, _ in answers(raw)] == [408]
    finally:
        stop.set()
        thread.join()


def drain(pid):
    """SIGTERM in the middle of a request: it is answered; then nobody is."""
    body = json.dumps({"model": model, "input": ["blue shirt"] * 100}).encode()
    idle = http.client.HTTPConnection(host, timeout=60)
    assert ask("GET", "/health", connection=idle)[0] == 200
    raw = socket.create_connection(host.split(":"), 60)
    raw.sendall(b"POST /v1/embeddings HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
    assert raw.recv(100).startswith(b"HTTP/1.1 100")
    os.kill(int(pid), signal.SIGTERM)
    while True:  # until it takes no more connections
        try:
            socket.create_connection(host.split(":"), 60).close()
        except OSError:
            break
    raw.sendall(body)
    answer = http.client.HTTPResponse(raw)
    answer.begin()
    assert answer.status == 200, answer.status
    assert len(json.loads(answer.read())["data"]) == 100



def drain_the_slow(pid):
    """SIGTERM beside a client that sends a byte now and then, and others that wait: they are cut off."""
    idle = http.client.HTTPConnection(host, timeout=60)
    assert ask("GET", "/health", connection=idle)[0] == 200
    silent, half, drip = connected(), connected(), connected()
    half.sendall(post(b"abc", "Content-Length: 1000"))
    drip.sendall(post(b"", "Expect: 100-continue", "Content-Length: 100000"))
    assert drip.recv(100).startswith(b"HTTP/1.1 100")
    os.kill(int(pid), signal.SIGTERM)
    sent = 0
    while sent < 100000:
        try:
            drip.sendall(b" ")
        except OSError:
            break
        sent += 1
        time.sleep(0.01)
    assert sent < 100000, "all was taken"
    assert [status for status, _, _ in answers(half)] == [408]
    assert silent.recv(1) == b"" and idle.sock.recv(1) == b""


def drain_the_busy(pid):
    """SIGTERM while the model works for long: nobody is let in from then on, and what was asked for is answered."""
    body = json.dumps({"model": model, "input": ["blue red cotton shirts a b c . " * 60] * 2000, "encoding_format": "base64"}).encode()
    clients = [connected() for _ in range(8)]
    for raw in clients:
        raw.sendall(post(body))
    clients[-1].sendall(post(one_text))  # and one that waits behind
    while int(re.search(rb"\naisle_queue_requests (\d+)\n", ask("GET", "/metrics")[1])[1]) < 3:
        assert len(select.select(clients, [], [], 0)[0]) < len(clients), "answered before it was seen"
    got = {}
    readers = [threading.Thread(target=lambda raw=raw: got.update({raw: answers(raw)})) for raw in clients]
    for reader in readers:
        reader.start()
    os.kill(int(pid), signal.SIGTERM)
    refused = False
    while len(got) < len(clients) and not refused:
        try:
            connected().close()
        except OSError:
            refused = True
    assert refused and len(got) < len(clients), "clients were let in until all was answered"
    for reader in readers:
        reader.join()
    for raw in clients:
        want = [2000, 1] if raw is clients[-1] else [2000]
        assert [status for status, _, _ in got[raw]] == [200] * len(want), [status for status, _, _ in got[raw]]
        assert [len(json.loads(content)["data"]) for _, _, content in got[raw]] == want


globals()[scenario](*sys.argv[3:])
