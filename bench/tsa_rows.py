"""Rows of `make bench` about temporal self-attention at the document's sizes (docs/benchmarks.md)."""

import json
import os

from measure import PEERS_PYTHON, Failed, Missing, need, run, say
from row import BENCH, Row, Sample, is_stale
from serving_rows import Serving, free_port, server

SECONDS = "8"
SCORES_DIFFER = 1e-4  # relative to the largest score
SHARE_AIM = 0.5
HTTP_REQUESTS = "1000"
HTTP_LIMIT_MS = 20.0


def peer_script(name):
    return os.path.join(BENCH, "peers", name)


class TemporalAttention(Row):
    def folder(self):
        return os.path.join(self.data, "tsa")

    def make_rows(self):
        """Weights and rows that both sides score."""
        if is_stale(os.path.join(self.folder(), "rows.safetensors"), "peers/tsa_model.py"):
            say(f"making {self.folder()}")
            run([PEERS_PYTHON, peer_script("tsa_torch.py"), "make", self.folder()])

    def torch(self, *arguments):
        cache = {"TORCHINDUCTOR_CACHE_DIR": os.path.join(self.data, "inductor")}
        return run([PEERS_PYTHON, peer_script("tsa_torch.py"), *arguments], cache)

    def score(self, precision):
        """Without the peer, which makes the files, weights and rows are drawn."""
        folder = self.folder() if self.with_peer else "-"
        return run([self.program("bench_tsa"), "row", folder, precision, SECONDS]).json()


class Training(TemporalAttention):
    """Rows a second; PyTorch in its fastest form and at its best batch size, as many threads."""

    unit, more_is_better, peer_name = "rows/s", True, "pytorch"
    threads, experts, precision = 1, 1, "float32"

    def find_peer(self):
        if len(os.sched_getaffinity(0)) < self.threads:
            raise Missing(f"this machine has fewer than {self.threads} processors")
        return {"version": need("torch", "numpy")["torch"]}

    def peer_arguments(self):
        given = ["train", "--experts", str(self.experts), "--threads", str(self.threads)]
        return given + (["--autocast"] if self.precision == "mixed" else [])

    def prepare(self, with_peer):
        if with_peer:
            say("looking for the fastest form of PyTorch")
            found = self.torch(*self.peer_arguments(), "--seconds", "4").json()
            self.variant = found["variant"]

    def train(self, precision):
        return run([self.program("bench_tsa"), "train", str(self.threads), str(self.experts),
                    precision, SECONDS])  # fmt: skip

    def ours(self):
        done = self.train(self.precision)
        said = done.json()
        return Sample(said["rows_per_second"], done.peak_mib, peak_share=said["peak_share"],
                      peak_gflops=said["peak_gflops"])  # fmt: skip

    def peer(self):
        done = self.torch(*self.peer_arguments(), "--variant", self.variant, "--seconds", SECONDS)
        return Sample(done.json()["rows_per_second"], done.peak_mib, variant=self.variant)


class TrainOneThread(Training):
    name = "tsa_train_1_thread"


class TrainTwoThreads(Training):
    name, threads = "tsa_train_2_threads", 2


class TrainExperts(Training):
    name, experts = "tsa_moe_train_1_thread", 5


class TrainMixed(Training):
    """Beside PyTorch's bf16 autocast; `ours_times_float32` is the ratio to our own float32."""

    name, precision = "tsa_train_mixed", "mixed"

    def ours(self):
        plain = self.train("float32").json()["rows_per_second"]
        sample = super().ours()
        sample.more["times_float32"] = sample.value / plain
        return sample


class OneRow(TemporalAttention):
    """One full-length row in evaluation, one thread, from the same weights to the same scores."""

    unit, precision = "ms", "float32"

    def prepare(self, with_peer):
        self.difference, self.with_peer = None, with_peer
        if not with_peer:
            return
        self.make_rows()
        self.prepare_peer()
        ours, peer = self.score(self.precision)["scores"], self.ask_peer()["scores"]
        size = max(abs(score) for row in peer for score in row)
        pairs = [(a, b) for x, y in zip(ours, peer) for a, b in zip(x, y)]
        self.difference = max(abs(a - b) for a, b in pairs)
        if self.precision == "float32" and self.difference > SCORES_DIFFER * size:
            raise Failed(f"scores differ by {self.difference:g}")

    def prepare_peer(self):
        pass

    def ours(self):
        said = self.score(self.precision)
        return Sample(said["milliseconds"], said["peak_mib"], score_difference=self.difference)

    def peer(self):
        return Sample(self.ask_peer()["milliseconds"])


class OneRowPytorch(OneRow):
    name, peer_name = "tsa_one_row_pytorch", "pytorch"
    variant = "all"

    def find_peer(self):
        return {"version": need("torch", "numpy")["torch"]}

    def prepare_peer(self):
        self.variant = self.ask_peer()["variant"]

    def ask_peer(self):
        return self.torch("row", self.folder(), "--variant", self.variant).json()

    def peer(self):
        said = self.ask_peer()
        return Sample(said["milliseconds"], variant=self.variant)


class OneRowOnnxruntime(OneRow):
    name, peer_name = "tsa_one_row_onnxruntime", "onnxruntime"

    def find_peer(self):
        return {"version": need("onnxruntime", "onnx", "onnxscript", "torch")["onnxruntime"]}

    def ask_peer(self):
        return run([PEERS_PYTHON, peer_script("tsa_onnx.py"), self.folder()]).json()


class OneRowMixed(OneRowOnnxruntime):
    """Ours with mixed products, ONNX Runtime in float32; `ours_score_difference` is the price."""

    name, precision = "tsa_one_row_mixed", "mixed"

    def prepare(self, with_peer):
        super().prepare(with_peer)
        if with_peer:
            say(f"{self.name}: largest difference of a score {self.difference:.2e}")


class PeakShare(Training):
    """Products our training step really computes, over the peak of the same run."""

    name, peer_name, unit = "tsa_peak_share", "the aim", "of peak"

    def find_peer(self):
        return {}

    def prepare(self, with_peer):
        pass

    def ours(self):
        done = self.train("float32")
        said = done.json()
        return Sample(said["peak_share"], done.peak_mib, gflop_row=said["gflop_row"],
                      peak_gflops=said["peak_gflops"],
                      mib_per_row=done.peak_mib / said["rows_a_step"])  # fmt: skip

    def peer(self):
        return Sample(SHARE_AIM)


class OrderOverHttp(Serving):
    """99th percentile of an order with two full histories, in JSON; the peer is the limit."""

    name, peer_name, unit = "tsa_http_p99_ms", "limit", "ms"

    def prepare(self, with_peer):
        self.folder = os.path.join(self.data, "histories")
        self.bundle = os.path.join(self.folder, "bundle")
        if is_stale(os.path.join(self.bundle, "manifest.json"), "make_histories.c"):
            say(f"making {self.folder}")
            run([self.program("make_histories"), self.folder])

    def ask(self, port, body):
        done = run([
            "taskset", "-c", str(self.processors()[1]), os.path.join(self.build, "quern"), "loadtest",
            f"http://127.0.0.1:{port}/invocations", "--body", os.path.join(self.folder, body),
            "--content-type", "application/json", "--connections", "1",
            "--requests", HTTP_REQUESTS, "--json",
        ])  # fmt: skip
        return json.loads(done.output)

    def ours(self):
        port = free_port()
        with server(self.serve_command(port), port, self.processors()[0]) as process:
            lists, joined = self.ask(port, "order.json"), self.ask(port, "joined.json")
            with open(f"/proc/{process.pid}/status") as status:
                rss = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        return Sample(lists["p99_ms"], rss / 1024, p50_ms=lists["p50_ms"],
                      joined_p50_ms=joined["p50_ms"], joined_p99_ms=joined["p99_ms"])  # fmt: skip

    def peer(self):
        return Sample(HTTP_LIMIT_MS)


TSA_ROWS = [TrainOneThread, TrainTwoThreads, TrainExperts, TrainMixed, OneRowPytorch,
            OneRowOnnxruntime, OneRowMixed, PeakShare, OrderOverHttp]  # fmt: skip
