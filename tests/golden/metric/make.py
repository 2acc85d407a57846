#!/usr/bin/env python3
"""Reference values of src/metric from scikit-learn, written to metric.json beside this file.

    pip install scikit-learn==1.9.1 numpy==2.4.6 && python3 make.py

PROVENANCE records versions, seed and the file's FNV-1a hash; the test fails when they differ.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn import metrics
from sklearn.calibration import calibration_curve

SEED = 24
rng = np.random.default_rng(SEED)


def rows(n, positive, spread, digits=None, weights=False, zero_weights=0.0):
    truth = (rng.random(n) < positive).astype(int)
    score = 1 / (1 + np.exp(-rng.normal(spread * (truth - 0.5) - 1, 1.0)))
    if digits is not None:
        score = np.round(score, digits)
    weight = np.round(rng.exponential(1, n) + 0.01, 3) if weights else None
    if zero_weights:
        weight[rng.random(n) < zero_weights] = 0
    return truth, score, weight


def case(name, truth, score, weight, threshold=0.5):
    truth, score = np.asarray(truth), np.asarray(score, dtype=np.float64)
    w = dict(sample_weight=weight)
    call = (score >= threshold).astype(int)
    tn, fp, fn, tp = metrics.confusion_matrix(truth, call, labels=[0, 1], **w).ravel()
    fpr, tpr, _ = metrics.roc_curve(truth, score, drop_intermediate=True, **w)
    out = {
        "name": name,
        "truth": truth.tolist(),
        "score": score.tolist(),
        "threshold": threshold,
        "auc": metrics.roc_auc_score(truth, score, **w),
        "average_precision": metrics.average_precision_score(truth, score, **w),
        "log_loss": metrics.log_loss(truth, score, labels=[0, 1], **w),
        "brier_score": metrics.brier_score_loss(truth, score, **w),
        "accuracy": metrics.accuracy_score(truth, call, **w),
        "precision": metrics.precision_score(truth, call, zero_division=np.nan, **w),
        "recall": metrics.recall_score(truth, call, **w),
        "f0_5": metrics.fbeta_score(truth, call, beta=0.5, **w),
        "f1": metrics.f1_score(truth, call, **w),
        "f2": metrics.fbeta_score(truth, call, beta=2, **w),
        "confusion": [float(tn), float(fp), float(fn), float(tp)],
        "roc": [fpr.tolist(), tpr.tolist()],
    }
    if weight is not None:
        out["weight"] = np.asarray(weight, dtype=float).tolist()
    elif len(set(score)) == len(score) and len(score) % 10 == 0:
        rate, mean = calibration_curve(truth, score, n_bins=10, strategy="quantile")
        out["calibration"] = [mean.tolist(), rate.tolist()]
    return out


cases = [
    case("continuous", *rows(500, 0.3, 1.2)),
    case("float32", (t := rows(300, 0.5, 0.8))[0], t[1].astype(np.float32), None),
    case("ties of one decimal", *rows(400, 0.2, 1.0, digits=1), threshold=0.3),
    case("weights", *rows(300, 0.4, 1.5, weights=True)),
    case("weights, ties, zero weights", *rows(300, 0.4, 1.0, digits=1, weights=True, zero_weights=0.2)),
    case("rare positives", *rows(600, 0.02, 2.0), threshold=0.6),
    case("one score", [0, 1, 1, 0, 0], [0.4] * 5, None, threshold=0.4),
    case("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], None),
    case("inverted and certain", [1, 1, 0, 0], [0.0, 0.2, 0.8, 1.0], None),
]
text = json.dumps({"cases": cases}, allow_nan=False) + "\n"
here = pathlib.Path(__file__).parent
(here / "metric.json").write_text(text)
hash64 = 0xCBF29CE484222325
for byte in text.encode():
    hash64 = (hash64 ^ byte) * 0x100000001B3 % 2**64
(here / "PROVENANCE").write_text(
    f"file metric.json\nmade-by make.py\nscikit-learn {sklearn.__version__}\n"
    f"numpy {np.__version__}\nseed {SEED}\nfnv1a {hash64:016x}\n"
)
