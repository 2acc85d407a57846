#!/usr/bin/env python3
"""Journeys to train on, for Quern and PyTorch alike: make_training_journeys.py FILE [IMPRESSIONS]

FILE gets one journey a line: 1 or 0 for converted, then the campaigns as numbers from 0, at most the
last 10. IMPRESSIONS is a CSV file with uid, timestamp, campaign and conversion; without it the
journeys are drawn, of about the shape of real ones: 18,000 of 20 campaigns, two thirds of one
impression, one in nine converted.
"""

import csv
import os
import random
import sys

MAX_LENGTH = 10
DRAWN = 18000
CAMPAIGNS = 20


def cut(impressions):
    """Journeys of [(uid, time, row, campaign, converted)]."""
    journey, user = [], None
    for uid, _, _, campaign, converted in sorted(impressions):
        if journey and uid != user:
            yield 0, journey
            journey = []
        user = uid
        journey.append(campaign)
        if converted:
            yield 1, journey
            journey = []
    if journey:
        yield 0, journey


def read(path):
    with open(path, newline="") as file:
        rows = [
            (row["uid"], int(row["timestamp"]), number, row["campaign"], row["conversion"] == "true")
            for number, row in enumerate(csv.DictReader(file))
        ]
    place = {name: i for i, name in enumerate(sorted({row[3] for row in rows}))}
    return [(converted, [place[name] for name in names]) for converted, names in cut(rows)]


def draw():
    numbers = random.Random(24)
    journeys = []
    for _ in range(DRAWN):
        length = 1
        while length < 30 and numbers.random() < (0.34 if length == 1 else 0.6):
            length += 1
        tokens = [int(CAMPAIGNS * numbers.random() ** 2) for _ in range(length)]
        journeys.append((int(numbers.random() < 0.08 + 0.02 * min(length, 8)), tokens))
    return journeys


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: make_training_journeys.py FILE [IMPRESSIONS]")
    journeys = read(sys.argv[2]) if len(sys.argv) == 3 else draw()
    partial = sys.argv[1] + ".partial"
    os.makedirs(os.path.dirname(partial) or ".", exist_ok=True)
    with open(partial, "w") as file:
        for converted, tokens in journeys:
            print(converted, *tokens[-MAX_LENGTH:], file=file)
    os.replace(partial, sys.argv[1])


if __name__ == "__main__":
    main()
