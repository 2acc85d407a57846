"""Impressions to feature store in DuckDB SQL.

    journeys_duckdb.py IMPRESSIONS FOLDER [--threads N] [--variant lags|grouped]

`lags` is the faster of the two and the default: one window over each user's impressions looks back
nine campaigns, the rows that end a journey are kept, and a small second window finds where each
journey began. `grouped` is the plain way: number each user's journeys by the conversions before,
then group. Both give the same journeys. Tried and slower than both: ordering inside the aggregates,
and one filtered maximum per position.
"""

import argparse
import json
import os
import time

import duckdb

MAX_LENGTH = 10
ORDER = "timestamp, file_row_number"
READ = "read_parquet(?, file_row_number = true)"
CAMPAIGNS = ", ".join(f"kept[{i + 1}] AS campaign_nm_at_index_{i}" for i in range(MAX_LENGTH))
SPLITS = {"train": "bucket < 8", "test": "bucket = 8", "val": "bucket = 9"}

LAGS = f"""
WITH impression AS (
    SELECT uid, conversion, row_number() OVER w AS place,
           first_value(file_row_number) OVER w AS first_row,
           lead(file_row_number) OVER w AS next_row,
           [{", ".join(f"lag(campaign, {i}) OVER w" for i in range(MAX_LENGTH - 1, 0, -1))},
            campaign] AS campaigns
    FROM {READ} WINDOW w AS (PARTITION BY uid ORDER BY {ORDER})
), ended AS (
    SELECT uid, conversion AS conversion_status, campaigns,
           coalesce(lag(next_row) OVER u, first_row) AS journey_id,
           place - lag(place, 1, 0) OVER u AS length
    FROM impression WHERE conversion OR next_row IS NULL
    WINDOW u AS (PARTITION BY uid ORDER BY place)
), journey AS (
    SELECT *, campaigns[-least(length, {MAX_LENGTH}):] AS kept FROM ended
)
SELECT journey_id, uid, conversion_status, {CAMPAIGNS}, hash(uid) % 10 AS bucket FROM journey
"""

GROUPED = f"""
WITH impression AS (
    SELECT uid, campaign, conversion, timestamp, file_row_number,
           count(*) FILTER (conversion) OVER (
               PARTITION BY uid ORDER BY {ORDER}
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS journey
    FROM {READ}
), grouped AS (
    SELECT uid, bool_or(conversion) AS conversion_status,
           list_sort(list({{'time': timestamp, 'row': file_row_number, 'name': campaign}})) AS steps
    FROM impression GROUP BY uid, journey
), journey AS (
    SELECT uid, conversion_status, steps[1].row AS journey_id,
           list_transform(steps[-{MAX_LENGTH}:], lambda step: step.name) AS kept
    FROM grouped
)
SELECT journey_id, uid, conversion_status, {CAMPAIGNS}, hash(uid) % 10 AS bucket FROM journey
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("folder")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", choices=["lags", "grouped"], default="lags")
    options = parser.parse_args()

    started = time.perf_counter()
    store = os.path.join(options.folder, "feature_store")
    os.makedirs(store, exist_ok=True)
    connection = duckdb.connect()
    connection.execute(f"SET threads = {options.threads}")
    connection.execute("SET preserve_insertion_order = false")
    query = LAGS if options.variant == "lags" else GROUPED
    connection.execute(f"CREATE TEMP TABLE journey AS {query}", [options.source])
    for split, condition in SPLITS.items():
        connection.execute(
            f"COPY (SELECT * EXCLUDE bucket FROM journey WHERE {condition}) "
            f"TO '{store}/{split}.parquet' (FORMAT parquet)"
        )
    seconds = time.perf_counter() - started
    print(json.dumps({"job_seconds": seconds, "version": duckdb.__version__}))


if __name__ == "__main__":
    main()
