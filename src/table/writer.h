/*
 * writer — tables into files: .parquet, .csv, .csv.gz, .tsv, .jsonl (.ndjson), by the name's end.
 *
 * A file appears whole or not at all, also at s3://bucket/key (remote/place.h). Missing values are
 * NULL in Parquet, nothing in CSV, null in JSON lines. Times are written as timestamps (UTC). Rows
 * keep their order, and the same rows give the same bytes.
 *
 *   small tables   table_write(): columns that are already in memory
 *   large tables   table_stream_write(): chunks are asked for one by one, nothing is kept
 *
 *     const struct table_column columns[] = {
 *         {.name = "campaign_nm", .type = TABLE_TEXT, .text = names},
 *         {.name = "total_attention", .type = TABLE_DOUBLE, .number = totals},
 *     };
 *     table_write("campaign_attention.parquet", columns, 2, rows, err)
 */
#ifndef QUERN_TABLE_WRITER_H
#define QUERN_TABLE_WRITER_H

#include "base/error.h"
#include "table/table.h"

/*
 * ERR_ARG  the name's end is not a known format, or a column name comes twice
 * ERR_IO   the file cannot be written (the disk is full, no permission)
 */
MUST_CHECK bool table_write(const char *path, const struct table_column *columns, size_t count,
                            size_t rows, struct error *err);

/*
 * Gives the next chunk (any number of rows; 0 ends the table). The columns must be those of the
 * fields, in order. Called by the thread that called table_stream_write(). The chunk stays valid
 * until the next call.
 */
typedef bool (*table_next)(void *context, struct table_chunk *chunk, struct error *err);

MUST_CHECK bool table_stream_write(const char *path, const struct table_field *fields, size_t count,
                                   table_next next, void *context, struct error *err);
/* The same into a name that the caller publishes (file_publish) or removes; the format is that of
 * `path`. */
MUST_CHECK bool table_stream_write_partial(const char *partial, const char *path,
                                           const struct table_field *fields, size_t count,
                                           table_next next, void *context, struct error *err);

#endif
