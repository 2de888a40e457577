"""Common code: data locations, timing, JSON-line output."""
import argparse, json, os, pathlib, platform, resource, statistics, sys, time

HERE = pathlib.Path(__file__).resolve().parent
# Catalogues and weights that are not part of the project.
SHARED = pathlib.Path(os.environ.get("AISLE_SHARED", HERE.parents[2] / "shared"))
DATA = SHARED / "data"
# Those that tools/get-weights fetched do as well.
WEIGHTS = next((w for w in (SHARED / "weights", HERE.parents[1] / "weights") if (w / "all-MiniLM-L6-v2").exists()),
               SHARED / "weights")
# Exported ONNX files and cached features go here (some are > 1 GB).
CACHE = pathlib.Path(os.environ.get("PEERS_CACHE", HERE / "cache"))


def isa():
    try:
        flags = next(l for l in open("/proc/cpuinfo") if l.startswith("flags")).split()
    except (OSError, StopIteration):
        return platform.machine()
    named = [("avx512f", "AVX512"), ("avx512_vnni", "VNNI"), ("avx512_bf16", "BF16"),
             ("avx512_fp16", "FP16"), ("amx_tile", "AMX")]
    got = [n for f, n in named if f in flags]
    return "x86-64 " + ("+".join(got) if got else "AVX2" if "avx2" in flags else "baseline")


def parser(doc):
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--repeats", type=int, default=10)
    p.add_argument("--out", help="append the JSON lines to this file too")
    return p


def set_threads(n):
    """Call before importing numpy/torch/sklearn."""
    for k in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
        os.environ[k] = str(n)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true" if n > 1 else "false")


def rss_mb(peak=True):
    """Resident memory of this process in MB: the peak since reset_peak(), or now."""
    try:
        key = "VmHWM:" if peak else "VmRSS:"
        return round(int(next(l for l in open("/proc/self/status") if l.startswith(key)).split()[1]) / 1024, 1)
    except (OSError, StopIteration):
        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def reset_peak():
    """Start the peak afresh (Linux); returns the resident memory now."""
    try:
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
    except OSError:
        pass
    return rss_mb(peak=False)


def emit(args, engine, workload, times, items, batch=None, precision="f32", **extra):
    """times in seconds; items = how many items one call handled."""
    row = dict(engine=engine, workload=workload, threads=args.threads, batch=batch, precision=precision,
               min_ms=round(min(times) * 1e3, 4), median_ms=round(statistics.median(times) * 1e3, 4),
               repeats=len(times), items_per_s=round(items / min(times), 2), isa=isa())
    row.update(extra)
    line = json.dumps(row)
    print(line, flush=True)
    if args.out:
        with open(args.out, "a") as f:
            f.write(line + "\n")
    return row


def interleave(fns, repeats=10, block=5, budget_s=60.0, settle_s=0.02):
    """Time several callables against each other.

    Engines take turns in short blocks, so a disturbance hits all of them. The first call of a block is
    thrown away: it pays for the caches and for the spinning worker threads the previous engine left.
    `budget_s` bounds the wall time of the whole comparison; every callable gets >= 3 timed calls.
    """
    times = {k: [] for k in fns}
    for f in fns.values():
        f()
    begin = time.perf_counter()

    def finished(k):
        late = time.perf_counter() - begin > budget_s
        return len(times[k]) >= (min(3, repeats) if late else repeats)

    while not all(finished(k) for k in fns):
        for k, f in fns.items():
            if finished(k):
                continue
            time.sleep(settle_s)
            f()
            for _ in range(block):
                t = time.perf_counter()
                f()
                times[k].append(time.perf_counter() - t)
                if finished(k):
                    break
    return times


def catalogue(path=DATA / "fashion" / "products.csv"):
    """rows (list of dict), texts (name + description)."""
    import csv
    if not path.exists():
        sys.exit(f"skipped: {path} is absent")
    rows = list(csv.DictReader(open(path, encoding="utf-8")))
    return rows, [(r["name"] + " " + r["description"]).strip() for r in rows]
