#!/usr/bin/env python3
"""The mix of the load test, one request a line, for `quern loadtest --mix FILE`.

Half of the requests post one row, a quarter read the raw sales and a quarter the monthly sales.
The rows are those of four years of three vegetables under the spellings that senders use; amounts
change, so that posts change what is stored. First lines fill the store: `--fill FILE` writes them.

    apps/sales/make_mix.py [--requests 4000] [--seed 1] [--fill fill.json] > mix.txt
"""

import argparse
import json
import random

SPELLINGS = {
    "tomato": ["Tomate", "Tomato", "Tomatto", "tomaot"],
    "pear": ["Pear", "Peer", "Pera", "Poire"],
    "brussels sprout": ["Brusel Sprout", "Brussel Sprout", "Brussell Sprout", "Brusselsprout"],
}
USUAL = {"tomato": 500, "pear": 100, "brussels sprout": 12}


def weeks():
    return [year * 100 + week for year in range(2020, 2024) for week in range(1, 53)]


def rows(random_numbers):
    """One row for each week and vegetable, always under the same spelling."""
    return [
        {
            "year_week": week,
            "vegetable": spellings[(week + week // 7) % len(spellings)],
            "sales": round(random_numbers.gauss(1, 0.1) * USUAL[vegetable]),
        }
        for week in weeks()
        for vegetable, spellings in SPELLINGS.items()
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fill")
    options = parser.parse_args()
    random_numbers = random.Random(options.seed)
    if options.fill:
        with open(options.fill, "w") as file:
            json.dump(rows(random_numbers), file)
    posts = rows(random_numbers) + rows(random_numbers)
    for i in range(options.requests):
        if i % 2 == 0:
            row = random_numbers.choice(posts)
            row = dict(row, sales=max(0, row["sales"] + random_numbers.randrange(-5, 6)))
            print("POST /post_sales/", json.dumps([row]))
        else:
            print("GET /get_raw_sales/" if i % 4 == 1 else "GET /get_monthly_sales/?remove_outliers=true")


if __name__ == "__main__":
    main()
