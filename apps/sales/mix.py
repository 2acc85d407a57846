#!/usr/bin/env python3
"""What clients of the sales service ask for: 500 posts, 250 raw lists and 250 monthly lists a second.

apps/sales/mix.py >requests.txt
quern loadtest http://127.0.0.1:8000 --mix requests.txt --content-type application/json --rate 1000

A post has one row of a year of weeks and ten vegetables, in the three languages the service reads,
and with another amount each time it comes round, so that every post changes what is stored.
"""

import json
import sys

VEGETABLES = ["tomato", "Tomate", "carotte", "zanahoria", "leek", "Poireaux", "cebolla", "onions", "pear",
              "concombre"]  # fmt: skip
WEEKS, ROUNDS = 52, 10
TURN = ("post", "raw", "post", "monthly")


def row(number):
    """The number-th row that is posted; keys come round, amounts do not."""
    week, vegetable = number // len(VEGETABLES) % WEEKS, number % len(VEGETABLES)
    return {"year_week": 202001 + week, "vegetable": VEGETABLES[vegetable],
            "sales": 1 + number * 7919 % 10007}  # fmt: skip


def first_post():
    """All keys at once."""
    return [row(number) for number in range(WEEKS * len(VEGETABLES))]


def requests():
    """(method, path, rows or None), for all rounds."""
    number = 0
    for turn in range(2 * WEEKS * len(VEGETABLES) * ROUNDS):
        kind = TURN[turn % len(TURN)]
        if kind == "post":
            yield "POST", "/post_sales", [row(number)]
            number += 1
        elif kind == "raw":
            yield "GET", "/get_raw_sales", None
        else:
            yield "GET", "/get_monthly_sales?remove_outliers=true", None


def main():
    for method, path, rows in requests():
        sys.stdout.write(" ".join([method, path] + ([json.dumps(rows)] if rows else [])) + "\n")


if __name__ == "__main__":
    main()
