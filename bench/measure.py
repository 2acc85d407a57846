"""Run a program and say what it took; find the peers. Standard library only."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEERS = os.path.abspath(os.environ.get("QUERN_PEERS", os.path.join(ROOT, ".deps", "peers")))
PEERS_PYTHON = os.path.join(PEERS, "bin", "python")
LINES_KEPT = 5


class Missing(Exception):
    """A peer that is not installed: reported, never a failure."""


class Failed(Exception):
    """A program that did not do its work: the run fails."""


class Finished:
    """A program that ended well: wall and processor seconds, peak MiB, what it printed."""

    def __init__(self, seconds, usage, output):
        self.seconds, self.output = seconds, output
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self.peak_mib = usage.ru_maxrss / 1024

    def json(self):
        """The last line printed, which is JSON."""
        lines = self.output.strip().splitlines()
        try:
            return json.loads(lines[-1])
        except (IndexError, ValueError):
            raise Failed(f"printed no JSON line but {self.output[-200:]!r}") from None


def run(command, extra_environment=None):
    """The peak is that of the program and of the children it has waited for (wait4)."""
    environment = dict(os.environ, **(extra_environment or {}))
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=errors,
            )
        except OSError as error:
            raise Failed(f"'{command[0]}' does not start: {error.strerror}") from None
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        text = output.read().decode(errors="replace")
        if process.returncode != 0:
            said = errors.read().decode(errors="replace").strip() or text.strip()
            last = " | ".join(said.splitlines()[-LINES_KEPT:])
            how = f"exit status {process.returncode}"
            if process.returncode < 0:
                how = f"signal {-process.returncode}"
            raise Failed(f"{os.path.basename(command[0])} ended with {how}: {last}")
        return Finished(seconds, usage, text)


def need(*modules):
    """Raise Missing unless the peers' Python has these modules; give their versions."""
    if not os.access(PEERS_PYTHON, os.X_OK):
        raise Missing(f"{modules[0]} is not installed: make bench-peers")
    question = (
        "import importlib.metadata as m, json, sys\n"
        "def v(n):\n"
        "    try: return m.version(n)\n"
        "    except m.PackageNotFoundError: return None\n"
        "print(json.dumps({n: v(n) for n in sys.argv[1:]}))"
    )
    versions = run([PEERS_PYTHON, "-c", question, *modules]).json()
    for name, version in versions.items():
        if version is None:
            raise Missing(f"{name} is not installed: make bench-peers")
    return versions


def need_program(name):
    if shutil.which(name) is None:
        raise Missing(f"{name} is not installed: make bench-peers")


def say(sentence):
    print(f"bench: {sentence}", file=sys.stderr, flush=True)
