"""A file server with the faults of real ones: faulty_server.py ROOT LOG [CERTIFICATE_AND_KEY], with which it speaks
https. Prints its port, then a line a request to LOG.

The first part of a URL's path says how it misbehaves: good, missing (404), wrong (other bytes), plain (knows no
ranges), cut (the first answer for each file ends half way), flaky (503 the first time), slow (stalls half way),
moved (redirects to good), partial (lacks model.bin), downgrade (PORT/FILE: redirects to plain http on that port).
"""
import http.server
import os
import re
import ssl
import sys
import time

root, log = sys.argv[1:3]
seen = set()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        fault, name = re.fullmatch(r"/([a-z]+)/(.*)", self.path).groups()
        wanted = self.headers.get("Range")
        with open(log, "a") as out:
            print(fault, name, wanted or "-", file=out)
        path = os.path.join(root, name)
        if fault == "downgrade":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:{}/good/{}".format(*name.split("/", 1)))
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if fault == "missing" or fault == "partial" and name.endswith("model.bin") or not os.path.isfile(path):
            return self.send_error(404)
        if fault == "flaky" and (fault, name) not in seen:
            seen.add((fault, name))
            return self.send_error(503)
        if fault == "moved":
            self.send_response(302)
            self.send_header("Location", "/good/" + name)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        with open(path, "rb") as file:
            body = file.read()
        if fault == "wrong":
            body = body[::-1]
        start = 0
        if wanted and fault != "plain":
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
            if start >= len(body):
                return self.send_error(416)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        cut = fault == "cut" and (fault, name) not in seen
        if cut:
            seen.add((fault, name))
        half = start + (len(body) - start) // 2
        self.wfile.write(body[start:half] if cut or fault == "slow" else body[start:])
        if fault == "slow":
            self.wfile.flush()
            time.sleep(10)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
