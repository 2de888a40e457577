"""A headless Chromium, driven over its debugging port with the standard library alone."""

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request


def find_chromium():
    """The program's path, or None: CHROMIUM names another."""
    for program in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        if program and shutil.which(program):
            return shutil.which(program)
    return None


class Socket:
    """Text messages of RFC 6455, as a client; no extensions."""

    def __init__(self, url):
        host, path = url[len("ws://"):].split("/", 1)
        name, port = host.split(":")
        self.stream = socket.create_connection((name, int(port)), timeout=120)
        key = base64.b64encode(os.urandom(16)).decode()
        self.stream.sendall((f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.waiting = b""
        while b"\r\n\r\n" not in self.waiting:
            self.waiting += self.stream.recv(4096)
        self.waiting = self.waiting.split(b"\r\n\r\n", 1)[1]

    def take(self, count):
        while len(self.waiting) < count:
            more = self.stream.recv(1 << 20)
            if not more:
                raise EOFError("the browser closed the connection")
            self.waiting += more
        out, self.waiting = self.waiting[:count], self.waiting[count:]
        return out

    def send(self, text):
        body, mask = text.encode(), os.urandom(4)
        size = len(body)
        head = b"\x81" + (bytes([0x80 | size]) if size < 126 else struct.pack(">BH", 0x80 | 126, size)
                          if size < 65536 else struct.pack(">BQ", 0x80 | 127, size))
        masked = int.from_bytes(body, "big") ^ int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        self.stream.sendall(head + mask + masked.to_bytes(size, "big"))

    def receive(self):
        out = b""
        while True:
            first, second = self.take(2)
            size = second & 127
            if size == 126:
                size = struct.unpack(">H", self.take(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.take(8))[0]
            body = self.take(size)
            if first & 15 in (0, 1):
                out += body
                if first & 128:
                    return out.decode()


class Browser:
    """One page. What it logs as an error or throws is in `problems`."""

    def __init__(self, program, folder, arguments=()):
        self.profile = tempfile.mkdtemp(dir=folder)
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--remote-debugging-port=0",
             "--remote-allow-origins=*", "--no-first-run", "--disable-background-networking", "--enable-unsafe-swiftshader",
             f"--user-data-dir={self.profile}", *arguments, "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = os.path.join(self.profile, "DevToolsActivePort")
        for _ in range(600):
            if os.path.exists(port_file) and open(port_file).read().count("\n") >= 1:
                break
            time.sleep(0.1)
        port = open(port_file).read().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as reply:
            pages = [p for p in json.load(reply) if p["type"] == "page"]
        self.socket = Socket(pages[0]["webSocketDebuggerUrl"])
        self.last, self.events, self.problems = 0, [], []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def note(self, message):
        method, about = message["method"], message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(about["exceptionDetails"])[:600])
        if method == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.problems.append(about["entry"]["text"])
        self.events.append((method, about))

    def call(self, method, **parameters):
        self.last += 1
        self.socket.send(json.dumps({"id": self.last, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.receive())
            if message.get("id") == self.last:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            if "method" in message:
                self.note(message)

    def wait_for(self, method, seconds=60):
        end = time.time() + seconds
        while time.time() < end:
            if any(name == method for name, _ in self.events):
                return
            self.call("Runtime.evaluate", expression="1")
            time.sleep(0.02)
        raise RuntimeError("no " + method)

    def open(self, path, seconds=60):
        self.events = []
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        self.wait_for("Page.loadEventFired", seconds)

    def js(self, expression):
        """The value of an expression; what it throws is a RuntimeError."""
        out = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in out:
            raise RuntimeError(expression[:200] + ": " + json.dumps(out["exceptionDetails"])[:600])
        return out["result"].get("value")

    def until(self, expression, seconds=20):
        end = time.time() + seconds
        while time.time() < end:
            if self.js(expression):
                return
            time.sleep(0.05)
        raise RuntimeError("never true: " + expression)

    def size(self, width, height, phone=False, ratio=1):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=ratio, mobile=phone)

    def media(self, kind="", dark=False):
        self.call("Emulation.setEmulatedMedia", media=kind,
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, selector):
        # What comes near is laid out in the next frame only, and may move what is below it.
        x, y = self.js(f"""(async () => {{
          const e = document.querySelector({json.dumps(selector)});
          for (let k = 0; k < 3; k++) {{
            e.scrollIntoView({{block: 'center', inline: 'center', behavior: 'instant'}});
            await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
          }}
          const r = e.getBoundingClientRect();
          return [r.x + r.width / 2, r.y + r.height / 2];
        }})()""")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="none" if kind == "mouseMoved" else "left", clickCount=1)

    def key(self, key, text="", code=0):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code,
                      **({"text": text} if text and kind == "keyDown" else {}))

    def picture(self, path, whole=False):
        more = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            more = {"captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": size["width"],
                                                            "height": size["height"], "scale": 1}}
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", **more)["data"]))

    def pdf(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]))
