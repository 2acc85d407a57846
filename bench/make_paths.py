#!/usr/bin/env python3
"""A table of paths for the attribution benchmark: make_paths.py ROWS FILE.csv

ROWS journeys over 20 channels as `path,total_conversions,total_conversion_value,total_null`, most of
them short, one in nine converted; the same rows on every machine.
"""

import os
import random
import sys

CHANNELS = 20
LENGTH_MAX = 20


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: make_paths.py ROWS FILE.csv")
    numbers = random.Random(24)
    partial = sys.argv[2] + ".partial"
    with open(partial, "w") as file:
        file.write("path,total_conversions,total_conversion_value,total_null\n")
        for _ in range(int(sys.argv[1])):
            length = 1
            while length < LENGTH_MAX and numbers.random() < 0.6:
                length += 1
            steps = [f"channel_{int(CHANNELS * numbers.random() ** 2)}" for _ in range(length)]
            converted = numbers.random() < 0.07 + 0.02 * min(length, 8)
            value = 10 + int(90 * numbers.random()) if converted else 0
            file.write(f"{' > '.join(steps)},{int(converted)},{value},{int(not converted)}\n")
    os.replace(partial, sys.argv[2])


if __name__ == "__main__":
    main()
