"""What a row of `make bench` is (bench/rows.py, bench/tree_rows.py)."""

import os

from measure import ROOT

BENCH = os.path.join(ROOT, "bench")
THREADS = 2


class Sample:
    """One measurement, with the memory it took and whatever else is worth keeping."""

    def __init__(self, value, peak_mib=None, **more):
        self.value, self.peak_mib, self.more = value, peak_mib, more


def is_stale(path, maker):
    """Missing, or older than the program that makes it."""
    maker = os.path.join(BENCH, maker)
    return not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(maker)


class Row:
    """
    A row measures ours() and peer() in turn. prepare() makes data and refuses comparisons of unequal
    work; find_peer() raises Missing, or gives keys for the report.
    """

    unit = "s"
    more_is_better = False
    once = False  # measured once however many runs are asked for

    def __init__(self, build):
        self.build = build
        self.data = os.path.join(build, "bench-data")

    def find_peer(self):
        return {}

    def prepare(self, with_peer):
        pass

    def program(self, name):
        return os.path.join(self.build, "bench", name)
