"""Rows of `make bench` that score boosted trees in process (docs/trees.md)."""

import os

from measure import PEERS_PYTHON, need, run, say
from row import BENCH, Row, Sample, is_stale


class Trees(Row):
    """100 trees of depth 5 over 25 features; both sides are called from C by bench_trees."""

    unit = "us/row"
    batch = ""
    modules = ("lightgbm", "tl2cgen", "treelite", "xgboost", "numpy")

    def find_peer(self):
        return {"version": need(self.peer_name, *self.modules)[self.peer_name]}

    def prepare(self, with_peer):
        self.folder = os.path.join(self.data, "trees")
        if is_stale(os.path.join(self.folder, "model.ubj"), "make_trees.c"):
            say(f"making {self.folder}")
            run([self.program("make_trees"), self.folder])
        if with_peer:
            script = os.path.join(BENCH, "peers", "trees_models.py")
            self.library = run([PEERS_PYTHON, script, self.folder]).json()[self.peer_name]

    def measure(self, who, library):
        done = run([self.program("bench_trees"), who + self.batch, self.folder, library, "1"])
        return Sample(done.json()["microseconds_per_row"], done.peak_mib)

    def ours(self):
        return self.measure("ours", "-")

    def peer(self):
        return self.measure(self.peer_name, self.library)


class OneRowTl2cgen(Trees):
    name, peer_name = "trees_one_row_tl2cgen", "tl2cgen"


class OneRowLightgbm(Trees):
    name, peer_name = "trees_one_row_lightgbm", "lightgbm"


class OneRowXgboost(Trees):
    name, peer_name = "trees_one_row_xgboost", "xgboost"


class BatchXgboost(Trees):
    """A million rows a call."""

    name, peer_name, batch = "trees_batch_xgboost", "xgboost", "_batch"


TREE_ROWS = [OneRowTl2cgen, OneRowLightgbm, OneRowXgboost, BatchXgboost]
