"""Impressions to feature store in Spark.

    journeys_spark.py IMPRESSIONS FOLDER [--threads N] [--variant lists|window]

`lists` is the faster of the two and the default: each user's impressions are collected and sorted
once, then cut with higher-order functions. `window` is the plain way: number each user's journeys by
the conversions before, then group; both steps share one exchange. Both give the same journeys.
Starting the session is not part of `job_seconds`.
"""

import argparse
import json
import os
import shutil
import time

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

MAX_LENGTH = 10
SPLITS = {"train": (0, 8), "test": (8, 9), "val": (9, 10)}


def impressions(spark, source):
    """Row numbers are those within the file, enough for one file."""
    return spark.read.parquet(source).select(
        "uid", "timestamp", "campaign", "conversion", F.col("_metadata.row_index").alias("row")
    )


def campaign_columns(kept):
    return [
        F.get(kept, F.lit(i)).getField("campaign").alias(f"campaign_nm_at_index_{i}")
        for i in range(MAX_LENGTH)
    ]


def window(spark, source):
    before = (
        Window.partitionBy("uid")
        .orderBy("timestamp", "row")
        .rowsBetween(Window.unboundedPreceding, -1)
    )
    steps = F.sort_array(F.collect_list(F.struct("timestamp", "row", "campaign")))
    grouped = (
        impressions(spark, source)
        .withColumn("journey", F.coalesce(F.count_if("conversion").over(before), F.lit(0)))
        .groupBy("uid", "journey")
        .agg(F.bool_or("conversion").alias("conversion_status"), steps.alias("steps"))
    )
    length = F.size("steps")
    first = F.greatest(length - MAX_LENGTH, F.lit(0)) + 1
    return grouped.withColumn("kept", F.slice("steps", first, F.lit(MAX_LENGTH))).select(
        F.col("steps")[0]["row"].alias("journey_id"),
        "uid",
        "conversion_status",
        *campaign_columns(F.col("kept")),
    )


def lists(spark, source):
    """`ends` are the positions, in a user's sorted impressions, that end a journey."""
    steps = F.sort_array(
        F.collect_list(F.struct("timestamp", "row", "campaign", "conversion"))
    )
    users = impressions(spark, source).groupBy("uid").agg(steps.alias("steps"))
    last = F.size("steps") - 1
    ends = F.filter(
        F.sequence(F.lit(0), last),
        lambda i: F.get(F.col("steps"), i)["conversion"] | (i == last),
    )
    return (
        users.withColumn("ends", ends)
        .select("uid", "steps", "ends", F.posexplode("ends").alias("journey", "end"))
        .withColumn(
            "start",
            F.when(F.col("journey") == 0, 0).otherwise(
                F.get(F.col("ends"), F.col("journey") - 1) + 1
            ),
        )
        .withColumn("first", F.greatest(F.col("start"), F.col("end") - (MAX_LENGTH - 1)))
        .withColumn(
            "kept", F.slice("steps", F.col("first") + 1, F.col("end") - F.col("first") + 1)
        )
        .select(
            F.get(F.col("steps"), F.col("start"))["row"].alias("journey_id"),
            "uid",
            F.get(F.col("steps"), F.col("end"))["conversion"].alias("conversion_status"),
            *campaign_columns(F.col("kept")),
        )
    )


def spent(spark):
    """The JVM is not waited for by this process, so it tells its own peak and processor time."""
    process = spark._jvm.java.lang.ProcessHandle.current()
    spent = {"cpu_seconds": process.info().totalCpuDuration().get().toMillis() / 1000}
    with open(f"/proc/{process.pid()}/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                spent["peak_mib"] = int(line.split()[1]) / 1024
    return spent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("folder")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--variant", choices=["lists", "window"], default="lists")
    options = parser.parse_args()

    spark = (
        SparkSession.builder.master(f"local[{options.threads}]")
        .config("spark.driver.memory", "8g")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", options.partitions)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    started = time.perf_counter()
    store = os.path.join(options.folder, "feature_store")
    shutil.rmtree(store, ignore_errors=True)
    build = window if options.variant == "window" else lists
    journeys = build(spark, os.path.abspath(options.source))
    bucket = F.pmod(F.hash("uid"), F.lit(10))
    split = F.when(bucket < 8, "train").when(bucket == 8, "test").otherwise("val")
    journeys.withColumn("split", split).write.partitionBy("split").parquet(os.path.abspath(store))
    seconds = time.perf_counter() - started
    result = {"job_seconds": seconds, "version": spark.version, **spent(spark)}
    print(json.dumps(result), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
