"""The row of `make bench` about the sales service: posts and lists over HTTP, stored in SQLite."""

import json
import os
import shutil
import sys
import urllib.request

from measure import PEERS_PYTHON, ROOT, Failed, need, run
from row import BENCH
from serving_rows import Serving, free_port, server

sys.path.insert(0, os.path.join(ROOT, "apps", "sales"))
import mix  # noqa: E402

CONNECTIONS = "200"
SECONDS = "5"


def ask(port, path, body=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


class SalesMix(Serving):
    """
    500 posts : 250 raw lists : 250 monthly lists as fast as answers come, on one processor. Every post
    changes a row, and is answered when it is committed.
    """

    name, peer_name, unit, more_is_better = "sales_mix_flask", "flask, gunicorn, sqlite", "requests/s", True

    def find_peer(self):
        versions = need("flask", "gunicorn")
        return {"version": versions["flask"], "gunicorn": versions["gunicorn"]}

    def prepare(self, with_peer):
        self.folder = os.path.join(self.data, "sales")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.requests = os.path.join(self.folder, "requests.txt")
        with open(self.requests, "w") as file:
            for method, path, rows in mix.requests():
                file.write(" ".join([method, path] + ([json.dumps(rows)] if rows else [])) + "\n")
        if with_peer:
            self.compare()

    def database(self, name):
        path = os.path.join(self.folder, name + ".db")
        for end in ("", "-wal", "-shm"):
            if os.path.exists(path + end):
                os.remove(path + end)
        return path

    def our_server(self, port):
        command = [
            os.path.join(self.build, "quern"), "serve", os.path.join(ROOT, "apps", "sales", "service.yaml"),
            "--store", "sqlite:" + self.database("quern"), "--port", str(port), "--threads", "1", "--quiet",
        ]  # fmt: skip
        return server(command, port, self.processors()[0])

    def peer_server(self, port):
        command = [
            PEERS_PYTHON, "-m", "gunicorn", "--workers", "1", "--threads", "8", "--bind", f"127.0.0.1:{port}",
            "--chdir", os.path.join(BENCH, "peers"), "sales_flask:app",
        ]  # fmt: skip
        return server(command, port, self.processors()[0], {"SALES_DB": self.database("peer")})

    def compare(self):
        """Both must give the same monthly list of the same posts."""
        lists = []
        for start in (self.our_server, self.peer_server):
            port = free_port()
            with start(port):
                ask(port, "/post_sales", json.dumps(mix.first_post()).encode())
                lists.append(ask(port, "/get_monthly_sales?remove_outliers=true"))
        ours, peer = ({(row["year_month"], row["vegetable"]): row["sales"] for row in rows} for rows in lists)
        far = [key for key in peer if key not in ours or abs(ours[key] - peer[key]) > 1e-6 * peer[key]]
        if len(ours) != len(peer) or far:
            raise Failed(f"the monthly lists differ: {len(ours)} and {len(peer)} rows, {far[:3]}")

    def measure(self, start):
        port = free_port()
        with start(port):
            ask(port, "/post_sales", json.dumps(mix.first_post()).encode())
            done = run([
                "taskset", "-c", str(self.processors()[1]), os.path.join(self.build, "quern"), "loadtest",
                f"http://127.0.0.1:{port}", "--mix", self.requests, "--content-type", "application/json",
                "--connections", CONNECTIONS, "--seconds", SECONDS, "--json",
            ])  # fmt: skip
        return self.sample(json.loads(done.output))

    def ours(self):
        return self.measure(self.our_server)

    def peer(self):
        return self.measure(self.peer_server)


ROWS = [SalesMix]
