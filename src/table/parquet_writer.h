/*
 * parquet_writer — a Parquet file from row groups that any thread may have encoded.
 *
 *   "PAR1", the column chunks of each row group, footer, its length in four bytes, "PAR1"
 *
 * Encoding takes nearly all the time and needs nothing but the rows, so every thread encodes row
 * groups of its own; the writer appends them in the order of their numbers. The same groups give
 * the same bytes whoever encoded them. General tables go through writer.h; this one is for rows
 * that are codes already, where hashing every text again costs more than all the rest.
 *
 *     struct parquet_group group = {0};
 *     parquet_group_encode(&group, &chunk, &scratch);         (any thread, many groups at once)
 *     parquet_writer_put(writer, number, &group, err)         (any thread, any order)
 *     parquet_writer_close(writer, err)                       (once all are there)
 *
 * Format: parquet-format's README.md, Encodings.md and parquet.thrift; what the columns look like
 * is in parquet_column.h. Tried with DuckDB, Arrow and Polars.
 */
#ifndef QUERN_TABLE_PARQUET_WRITER_H
#define QUERN_TABLE_PARQUET_WRITER_H

#include "base/error.h"
#include "table/parquet_column.h"

enum { PARQUET_GROUP_ROWS = 122880 }; /* what readers cut their work by; more is allowed */

/* A finished row group. */
struct parquet_group {
    size_t rows, count;
    struct parquet_chunk *chunk; /* [count] by column */
    struct parquet_bytes bytes;
};

/* `chunk` has 1 to PARQUET_GROUP_ROWS rows of the types in parquet_column.h. */
void parquet_group_encode(struct parquet_group *group, const struct table_chunk *chunk,
                          struct arena *scratch);
/* No-op on a zeroed struct. */
void parquet_group_clear(struct parquet_group *group);

struct parquet_writer;

/*
 * Create `partial`, which the caller publishes (file_publish) or removes; messages name `path`.
 * The fields' types are those of the groups to come.
 */
MUST_CHECK bool parquet_writer_open(struct parquet_writer **writer, const char *partial,
                                    const char *path, const struct table_field *fields,
                                    size_t count, struct error *err);

/*
 * Append group `number`, or keep it until those before it have come. The group is taken over and
 * cleared, also on failure. Threads that find the file busy wait, so no more than a few groups are
 * kept as long as groups are begun in order.
 */
MUST_CHECK bool parquet_writer_put(struct parquet_writer *writer, size_t number,
                                   struct parquet_group *group, struct error *err);

/* Write the footer and free the writer, also on failure. Every group up to the last was put. */
MUST_CHECK bool parquet_writer_close(struct parquet_writer *writer, struct error *err);
/* Free without a footer; NULL is fine. */
void parquet_writer_discard(struct parquet_writer *writer);

#endif
