"""`aisle serve` under load beside `aisle embed`: the same texts, wall and the server's CPU time as a share of embed's.

  python serve.py build/bin/aisle --weights weights --data products.csv --texts 1200

The clients are threads of this script and use the same cores: with a text a request much of the wall time is theirs.
"""
import argparse, csv, http.client, json, os, resource, statistics, subprocess, tempfile, threading, time

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("aisle")
ap.add_argument("--weights", default="weights")
ap.add_argument("--data", default="examples/catalogue/products.csv", help="its columns name and description")
ap.add_argument("--texts", type=int, default=1200)
ap.add_argument("--rounds", type=int, default=3)
ap.add_argument("--model", default="all-MiniLM-L6-v2")
args = ap.parse_args()
LOADS = [(1, 2048, "base64"), (1, 2048, "float"), (4, 256, "base64"), (16, 64, "base64"), (64, 1, "base64")]

texts = []
for row in csv.DictReader(open(args.data, encoding="utf-8")):
    text = " ".join((row.get("name", "") + " " + (row.get("description") or "")).split())
    if text and "<" not in text and "&" not in text:  # embed strips HTML, a server does not
        texts.append(text)
texts = (texts * (args.texts // max(len(texts), 1) + 1))[:args.texts]
folder = tempfile.mkdtemp()


def embed(lines):
    """Wall and CPU seconds of one process."""
    path = os.path.join(folder, "rows.jsonl")
    with open(path, "w") as f:
        f.writelines(json.dumps({"id": i, "text": t}) + "\n" for i, t in enumerate(lines))
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([args.aisle, "embed", "--in", path, "--text-model", args.model, "--weights", args.weights, "--out",
                    os.path.join(folder, "out.jsonl")], check=True, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


server = subprocess.Popen([args.aisle, "serve", "--text-model", args.model, "--weights", args.weights, "--port", "0"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
host = server.stdout.readline().split("/")[2]


def server_cpu():
    fields = open(f"/proc/{server.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def serve(clients, size, encoding):
    bodies = iter([json.dumps({"model": args.model, "input": texts[i:i + size], "encoding_format": encoding})
                   for i in range(0, len(texts), size)])
    lock, wrong = threading.Lock(), []

    def client():
        connection = http.client.HTTPConnection(host)
        while True:
            with lock:
                body = next(bodies, None)
            if body is None:
                return
            connection.request("POST", "/v1/embeddings", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answered = answer.read()
            if answer.status != 200:
                wrong.append((answer.status, answered[:200]))

    cpu, start = server_cpu(), time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong, wrong[0]
    return time.perf_counter() - start, server_cpu() - cpu


try:
    serve(4, 256, "base64")
    shares = {load: [] for load in LOADS}
    for _ in range(args.rounds):
        start, whole = embed(["a"]), embed(texts)  # a server has its start behind it
        wall, cpu = whole[0] - start[0], whole[1] - start[1]
        for load in LOADS:
            w, c = serve(*load)
            shares[load].append((w / wall, c / cpu))
    for (clients, size, encoding), values in shares.items():
        w, c = (round(statistics.median(v), 3) for v in zip(*values))
        print(json.dumps(dict(clients=clients, texts_a_request=size, encoding=encoding, wall_of_embed=w, cpu_of_embed=c)))
finally:
    server.terminate()
    server.wait()
