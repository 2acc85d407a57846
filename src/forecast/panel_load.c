/* panel_load — rows in any order into the matrices of a panel. */
#include "forecast/panel_rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { YEAR = 12 };

/* The first and last month of all rows that have a month. */
static void widen(const struct panel_rows *rows, int *first, int *last)
{
    for (size_t i = 0; i < rows->count; i++) {
        const int month = rows->row[i].month;
        *first = month < *first ? month : *first;
        *last = month > *last ? month : *last;
    }
}

/* Sales say where the panel starts; what is known in advance may only make it longer. */
static bool set_size(struct panel *panel, const struct panel_rows rows[PANEL_FILES], size_t least,
                     struct error *err)
{
    int first = INT32_MAX, last = INT32_MIN, end, any = INT32_MAX, refilled = INT32_MIN;

    widen(&rows[PANEL_SALES], &first, &last);
    if (rows[PANEL_SALES].count == 0)
        return error_set(err, ERR_DATA, "'%s' has no rows", rows[PANEL_SALES].file);
    end = last + (int)least;
    widen(&rows[PANEL_MARKETING], &any, &end);
    widen(&rows[PANEL_PRICE], &any, &end);
    widen(&rows[PANEL_STOCK], &any, &refilled);
    end = refilled > end ? refilled : end;
    if (end - first >= PANEL_MONTHS_MAX)
        return error_set(err, ERR_LIMIT,
                         "'%s': the months from the first sale to the last known one are %d; at "
                         "most %d can be used",
                         rows[PANEL_SALES].file, end - first + 1, PANEL_MONTHS_MAX);
    panel->first = first;
    panel->months = (size_t)(end - first) + 1;
    panel->sales_end = (size_t)(last - first) + 1;
    panel->stock_end = refilled >= first ? (size_t)(refilled - first) + 1 : 0;
    if (panel->items > PANEL_CELLS_MAX / panel->months)
        return error_set(err, ERR_LIMIT, "'%s': %zu items over %zu months are more than %d cells",
                         rows[PANEL_SALES].file, panel->items, panel->months, PANEL_CELLS_MAX);
    return true;
}

static double *new_matrix(struct panel *panel, double value)
{
    const size_t cells = panel->items * panel->months;
    double *matrix = ARENA_NEW(&panel->memory, double, cells);

    for (size_t i = 0; i < cells; i++)
        matrix[i] = value;
    return matrix;
}

/* One row for an item and a month; a row without a value is a gap. */
static bool fill_monthly(struct panel *panel, double **matrix, const struct panel_rows *rows,
                         enum panel_file kind, struct error *err)
{
    bool *seen = memory_take_zeroed(panel->items * panel->months, sizeof *seen);
    bool ok = true;

    *matrix = new_matrix(panel, NAN);
    for (size_t i = 0; ok && i < rows->count; i++) {
        const struct panel_row *row = &rows->row[i];
        const size_t cell = row->item * panel->months + (size_t)(row->month - panel->first);
        if (row->month < panel->first)
            continue;
        if (seen[cell])
            ok = panel_rows_twice(rows, row, panel->item[row->item], kind, err);
        seen[cell] = true;
        (*matrix)[cell] = row->value;
    }
    free(seen);
    return ok;
}

/* Rows of days add up; those before the first sale are there when it starts. */
static bool fill_stock(struct panel *panel, const struct panel_rows *rows, struct error *err)
{
    uint32_t *days = memory_take_zeroed(panel->items * panel->months, sizeof *days);
    bool ok = true;

    panel->refill = new_matrix(panel, 0);
    for (size_t i = 0; ok && i < rows->count; i++) {
        const struct panel_row *row = &rows->row[i];
        const bool before = row->month < panel->first;
        const size_t cell =
            row->item * panel->months + (before ? 0 : (size_t)(row->month - panel->first));
        const uint32_t bit = UINT32_C(1) << row->day;
        if (!before && days[cell] & bit)
            ok = panel_rows_twice(rows, row, panel->item[row->item], PANEL_STOCK, err);
        if (!before)
            days[cell] |= bit;
        panel->refill[cell] += isnan(row->value) ? 0 : row->value;
    }
    free(days);
    return ok;
}

/* An objective is that of every month of its fiscal year. */
static bool fill_objectives(struct panel *panel, const struct panel_rows *rows, struct error *err)
{
    panel->objective = new_matrix(panel, NAN);
    for (size_t i = 0; i < rows->count; i++) {
        const struct panel_row *row = &rows->row[i];
        for (int month = (row->month - 1) * YEAR + CALENDAR_JULY;
             month < row->month * YEAR + CALENDAR_JULY; month++) {
            if (month < panel->first || month >= panel->first + (int)panel->months)
                continue;
            double *cell =
                &panel->objective[row->item * panel->months + (size_t)(month - panel->first)];
            if (!isnan(*cell))
                return panel_rows_twice(rows, row, panel->item[row->item], PANEL_OBJECTIVES, err);
            *cell = row->value;
        }
    }
    return true;
}

static void fill_gaps(struct panel *panel)
{
    for (size_t i = 0; i < panel->items * panel->months; i++) {
        if (panel->marketing && isnan(panel->marketing[i]))
            panel->marketing[i] = 0;
        if (panel->price && isnan(panel->price[i]) && i % panel->months > 0)
            panel->price[i] = panel->price[i - 1];
    }
}

static bool fill(struct panel *panel, const struct panel_rows rows[PANEL_FILES], struct error *err)
{
    const bool ok =
        fill_monthly(panel, &panel->sales, &rows[PANEL_SALES], PANEL_SALES, err) &&
        (!rows[PANEL_MARKETING].file ||
         fill_monthly(panel, &panel->marketing, &rows[PANEL_MARKETING], PANEL_MARKETING, err)) &&
        (!rows[PANEL_PRICE].file ||
         fill_monthly(panel, &panel->price, &rows[PANEL_PRICE], PANEL_PRICE, err)) &&
        (!rows[PANEL_STOCK].file || fill_stock(panel, &rows[PANEL_STOCK], err)) &&
        (!rows[PANEL_OBJECTIVES].file || fill_objectives(panel, &rows[PANEL_OBJECTIVES], err));

    if (ok)
        fill_gaps(panel);
    return ok;
}

static void copy_names(struct panel *panel, const struct panel_items *items)
{
    const char **name = ARENA_NEW(&panel->memory, const char *, items->count + 1);

    for (size_t i = 0; i < items->count; i++)
        name[i] = items->name[i];
    panel->item = name;
    panel->items = items->count;
}

bool panel_load(struct panel *panel, const char *const file[PANEL_FILES], size_t least,
                struct error *err)
{
    struct panel made = {0};
    struct panel_items items = {0};
    struct panel_rows rows[PANEL_FILES] = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < PANEL_FILES; i++)
        if (file[i])
            ok = panel_rows_read(&rows[i], (enum panel_file)i, file[i], &items, &made.memory, err);
    if (ok) {
        copy_names(&made, &items);
        ok = set_size(&made, rows, least, err) && fill(&made, rows, err);
    }
    for (size_t i = 0; i < PANEL_FILES; i++)
        panel_rows_clear(&rows[i]);
    panel_items_clear(&items);
    if (ok)
        *panel = made;
    else
        panel_clear(&made);
    return ok;
}
