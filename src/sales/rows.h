/*
 * rows — a posted list, checked row by row.
 *
 * A row is an object of one of two shapes (weeks.h says which seven days they are about):
 *
 *   {"date": "2020-01-06", "vegetable": "Tomate", "kilo_sold": 489}
 *   {"year_week": 202001, "vegetable": "Tomate", "sales": 489}      202001 may also be a text
 *
 * Other fields are not looked at and not kept. A row that is wrong is left out with a reason; the
 * others are taken.
 */
#ifndef QUERN_SALES_ROWS_H
#define QUERN_SALES_ROWS_H

#include "base/text.h"
#include "sales/store.h"

enum {
    SALES_POST_ROWS_MAX = 100000, /* rows of one post */
    SALES_SALES_MAX = 1000000000, /* kilos of one row; more is a mistake */
};

struct sales_rejected {
    size_t index;
    const char *reason;
};

struct sales_rows {
    struct sales_row *row; /* the good ones: period, vegetable, posted, sales and index are set */
    struct sales_rejected *reject;
    size_t rows, rejects;
};

/*
 * Read a body. Everything in `rows` lives in `memory`.
 *
 * ERR_ARG    not JSON, or not a list
 * ERR_LIMIT  more than SALES_POST_ROWS_MAX rows, or as many brackets, or 16 times as many commas
 */
MUST_CHECK bool sales_rows_parse(struct sales_rows *rows, const char *body, size_t size,
                                 struct arena *memory, struct error *err);

/* The answer to a post: {"accepted": 2, "rejected": [{"index": 2, "reason": "..."}]}. */
void sales_rows_answer(const struct sales_rows *rows, struct text *out);

/* A JSON string with its quotes; `text` is UTF-8. */
void sales_add_text(struct text *out, const char *text);
/* A number as briefly as it reads back the same: 50, 0.1. */
void sales_add_number(struct text *out, double value);

#endif
