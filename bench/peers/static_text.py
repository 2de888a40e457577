"""Static embeddings: Model2Vec and aisle on one folder, a random table over the vocabulary of a BERT tokenizer.

  python static_text.py --tokenizer weights/all-MiniLM-L6-v2/tokenizer.json --data products.csv --column name
"""
import argparse
import csv
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from tokenizers import Tokenizer

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("--tokenizer", required=True, help="tokenizer.json of a BERT-shaped model")
ap.add_argument("--data", required=True, help="CSV of texts")
ap.add_argument("--column", default="name")
ap.add_argument("--width", type=int, default=256)
ap.add_argument("--texts", type=int, default=100_000, help="the column is repeated until there are so many")
ap.add_argument("--rounds", type=int, default=4, help="of both, one after the other")
ap.add_argument("--aisle", default="build/bin/aisle")
args = ap.parse_args()

with open(args.data, newline="", encoding="utf-8") as f:
    column = [row[args.column] for row in csv.DictReader(f)]
texts = np.random.default_rng(1).permutation((column * -(-args.texts // len(column)))[: args.texts]).tolist()

with tempfile.TemporaryDirectory() as folder:
    model, table = str(Path(folder) / "static"), str(Path(folder) / "texts.csv")
    tokenizer = Tokenizer.from_file(args.tokenizer)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows = np.random.default_rng(2).standard_normal((tokenizer.get_vocab_size(), args.width), dtype=np.float32)
    StaticModel(vectors=rows, tokenizer=tokenizer, config={}, normalize=True).save_pretrained(model)
    with open(table, "w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([["sku", "name"], *enumerate(texts)])

    theirs = StaticModel.from_pretrained(model)
    bench = [args.aisle, "bench", "text", "--model", model, "--data", table, "--repeats", "5"]
    for _ in range(args.rounds):
        start = time.perf_counter()
        theirs.encode(texts)
        seconds = time.perf_counter() - start
        ours = json.loads(subprocess.run(bench, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        print(f"texts a second: model2vec {len(texts) / seconds:,.0f}, aisle {1e3 * len(texts) / ours['min_ms']:,.0f}"
              f" (load {os.getloadavg()[0]:.1f})")

    lines = "".join(json.dumps({"text": t}) + "\n" for t in texts[:1000])
    out = subprocess.run([args.aisle, "embed", "--in", "-", "--out", "-", "--text-model", model], input=lines,
                         check=True, capture_output=True, text=True).stdout
    vectors = np.array([json.loads(line)["text_embedding"] for line in out.splitlines()])
    print(f"largest difference of {len(vectors)} vectors: {np.abs(vectors - theirs.encode(texts[:1000])).max():.1e}")
