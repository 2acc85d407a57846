#!/usr/bin/env python3
"""Make what bench_trees compares: a model, rows, the same model compiled, a LightGBM of that size.

    trees_models.py FOLDER

100 trees of depth 5 over 25 features, trained by XGBoost on 50,000 rows; one cell in fifty is missing.
Writes model.ubj, model.json, tl2cgen.so, lightgbm.txt and rows.bin (float32 [100000, 25]), and prints
where the peers' shared libraries are, as JSON.
"""

import glob
import importlib.util
import json
import os
import sys

import lightgbm
import numpy as np
import tl2cgen
import treelite
import xgboost

SEED, FEATURES, TREES, DEPTH = 5, 25, 100, 5
TRAIN_ROWS, ROWS = 50_000, 100_000


def library(module, pattern):
    folder = os.path.dirname(importlib.util.find_spec(module).origin)
    return glob.glob(os.path.join(folder, "lib", pattern))[0]


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(TRAIN_ROWS + ROWS, FEATURES)).astype(np.float32)
    score = x @ rng.normal(size=FEATURES) + x[:, 0] * x[:, 1] + np.abs(x[:, 2]) * 2
    label = (score + rng.normal(size=len(x)) * 2 > 1).astype(np.float32)
    x[rng.random(x.shape) < 0.02] = np.nan
    train = slice(0, TRAIN_ROWS)

    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": DEPTH, "eta": 0.1, "tree_method": "hist",
         "seed": SEED},
        xgboost.DMatrix(x[train], label[train]), TREES,
    )  # fmt: skip
    booster.save_model(os.path.join(folder, "model.ubj"))
    booster.save_model(os.path.join(folder, "model.json"))
    forest = lightgbm.train(
        {"objective": "binary", "num_leaves": 1 << DEPTH, "max_depth": DEPTH, "learning_rate": 0.1,
         "seed": SEED, "verbose": -1, "deterministic": True},
        lightgbm.Dataset(x[train], label[train]), TREES,
    )  # fmt: skip
    forest.save_model(os.path.join(folder, "lightgbm.txt"))
    tl2cgen.export_lib(
        treelite.frontend.from_xgboost(booster), toolchain="gcc",
        libpath=os.path.join(folder, "tl2cgen.so"), params={}, verbose=False,
    )  # fmt: skip
    x[TRAIN_ROWS:].tofile(os.path.join(folder, "rows.bin"))
    print(json.dumps({
        "xgboost": library("xgboost", "libxgboost.so"),
        "lightgbm": library("lightgbm", "lib_lightgbm.so"),
        "tl2cgen": os.path.join(folder, "tl2cgen.so"),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
