/*
 * parquet_column — one column of a row group as a column chunk: pages, encodings, statistics.
 *
 *   type         physical, annotation   encoding: the smaller one, uncompressed
 *   TABLE_BOOL   BOOLEAN                PLAIN (one bit) or RLE
 *   TABLE_INT64  INT64, INTEGER(64)     PLAIN or DELTA_BINARY_PACKED
 *   TABLE_TEXT   BYTE_ARRAY, STRING     PLAIN or DELTA_BYTE_ARRAY
 *   TABLE_CODE   BYTE_ARRAY, STRING     RLE_DICTIONARY with a page of the names that the group
 *                                       uses, in the order of their codes; PLAIN where smaller
 *
 * Every column is OPTIONAL: a page starts with a bit a row (definition levels, hybrid, behind their
 * length in four bytes) that says whether there is a value; then come the values there are. Pages
 * are of version 1. A data page holds at most PARQUET_PAGE_BYTES of values in their plain form, or
 * one value that is longer.
 *
 * There is no compression: the codes are packed to their last bit, the differences nearly so, and
 * sharing prefixes made ids of users as small as Snappy did.
 */
#ifndef QUERN_TABLE_PARQUET_COLUMN_H
#define QUERN_TABLE_PARQUET_COLUMN_H

#include "table/parquet_thrift.h"
#include "table/table.h"

enum {
    PARQUET_PAGE_BYTES = 1 << 20,
    PARQUET_BOUND_BYTES = 64, /* a longer least or greatest value is left out */
};

/* The numbers of parquet.thrift. */
enum parquet_encoding {
    PARQUET_PLAIN = 0,
    PARQUET_RLE = 3,
    PARQUET_DELTA_BINARY_PACKED = 5,
    PARQUET_DELTA_BYTE_ARRAY = 7,
    PARQUET_RLE_DICTIONARY = 8,
};
enum parquet_physical { PARQUET_BOOLEAN = 0, PARQUET_INT64 = 2, PARQUET_BYTE_ARRAY = 6 };

/* The least or greatest value in its plain form, text without its length. */
struct parquet_bound {
    unsigned char bytes[PARQUET_BOUND_BYTES];
    size_t size;
};

/* What the footer says about a column chunk. Places are relative to the row group's bytes. */
struct parquet_chunk {
    size_t start, data, end; /* data: the first data page; before it a dictionary page, if any */
    uint32_t encodings;      /* bit e: encoding e occurs */
    size_t nulls;
    bool bounded; /* the bounds are known */
    struct parquet_bound least, greatest;
};

/* The physical type of a column; input never asks for another than the four types above. */
enum parquet_physical parquet_column_physical(enum table_type type);

/* Append the pages of a column of `rows` rows. `scratch` is reset. */
void parquet_column_encode(struct parquet_bytes *out, struct parquet_chunk *chunk,
                           const struct table_column *column, size_t rows, struct arena *scratch);

#endif
