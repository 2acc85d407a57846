/*
 * json_rows — rows in JSON, as lists or objects, into columns.
 *
 *   a row     ["KS", 186, ...]   {"State": "KS", ...}   a bare value where there is one column
 *             {"features": row}  {"values": row}  {"data": row}, unless a column has that name
 *   rows      a list of rows, or one row; {"State": ["KS", ...], ...} column by column
 *   a body    rows, or an object with exactly one of
 *             instances, inputs, dataframe_records, data    rows
 *             dataframe_split {"columns": [...], "data": [[...], ...]}
 *             input           [{"name": "State", "type": "string", "val": "KS"}, ...], one row
 */
#ifndef QUERN_WIRE_JSON_ROWS_H
#define QUERN_WIRE_JSON_ROWS_H

#include "wire/json_scan.h"
#include "wire/rows.h"

struct json_rows {
    struct json_scan scan;
    struct rows *rows;
    struct error *err; /* set when `failed` */
    bool failed;       /* by something else than broken JSON */
    size_t *seen;      /* [schema->count]: the last object that had the column */
    size_t object;     /* objects so far */
    bool bare;         /* the object that follows is read as the body's one row ... */
    bool wraps;        /* ... but has a key that announces rows, so it was not */
};

void json_rows_init(struct json_rows *reader, struct rows *rows, struct error *err);
/* Begin with a text; the memory of earlier ones stays. */
void json_rows_start(struct json_rows *reader, const char *body, size_t size);

/* A row already begun takes its values from the value that follows. */
void json_rows_row(struct json_rows *reader);
/* Rows: a list, one row, or columns. */
void json_rows_value(struct json_rows *reader);
/* A whole body. */
void json_rows_body(struct json_rows *reader);

/* Parts of the above. A value into a cell: */
void json_rows_cell(struct json_rows *reader, size_t row, size_t column);
/* The same with a value that has been read. */
void json_rows_put(struct rows *rows, size_t row, size_t column, const struct json_scalar *value);
/* A list of values in the order of `column` [count]; NULL: as the schema. */
void json_rows_list(struct json_rows *reader, const size_t *column, size_t count);
/* Whether the key announces rows, which are its value: "instances" and the like. */
bool json_rows_wraps(struct json_rows *reader, struct table_string key);
/* Columns that the row read last must have and had not: `object` of `seen`. */
void json_rows_check(struct json_rows *reader, size_t object);
/* Stop with a sentence that is not about broken JSON. */
void json_rows_fail(struct json_rows *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
