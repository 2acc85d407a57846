/*
 * panel — what is known of every item in every month: sales, and what is known in advance.
 *
 *   sales      [items, months]  NaN where there is no row, and from `sales_end` on
 *   marketing  [items, months]  0 where there is no row
 *   price      [items, months]  the last known one where there is no row; NaN before the first
 *   refill     [items, months]  sum over the days of the month; 0 where there is no row
 *   objective  [items, months]  of the fiscal year that the month is in; NaN where there is none
 *
 * Rows may come in any order and leave gaps. A pair of item and month (day, for refills) that comes
 * twice is refused, with its place. The items are those that have sales, in order of appearance;
 * rows of other items are passed over. Refills before the first month of sales count as its own.
 * The columns of a file:
 *
 *   sales       dates, item_id, sales          price       dates, item_id, price
 *   marketing   dates, item_id, marketing_spend    stock   date, item_id, stock_refill
 *   objectives  item_id, fiscal_year, objective
 */
#ifndef QUERN_FORECAST_PANEL_H
#define QUERN_FORECAST_PANEL_H

#include "base/arena.h"
#include "base/error.h"
#include "forecast/calendar.h"

enum {
    PANEL_ITEMS_MAX = 1000000,
    PANEL_MONTHS_MAX = 1200,
    PANEL_CELLS_MAX = 20000000, /* items times months */
    PANEL_ROWS_MAX = 20000000,  /* of one file */
};

enum panel_file {
    PANEL_SALES,
    PANEL_MARKETING,
    PANEL_PRICE,
    PANEL_STOCK,
    PANEL_OBJECTIVES,
    PANEL_FILES,
};
extern const char *const panel_file_names[PANEL_FILES]; /* "sales", "marketing", ... */

struct panel {
    size_t items, months;
    int first;        /* month of column 0, see calendar.h */
    size_t sales_end; /* months with sales come before it */
    size_t stock_end; /* months whose refills are known come before it */
    const char *const *item;
    double *sales, *marketing, *price, *refill, *objective; /* NULL: no such file was read */
    struct arena memory;
};

/*
 * Read the files that are not NULL. `least` is a number of months after the last sale that the
 * panel must have, at least; what is known in advance may make it longer.
 *
 * ERR_ARG, ERR_IO, ERR_DATA  of a file (table/reader.h); a missing or impossible value, a pair that
 *                            comes twice: the sentence names file and row
 * ERR_LIMIT                  more items, months or cells than above
 */
MUST_CHECK bool panel_load(struct panel *panel, const char *const file[PANEL_FILES], size_t least,
                           struct error *err);
/* No-op on a zeroed struct. */
void panel_clear(struct panel *panel);

/* Sales `back` months before `month`; NaN before the panel starts. */
static inline double panel_sold(const struct panel *panel, size_t item, size_t month, size_t back)
{
    return back > month ? __builtin_nan("") : panel->sales[item * panel->months + (month - back)];
}

/* Mean sales of the twelve months before; NaN when one is missing. */
double panel_year_mean(const struct panel *panel, size_t item, size_t month);

/* (price of the month) / (price of the month before) - 1; 0 where one of them is not known. */
double panel_price_change(const struct panel *panel, size_t item, size_t month);

/*
 * What can be sold in a month: all refills up to its end less all sales before it. Infinite where
 * refills are not known.
 */
double panel_stock(const struct panel *panel, size_t item, size_t month);

/* Nothing was left at the end of the month. */
bool panel_stock_out(const struct panel *panel, size_t item, size_t month);

/*
 * What the fiscal year still lacks before the sales of a June that the sales force will work on:
 * more than nothing and less than PANEL_OBJECTIVE_REACH of the objective. NaN for any other month.
 */
#define PANEL_OBJECTIVE_REACH 0.2
double panel_objective_left(const struct panel *panel, size_t item, size_t month);

#endif
