"""Rows of `make bench` about the incremental model (docs/benchmarks.md)."""

import os

from measure import PEERS_PYTHON, Failed, need, run, say
from row import BENCH, THREADS, Row, Sample, is_stale

LIMIT_GIB = 2.0
USERS_10M, USERS_1M = 1_460_000, 146_000
CLOSE = 1e-6  # of the penalised log loss


class IncrementalRow(Row):
    """A random market of 20 campaigns, some of which follow an intent that drifts."""

    def simulated(self, users, title):
        path = os.path.join(self.data, f"simulated_{title}.parquet")
        if is_stale(path, "../src/attribution/simulation.c"):
            say(f"making {path}")
            run([os.path.join(self.build, "quern"), "simulate", "attribution", "--users", str(users),
                 "--campaigns", "20", "--selection", "1", "--drift", "10", "--seed", "1",
                 "--quiet", "--output", path])  # fmt: skip
        with open(path, "rb") as file:  # both sides find the file in the page cache
            while file.read(1 << 24):
                pass
        return path


class IncrementalFit(IncrementalRow):
    """The fit; the peer's is that of a tenth of the users, as its features take 12 GB else."""

    name, peer_name = "incremental_fit_10m", "numpy, scipy L-BFGS-B"

    def find_peer(self):
        versions = need("scipy", "numpy")
        return {"version": ", ".join(f"{name} {version}" for name, version in versions.items())}

    def prepare(self, with_peer):
        self.source = self.simulated(USERS_10M, "10m")
        self.impressions = None
        if with_peer:
            sample = self.simulated(USERS_1M, "1m")
            self.folder = os.path.join(self.data, "incremental")
            say(f"writing features to {self.folder}")
            self.matrix = run([self.program("bench_incremental"), "matrix", sample,
                               self.folder]).json()  # fmt: skip

    def ours(self):
        done = run([self.program("bench_incremental"), "fit", self.source, str(THREADS)])
        said = done.json()
        self.impressions = said["impressions"]
        return Sample(said["fit_seconds"], done.peak_mib, cpu=done.cpu_seconds,
                      read_seconds=said["read_seconds"])  # fmt: skip

    def peer(self):
        script = os.path.join(BENCH, "peers", "incremental_scipy.py")
        done = run([PEERS_PYTHON, script, self.folder, str(self.matrix["value"]),
                    str(self.impressions), "--threads", str(THREADS)])  # fmt: skip
        said = done.json()
        if said["value"] > self.matrix["value"] * (1 + CLOSE):
            raise Failed(f"the peer ends at a loss of {said['value']}, we at {self.matrix['value']}")
        return Sample(said["seconds_of_rows"], done.peak_mib, job=said["seconds"],
                      rows=said["rows"], evaluations=said["evaluations"])  # fmt: skip


class IncrementalMemory(IncrementalRow):
    """Peak memory of `quern attribute`, every method; the peer is the limit."""

    name, peer_name, unit, once = "incremental_fit_10m_gib", "limit", "GiB", True

    def prepare(self, with_peer):
        self.source = self.simulated(USERS_10M, "10m")

    def ours(self):
        done = run([os.path.join(self.build, "quern"), "attribute", self.source, "--quiet",
                    "--output", os.path.join(self.data, "attribution-10m.csv"),
                    "--threads", str(THREADS)])  # fmt: skip
        return Sample(done.peak_mib / 1024, seconds=done.seconds)

    def peer(self):
        return Sample(LIMIT_GIB)


INCREMENTAL_ROWS = [IncrementalFit, IncrementalMemory]
