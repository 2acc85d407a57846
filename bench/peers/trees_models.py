#!/usr/bin/env python3
"""The peers' forms of the model that bench/make_trees.c made: trees_models.py FOLDER

Writes tl2cgen.so, the same model compiled to C, and lightgbm.txt, a model of that size trained by
LightGBM on the same rows. Prints where the peers' shared libraries are, as JSON.
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

FEATURES, TREES, DEPTH = 25, 100, 5


def library(module, pattern):
    folder = os.path.dirname(importlib.util.find_spec(module).origin)
    return glob.glob(os.path.join(folder, "lib", pattern))[0]


def main():
    folder = sys.argv[1]
    x = np.fromfile(os.path.join(folder, "train.bin"), dtype=np.float32).reshape(-1, FEATURES)
    label = np.fromfile(os.path.join(folder, "label.bin"), dtype=np.float32)
    forest = lightgbm.train(
        {"objective": "binary", "num_leaves": 1 << DEPTH, "max_depth": DEPTH, "learning_rate": 0.1,
         "seed": 5, "verbose": -1, "deterministic": True},
        lightgbm.Dataset(x, label), TREES,
    )  # fmt: skip
    forest.save_model(os.path.join(folder, "lightgbm.txt"))
    compiled = os.path.join(folder, "tl2cgen.so")
    tl2cgen.export_lib(
        treelite.frontend.load_xgboost_model(os.path.join(folder, "model.ubj"), format_choice="ubjson"),
        toolchain="gcc", libpath=compiled, params={}, verbose=False,
    )  # fmt: skip
    print(json.dumps({
        "xgboost": library("xgboost", "libxgboost.so"),
        "lightgbm": library("lightgbm", "lib_lightgbm.so"),
        "tl2cgen": compiled,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
