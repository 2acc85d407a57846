/*
 * history_orders — the columns of a table of orders that histories need, raw, in memory.
 *
 *   time    [rows]  microseconds UTC
 *   outcome [rows]  1, 0, or NaN where it is missing or the table has none
 *   column  one for each name the configuration uses: as text codes, as numbers, or both
 *
 * Rows keep the order of the table; they need not be sorted. Times are integers, dates or
 * timestamps, or text with either. Memory grows with the rows: 8 bytes a time or number, 4 a code.
 */
#ifndef QUERN_SEQUENCE_HISTORY_ORDERS_H
#define QUERN_SEQUENCE_HISTORY_ORDERS_H

#include "sequence/history_config.h"
#include "sequence/names.h"
#include "table/reader.h"

enum { HISTORY_TEXT = 1, HISTORY_REAL = 2 }; /* how a column is read: bits */

/* Codes and rows are 32 bits wide. */
#define HISTORY_ROWS_MAX ((size_t)UINT32_MAX - 1)

struct history_column {
    const char *name;
    unsigned as;
    int32_t *code;  /* [rows] into names.text; -1 is missing; of HISTORY_TEXT */
    double *number; /* [rows] NaN is missing; of HISTORY_REAL */
    struct names names;
    struct name_cache cache;
};

struct history_orders {
    size_t rows, room;
    int64_t *time;
    double *outcome;
    struct history_column *column; /* [columns] */
    size_t columns;
    int time_unit; /* enum time_unit of integer times; AUTO until one was seen */
    const struct history_source *source;
    struct arena memory;
};

/* `more` ends with NULL, or is NULL: further columns to hold as text. */
void history_orders_init(struct history_orders *orders, const struct history_config *config,
                         const char *const *more);
void history_orders_clear(struct history_orders *orders);

/*
 * Append rows. A chunk may have further columns and any of the types that a reader gives; without
 * the column of the outcome it is unknown.
 *
 * ERR_DATA   a column is missing; a time is missing or cannot be read; a value is no number. The
 *            sentence says "row N" with `first_row` + the row in the chunk + 1.
 * ERR_LIMIT  more than HISTORY_ROWS_MAX rows
 */
MUST_CHECK bool history_orders_add(struct history_orders *orders, const struct table_chunk *chunk,
                                   size_t first_row, struct error *err);

/* The whole of a source. With `outcome_needed` false it may have no column of the outcome. */
MUST_CHECK bool history_orders_read(struct history_orders *orders,
                                    const struct table_source *source, bool outcome_needed,
                                    struct error *err);

/* NULL when no column of that name is held. */
const struct history_column *history_orders_column(const struct history_orders *orders,
                                                   const char *name);

#endif
