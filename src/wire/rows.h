/*
 * rows — where the decoders put values: columns that grow row by row.
 *
 *   rows_begin()        then for each used column rows_number_of(), rows_text_of() or rows_fault()
 *   rows_finish()       makes the frame; rows at fault become missing values
 *
 * A fault does not end a row: the decoder goes on to where the row ends. The first one counts,
 * unless the row as a whole is wrong.
 */
#ifndef QUERN_WIRE_ROWS_H
#define QUERN_WIRE_ROWS_H

#include "base/utf8.h"
#include "wire/wire.h"

/* One column being filled; both NULL for an ignored one. */
struct rows_column {
    double *number;
    struct table_string *text;
};

struct rows {
    const struct schema *schema;
    const struct wire_limits *limits;
    struct arena *memory;
    struct row_errors *errors;
    struct rows_column *column; /* [schema->count] */
    unsigned char *faulty;      /* [room] */
    size_t count, room;         /* rows begun, rows there is memory for */
    size_t used;                /* columns that are not ignored */
    bool foreign;               /* texts may hold bytes above 127 and must be checked */
    bool records;               /* some row came as an object */
};

/* `room` rows to begin with. */
void rows_init(struct rows *rows, const struct schema *schema, const struct wire_limits *limits,
               size_t room, struct row_errors *errors, struct arena *memory);

/* ERR_LIMIT  too many rows */
MUST_CHECK bool rows_begin(struct rows *rows, struct error *err);

/* Forget every row. */
void rows_restart(struct rows *rows);

/*
 * Of the row at `row`, counted from 0. `column` is SIZE_MAX for the row as a whole: in the row
 * begun last this replaces a fault of a value, which may only stand in the wrong place.
 */
void rows_fault(struct rows *rows, size_t row, size_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "'abc' is not a number": the value shortened, and made fit for a message. */
void rows_fault_value(struct rows *rows, size_t row, size_t column, const char *value,
                      size_t length, const char *what);

/* Text where a number belongs, or a number that the fast path left alone: missing words, spaces. */
void rows_number_of(struct rows *rows, size_t row, size_t column, const char *text, size_t length);
/* A text as it is; checks its encoding where need be. */
void rows_text_of(struct rows *rows, size_t row, size_t column, const char *text, size_t length);
/* A missing value. */
void rows_missing(struct rows *rows, size_t row, size_t column);

/*
 * Whether named fields have every column that is used, and none twice: column[f] is the index of
 * field f in the schema, SIZE_MAX for none. `what` begins the sentence: "the header".
 */
MUST_CHECK bool rows_check_columns(const struct schema *schema, const size_t *column, size_t count,
                                   const char *what, struct arena *memory, struct error *err);

/* ERR_DATA  no rows */
MUST_CHECK bool rows_finish(struct rows *rows, struct wire_rows *out, struct error *err);

#endif
