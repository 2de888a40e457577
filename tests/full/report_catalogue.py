"""A report.json of generated products: python3 report_catalogue.py FOLDER ROWS CLASSES [no-pictures]."""

import json
import math
import os
import random
import sys

folder, rows, classes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pictures = len(sys.argv) < 5
random.seed(1)
words = ["steel", "cotton", "oak", "travel", "classic", "kids", "garden", "wireless", "soft", "large", "blue", "compact"]
names = [f"Shop > Department {c % 7} > Hall {c % 23} > Thing {c:03}" for c in range(classes)]
# What a page must show as it is.
names[0] = "Shop > \"Odd\" & <b>bold</b> > </script><script>document.title='bad'</script>"


def ppm(path, c, i):
    """A disc; plain PPM is not read, so a 24-bit BMP."""
    size = 96
    body = bytearray()
    colour = ((37 * c) % 200 + 30, (91 * c) % 200 + 30, (53 * i) % 200 + 30)
    for y in range(size):
        for x in range(size):
            inside = (x - 48) ** 2 + (y - 48) ** 2 < (20 + c % 25) ** 2
            body += bytes(colour if inside else (250, 250, 250))
    head = b"BM" + (54 + len(body)).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    info = (40).to_bytes(4, "little") + size.to_bytes(4, "little") * 2 + b"\x01\x00\x18\x00" + bytes(24)
    with open(path, "wb") as file:
        file.write(head + info + body)


os.makedirs(folder, exist_ok=True)
drawn = [[os.path.join(folder, f"{c % 40}-{k}.bmp") for k in range(3)] for c in range(classes)]
if pictures:
    for c in range(min(classes, 40)):
        for k in range(3):
            ppm(drawn[c][k], c, k)

labels = [min(classes - 1, int(classes * random.random() * random.random())) if i >= classes else i for i in range(rows)]
centres = [(random.gauss(0, 30), random.gauss(0, 30), random.gauss(0, 30)) for _ in range(classes)]


def say(truth, skill):
    """Three classes, the likeliest first."""
    if random.random() < skill:
        first = truth
    else:
        first = (truth + random.choice([1, 1, 1, 2, 7])) % classes
    sure = random.uniform(0.4, 0.995)
    others = [truth if truth != first else (first + 1) % classes, (first + 3) % classes]
    if others[1] in (first, others[0]):
        others[1] = (others[0] + 1) % classes if (others[0] + 1) % classes != first else (others[0] + 2) % classes
    return [first] + others, [round(sure, 4), round((1 - sure) * 0.7, 4), round((1 - sure) * 0.2, 4)]


verdicts = {"row": [], "given": [], "suspect": [], "likely": [], "class": [], "probability": []}
products, tsne, pca, nearest = [], [], [], []
suspects = 0
for i, c in enumerate(labels):
    text = " ".join(random.choice(words) for _ in range(24)) + f" thing{c:03} hall{c % 23}"
    products.append({"id": f"SKU-{i:06}", "name": f"Product {i} thing {c}", "text": text, "line": i + 2,
                     "image_path": drawn[c % min(classes, 40)][i % 3] if pictures and i % 5 else ""})
    codes, likely = say(c, 0.93)
    verdicts["row"].append(i)
    verdicts["given"].append(c)
    wrong = codes[0] != c and likely[0] > 0.8
    verdicts["suspect"].append(suspects if wrong else -1)
    suspects += wrong
    verdicts["likely"].append(3)
    verdicts["class"] += codes
    verdicts["probability"] += likely
    x, y, z = centres[c]
    tsne += [round(x + random.gauss(0, 2.5), 3), round(y + random.gauss(0, 2.5), 3)]
    pca += [round(x / 40 + random.gauss(0, .1), 4), round(y / 40 + random.gauss(0, .1), 4), round(z / 40 + random.gauss(0, .1), 4)]
    nearest += [(i + k + 1) % rows for k in range(5)]
products[1]["name"] = "<img src=x onerror=alert(1)> & \"quoted\", =1+1"
products[1]["id"] = "=HYPERLINK(\"x\")"
test = list(range(0, rows, 4))
models = []
for modality, learner, chosen, skill in [("multimodal", "logistic_regression", True, .92), ("multimodal", "mlp", False, .9),
                                         ("text", "logistic_regression", True, .85)]:
    predicted = [say(labels[i], skill)[0][0] for i in test]
    right = 100 * sum(labels[i] == p for i, p in zip(test, predicted)) / len(test)
    models.append({"modality": modality, "model": learner, "chosen": chosen, "cross_validation_macro_f1": right - 1,
                   "splits": [{"seed": "42", "accuracy": right, "macro_f1": right - 2, "rows": len(test)}],
                   "fit_seconds": 1.5, "test_rows": test, "truth": [labels[i] for i in test], "predicted": predicted,
                   "probabilities": [], "history": [], "best_epoch": -1})
filed = int(rows * .8)
result = {"format": "aisle-report", "version": 1, "created": "2026-01-02T03:04:05Z", "command": "aisle run --data products.csv",
          "catalogue": "generated/products.csv", "label": "class_id", "text_model": "t", "image_model": "i", "fusion": "balanced",
          "kernel": "avx2", "peak_mb": 800.0, "rows": rows, "rows_with_text": rows, "rows_with_image": rows * 4 // 5,
          "truncated_texts": 0, "usage": {"text_and_image": rows * 4 // 5, "text_only": rows - rows * 4 // 5, "image_only": 0,
                                          "left_out": [{"reason": "without a label", "rows": 12}]},
          "phases": [{"name": n, "seconds": s} for n, s in [("read catalogue", .4), ("text embeddings", 31.0), ("image embeddings", 95.5),
                                                            ("cross-validation", 12.0), ("review", 20.0), ("map", 9.0)]],
          "classes": names, "class_counts": [labels.count(c) for c in range(classes)] if classes < 50 else
          [sum(1 for v in labels if v == c) for c in range(classes)],
          "text_tokens": [20 + int(-20 * math.log(1 - random.random())) for _ in range(min(rows, 1000))], "review": ["generated"],
          "review_totals": {"labelled": rows, "unlabelled": 0, "suspects": suspects, "estimated_wrong": suspects * 1.1,
                            "precision": .99, "threshold": .6, "filed": filed, "filed_precision": .991},
          "verdicts": verdicts, "map": {"of": "multimodal", "row": list(range(rows)), "tsne": tsne, "pca": pca, "explained": .31,
                                        "laid_out": min(rows, 4000), "dimensions": 50, "nearest": nearest},
          "models": models, "skipped": [], "products": products}
with open(os.path.join(folder, "report.json"), "w", encoding="utf-8") as file:
    json.dump(result, file)
print(suspects, "suspects,", sum(labels[i] != p for i, p in zip(test, models[0]["predicted"])), "mistakes")
