"""The rows of `make bench`: what each runs, on which data, against whom (docs/benchmarks.md)."""

import csv
import os
import shutil

from measure import PEERS_PYTHON, ROOT, Failed, Missing, need, need_program, run, say
from row import BENCH, THREADS, Row, Sample, is_stale
from incremental_rows import INCREMENTAL_ROWS
from tree_rows import TREE_ROWS

TRAINING_EPOCHS = "40"
LIMIT_GIB = 4.0


class ImpressionsRow(Row):
    """A row over impressions."""

    def impressions(self, rows, title):
        """Made once, kept in bench-data."""
        path = os.path.join(self.data, f"impressions_{title}.parquet")
        if is_stale(path, "make_impressions.c"):
            say(f"making {path}")
            run([self.program("make_impressions"), str(rows), path])
        with open(path, "rb") as file:  # both sides find the file in the page cache
            while file.read(1 << 24):
                pass
        return path

    def build_features(self, source, folder):
        shutil.rmtree(folder, ignore_errors=True)
        return run([
            os.path.join(self.build, "quern"), "run", os.path.join(BENCH, "journeys.yaml"),
            "--set", f"source.path={source}", "--until", "features", "--threads", str(THREADS),
            "--out", folder,
        ])  # fmt: skip


class Journeys(ImpressionsRow):
    """10 million impressions to feature store, beside one tool."""

    module = None
    job_only = False  # compare with the job, not the whole process

    def find_peer(self):
        return {"version": need(self.module, "pyarrow")[self.module]}

    def run_peer(self, source, folder):
        shutil.rmtree(folder, ignore_errors=True)
        script = os.path.join(BENCH, "peers", f"journeys_{self.peer_name}.py")
        return run([PEERS_PYTHON, script, source, folder, "--threads", str(THREADS)])

    def folder(self, name):
        return os.path.join(self.data, f"out-{name}")

    def prepare(self, with_peer):
        if with_peer:
            sample = self.impressions(100_000, "100k")
            self.build_features(sample, self.folder("quern"))
            self.run_peer(sample, self.folder(self.peer_name))
            run([PEERS_PYTHON, os.path.join(BENCH, "compare_feature_stores.py"),
                 self.folder("quern"), self.folder(self.peer_name)])  # fmt: skip
        self.source = self.impressions(10_000_000, "10m")

    def ours(self):
        done = self.build_features(self.source, self.folder("quern"))
        return Sample(done.seconds, done.peak_mib, cpu=done.cpu_seconds)

    def peer(self):
        done = self.run_peer(self.source, self.folder(self.peer_name))
        said = done.json()
        return Sample(
            said["job_seconds"] if self.job_only else done.seconds,
            said.get("peak_mib", done.peak_mib),
            cpu=said.get("cpu_seconds", done.cpu_seconds),
            whole_process=done.seconds,
            job=said["job_seconds"],
        )


class JourneysDuckdb(Journeys):
    name, peer_name, module = "journeys_10m_duckdb", "duckdb", "duckdb"


class JourneysPolars(Journeys):
    name, peer_name, module = "journeys_10m_polars", "polars", "polars"


class JourneysSpark(Journeys):
    name, peer_name, module = "journeys_10m_spark", "spark", "pyspark"
    job_only = True  # a session stays up in practice, so its start is not counted

    def find_peer(self):
        need_program("java")
        return super().find_peer()


class Training(Row):
    unit = "journeys/s"
    more_is_better = True

    def prepare(self, with_peer):
        """Real journeys where the shared folder is there, else drawn ones of their shape."""
        shared = os.environ.get("QUERN_SHARED", os.path.join(ROOT, "..", "shared"))
        impressions = os.path.join(shared, "data", "attribution", "impressions.csv")
        real = os.path.exists(impressions)
        if not real:
            say("no shared attribution data: training on drawn journeys")
        self.journeys = os.path.join(self.data, "journeys_real.txt" if real else "journeys_drawn.txt")
        if is_stale(self.journeys, "make_training_journeys.py"):
            script = os.path.join(BENCH, "make_training_journeys.py")
            run(["python3", script, self.journeys] + ([impressions] if real else []))

    def train(self, threads):
        done = run([self.program("bench_training"), self.journeys, str(threads), TRAINING_EPOCHS])
        return Sample(done.json()["journeys_per_second"], done.peak_mib)


class TrainingTorch(Training):
    name, peer_name = "journey_training_1_thread", "pytorch"

    def find_peer(self):
        return {"version": need("torch", "numpy")["torch"]}

    def run_torch(self, *arguments):
        script = os.path.join(BENCH, "peers", "training_torch.py")
        cache = {"TORCHINDUCTOR_CACHE_DIR": os.path.join(self.data, "inductor")}
        return run([PEERS_PYTHON, script, self.journeys, "--threads", "1", *arguments], cache)

    def prepare(self, with_peer):
        super().prepare(with_peer)
        if with_peer:
            say("looking for the fastest form of PyTorch")
            self.variant = self.run_torch("--seconds", "4").json()["variant"]

    def ours(self):
        return self.train(1)

    def peer(self):
        done = self.run_torch("--variant", self.variant, "--seconds", "5")
        return Sample(done.json()["journeys_per_second"], done.peak_mib, variant=self.variant)


class TrainingThreads(Training):
    name, peer_name = "journey_training_2_threads", "quern, 1 thread"

    def find_peer(self):
        if len(os.sched_getaffinity(0)) < 2:
            raise Missing("this machine has one processor")
        return {}

    def ours(self):
        return self.train(2)

    def peer(self):
        return self.train(1)


class AttributionMethods(Row):
    """A million paths to the table of credits; ours computes more methods, and chains exactly."""

    name, peer_name = "attribution_methods_1m", "channelattribution"
    same = [f"{method}_touch_conversions" for method in ("first", "last", "linear")]

    def find_peer(self):
        return {"version": need("ChannelAttribution", "matplotlib")["ChannelAttribution"]}

    def make_paths(self, rows, title):
        path = os.path.join(self.data, f"paths_{title}.csv")
        if is_stale(path, "make_paths.py"):
            say(f"making {path}")
            run(["python3", os.path.join(BENCH, "make_paths.py"), str(rows), path])
        return path

    def prepare(self, with_peer):
        if with_peer:
            sample = self.make_paths(10_000, "10k")
            self.run_ours(sample)
            self.run_peer(sample)
            self.compare()
        self.paths = self.make_paths(1_000_000, "1m")

    def output(self, name):
        return os.path.join(self.data, f"attribution-{name}.csv")

    def compare(self):
        """Chains are simulated by the peer; the other methods must agree."""
        tables = []
        for name in ("quern", "peer"):
            with open(self.output(name), newline="") as file:
                tables.append({row["channel_name"]: row for row in csv.DictReader(file)})
        ours, peer = tables
        if ours.keys() != peer.keys():
            raise Failed("the channels of quern and of the peer differ")
        for channel, row in ours.items():
            for key in self.same:
                if abs(float(row[key]) - float(peer[channel][key])) > 1e-6:
                    raise Failed(f"{channel}: {key} is {row[key]}, of the peer {peer[channel][key]}")

    def run_ours(self, paths):
        return run([os.path.join(self.build, "quern"), "attribute", paths,
                    "--output", self.output("quern"), "--threads", str(THREADS)])  # fmt: skip

    def run_peer(self, paths):
        script = os.path.join(BENCH, "peers", "attribution_channelattribution.py")
        return run([PEERS_PYTHON, script, paths, self.output("peer"), "--threads", str(THREADS)])

    def ours(self):
        done = self.run_ours(self.paths)
        return Sample(done.seconds, done.peak_mib)

    def peer(self):
        done = self.run_peer(self.paths)
        return Sample(done.seconds, done.peak_mib, job=done.json()["job_seconds"])


class BatchChurn(Row):
    """A million customers from CSV to CSV of labels, all stages; the peer's imports are not counted."""

    name, peer_name = "batch_churn", "pandas, scikit-learn, xgboost"
    rows = 1_000_000
    # Of labels. The loadings of "yes" and "no" of one column are equal but for their sign, so which
    # one is the largest, which decides the sign of a component, is a matter of rounding.
    agreement = 0.99

    def find_peer(self):
        versions = need("xgboost", "scikit-learn", "pandas")
        return {"version": ", ".join(f"{name} {version}" for name, version in versions.items())}

    def prepare(self, with_peer):
        shared = os.environ.get("QUERN_SHARED", os.path.join(ROOT, "..", "shared"))
        splits = {name: os.path.join(shared, "data", "churn", f"split1729_{name}.csv")
                  for name in ("train", "validation", "test")}  # fmt: skip
        for path in splits.values():
            if not os.path.exists(path):
                raise Missing(f"the churn data is not there: {path}")
        out = os.path.join(self.data, "churn")
        run([os.path.join(self.build, "quern"), "run", os.path.join(ROOT, "apps/churn/pipeline.yaml"),
             "--out", out, *(word for name, path in splits.items()
                             for word in ("--set", f"source.{name}={path}"))])  # fmt: skip
        self.bundle, self.train = os.path.join(out, "bundle"), splits["train"]
        self.input = self.make_input(splits.values())
        if with_peer:
            self.ours()
            self.peer()
            self.compare()

    def make_input(self, splits):
        path = os.path.join(self.data, "churn_1m.csv")
        lines = []
        for split in splits:
            with open(split) as file:
                header, *more = file.read().splitlines(keepends=True)
                lines += more
        with open(path, "w") as file:
            file.write(header)
            file.writelines(lines[i * 7919 % len(lines)] for i in range(self.rows))
        return path

    def output(self, name):
        return os.path.join(self.data, f"churn-{name}.csv")

    def compare(self):
        with open(self.output("quern")) as ours, open(self.output("peer")) as peer:
            same = sum(a == b for a, b in zip(ours, peer, strict=True)) / self.rows
        if same < self.agreement:
            raise Failed(f"only {same:.4%} of the labels agree")

    def ours(self):
        done = run([os.path.join(self.build, "quern"), "predict", self.bundle, self.input,
                    "--output", self.output("quern"), "--threads", str(THREADS)])  # fmt: skip
        return Sample(done.seconds, done.peak_mib, rows_per_second=self.rows / done.seconds)

    def peer(self):
        done = run([PEERS_PYTHON, os.path.join(BENCH, "peers", "batch_churn.py"), self.train,
                    os.path.join(self.bundle, "model.ubj"), self.input, self.output("peer"),
                    "--threads", str(THREADS)])  # fmt: skip
        return Sample(done.json()["job_seconds"], done.peak_mib, whole_process=done.seconds)


class Memory(ImpressionsRow):
    """Peak memory of feature building; the peer is the limit."""

    name, peer_name, unit, once = "journeys_100m_gib", "limit", "GiB", True

    def prepare(self, with_peer):
        self.source = self.impressions(100_000_000, "100m")

    def ours(self):
        folder = os.path.join(self.data, "out-quern-100m")
        try:
            done = self.build_features(self.source, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return Sample(done.peak_mib / 1024, seconds=done.seconds)

    def peer(self):
        return Sample(LIMIT_GIB)


ROWS = [
    JourneysDuckdb, JourneysPolars, JourneysSpark, TrainingTorch, TrainingThreads, Memory,
    AttributionMethods, *INCREMENTAL_ROWS, BatchChurn, *TREE_ROWS,
]  # fmt: skip
