#!/usr/bin/env python3
"""Reference values of model/calibrator and metric/threshold, written to calibration.json beside this file.

    pip install scikit-learn==1.9.1 numpy==2.4.6 && python3 make.py

Isotonic: sklearn.isotonic.IsotonicRegression(out_of_bounds="clip"). Platt: scikit-learn's own
_sigmoid_calibration() on the logit of the score. Thresholds: every cut tried with scikit-learn's
precision, recall and F1. PROVENANCE records versions, seed and the file's FNV-1a hash; the test
fails when they differ.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import f1_score, precision_score, recall_score

SEED = 24
rng = np.random.default_rng(SEED)


def logit(p):
    clipped = np.clip(p, 2.0**-52, 1 - 2.0**-52)
    return np.log(clipped / (1 - clipped))


def threshold(truth, score, weight, value, allowed):
    """The halfway cut with the largest value among those allowed; of equals, the highest."""
    distinct = np.unique(score)[::-1]
    best = (-1.0, None)
    for i, high in enumerate(distinct):
        low = distinct[i + 1] if i + 1 < len(distinct) else min(high, 0)
        call = (score >= high).astype(int)
        w = dict(sample_weight=weight, zero_division=0)
        if not allowed(truth, call, w):
            continue
        got = value(truth, call, w)
        if got > best[0] + 1e-12:
            best = (got, low + (high - low) / 2)
    return best[1]


def case(name, n, spread, digits, weights):
    truth = (rng.random(n) < 0.3).astype(int)
    score = 1 / (1 + np.exp(-rng.normal(spread * (truth - 0.5) - 0.5, 1.0)))
    if digits:
        score = np.round(score, digits)
    weight = np.round(rng.exponential(1, n) + 0.01, 3) if weights else None
    a, b = _sigmoid_calibration(logit(score), truth, sample_weight=weight)
    iso = IsotonicRegression(out_of_bounds="clip").fit(score, truth, sample_weight=weight)
    probe = np.sort(np.concatenate([[0.0, 1.0], rng.random(40), score[:10]]))
    p, r = (lambda t, c, w: precision_score(t, c, **w)), (lambda t, c, w: recall_score(t, c, **w))
    return {
        "name": name,
        "truth": truth.tolist(),
        "score": score.tolist(),
        "weight": weight.tolist() if weights else None,
        "probe": probe.tolist(),
        "platt": (1 / (1 + np.exp(a * logit(probe) + b))).tolist(),
        "isotonic": iso.predict(probe).tolist(),
        "best_f1": threshold(truth, score, weight, lambda t, c, w: f1_score(t, c, **w), lambda *_: True),
        "precision_0.6": threshold(truth, score, weight, r, lambda t, c, w: p(t, c, w) >= 0.6),
        "recall_0.8": threshold(truth, score, weight, p, lambda t, c, w: r(t, c, w) >= 0.8),
    }


cases = [
    case("plain", 300, 2.0, None, False),
    case("ties", 400, 2.0, 2, False),
    case("weights", 250, 1.5, 2, True),
    case("weak", 200, 0.6, None, False),
    case("few", 12, 3.0, 1, False),
]
here = pathlib.Path(__file__).resolve().parent
text = json.dumps({"cases": cases}) + "\n"
(here / "calibration.json").write_text(text)
fnv = 0xCBF29CE484222325
for byte in text.encode():
    fnv = ((fnv ^ byte) * 0x100000001B3) % 2**64
(here / "PROVENANCE").write_text(
    f"made by make.py\nscikit-learn {sklearn.__version__}\nnumpy {np.__version__}\n"
    f"seed {SEED}\nfnv1a {fnv:016x}\n")
