/*
 * parquet_thrift — Thrift's compact protocol, as far as Parquet's headers and footer need it.
 *
 *   field   one byte: id's distance to the previous field's id << 4 | type (ids grow by 1 to 15
 *           here), then the value; a struct ends with a zero byte
 *   i16 to i64   zigzag varint
 *   binary  varint length, bytes
 *   list    one byte: count << 4 | type, or 0xf0 | type and a varint count from 15 on
 *   bool    the type says it: 1 true, 2 false
 *
 * Specification: thrift/doc/specs/thrift-compact-protocol.md and parquet-format's parquet.thrift.
 */
#ifndef QUERN_TABLE_PARQUET_THRIFT_H
#define QUERN_TABLE_PARQUET_THRIFT_H

#include "table/parquet_bytes.h"

#include <stdbool.h>

enum parquet_thrift_type {
    THRIFT_TRUE = 1,
    THRIFT_FALSE = 2,
    THRIFT_BYTE = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_STRUCT = 12,
};

enum { THRIFT_DEPTH_MAX = 8 };

/* Starts inside the outermost struct: parquet_thrift_end() closes that one too. */
struct parquet_thrift {
    struct parquet_bytes *out;
    unsigned depth, last[THRIFT_DEPTH_MAX]; /* id of the last field of each open struct */
};

/* Of type THRIFT_I16, THRIFT_I32 or THRIFT_I64. */
void parquet_thrift_integer(struct parquet_thrift *thrift, unsigned id,
                            enum parquet_thrift_type type, int64_t value);
void parquet_thrift_byte(struct parquet_thrift *thrift, unsigned id, int8_t value);
void parquet_thrift_bool(struct parquet_thrift *thrift, unsigned id, bool value);
void parquet_thrift_binary(struct parquet_thrift *thrift, unsigned id, const void *bytes,
                           size_t size);
/* A field that is a struct: its fields follow, then parquet_thrift_end(). */
void parquet_thrift_struct(struct parquet_thrift *thrift, unsigned id);
/* A field that is a list: `count` elements follow, each through parquet_thrift_element_*(). */
void parquet_thrift_list(struct parquet_thrift *thrift, unsigned id, enum parquet_thrift_type type,
                         size_t count);
void parquet_thrift_element_integer(struct parquet_thrift *thrift, int64_t value);
void parquet_thrift_element_binary(struct parquet_thrift *thrift, const void *bytes, size_t size);
/* An element that is a struct: its fields follow, then parquet_thrift_end(). */
void parquet_thrift_element_struct(struct parquet_thrift *thrift);
void parquet_thrift_end(struct parquet_thrift *thrift);

#endif
