/*
 * table — rows of named, typed columns, passed in chunks.
 *
 *   type          values                      missing
 *   TABLE_BOOL    uint8_t   0 or 1            bit of `valid` is 0
 *   TABLE_INT64   int64_t                     "
 *   TABLE_DOUBLE  double                      " (NaN means the same to models)
 *   TABLE_TIME    int64_t   microseconds UTC  "
 *   TABLE_TEXT    struct table_string         "
 *   TABLE_CODE    int32_t   into dictionary[] a negative code, or the bit
 *
 * The layout is Arrow's: flat values, a validity bitmap of 64-bit words (bit i of word i / 64; NULL
 * when nothing is missing), text as views (address and length, UTF-8, no NUL at the end) and
 * dictionary codes. A chunk is a view: it is valid until the next call on the object that gave it.
 * Tables are never held whole here; see reader.h (small ones whole: table_load()) and writer.h.
 */
#ifndef QUERN_TABLE_TABLE_H
#define QUERN_TABLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum table_type {
    TABLE_ANY, /* a reader's wish only: what the source has */
    TABLE_BOOL,
    TABLE_INT64,
    TABLE_DOUBLE,
    TABLE_TIME,
    TABLE_TEXT,
    TABLE_CODE, /* a writer's column only: readers give text */
};

enum {
    TABLE_COLUMNS_MAX = 100000,
    TABLE_CHUNK_ROWS = 2048, /* the most rows of a chunk that a reader gives */
};

struct table_string {
    const char *bytes;
    size_t length;
};

/* The name and type of a column: what a writer is given, and a reader is asked for. */
struct table_field {
    const char *name;
    enum table_type type;
};

struct table_column {
    const char *name;
    enum table_type type;
    union {
        const uint8_t *boolean;
        const int64_t *integer; /* TABLE_INT64 and TABLE_TIME */
        const double *number;
        const struct table_string *text;
        const int32_t *code;
    };
    const uint64_t *valid;                 /* NULL: nothing is missing */
    const struct table_string *dictionary; /* of TABLE_CODE */
};

struct table_chunk {
    size_t rows, count;
    const struct table_column *column; /* [count] */
};

static inline bool table_is_valid(const struct table_column *column, size_t row)
{
    return !column->valid || (column->valid[row / 64] >> (row % 64) & 1);
}

/* "bool", "int64", "double", "time", "text": for messages. */
const char *table_type_name(enum table_type type);

#endif
