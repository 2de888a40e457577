#!/usr/bin/env python3
"""Reference pipeline: image + text embeddings -> product category classifiers.

  python seed_pipeline.py --data ../data/fashion/products.csv --label class_id --out OUT [--plain]

products CSV -> image embeddings (EfficientNet-Lite0) and text embeddings
(all-MiniLM-L6-v2) -> merge -> stratified split -> Random Forest, Logistic
Regression, MLP on text / image / fused features -> reports, confusion
matrices, results/*_results.csv, Embeddings/*.csv, PCA and t-SNE plots.
The last thing on stdout is one JSON object: wall seconds a phase, and
accuracy and macro F1 a (model, modality).

--plain   what a typical user writes: batch 32, no_grad, NCHW, one job for
          scikit-learn. Without it: inference_mode, channels_last, all threads.
--seeds   several split seeds: scores and seconds are means, sd in *_sd; wall_s (but
          for reports, total) and the files are those of the first seed.
Rare labels: a class with fewer than --min-rows rows cannot be stratified:
          its rows are dropped (default) or merged in one class "(other)".
An absent modality (no text in any row / no image file) is skipped.
"""
import time
T0 = time.perf_counter()
import argparse
import json
import os
import sys

AP = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
AP.add_argument("--data", required=True, help="products CSV")
AP.add_argument("--label", default="class_id", help="class_id | sub_class1_id | another column")
AP.add_argument("--out", required=True)
AP.add_argument("--plain", action="store_true")
AP.add_argument("--threads", type=int, default=2)
AP.add_argument("--batch", type=int, default=32)
AP.add_argument("--seeds", default="42", help="comma-separated split seeds")
AP.add_argument("--test-size", type=float, default=0.3)
AP.add_argument("--min-rows", type=int, default=2)
AP.add_argument("--rare", choices=["drop", "merge"], default="drop")
AP.add_argument("--models", default="rf,lr,mlp")
AP.add_argument("--no-class-weights", action="store_true", help="MLP without balanced class weights")
AP.add_argument("--mlp-val", choices=["train", "test"], default="train",
                help="early stopping watches a tenth of the training rows, or (leaks) the test rows")
AP.add_argument("--epochs", type=int, default=100)
AP.add_argument("--patience", type=int, default=10)
AP.add_argument("--dropout", type=float, default=0.2)
AP.add_argument("--group", default="", help="column: rows that share its value stay on one side of the split")
AP.add_argument("--cache", default="", help="npz: read the embeddings from it, or write them there")
AP.add_argument("--no-plots", action="store_true")
AP.add_argument("--no-reports", action="store_true")
AP.add_argument("--weights", default=os.path.join(os.environ.get("AISLE_SHARED", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared")), "weights"))

if __name__ == "__main__":
    ARGS = AP.parse_args()
    for k in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(k, str(ARGS.threads))
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import warnings
warnings.filterwarnings("ignore")
import numpy as np
import pandas as pd

WALL = {}


class phase:
    """with phase("name"): adds the wall seconds of its body to WALL["name"]."""
    def __init__(self, name): self.name = name
    def __enter__(self): self.t = time.perf_counter()
    def __exit__(self, *e): WALL[self.name] = WALL.get(self.name, 0.0) + time.perf_counter() - self.t


# ------------------------------------------------------------------ data
def read_products(path):
    df = pd.read_csv(path, dtype=str, keep_default_na=False)
    base = os.path.dirname(os.path.abspath(path))
    text = [(n.strip() + " " + d.strip()).strip()
            for n, d in zip(df.get("name", [""] * len(df)), df.get("description", [""] * len(df)))]
    img = [os.path.join(base, p) if p else "" for p in df.get("image_path", [""] * len(df))]
    has_text = any(text)
    ok = np.array([bool(p) and os.path.exists(p) for p in img])
    has_img = bool(ok.any())
    if has_img and not ok.all():                    # the merge is an inner join: no image, no row
        print(f"{(~ok).sum()} rows without an image file dropped", file=sys.stderr)
        df = df[ok].reset_index(drop=True)
        text = [t for t, o in zip(text, ok) if o]
        img = [p for p, o in zip(img, ok) if o]
    return df, text if has_text else None, img if has_img else None


def rare_rows(y, min_rows, how):
    """(labels, keep mask) with no class below min_rows."""
    y = np.asarray(y, dtype=object)
    keep = y != ""
    n = pd.Series(y[keep]).value_counts()
    rare = np.isin(y, list(n[n < min_rows].index))
    if how == "merge" and rare.sum() >= min_rows:
        y = np.where(rare, "(other)", y)
    else:
        keep &= ~rare
    return y, keep


# ------------------------------------------------------------------ embeddings
def load_image_model(weights, plain):
    import timm
    import timm.data
    from safetensors.torch import load_file
    m = timm.create_model("tf_efficientnet_lite0", pretrained=False, num_classes=0)
    sd = {k: v for k, v in load_file(os.path.join(weights, "efficientnet-lite0", "model.safetensors")).items()
          if not k.startswith("classifier.")}
    r = m.load_state_dict(sd, strict=False)
    bad = [k for k in r.missing_keys if not k.endswith("num_batches_tracked")]
    assert not bad and not r.unexpected_keys, (bad, r.unexpected_keys)
    m.eval()
    if not plain:
        import torch
        m = m.to(memory_format=torch.channels_last)
    cfg = timm.data.resolve_data_config({}, model=m)
    cfg.update(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    return m, timm.data.create_transform(**cfg)


def embed_images(model, tf, paths, batch, plain):
    import torch
    from PIL import Image
    out = []
    with torch.no_grad() if plain else torch.inference_mode():
        for i in range(0, len(paths), batch):
            x = torch.stack([tf(Image.open(p).convert("RGB")) for p in paths[i:i + batch]])
            if not plain:
                x = x.contiguous(memory_format=torch.channels_last)
            out.append(model(x).numpy())
    return np.concatenate(out).astype(np.float32)


def load_text_model(weights):
    from sentence_transformers import SentenceTransformer
    return SentenceTransformer(os.path.join(weights, "all-MiniLM-L6-v2"), device="cpu")


def embed_text(model, text, batch):
    return model.encode(text, batch_size=batch, show_progress_bar=False, convert_to_numpy=True).astype(np.float32)


# ------------------------------------------------------------------ models
def train_mlp(Xtr, ytr, Xte, yte, n_classes, seed=42, hidden=(128, 64), dropout=0.2, lr=1e-3, batch=32,
              epochs=100, patience=10, class_weights=True, val="train"):
    """[Linear, ReLU, BatchNorm, Dropout] x hidden -> Linear; Adam; early stopping on validation loss."""
    import torch
    from torch import nn
    torch.manual_seed(seed)
    g = np.random.default_rng(seed)
    if val == "test":
        Xv, yv, Xt, yt = Xte, yte, Xtr, ytr
    else:                                            # a tenth, never a class's only row
        n = np.bincount(ytr, minlength=n_classes)
        pick = g.permutation(len(ytr))
        nv, v, left = max(1, len(ytr) // 10), [], n.copy()
        for i in pick:
            if len(v) < nv and left[ytr[i]] > 1:
                v.append(i)
                left[ytr[i]] -= 1
        v = np.array(v)
        t = np.setdiff1d(np.arange(len(ytr)), v)
        Xv, yv, Xt, yt = Xtr[v], ytr[v], Xtr[t], ytr[t]
    w = None
    if class_weights:
        n = np.bincount(yt, minlength=n_classes).astype(float)
        w = np.where(n > 0, len(yt) / (np.maximum(n, 1) * (n > 0).sum()), 0.0)
        w = torch.tensor(w, dtype=torch.float32)
    layers, d = [], Xtr.shape[1]
    for h in hidden:
        layers += [nn.Linear(d, h), nn.ReLU(), nn.BatchNorm1d(h), nn.Dropout(dropout)]
        d = h
    net = nn.Sequential(*layers, nn.Linear(d, n_classes))
    opt = torch.optim.Adam(net.parameters(), lr=lr)
    Xt, yt, Xv, yv = (torch.as_tensor(a) for a in (Xt, yt, Xv, yv))
    best, best_state, wait, used = np.inf, None, 0, 0
    for ep in range(epochs):
        net.train()
        p = torch.as_tensor(g.permutation(len(yt)))
        for i in range(0, len(p), batch):
            b = p[i:i + batch]
            if len(b) < 2:                           # BatchNorm needs two rows
                continue
            l = nn.functional.cross_entropy(net(Xt[b]), yt[b], reduction="none")
            l = (l * w[yt[b]]).mean() if w is not None else l.mean()      # as Keras: weighted sum / rows
            opt.zero_grad()
            l.backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            vl = nn.functional.cross_entropy(net(Xv), yv).item()
        used = ep + 1
        if vl < best:
            best, wait = vl, 0
            best_state = {k: t.detach().clone() for k, t in net.state_dict().items()}
        else:
            wait += 1
            if wait >= patience:
                break
    net.load_state_dict(best_state)
    net.eval()
    with torch.no_grad():
        return net(torch.as_tensor(Xte)).argmax(1).numpy(), used


def fit_predict(name, Xtr, ytr, Xte, yte, k, a, seed):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    if name == "rf":
        m = RandomForestClassifier(n_estimators=200, random_state=seed, n_jobs=None if a.plain else a.threads)
    elif name == "lr":
        m = LogisticRegression(max_iter=1000)
    else:
        return train_mlp(Xtr, ytr, Xte, yte, k, seed, dropout=a.dropout, epochs=a.epochs, patience=a.patience,
                         class_weights=not a.no_class_weights, val=a.mlp_val)
    return m.fit(Xtr, ytr).predict(Xte), None


# ------------------------------------------------------------------ reports
def write_report(out, stem, y, p, names, plots):
    from sklearn.metrics import classification_report, confusion_matrix
    ids = np.unique(np.concatenate([y, p]))
    with open(os.path.join(out, "reports", stem + ".txt"), "w") as f:
        f.write(classification_report(y, p, labels=ids, target_names=[names[i] for i in ids], zero_division=0))
    cm = confusion_matrix(y, p, labels=ids)
    lab = [names[i] for i in ids]
    pd.DataFrame(cm, lab, lab).to_csv(os.path.join(out, "reports", stem + "_confusion.csv"))
    if plots:
        import matplotlib.pyplot as plt
        import seaborn as sns
        plt.figure(figsize=(10, 8))
        sns.heatmap(cm, annot=len(ids) <= 30, fmt="d", cmap="Blues", xticklabels=lab, yticklabels=lab)
        plt.xlabel("Predicted")
        plt.ylabel("True")
        plt.tight_layout()
        plt.savefig(os.path.join(out, "reports", stem + "_confusion.png"))
        plt.close()


def scatter(out, stem, Z, y, names):
    import matplotlib.pyplot as plt
    fig = plt.figure(figsize=(9, 7))
    ax = fig.add_subplot(projection="3d") if Z.shape[1] == 3 else fig.add_subplot()
    ax.scatter(*Z.T, c=y, cmap="tab20", s=8)
    ax.set_title(stem)
    fig.savefig(os.path.join(out, "plots", stem + ".png"))
    plt.close(fig)


# ------------------------------------------------------------------ main
def main(a):
    with phase("imports"):
        import torch
        import sklearn.ensemble, sklearn.linear_model, sklearn.metrics, sklearn.model_selection
        if not (a.cache and os.path.exists(a.cache)):
            import timm, timm.data, sentence_transformers
        if not a.no_plots:
            import matplotlib
            matplotlib.use("Agg")
            import matplotlib.pyplot, seaborn
        torch.set_num_threads(a.threads)
    WALL["imports"] = time.perf_counter() - T0       # numpy and pandas above count too
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.model_selection import train_test_split, GroupShuffleSplit
    for d in ("Embeddings", "results", "reports", "plots"):
        os.makedirs(os.path.join(a.out, d), exist_ok=True)

    with phase("read_csv"):
        df, text, img = read_products(a.data)
    Xi = Xt = None
    if a.cache and os.path.exists(a.cache):
        with phase("read_cache"):
            z = np.load(a.cache)
            Xi, Xt = (z[k] if k in z else None for k in ("image", "text"))
    else:
        if img:
            with phase("load_image_model"):
                m, tf = load_image_model(a.weights, a.plain)
            with phase("embed_images"):
                Xi = embed_images(m, tf, img, a.batch, a.plain)
        if text:
            with phase("load_text_model"):
                st = load_text_model(a.weights)
            with phase("embed_text"):
                Xt = embed_text(st, text, a.batch)
        if a.cache:
            np.savez(a.cache, **{k: v for k, v in (("image", Xi), ("text", Xt)) if v is not None})
        with phase("write_embeddings_csv"):
            for X, n in ((Xi, "Embeddings_efficientnet_lite0.csv"), (Xt, "text_embeddings_minilm.csv")):
                if X is not None:
                    e = pd.DataFrame(X, columns=[f"{n[0].lower()}{i}" for i in range(X.shape[1])])
                    e.insert(0, "sku", df["sku"].values)
                    e.to_csv(os.path.join(a.out, "Embeddings", n), index=False)

    with phase("merge_split"):
        lab, keep = rare_rows(df[a.label].values, a.min_rows, a.rare)
        names, y = np.unique(lab[keep].astype(str), return_inverse=True)
        feats = {}
        if Xt is not None:
            feats["text"] = Xt[keep]
        if Xi is not None:
            feats["image"] = Xi[keep]
        if len(feats) == 2:
            feats["multimodal"] = np.concatenate([feats["text"], feats["image"]], 1)
    dropped = int((~keep).sum())
    if dropped or (lab != df[a.label].values).any():
        print(f"rare labels: {a.rare}, {dropped} rows dropped", file=sys.stderr)

    rows = {}
    seeds = [int(s) for s in a.seeds.split(",")]
    for si, seed in enumerate(seeds):
        if a.group:
            tr, te = next(GroupShuffleSplit(1, test_size=a.test_size, random_state=seed)
                          .split(y, y, df[a.group].values[keep]))
        else:
            tr, te = train_test_split(np.arange(len(y)), test_size=a.test_size, random_state=seed, stratify=y)
        for mod, X in feats.items():
            for name in a.models.split(","):
                t = time.perf_counter()
                p, ep = fit_predict(name, X[tr], y[tr], X[te], y[te], len(names), a, seed)
                t = time.perf_counter() - t
                if si == 0:
                    WALL[f"train_{name}_{mod}"] = t
                r = rows.setdefault((name, mod), [])
                r.append((accuracy_score(y[te], p), f1_score(y[te], p, average="macro", zero_division=0), t, ep or 0))
                if si == 0 and not a.no_reports:
                    with phase("reports"):
                        write_report(a.out, f"{name}_{mod}", y[te], p, names, not a.no_plots)
                        if name == "mlp":
                            pd.DataFrame({"Predictions": names[p], "True Labels": names[y[te]]}).to_csv(
                                os.path.join(a.out, "results", f"{mod}_results.csv"), index=False)
    if not a.no_plots:
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE
        X = feats[list(feats)[-1]]
        for k in (2, 3):
            with phase(f"pca_{k}d"):
                scatter(a.out, f"pca_{k}d", PCA(k, random_state=42).fit_transform(X), y, names)
            with phase(f"tsne_{k}d"):
                scatter(a.out, f"tsne_{k}d", TSNE(k, random_state=42).fit_transform(X), y, names)
    table = []
    for (n, m), r in rows.items():
        r = np.array(r)
        e = {"model": n, "modality": m, "accuracy": round(r[:, 0].mean(), 4), "macro_f1": round(r[:, 1].mean(), 4),
             "seconds": round(r[:, 2].mean(), 3)}
        if len(r) > 1:
            e.update(accuracy_sd=round(r[:, 0].std(ddof=1), 4), macro_f1_sd=round(r[:, 1].std(ddof=1), 4))
        if n == "mlp":
            e["epochs"] = round(r[:, 3].mean(), 1)
        table.append(e)
    WALL["total"] = time.perf_counter() - T0
    out = {
        "mode": "plain" if a.plain else "tuned", "label": a.label, "rows": int(keep.sum()), "rows_dropped": dropped,
        "classes": len(names), "train": len(tr), "test": len(te), "seeds": seeds, "threads": a.threads,
        "class_weights": not a.no_class_weights, "mlp_val": a.mlp_val,
        "wall_s": {k: round(v, 3) for k, v in WALL.items()}}
    # one line a head field, one a table row
    head = json.dumps(out, indent=1)[:-2]
    print(head + ',\n "scores": [\n  ' + ",\n  ".join(json.dumps(e) for e in table) + "\n ]\n}")


if __name__ == "__main__":
    main(ARGS)
