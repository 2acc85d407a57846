/* panel_rows — the rows of one file of a panel, checked one by one. */
#ifndef QUERN_FORECAST_PANEL_ROWS_H
#define QUERN_FORECAST_PANEL_ROWS_H

#include "forecast/panel.h"
#include "forecast/panel_items.h"

struct panel_row {
    uint32_t item, row; /* row counted from 1 */
    int month;          /* of objectives the fiscal year */
    int day;            /* of the month, from 0; 0 of objectives */
    double value;       /* NaN: the value is missing */
};

struct panel_rows {
    const char *file;
    size_t count, room;
    struct panel_row *row;
};

/*
 * Read a file; of the sales every item is added to `items`, rows of the other files whose item is
 * not there are left out.
 */
MUST_CHECK bool panel_rows_read(struct panel_rows *rows, enum panel_file kind, const char *file,
                                struct panel_items *items, struct arena *memory, struct error *err);
void panel_rows_clear(struct panel_rows *rows);

/* ERR_DATA "row 12 of 'f.csv': item 'x' already has a row for 2023-07-01". Returns false. */
bool panel_rows_twice(const struct panel_rows *rows, const struct panel_row *row, const char *item,
                      enum panel_file kind, struct error *err);

#endif
