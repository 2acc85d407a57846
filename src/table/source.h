/*
 * source — where a table comes from: a file, a glob of files, or a SQL query.
 *
 *   data/x.parquet   .csv .csv.gz .tsv .tsv.gz   .jsonl .ndjson .json and the same with .gz
 *   data/2024-*.csv  files in name order, one table; rows are numbered through them
 *   s3://bucket/...  of either: fetched to a copy that lives as long as the source (remote/place.h)
 *   SELECT ...       (also WITH, FROM) in DuckDB's SQL, over any files it can read
 *
 * Opening finds the files and the columns of the first one. CSV needs a header line; the delimiter
 * is the one of , ; TAB | that the header has most of. Everything in CSV and JSON is text until a
 * reader is asked for another type, so that a bad value is reported with its row.
 *
 * A source is cut into pieces that can be read in any order: ranges of whole Parquet row groups,
 * else whole files. Only Parquet knows the row numbers of a piece beforehand (`parallel`).
 */
#ifndef QUERN_TABLE_SOURCE_H
#define QUERN_TABLE_SOURCE_H

#include "base/arena.h"
#include "base/error.h"
#include "remote/place.h"
#include "table/session.h"
#include "table/table.h"

enum source_kind { SOURCE_PARQUET, SOURCE_CSV, SOURCE_JSON, SOURCE_SQL };

struct source_column {
    const char *name;
    const char *sql_type; /* DuckDB's name, for messages */
    enum table_type type; /* TABLE_ANY: a type Quern cannot read (lists, blobs) */
};

struct source_piece {
    size_t file;
    int64_t first; /* row within the file; only of Parquet */
    int64_t rows;
    int64_t row; /* number of its first row in the table, from 0; only of Parquet */
};

struct table_source {
    const char *name; /* as given */
    enum source_kind kind;
    bool parallel; /* pieces know their row numbers */
    int64_t rows;  /* -1: not known before reading */
    size_t file_count, column_count, piece_count;
    const char *const *file; /* [file_count]; of SQL the query */
    const struct source_column *column;
    const struct source_piece *piece;
    struct place place; /* where the files are; name's own place unless that is remote */
    struct session session;
    struct arena memory;
};

/* A name is a query when it begins with SELECT, WITH or FROM; anything else is a path. */
bool table_source_is_query(const char *name);

/*
 * ERR_IO    no such file, or no file matches the glob
 * ERR_ARG   the name's end is not a known format
 * ERR_DATA  not a table of that format, or a wrong query
 */
MUST_CHECK bool table_source_open(struct table_source **source, const char *name,
                                  struct error *err);
void table_source_close(struct table_source *source);

/* NULL with ERR_DATA, "'f.csv' has no column 'x'; it has: a, b", when it is not there. */
const struct source_column *table_source_column(const struct table_source *source, const char *name,
                                                struct error *err);

/* The name of a file as the user gave or would give it, for messages. */
void table_source_file_name(const struct table_source *source, size_t file, char *name,
                            size_t room);

/* "FROM ..." of one piece with the columns a reader wants (all when `wanted` is NULL). */
MUST_CHECK bool source_add_from(const struct table_source *source, size_t piece,
                                const struct table_field *wanted, size_t count, struct text *sql,
                                struct error *err);

#endif
