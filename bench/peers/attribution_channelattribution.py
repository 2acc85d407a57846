"""Attribution methods of the ChannelAttribution package, at its defaults: first, last and linear
touch, and Markov chains of order 1 to 3, which it simulates.

    attribution_channelattribution.py PATHS.csv OUT.csv [--threads N]
"""

import argparse
import json
import time
from importlib.metadata import version

import ChannelAttribution
import pandas


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("paths")
    parser.add_argument("output")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    started = time.perf_counter()
    paths = pandas.read_csv(options.paths)
    columns = {"var_path": "path", "var_conv": "total_conversions",
               "var_value": "total_conversion_value"}  # fmt: skip
    result = ChannelAttribution.heuristic_models(paths, **columns, flg_pro=False)
    for order in (1, 2, 3):
        chain = ChannelAttribution.markov_model(
            paths, **columns, var_null="total_null", order=order, ncore=options.threads,
            verbose=False, flg_pro=False,
        )
        names = {"total_conversions": f"markov_{order}_conversions",
                 "total_conversion_value": f"markov_{order}_value"}  # fmt: skip
        result = result.merge(chain.rename(columns=names), on="channel_name")
    result.to_csv(options.output, index=False)
    seconds = time.perf_counter() - started
    print(json.dumps({"job_seconds": seconds, "version": version("ChannelAttribution")}))


if __name__ == "__main__":
    main()
