#include "forecast/panel_rows.h"

#include "base/interrupt.h"
#include "table/reader.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS_FIRST = 4096, YEAR_MAX = 9999 };

static const struct table_field fields[PANEL_FILES][3] = {
    [PANEL_SALES] = {{"dates", TABLE_TIME}, {"item_id", TABLE_TEXT}, {"sales", TABLE_DOUBLE}},
    [PANEL_MARKETING] = {{"dates", TABLE_TIME},
                         {"item_id", TABLE_TEXT},
                         {"marketing_spend", TABLE_DOUBLE}},
    [PANEL_PRICE] = {{"dates", TABLE_TIME}, {"item_id", TABLE_TEXT}, {"price", TABLE_DOUBLE}},
    [PANEL_STOCK] = {{"date", TABLE_TIME}, {"item_id", TABLE_TEXT}, {"stock_refill", TABLE_DOUBLE}},
    [PANEL_OBJECTIVES] = {{"fiscal_year", TABLE_INT64},
                          {"item_id", TABLE_TEXT},
                          {"objective", TABLE_DOUBLE}},
};

/* What a value of each file must be above, or at least. */
static const struct {
    double least;
    bool above;
    const char *sentence;
} bounds[PANEL_FILES] = {
    [PANEL_SALES] = {-INFINITY, false, NULL},
    [PANEL_MARKETING] = {0, false, "must not be negative"},
    [PANEL_PRICE] = {0, true, "must be above 0"},
    [PANEL_STOCK] = {0, false, "must not be negative"},
    [PANEL_OBJECTIVES] = {0, true, "must be above 0"},
};

static bool fail(const struct table_reader *reader, size_t row, const char *column,
                 struct error *err, const char *sentence)
{
    char place[512];

    table_reader_place(reader, row, place, sizeof place);
    return error_set(err, ERR_DATA, "%s: column '%s' %s", place, column, sentence);
}

static bool read_month(struct panel_row *row, enum panel_file kind,
                       const struct table_column *column, size_t at)
{
    if (kind != PANEL_OBJECTIVES)
        return calendar_from_time(column->integer[at], &row->month, &row->day);
    row->month = (int)column->integer[at];
    return column->integer[at] >= 1 && column->integer[at] <= YEAR_MAX;
}

static bool read_value(struct panel_row *row, enum panel_file kind,
                       const struct table_column *column, size_t at)
{
    row->value = table_is_valid(column, at) ? column->number[at] : NAN;
    if (isnan(row->value))
        return true;
    return isfinite(row->value) && (bounds[kind].above ? row->value > bounds[kind].least
                                                       : row->value >= bounds[kind].least);
}

static bool read_row(struct panel_row *row, enum panel_file kind, const struct table_reader *reader,
                     const struct table_chunk *chunk, size_t at, struct error *err)
{
    const struct table_column *column = chunk->column;

    for (size_t i = 0; i < 2; i++)
        if (!table_is_valid(&column[i], at))
            return fail(reader, at, fields[kind][i].name, err, "is missing");
    if (column[1].text[at].length == 0)
        return fail(reader, at, "item_id", err, "is empty");
    if (!read_month(row, kind, &column[0], at))
        return fail(reader, at, fields[kind][0].name, err, "is not in the years 1 to 9999");
    if (!read_value(row, kind, &column[2], at))
        return fail(reader, at, fields[kind][2].name, err,
                    bounds[kind].sentence ? bounds[kind].sentence : "must be a finite number");
    return true;
}

static void keep(struct panel_rows *rows, const struct panel_row *row)
{
    if (rows->count == rows->room) {
        rows->room = rows->room ? rows->room * 2 : ROWS_FIRST;
        rows->row = memory_resize(rows->row, rows->room, sizeof *rows->row);
    }
    rows->row[rows->count++] = *row;
}

static bool read_chunk(struct panel_rows *rows, enum panel_file kind,
                       const struct table_reader *reader, const struct table_chunk *chunk,
                       struct panel_items *items, struct arena *memory, struct error *err)
{
    for (size_t i = 0; i < chunk->rows; i++) {
        const struct table_string *name = &chunk->column[1].text[i];
        const int64_t number = table_reader_row(reader) + (int64_t)i + 1;
        struct panel_row row = {.row = (uint32_t)number};
        if (number > PANEL_ROWS_MAX)
            return error_set(err, ERR_LIMIT, "'%s' has more than %d rows", rows->file,
                             PANEL_ROWS_MAX);
        if (!read_row(&row, kind, reader, chunk, i, err))
            return false;
        const size_t item = kind == PANEL_SALES ? panel_items_add(items, name, memory)
                                                : panel_items_find(items, name);
        if (item == SIZE_MAX)
            continue;
        if (item >= PANEL_ITEMS_MAX)
            return error_set(err, ERR_LIMIT, "'%s' has more than %d items", rows->file,
                             PANEL_ITEMS_MAX);
        row.item = (uint32_t)item;
        keep(rows, &row);
    }
    return true;
}

bool panel_rows_read(struct panel_rows *rows, enum panel_file kind, const char *file,
                     struct panel_items *items, struct arena *memory, struct error *err)
{
    struct table_source *source;
    struct table_reader *reader;
    struct table_chunk chunk;
    bool ok;

    *rows = (struct panel_rows){.file = file};
    if (!table_source_open(&source, file, err))
        return false;
    ok = table_reader_open(&reader, source, fields[kind], 3, err);
    if (ok) {
        while ((ok = table_reader_next(reader, &chunk, err)) && chunk.rows > 0) {
            ok = interrupt_check("reading the panel", err) &&
                 read_chunk(rows, kind, reader, &chunk, items, memory, err);
            if (!ok)
                break;
        }
        table_reader_close(reader);
    }
    table_source_close(source);
    if (!ok)
        panel_rows_clear(rows);
    return ok;
}

void panel_rows_clear(struct panel_rows *rows)
{
    free(rows->row);
    *rows = (struct panel_rows){0};
}

bool panel_rows_twice(const struct panel_rows *rows, const struct panel_row *row, const char *item,
                      enum panel_file kind, struct error *err)
{
    char when[CALENDAR_TEXT_SIZE];

    if (kind == PANEL_OBJECTIVES)
        snprintf(when, sizeof when, "%d", row->month);
    else
        calendar_text(row->month, when);
    if (kind == PANEL_STOCK)
        snprintf(when + 8, sizeof when - 8, "%02u", ((unsigned)row->day + 1) % 100);
    return error_set(err, ERR_DATA,
                     "row %" PRIu32 " of '%s': item '%.100s' already has a row for %s", row->row,
                     rows->file, item, when);
}
