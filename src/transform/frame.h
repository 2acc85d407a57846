/*
 * frame — a block of raw rows by column: what requests and files become, and what answers are.
 *
 *   column[c].number [rows]   of a SCHEMA_NUMBER column; NaN is missing
 *   column[c].text   [rows]   of a SCHEMA_TEXT or SCHEMA_LIST column; bytes NULL is missing
 *   both NULL                 of a SCHEMA_IGNORED column
 *
 * A frame is a view: its maker says how long it lives. A row at fault stays in the frame (as
 * missing values) so that the others keep their places; row_errors says what was wrong with it.
 */
#ifndef QUERN_TRANSFORM_FRAME_H
#define QUERN_TRANSFORM_FRAME_H

#include "table/table.h"
#include "transform/schema.h"

struct frame_column {
    const double *number;
    const struct table_string *text;
};

struct frame {
    const struct schema *schema;
    size_t rows;
    const struct frame_column *column; /* [schema->count] */
};

/* One sentence for one row. The first fault of a row counts. */
struct row_error {
    size_t row;         /* in the frame, from 0 */
    const char *column; /* name, or NULL when the row as a whole is wrong */
    const char *text;   /* such as "'abc' is not a number" */
    struct row_error *next;
};

/* In any order; memory is an arena of the caller, the rest starts as zero. */
struct row_errors {
    struct arena *memory;
    struct row_error *first;
    size_t count;
    struct row_error **slot; /* [slots] by a hash of the row: a block may have many rows at fault */
    size_t slots;
};

/* Texts are copied and cut to ERROR_TEXT_MAX; a second fault of a row is not recorded. */
void row_errors_add(struct row_errors *errors, size_t row, const char *column, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));
/* The fault of a row, or NULL. */
const struct row_error *row_errors_find(const struct row_errors *errors, size_t row);

#endif
