"""The ten nearest of a million rows of 384 numbers by NumPy, as bench/learn/nearest.cpp asks for them."""

import time

import numpy as np

rows = 2 * np.random.default_rng(1).random((1_000_000, 384), dtype=np.float32) - 1
for queries in (1, 100):
    q = rows[:queries]
    best = float("inf"), float("inf")
    for _ in range(5):
        wall, cpu = time.perf_counter(), time.process_time()
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        scores = rows @ q.T / norms[:, None]
        top = np.argpartition(-scores, 10, axis=0)[:10]
        np.take_along_axis(top, np.argsort(-np.take_along_axis(scores, top, axis=0), axis=0), axis=0)
        best = min(best, (time.perf_counter() - wall, time.process_time() - cpu))
    print(f"numpy {queries} queries: {1e3 * best[0]:.0f} ms, {1e3 * best[1]:.0f} ms of CPU time")
