"""`aisle images` from a server on this machine: pictures a second of wall time, and the CPU time of each.

  python download.py build/bin/aisle --pictures 3000 --side 300

The server is a process of its own that sends the same JPEG under every name; it uses the same cores.
"""
import argparse, asyncio, csv, io, json, multiprocessing, os, resource, subprocess, tempfile, time

import numpy
from PIL import Image

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("aisle")
ap.add_argument("--pictures", type=int, default=3000)
ap.add_argument("--side", type=int, default=300)
ap.add_argument("--rounds", type=int, default=3)


def jpeg(side):
    """Smooth shapes with some grain, as photographs have: 1.2 bits a pixel at 300 x 300."""
    random = numpy.random.default_rng(1)
    coarse = Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=numpy.uint8)).resize((side, side), Image.BICUBIC)
    pixels = numpy.asarray(coarse, dtype=numpy.float32) + random.normal(0, 6, (side, side, 3))
    out = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(numpy.uint8)).save(out, "JPEG", quality=80)
    return out.getvalue()


def serve(body, port):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body)

    async def client(reader, writer):
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(head + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main():
        server = await asyncio.start_server(client, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def download(args, data, options):
    """Wall and CPU seconds of one process."""
    with tempfile.TemporaryDirectory() as out:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([args.aisle, "images", "--data", data, "--image-column", "url", "--id-column", "sku", "--out", out,
                        "--allow-private", "--per-host", "64"] + options, check=True, stderr=subprocess.DEVNULL)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        statuses = [row["status"] for row in csv.DictReader(open(os.path.join(out, "status.csv")))]
        assert statuses == ["ok"] * args.pictures, set(statuses)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    args = ap.parse_args()
    body, port = jpeg(args.side), multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(body, port), daemon=True)
    server.start()
    folder = tempfile.mkdtemp()
    data = os.path.join(folder, "shop.csv")
    with open(data, "w") as f:
        base = f"http://127.0.0.1:{port.get()}"
        f.write("sku,url\n" + "".join(f"p{i},{base}/{i}.jpg\n" for i in range(args.pictures)))
    for form, options in (("224 x 224", []), ("as they come", ["--original"])):
        runs = [download(args, data, options) for _ in range(args.rounds)]
        wall, cpu = min(w for w, _ in runs), min(c for _, c in runs)
        print(json.dumps(dict(pictures=args.pictures, side=args.side, bytes=len(body), form=form,
                              a_second=round(args.pictures / wall), cpu_ms_each=round(cpu / args.pictures * 1e3, 2))))
    server.terminate()
