#!/usr/bin/env python3
"""Reference values of metric/top, metric/daily_top and the intervals of metric/calibration, written to
top.json beside this file.

    pip install scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1 && python3 make.py

Precision at k is the mean over every order of tied rows, found by drawing none: of the rows tied at
the cut, each is as likely to be in. Daily precision is written down as its definition reads, with
dictionaries and sets. Intervals are scipy's (binomtest, method "wilson"); bins and average precision
are scikit-learn's or NumPy's own. PROVENANCE records versions, seed and the file's FNV-1a hash; the
test fails when they differ.
"""
import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score

SEED = 61
rng = np.random.default_rng(SEED)


def at_k(truth, score, k):
    k = min(k, len(score))
    cut = np.sort(score)[::-1][k - 1]
    above, tied = score > cut, score == cut
    return truth[above].sum() + truth[tied].mean() * (k - above.sum())


def daily(day, entity, truth, score, k, keep_found):
    gone, days = set(), []
    for today in sorted(set(day)):
        worst, bad = {}, set()
        for d, e, t, s in zip(day, entity, truth, score):
            if d == today and e not in gone:
                worst[e] = max(s, worst.get(e, -np.inf))
                if t:
                    bad.add(e)
        checked = sorted(worst, key=lambda e: (-worst[e], e))[:k]
        found = bad.intersection(checked)
        days.append([today, len(worst), len(bad), len(found)])
        if not keep_found:
            gone |= found
    return {
        "k": k,
        "keep_found": keep_found,
        "days": days,
        "precision": float(np.mean([d[3] / k for d in days])),
        "best": float(np.mean([min(d[2], k) / k for d in days])),
    }


def intervals(truth, score):
    """Ten equal steps of the score: rows, mean score, share of positives, Wilson's interval."""
    out, error = [], 0.0
    step = np.clip(np.floor(score * 10), 0, 9)
    for b in range(10):
        here = step == b
        if not here.any():
            continue
        n, hits = int(here.sum()), int(truth[here].sum())
        ci = binomtest(hits, n).proportion_ci(0.95, method="wilson")
        out.append([n, score[here].mean(), hits / n, float(ci.low), float(ci.high)])
        error += n / len(score) * abs(score[here].mean() - hits / n)
    return out, error


def case(name, n, entities, days, share, digits):
    truth = (rng.random(n) < share).astype(int)
    score = 1 / (1 + np.exp(-rng.normal(2.5 * truth - 2, 1.0)))
    if digits:
        score = np.round(score, digits)
    day = (17700 + rng.integers(0, days, n)).tolist()
    entity = rng.integers(-entities, entities, n).tolist()
    ks = sorted({1, 2, 3, 7, 10, 25, n // 2, n, 2 * n})
    bins, error = intervals(truth, score)
    return {
        "name": name,
        "truth": truth.tolist(),
        "score": score.tolist(),
        "day": day,
        "entity": entity,
        "average_precision": average_precision_score(truth, score),
        "k": ks,
        "precision": [at_k(truth, score, k) / min(k, n) for k in ks],
        "recall": [at_k(truth, score, k) / truth.sum() for k in ks],
        "daily": [daily(day, entity, truth, score, k, keep)
                  for k in (1, 5, 20, 1000) for keep in (False, True)],
        "bins": bins,
        "error": error,
    }


cases = [
    case("plain", 800, 120, 7, 0.1, None),
    case("ties", 700, 60, 5, 0.2, 1),
    case("few entities", 300, 3, 12, 0.3, 2),
    case("rare", 900, 200, 7, 0.01, 2),
    case("one day", 200, 50, 1, 0.2, None),
]
here = pathlib.Path(__file__).resolve().parent
text = json.dumps({"cases": cases}, allow_nan=False) + "\n"
(here / "top.json").write_text(text)
fnv = 0xCBF29CE484222325
for byte in text.encode():
    fnv = ((fnv ^ byte) * 0x100000001B3) % 2**64
(here / "PROVENANCE").write_text(
    f"made by make.py\nscikit-learn {sklearn.__version__}\nscipy {scipy.__version__}\n"
    f"numpy {np.__version__}\nseed {SEED}\nfnv1a {fnv:016x}\n")
