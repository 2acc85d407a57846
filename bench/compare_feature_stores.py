#!/usr/bin/env python3
"""Do two feature stores hold the same journeys? compare_feature_stores.py FOLDER FOLDER

Reads feature_store/ of both folders, whatever the files in it are called, and compares journeys by
journey_id: uid, conversion_status and every campaign column. Which split a journey is in is not
compared: each tool has its own hash. Runs with the Python of the peers (needs pyarrow). Exit
status 0: the same; 1: the first difference is printed.
"""

import glob
import os
import sys

import pyarrow
import pyarrow.parquet

MAX_LENGTH = 10
COLUMNS = ["journey_id", "uid", "conversion_status"] + [
    f"campaign_nm_at_index_{i}" for i in range(MAX_LENGTH)
]


def fail(sentence):
    sys.exit(f"compare_feature_stores: {sentence}")


def as_plain(column):
    """Text without views or dictionaries, whole numbers as int64."""
    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        kind = kind.value_type
    if pyarrow.types.is_boolean(kind):
        return column.cast(pyarrow.bool_())
    if pyarrow.types.is_integer(kind):
        return column.cast(pyarrow.int64())
    return column.cast(pyarrow.large_string())


def read_store(folder):
    names = sorted(
        glob.glob(os.path.join(folder, "feature_store", "**", "*.parquet"), recursive=True)
    )
    if not names:
        fail(f"no Parquet file in '{folder}/feature_store'")
    parts = []
    for name in names:
        file = pyarrow.parquet.ParquetFile(name)
        missing = [column for column in COLUMNS if column not in file.schema_arrow.names]
        if missing:
            fail(f"'{name}' has no column '{missing[0]}'")
        table = file.read(columns=COLUMNS)
        parts.append(pyarrow.table({column: as_plain(table[column]) for column in COLUMNS}))
    store = pyarrow.concat_tables(parts).sort_by("journey_id")
    ids = store["journey_id"].to_pylist()
    for earlier, later in zip(ids, ids[1:]):
        if earlier == later:
            fail(f"journey {later} comes twice in '{folder}'")
    return store


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: compare_feature_stores.py FOLDER FOLDER")
    first, second = (read_store(folder) for folder in sys.argv[1:])
    for column in COLUMNS:
        if first[column].equals(second[column]):
            continue
        a, b = first[column].to_pylist(), second[column].to_pylist()
        row = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        if row == min(len(a), len(b)):
            fail(f"{len(a)} journeys in '{sys.argv[1]}', {len(b)} in '{sys.argv[2]}'")
        journey = first["journey_id"][row].as_py()
        fail(f"journey {journey}: {column} is {a[row]!r} and {b[row]!r}")
    print(f"{first.num_rows} journeys, the same")


if __name__ == "__main__":
    main()
