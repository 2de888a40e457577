"""A server of OpenAI's embeddings interface with the faults of real ones: embeddings_server.py LOG. Prints its port, then
a line a request to LOG: seconds, path, status, whether a key came, texts, bytes of the longest, encoding_format.

POST /FAULT/v1/embeddings says how it behaves; a number behind a dash is how often it does so before it is good:

good, busy (429, retry-after 1), busy-ms (429, retry-after-ms 100, and a retry-after that contradicts it), away (503),
cut (half of what it states), reset (closes at once), few (one item less), turned (items in reverse order), nan (of the
text "bad"), infinite (the same, as numbers), floats (numbers whatever was asked for), no-base64 (400 for base64),
no-format (400 for any encoding_format), told (200 and a body that tells of an error, with the key in it), poison
(400 where the text "bad" is among them), crash (500 where it is), long-N (400 for texts of more than N bytes), batch-N
(413 for more than N texts), slow (2 s), silent (30 s), short (states less than there is), page (200 and HTML), denied
(401, with the key in the message), elsewhere (307 to /good), big (an answer without an end), quota (429,
insufficient_quota), width (vectors of two lengths), end-N (the Nth request is good, but for a SIGTERM before the answer
to the process that the file "pid" beside LOG names), kill-N (the same with SIGKILL).

The vector of a text: its bytes in UTF-8, their sum, -0.1, and `dimensions` (0 unless asked for).
"""
import base64
import http.server
import json
import os
import signal
import socketserver
import struct
import sys
import threading
import time

log = sys.argv[1]
lock = threading.Lock()
seen = {}


def vector(text, dimensions):
    data = text.encode("utf-8", "surrogatepass")
    return [float(len(data)), float(sum(data)), -0.1, float(dimensions)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, type="application/json", length=None, **headers):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, message, code=None, param=None, **headers):
        self.note(status)
        self.answer(status, json.dumps({"error": {"message": message, "type": "x", "param": param, "code": code}}), **headers)

    def note(self, status):
        with lock, open(log, "a") as out:
            print(f"{time.monotonic():.3f}", self.path, status, "key" if self.headers.get("Authorization") else "-",
                  len(self.texts), max((len(t.encode()) for t in self.texts), default=0), self.format, file=out)

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = self.texts = request["input"]
        self.format = request.get("encoding_format", "unsaid")
        with lock:
            count = seen[self.path] = seen.get(self.path, 0) + 1
        fault = self.path.split("/")[1]
        name, _, number = fault.rpartition("-") if fault.split("-")[-1].isdigit() else (fault, "", "")
        often = int(number) if number else 1 << 30
        again = count <= often
        dimensions = request.get("dimensions", 0)
        items = [{"object": "embedding", "index": i, "embedding": vector(t, dimensions)} for i, t in enumerate(texts)]
        if name in ("nan", "infinite"):
            for item, text in zip(items, texts):
                if text == "bad":
                    item["embedding"][1] = float("nan") if name == "nan" else float("-inf")
        as_base64 = self.format == "base64" and name not in ("floats", "infinite")
        if as_base64:
            for item in items:
                item["embedding"] = base64.b64encode(struct.pack("<4f", *item["embedding"])).decode()
        if name == "few" and again:
            items.pop()
        if name == "width" and again and len(items) > 1:
            items[1]["embedding"] = [1.0]
        if name == "turned":
            items.reverse()
        body = json.dumps({"object": "list", "data": items, "model": request["model"],
                           "usage": {"prompt_tokens": 2 * len(texts), "total_tokens": 2 * len(texts)}})
        if name == "busy" and again:
            self.refuse(429, "slow down", Retry_After="1")
        elif name == "busy-ms" and again:
            self.refuse(429, "slow down", Retry_After="59", retry_after_ms="100")
        elif name == "away" and again:
            self.refuse(503, "overloaded", Retry_After="0.1")
        elif name in ("cut", "reset") and again:
            self.note(0)
            self.close_connection = True
            if name == "cut":
                self.answer(200, body[:len(body) // 2], length=len(body))
        elif name == "short" and again:
            self.note(200)
            self.answer(200, body, length=len(body) - 10)
            self.close_connection = True
        elif name == "no-base64" and self.format == "base64":
            self.refuse(400, "encoding_format 'base64' is not supported", param="encoding_format")
        elif name == "no-format" and self.format != "unsaid":
            self.refuse(400, "Extra inputs are not permitted: encoding_format")
        elif name == "told":
            self.note(200)
            self.answer(200, json.dumps({"error": {"message": "quota\n exceeded by " + self.headers.get("Authorization", "")}}))
        elif name == "poison" and "bad" in texts:
            self.refuse(400, "'$.input' is invalid", param="input")
        elif name == "crash" and "bad" in texts:
            self.refuse(500, "worker died")
        elif name == "long" and any(len(t.encode()) > int(number) for t in texts):
            self.refuse(400, f"maximum context length is {number} tokens", code="context_length_exceeded")
        elif name == "batch" and len(texts) > int(number):
            self.refuse(413, f"batch size > maximum allowed batch size {number}")
        elif name == "page" and again:
            self.note(200)
            self.answer(200, "<!DOCTYPE html><html><body>Please log in</body></html>", "text/html")
        elif name == "denied":
            self.refuse(401, "Incorrect API key provided: " + self.headers.get("Authorization", "").partition(" ")[2])
        elif name == "quota":
            self.refuse(429, "You exceeded your current quota", code="insufficient_quota")
        elif name == "elsewhere":
            self.note(307)
            self.answer(307, "", Location="/good/v1/embeddings")
        elif name == "big":
            self.note(200)
            self.answer(200, b"", length=1 << 40)
            self.close_connection = True
            try:
                while True:
                    self.wfile.write(b" " * 65536)
            except OSError:
                pass
        else:
            if name in ("slow", "silent") and again:
                time.sleep(2 if name == "slow" else 30)
            if name in ("end", "kill") and count == often:
                os.kill(int(open(os.path.join(os.path.dirname(log), "pid")).read()),
                        signal.SIGTERM if name == "end" else signal.SIGKILL)
            self.note(200)
            self.answer(200, body)

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *args):
        pass


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
