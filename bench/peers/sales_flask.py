#!/usr/bin/env python3
"""The sales service as it is usually written: Flask over SQLite, behind gunicorn.

gunicorn --workers 1 --threads 8 --chdir bench/peers sales_flask:app    serve $SALES_DB

The same answers as `quern serve apps/sales/service.yaml` to posts, raw and monthly lists: rows are
checked and stored by (week, vegetable as written), names are cleaned, weeks are split over months and
outliers left out. It is written with care: one connection a thread, WAL, an upsert, names settled once,
silver kept beside bronze, and the monthly list kept until a post changes something.
"""

import difflib
import json
import os
import sqlite3
import statistics
import threading
import unicodedata
from collections import defaultdict
from datetime import date, timedelta

from flask import Flask, Response, request

NAMES = {
    "tomato": ["tomate"], "carrot": ["carotte", "zanahoria"], "leek": ["poireau", "puerro"],
    "onion": ["oignon", "cebolla"], "pear": ["poire", "pera"], "cucumber": ["concombre", "pepino"],
    "potato": ["pomme de terre", "patata"], "garlic": ["ail", "ajo"], "apple": ["pomme", "manzana"],
    "pepper": ["poivron", "pimiento"], "lettuce": ["laitue", "lechuga"], "cabbage": ["chou", "repollo"],
}  # fmt: skip
WORDS = {word: name for name, others in NAMES.items() for word in [name, *others]}
SCHEMA = """CREATE TABLE IF NOT EXISTS bronze (id INTEGER PRIMARY KEY, period TEXT, start TEXT,
    vegetable TEXT, posted TEXT, sales REAL, UNIQUE (period, vegetable));
    CREATE TABLE IF NOT EXISTS silver (period TEXT, written TEXT, vegetable TEXT, start TEXT, sales REAL,
    PRIMARY KEY (period, written)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS version (number INTEGER);
    INSERT INTO version SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM version);"""
UPSERT = """INSERT INTO bronze (period, start, vegetable, posted, sales) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (period, vegetable) DO UPDATE SET posted = excluded.posted, sales = excluded.sales
    WHERE sales <> excluded.sales"""
SILVER = "INSERT OR REPLACE INTO silver VALUES (?, ?, ?, ?, ?)"

app = Flask(__name__)
local = threading.local()
settled = {}
kept = {}  # (remove_outliers, version) of the monthly list that was made last


def database():
    if not hasattr(local, "database"):
        local.database = sqlite3.connect(os.environ["SALES_DB"], timeout=30, isolation_level=None)
        local.database.execute("PRAGMA journal_mode = WAL")
        local.database.execute("PRAGMA synchronous = NORMAL")
        local.database.executescript(SCHEMA)
    return local.database


def clean(written):
    if written not in settled:
        plain = unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode().lower()
        tries = [plain, plain.removesuffix("s"), plain.removesuffix("es"), plain.removesuffix("x")]
        found = [WORDS[word] for word in tries if word in WORDS]
        near = [] if found else difflib.get_close_matches(plain, WORDS, 1, 0.8)
        settled[written] = found[0] if found else WORDS[near[0]] if near else written
    return settled[written]


def check(row):
    """The row to store, or why not."""
    if not isinstance(row, dict):
        return None, "not an object"
    vegetable = row.get("vegetable")
    amount = row.get("sales" if "year_week" in row else "kilo_sold")
    if not isinstance(vegetable, str) or not vegetable:
        return None, "no vegetable"
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or not 0 <= amount < 1e9:
        return None, "not an amount"
    try:
        if "year_week" in row:
            year, week = divmod(int(row["year_week"]), 100)
            new_year = date(year, 1, 1)
            monday = new_year + timedelta(days=(7 - new_year.weekday()) % 7 + 7 * (week - 1))
            start = monday
        else:
            start = date.fromisoformat(row["date"])
    except (KeyError, TypeError, ValueError):
        return None, "not a week"
    return (start.isoformat(), start.isoformat(), vegetable, json.dumps(row), amount), None


@app.post("/post_sales")
@app.post("/post_sales/")
def post_sales():
    rows = request.get_json(silent=True)
    if not isinstance(rows, list):
        return {"error": "the body is not a list"}, 400
    good, rejected = [], []
    for index, row in enumerate(rows):
        values, why = check(row)
        if why:
            rejected.append({"index": index, "reason": why})
        else:
            good.append(values)
    cursor = database().cursor()
    cursor.execute("BEGIN IMMEDIATE")
    try:
        before = database().total_changes
        cursor.executemany(UPSERT, good)
        if database().total_changes > before:
            cursor.executemany(
                SILVER, [(period, name, clean(name), start, sales) for period, start, name, _, sales in good]
            )
            cursor.execute("UPDATE version SET number = number + 1")
        cursor.execute("COMMIT")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    return {"accepted": len(good), "rejected": rejected}


@app.get("/get_raw_sales")
@app.get("/get_raw_sales/")
def get_raw_sales():
    rows = database().execute("SELECT posted FROM bronze ORDER BY id")
    return Response("[" + ", ".join(row[0] for row in rows) + "]\n", mimetype="application/json")


def monthly(remove_outliers):
    weekly = defaultdict(float)
    for start, vegetable, sales in database().execute("SELECT start, vegetable, sales FROM silver"):
        weekly[start, vegetable] += sales
    of = defaultdict(list)
    for (_, vegetable), sales in weekly.items():
        of[vegetable].append(sales)
    limit = {
        name: statistics.fmean(values) + 5 * statistics.stdev(values) if len(values) > 1 else float("inf")
        for name, values in of.items()
    }
    months = defaultdict(float)
    for (start, vegetable), sales in weekly.items():
        if remove_outliers and sales > limit[vegetable]:
            continue
        first = date.fromisoformat(start)
        last = first + timedelta(days=6)
        if first.month == last.month:
            months[first.year * 100 + first.month, vegetable] += sales
        else:
            months[first.year * 100 + first.month, vegetable] += sales * (7 - last.day) / 7
            months[last.year * 100 + last.month, vegetable] += sales * last.day / 7
    return json.dumps(
        [{"year_month": month, "vegetable": name, "sales": months[month, name]}
         for month, name in sorted(months)]
    )  # fmt: skip


@app.get("/get_monthly_sales")
@app.get("/get_monthly_sales/")
def get_monthly_sales():
    remove = request.args.get("remove_outliers", "false").lower() in ("true", "1")
    version = database().execute("SELECT number FROM version").fetchone()[0]
    known = kept.get(remove)
    if not known or known[0] != version:
        known = kept[remove] = (version, monthly(remove))
    return Response(known[1] + "\n", mimetype="application/json")


@app.route("/init_database", methods=["GET", "POST"])
@app.route("/init_database/", methods=["GET", "POST"])
def init_database():
    database().execute("DELETE FROM bronze")
    database().execute("DELETE FROM silver")
    database().execute("UPDATE version SET number = number + 1")
    return {"status": "empty"}


@app.get("/ping")
def ping():
    return ""
