"""A server of pictures with the faults of real ones: picture_server.py LOG. Prints its port, then a line a request to
LOG: seconds, path. The first part of a URL's path says how it behaves, the second is free (and tells requests apart):

good, cut (half of what it states), cut-once, long (states less than there is), short (states more), no-length (closes
after half, no length stated), html (as image/jpeg), page (404 and a page), endless (never ends), slow (a byte each 0.05
s), drip (4 kB a second), silent (accepts, says nothing), reset (closes at once), loop (redirects to itself), hops-N (N
redirects, then good), to-file, moved (to good), busy-N (429 with Retry-After 1 the first N times), busy (429 always),
away (503 always), away-once, leave (429, Retry-After 100000), leave-long (429, Retry-After of 23 digits), teapot (418), big (8 MB of a picture), empty, limited
(429 where more than 10 requests come in a second), proxied (203), packed (gzip, as Content-Encoding says), bomb (gzip of
8 MB), torn (half of what was packed).
"""
import gzip
import http.server
import socketserver
import sys
import threading
import time
import zlib
import struct

log = sys.argv[1]
lock = threading.Lock()
seen = {}
recent = []


def png(width, height):
    rows = b"".join(b"\0" + bytes((x * 7 % 256, y * 5 % 256, (x + y) % 256)[c] for x in range(width) for c in range(3))
                    for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


picture = png(120, 80)
page = b"<!DOCTYPE html><html><body>Please log in</body></html>"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", type="image/png", length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Type", type)
        if length != -1:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        now = time.monotonic()
        with lock:
            count = seen[self.path] = seen.get(self.path, 0) + 1
            with open(log, "a") as out:
                print(f"{now:.3f}", self.path, file=out)
        fault, _, rest = self.path[1:].partition("/")
        name, _, number = fault.partition("-") if fault.split("-")[-1].isdigit() else (fault, "", "")
        half = picture[:len(picture) // 2]
        if fault in ("cut", "short", "no-length", "slow", "drip", "reset", "silent", "endless") or fault == "cut-once" and count == 1:
            self.close_connection = True
        if fault == "cut" or fault == "cut-once" and count == 1:
            self.answer(200, half, length=len(picture))
        elif fault == "short":
            self.answer(200, picture, length=len(picture) + 100)
        elif fault == "long":
            self.answer(200, half)
        elif fault == "no-length":
            self.answer(200, half, length=-1, Connection="close")
        elif fault == "html":
            self.answer(200, page, "image/jpeg")
        elif fault == "page":
            self.answer(404, page, "text/html")
        elif fault == "empty":
            self.answer(200)
        elif fault == "endless":
            self.answer(200, picture, length=-1, Connection="close")
            try:
                while True:
                    self.wfile.write(b"\0" * 65536)
            except OSError:
                pass
        elif fault == "slow":
            self.answer(200, b"", length=len(picture))
            try:
                for i in range(len(picture)):
                    self.wfile.write(picture[i:i + 1])
                    time.sleep(0.05)
            except OSError:
                pass
        elif fault == "drip":
            self.answer(200, b"", length=len(picture))
            try:
                for i in range(0, len(picture), 200):
                    self.wfile.write(picture[i:i + 200])
                    time.sleep(0.05)
            except OSError:
                pass
        elif fault == "silent":
            time.sleep(8)
        elif fault == "reset":
            pass
        elif fault == "loop":
            self.answer(302, Location=self.path)
        elif name == "hops" and number:
            self.answer(302, Location=f"/hops-{int(number) - 1}/{rest}" if int(number) > 1 else f"/good/{rest}")
        elif fault == "moved":
            self.answer(301, Location="/good/" + rest)
        elif fault == "to-file":
            self.answer(302, Location="file:///etc/passwd")
        elif fault == "busy" or name == "busy" and count <= int(number):
            self.answer(429, Retry_After="1")
        elif fault == "leave-long":
            self.answer(429, Retry_After="9" * 23)
        elif fault == "leave":
            self.answer(429, Retry_After="100000")
        elif fault == "away" or fault == "away-once" and count == 1:
            self.answer(503)
        elif fault == "teapot":
            self.answer(418)
        elif fault == "limited":
            with lock:
                recent[:] = [t for t in recent if t > now - 1]
                full = len(recent) >= 10
                if not full:
                    recent.append(now)
            self.answer(429 if full else 200, b"" if full else picture)
        elif fault == "proxied":
            self.answer(203, picture)
        elif fault in ("packed", "torn", "bomb"):
            packed = gzip.compress(picture + b"\0" * (8 << 20) if fault == "bomb" else picture)
            self.answer(200, packed[:len(packed) // 2] if fault == "torn" else packed, Content_Encoding="gzip")
        elif fault == "big":
            self.answer(200, picture + b"\0" * (8 << 20))
        else:
            self.answer(200, picture)

    def log_message(self, *arguments):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 256


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
