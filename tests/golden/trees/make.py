#!/usr/bin/env python3
"""Reference models and scores of one version of XGBoost, written to xgboost-VERSION.json beside this file.

    python3 -m venv old && old/bin/pip install xgboost==1.7.6 'numpy<2' 'scipy<1.12'
    old/bin/python make.py
    python3 -m venv new && new/bin/pip install xgboost==3.2.0 numpy && new/bin/python make.py

A case has the model as JSON (text) and as UBJSON (some, hexadecimal, from 1.6), rows (null is missing),
margins, predictions and importances. PROVENANCE records versions, seed and the FNV-1a hash of each file; the
test fails when they differ.
"""
import json
import pathlib
import tempfile

import numpy as np
import xgboost as xgb

SEED = 41
TRAIN, ROWS, FEATURES = 600, 40, 6
VERSION = tuple(int(part) for part in xgb.__version__.split(".")[:2])
BINARY = ["logistic with base score", "one leaf", "softprob", "dart", "dart with classes", "targets", "leaf vectors",
          "categories, one-hot below 1", "categories, one-hot below 100"]
HERE = pathlib.Path(__file__).parent
NAMES = ["age", "day mins", "back\\slash", "é", "\"quoted\"", "f5"] if VERSION >= (1, 4) else None  # not saved before
rng = np.random.default_rng(SEED)


def short(values):
    """Shortest decimals that give back the same float32; null for NaN."""
    return [None if np.isnan(v) else float(str(np.float32(v))) for v in np.asarray(values, dtype=np.float32).ravel()]


def saved(booster, ending):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"model.{ending}"
        booster.save_model(str(path))
        return path.read_bytes()


def case(name, params, x, y, rounds=5, rows=None, names=None, **matrix):
    rows = x[:ROWS] if rows is None else rows
    settings = dict(params, seed=SEED, verbosity=0, nthread=1)
    settings.setdefault("max_depth", 3)
    booster = xgb.train(settings, xgb.DMatrix(x, y, feature_names=names, **matrix), rounds)
    scored = xgb.DMatrix(rows, feature_names=names, **matrix)
    margin = booster.predict(scored, output_margin=True)
    answer = booster.predict(scored)
    kinds = ["weight", "gain", "cover", "total_gain", "total_cover"]
    out = {
        "name": name,
        "json": saved(booster, "json").decode(),
        "rows": len(rows),
        "x": short(rows),
        "margin": short(margin),
        "predict": short(answer),
        "importance": {},
    }
    if name != "leaf vectors":  # 2.1.4 crashes
        out["importance"] = {kind: booster.get_score(importance_type=kind) for kind in kinds}
    if VERSION >= (1, 6) and name in BINARY:
        out["ubj"] = saved(booster, "ubj").hex()
    return out


x = rng.normal(size=(TRAIN, FEATURES)).astype(np.float32)
signal = x[:, 0] + x[:, 1] * x[:, 2]
x[rng.random(x.shape) < 0.1] = np.nan
yes = (signal + rng.normal(size=TRAIN) * 0.5 > 0).astype(float)
number = signal * 3 + 100
count = rng.poisson(np.exp(signal.clip(-2, 2))).astype(float)
kind = np.digitize(signal, [-1, 0.5]).astype(float)
extreme = x[:ROWS].copy()
extreme[0], extreme[1], extreme[2], extreme[3] = np.nan, 3e38, -3e38, 1e-45

cases = [
    case("logistic", {"objective": "binary:logistic", "max_depth": 5, "eta": 0.2}, x, yes, 12, rows=extreme),
    case("logistic with base score", {"objective": "binary:logistic", "base_score": 0.3}, x, yes, names=NAMES),
    case("logitraw", {"objective": "binary:logitraw", "base_score": 0.2}, x, yes),
    case("reg:logistic", {"objective": "reg:logistic"}, x, yes),
    case("hinge", {"objective": "binary:hinge"}, x, yes),
    case("squared error", {"objective": "reg:squarederror"}, x, number, 20),
    case("stump", {"objective": "reg:squarederror", "max_depth": 1}, x, number, 3),
    case("one leaf", {"objective": "reg:squarederror", "gamma": 1e9}, x, number, 2),
    case("deep", {"objective": "reg:squarederror", "max_depth": 10, "min_child_weight": 4}, x, number, 3),
    case("seven deep", {"objective": "reg:squarederror", "max_depth": 7, "min_child_weight": 6}, x, number, 3),
    case("by leaf", {"objective": "reg:squarederror", "max_depth": 0, "max_leaves": 12, "grow_policy": "lossguide",
                     "tree_method": "hist"}, x, number),
    case("pruned", {"objective": "binary:logistic", "tree_method": "exact", "gamma": 4, "max_depth": 5}, x, yes),
    case("poisson", {"objective": "count:poisson"}, x, count),
    case("gamma", {"objective": "reg:gamma"}, x, count + 0.5),
    case("tweedie", {"objective": "reg:tweedie"}, x, count + 0.5),
    case("cox", {"objective": "survival:cox"}, x, count + 0.5),
    case("softprob", {"objective": "multi:softprob", "num_class": 3}, x, kind),
    case("softmax", {"objective": "multi:softmax", "num_class": 3}, x, kind),
    case("pairwise", {"objective": "rank:pairwise"}, x, kind),
    case("forest", {"objective": "binary:logistic", "num_parallel_tree": 4, "subsample": 0.5}, x, yes, 3),
    case("dart", {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.4}, x, yes, 10),
]
if VERSION >= (1, 6):  # 1.3 adds the base score to each tree of dart and takes it off again, which rounds
    cases.append(case("dart with classes", {"objective": "multi:softprob", "num_class": 3, "booster": "dart",
                                            "rate_drop": 0.4}, x, kind))
    targets = np.stack([yes, 1 - yes, signal], 1)
    cases.append(case("targets", {"objective": "reg:squarederror", "tree_method": "hist"}, x, targets, 4))
    cases.append(case("labels", {"objective": "binary:logistic", "tree_method": "hist"}, x, targets[:, :2], 4))
    coded = x.copy()
    coded[:, 0], coded[:, 1] = rng.integers(0, 40, TRAIN), rng.integers(0, 3, TRAIN)
    coded[rng.random(TRAIN) < 0.1, 0] = np.nan
    yes_coded = (np.isin(coded[:, 0] % 7, [1, 3, 4]) ^ (coded[:, 1] == 1)).astype(float)
    for onehot in (1, 100):
        cases.append(case(
            f"categories, one-hot below {onehot}",
            {"objective": "binary:logistic", "tree_method": "hist", "max_cat_to_onehot": onehot}, coded, yes_coded,
            feature_types=["c", "c", "q", "q", "q", "q"], enable_categorical=True))
if VERSION >= (2, 0):
    cases.append(case("leaf vectors", {"objective": "reg:squarederror", "tree_method": "hist",
                                       "multi_strategy": "multi_output_tree"}, x, targets, 4))
    cases.append(case("quantiles", {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9],
                                    "tree_method": "hist"}, x, number))

text = json.dumps({"xgboost": xgb.__version__, "numpy": np.__version__, "seed": SEED, "features": FEATURES,
                   "cases": cases}, ensure_ascii=False, separators=(",", ":")) + "\n"
name = f"xgboost-{xgb.__version__}.json"
(HERE / name).write_text(text, encoding="utf-8")
digest = 0xCBF29CE484222325
for byte in text.encode():
    digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
record = HERE / "PROVENANCE"
lines = [line for line in record.read_text().splitlines() if name not in line] if record.exists() else []
lines.append(f"{name} fnv1a {digest:016x}, made by make.py with seed {SEED}, numpy {np.__version__}")
record.write_text("\n".join(sorted(lines)) + "\n")
print(name, len(cases), "cases,", len(text), "bytes")
