"""The incremental model by NumPy and SciPy's L-BFGS-B, from the features that
`bench_incremental matrix` wrote.

    incremental_scipy.py FOLDER VALUE ROWS [--threads N]

Features are at hand when the clock starts. Controls of every impression lie in a dense matrix, the
others in a sparse one by rows; parameters are scaled by the root mean square of their feature,
which halves the steps. Rows are cut in one part a thread (NumPy and SciPy let go of Python's lock
within a product). It stops where the penalised log loss is VALUE, or when SciPy is content.
The last line printed is JSON; `seconds_of_rows` is the time for ROWS impressions, to which it is
proportional.
"""

import argparse
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import numpy as np
import scipy.optimize
import scipy.sparse

CLOSE = 1e-7  # of the value


class Reached(Exception):
    pass


class Part:
    """Some rows: value and gradient of their log loss."""

    def __init__(self, dense, sparse, outcome):
        self.dense, self.sparse, self.outcome = dense, sparse, outcome
        self.transposed = sparse.T  # by columns: no copy

    def evaluate(self, at):
        dense = self.dense.shape[1]
        z = self.dense @ at[:dense]
        z += self.sparse @ at[dense:]
        e = np.exp(-np.abs(z))
        value = np.log1p(e).sum() + np.maximum(z, 0).sum() - z @ self.outcome
        residual = np.where(z >= 0, 1, e) / (1 + e) - self.outcome
        return value, np.concatenate([residual @ self.dense, self.transposed @ residual])


def load(folder, parts):
    def read(name, kind):
        return np.fromfile(os.path.join(folder, name + ".bin"), kind)

    ridge, bounded = read("ridge", np.float64), read("bounded", np.uint8)
    outcome = read("outcome", np.uint8).astype(np.float64)
    rows = len(outcome)
    dense = read("dense", np.float64).reshape(rows, -1)
    width = dense.shape[1]
    sparse = scipy.sparse.csr_matrix(
        (read("value", np.float64), read("index", np.int32) - width, read("offset", np.int64)),
        shape=(rows, len(ridge) - width),
    )
    squares = np.concatenate([(dense**2).sum(0), np.asarray(sparse.multiply(sparse).sum(0))[0]])
    scale = 1 / np.sqrt(np.maximum(squares / rows, 1e-12))
    dense *= scale[:width]
    sparse.data *= scale[width:][sparse.indices]
    cuts = [rows * i // parts for i in range(parts + 1)]
    made = [Part(dense[a:b], sparse[a:b], outcome[a:b]) for a, b in zip(cuts, cuts[1:])]
    return made, ridge, bounded, scale


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("value", type=float)
    parser.add_argument("rows", type=int)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    parts, ridge, bounded, scale = load(options.folder, options.threads)
    rows = sum(len(part.outcome) for part in parts)
    rate = sum(part.outcome.sum() for part in parts) / rows
    start = np.zeros(len(ridge))
    start[0] = np.log(rate / (1 - rate)) / scale[0]
    ridge = ridge * scale**2
    seen = {"evaluations": 0, "value": np.inf}
    pool = ThreadPoolExecutor(options.threads)

    def objective(at):
        done = list(pool.map(lambda part: part.evaluate(at), parts))
        value = sum(d[0] for d in done) + (ridge * at) @ at / 2
        seen["evaluations"] += 1
        seen["value"] = min(seen["value"], value)
        if value <= options.value * (1 + CLOSE):
            raise Reached
        return value, sum(d[1] for d in done) + ridge * at

    started = time.perf_counter()
    try:
        scipy.optimize.minimize(
            objective, start, jac=True, method="L-BFGS-B",
            bounds=[(0, None) if b else (None, None) for b in bounded],
            options={"maxiter": 5000, "maxfun": 10000, "maxcor": 20},
        )  # fmt: skip
    except Reached:
        pass
    seconds = time.perf_counter() - started
    print(json.dumps({
        "seconds": seconds, "seconds_of_rows": seconds * options.rows / rows, "rows": rows,
        "version": version("scipy"), **seen,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
