"""The rows of `make bench` about serving: the whole churn pipeline over HTTP."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time

from measure import PEERS_PYTHON, ROOT, Failed, need, run
from rows import BENCH, Row, Sample

REQUEST = "KS,186,510,400-6454,no,no,0,137.8,97,23.43,187.7,118,15.95,146.4,85,6.59,8.7,6,2.35,1"
CONNECTIONS = "32"
PATIENCE = 60.0
FIRST_ANSWER_LIMIT_MS = 50.0
RSS_LIMIT_MIB = 64.0
RSS_REQUESTS = 1_000_000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask_once(port, method="POST", path="/invocations", body=REQUEST):
    """The answer's bytes, or None while nobody listens."""
    text = (
        f"{method} {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Type: text/csv\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            connection.sendall(text.encode())
            answer = b""
            while part := connection.recv(65536):
                answer += part
            return answer
    except ConnectionError:
        return None


@contextlib.contextmanager
def server(command, port, processor=None, environment=None):
    """A server as a child, once it answers; ended with SIGTERM."""
    pin = {} if processor is None else {"preexec_fn": lambda: os.sched_setaffinity(0, {processor})}
    process = subprocess.Popen(
        command, cwd=ROOT, env=dict(os.environ, **(environment or {})), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **pin,
    )  # fmt: skip
    try:
        end = time.monotonic() + PATIENCE
        while not ask_once(port):
            if process.poll() is not None or time.monotonic() > end:
                raise Failed(f"'{os.path.basename(command[0])}' does not answer")
            time.sleep(0.01)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Serving(Row):
    def processors(self):
        """One for the server, another for the client."""
        allowed = sorted(os.sched_getaffinity(0))
        return allowed[0], allowed[-1]

    def shared(self, name):
        folder = os.environ.get("QUERN_SHARED", os.path.join(ROOT, "..", "shared"))
        path = os.path.join(folder, "data", "churn", f"split1729_{name}.csv")
        if not os.path.exists(path):
            raise Failed(f"no churn data: '{path}' is missing")
        return path

    def make_bundle(self):
        """apps/churn/pipeline.yaml trained once; later runs find it up to date."""
        out = os.path.join(self.data, "churn")
        run([
            os.path.join(self.build, "quern"), "run", os.path.join(ROOT, "apps", "churn", "pipeline.yaml"),
            *(f"--set=source.{name}={self.shared(name)}" for name in ("train", "validation", "test")),
            "--out", out, "--quiet",
        ])  # fmt: skip
        return os.path.join(out, "bundle")

    def prepare(self, with_peer):
        self.bundle = self.make_bundle()

    def serve_command(self, port):
        return [os.path.join(self.build, "quern"), "serve", self.bundle, "--port", str(port),
                "--threads", "1", "--quiet"]  # fmt: skip

    def load(self, port, *arguments):
        """Ask for some time from another processor; every answer is looked at."""
        done = run([
            "taskset", "-c", str(self.processors()[1]), os.path.join(self.build, "quern"), "loadtest",
            f"http://127.0.0.1:{port}/invocations", "--data", REQUEST, "--content-type", "text/csv",
            "--expect", "False", "--connections", CONNECTIONS, "--json", *arguments,
        ])  # fmt: skip
        return json.loads(done.output)

    def measure_ours(self, *arguments):
        port = free_port()
        with server(self.serve_command(port), port, self.processors()[0]) as process:
            told = self.load(port, *arguments)
            with open(f"/proc/{process.pid}/status") as status:
                rss = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        return told, rss / 1024

    def sample(self, told, peak=None):
        return Sample(told["throughput"], peak, p50_ms=told["p50_ms"], p99_ms=told["p99_ms"])


class ChurnEcho(Serving):
    """Requests a second on one processor, beside a server that does nothing with them."""

    name, peer_name, unit, more_is_better = "http_churn_echo", "libmicrohttpd", "requests/s", True
    seconds = ("--seconds", "5")

    def ours(self):
        return self.sample(*self.measure_ours(*self.seconds))

    def peer(self):
        port = free_port()
        with server([self.program("echo"), str(port)], port, self.processors()[0]):
            return self.sample(self.load(port, *self.seconds))


class ChurnFlask(ChurnEcho):
    name, peer_name = "http_churn_flask", "flask, gunicorn"

    def find_peer(self):
        versions = need("scikit-learn", "xgboost", "flask", "gunicorn", "pandas")
        return {"version": versions["scikit-learn"], "xgboost": versions["xgboost"]}

    def prepare(self, with_peer):
        super().prepare(with_peer)
        self.model = os.path.join(self.data, "churn_flask.pickle")
        if with_peer:
            script = os.path.join(BENCH, "peers", "churn_flask.py")
            run([PEERS_PYTHON, script, self.shared("train"), self.model])

    def peer(self):
        port = free_port()
        command = [
            PEERS_PYTHON, "-m", "gunicorn", "--workers", "1", "--bind", f"127.0.0.1:{port}",
            "--chdir", os.path.join(BENCH, "peers"), "churn_flask:app",
        ]  # fmt: skip
        environment = {"CHURN_MODEL": self.model, "OMP_NUM_THREADS": "1"}
        with server(command, port, self.processors()[0], environment):
            return self.sample(self.load(port, *self.seconds))


class FirstAnswer(Serving):
    """From exec to the first answer; the peer is the limit."""

    name, peer_name, unit = "first_answer_ms", "limit", "ms"

    def ours(self):
        port = free_port()
        started = time.perf_counter()
        process = subprocess.Popen(self.serve_command(port), cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            while not (answer := ask_once(port)):
                if process.poll() is not None:
                    raise Failed("quern serve ended before it answered")
                time.sleep(0.0002)
            taken = time.perf_counter() - started
        finally:
            process.terminate()
            process.wait()
        if not answer.endswith(b"False\n"):
            raise Failed(f"the first answer was {answer!r}")
        return Sample(taken * 1000)

    def peer(self):
        return Sample(FIRST_ANSWER_LIMIT_MS)


class ServeMemory(Serving):
    """Peak memory after a million requests; the peer is the limit."""

    name, peer_name, unit, once = "serve_rss_mib", "limit", "MiB", True

    def ours(self):
        told, peak = self.measure_ours("--requests", str(RSS_REQUESTS))
        return Sample(peak, requests=told["requests"], seconds=told["seconds"])

    def peer(self):
        return Sample(RSS_LIMIT_MIB)


ROWS = [ChurnEcho, ChurnFlask, FirstAnswer, ServeMemory]
