/* Silver, weekly and monthly of a SQLite store. */
#include "sales/store_sqlite.h"

#include <string.h>

static struct store_sqlite *of(struct sales_store *store)
{
    return (struct store_sqlite *)(void *)store;
}

static bool write_silver(struct store_sqlite *store, const struct sales_tables *rows,
                         struct error *err)
{
    const struct sqlite_api *api = store->api;
    sqlite3_stmt *add = store->statement[SQLITE_ADD_SILVER_STATEMENT];

    for (size_t i = 0; i < rows->silvers; i++) {
        const struct sales_silver *row = &rows->silver[i];
        api->bind_int64(add, 1, row->period);
        api->bind_text(add, 2, row->written, -1, SQLITE_STATIC);
        api->bind_text(add, 3, row->vegetable, -1, SQLITE_STATIC);
        api->bind_int64(add, 4, row->recognised);
        api->bind_double(add, 5, row->sales);
        if (!store_sqlite_run(store, SQLITE_ADD_SILVER_STATEMENT, err))
            return false;
    }
    return true;
}

static bool write_weekly(struct store_sqlite *store, const struct sales_tables *rows,
                         struct error *err)
{
    const struct sqlite_api *api = store->api;
    sqlite3_stmt *add = store->statement[SQLITE_ADD_WEEKLY_STATEMENT];

    for (size_t i = 0; i < rows->weeklies; i++) {
        const struct sales_weekly *row = &rows->weekly[i];
        api->bind_int64(add, 1, row->start);
        api->bind_text(add, 2, row->vegetable, -1, SQLITE_STATIC);
        api->bind_double(add, 3, row->sales);
        api->bind_int64(add, 4, row->is_outlier);
        if (!store_sqlite_run(store, SQLITE_ADD_WEEKLY_STATEMENT, err))
            return false;
    }
    return true;
}

static bool write_monthly(struct store_sqlite *store, const struct sales_tables *rows,
                          struct error *err)
{
    const struct sqlite_api *api = store->api;
    sqlite3_stmt *add = store->statement[SQLITE_ADD_MONTHLY_STATEMENT];

    for (size_t i = 0; i < rows->monthlies; i++) {
        const struct sales_monthly *row = &rows->monthly[i];
        api->bind_int64(add, 1, row->year_month);
        api->bind_text(add, 2, row->vegetable, -1, SQLITE_STATIC);
        api->bind_double(add, 3, row->sales);
        api->bind_double(add, 4, row->safe_sales);
        api->bind_int64(add, 5, (int64_t)row->weeks);
        api->bind_int64(add, 6, (int64_t)row->outliers);
        if (!store_sqlite_run(store, SQLITE_ADD_MONTHLY_STATEMENT, err))
            return false;
    }
    return true;
}

static bool may_write(const struct store_sqlite_meta *meta, const struct sales_tables_write *write)
{
    const struct sales_position *tables = &meta->tables;

    if (meta->bronze.generation != write->to.generation)
        return false;
    const bool same = tables->generation == write->to.generation;
    if (same && tables->sequence + !write->whole > write->to.sequence)
        return false;
    return write->whole || (same && write->from.generation == tables->generation &&
                            write->from.sequence == tables->sequence);
}

static bool write_inside(struct store_sqlite *store, const struct sales_tables_write *write,
                         bool *written, struct error *err)
{
    sqlite3_stmt *advance = store->statement[SQLITE_ADVANCE_TABLES_STATEMENT];
    struct store_sqlite_meta meta;

    *written = false;
    if (!store_sqlite_meta(store, &meta, err))
        return false;
    if (!may_write(&meta, write))
        return true;
    if (write->whole && (!store_sqlite_run(store, SQLITE_EMPTY_SILVER_STATEMENT, err) ||
                         !store_sqlite_run(store, SQLITE_EMPTY_WEEKLY_STATEMENT, err) ||
                         !store_sqlite_run(store, SQLITE_EMPTY_MONTHLY_STATEMENT, err)))
        return false;
    store->api->bind_int64(advance, 1, write->to.generation);
    store->api->bind_int64(advance, 2, write->to.sequence);
    if (!write_silver(store, &write->rows, err) || !write_weekly(store, &write->rows, err) ||
        !write_monthly(store, &write->rows, err) ||
        !store_sqlite_run(store, SQLITE_ADVANCE_TABLES_STATEMENT, err))
        return false;
    *written = true;
    return true;
}

bool store_sqlite_write_tables(struct sales_store *base, const struct sales_tables_write *write,
                               bool *written, struct error *err)
{
    struct store_sqlite *store = of(base);

    if (store_sqlite_run(store, SQLITE_BEGIN_STATEMENT, err) &&
        store_sqlite_end(store, write_inside(store, write, written, err), err))
        return true;
    *written = false;
    return false;
}

/* Rows of one table while they are read: an array that grows. */
struct growing {
    void *rows;
    size_t count, room, size;
};

static void *grow(struct growing *growing)
{
    if (growing->count == growing->room) {
        growing->room = growing->room ? 2 * growing->room : 64;
        growing->rows = memory_resize(growing->rows, growing->room, growing->size);
    }
    return (char *)growing->rows + growing->count++ * growing->size;
}

static const void *settle(struct growing *growing, struct arena *memory)
{
    void *rows = arena_take(memory, growing->count + 1, growing->size);

    if (growing->count)
        memcpy(rows, growing->rows, growing->count * growing->size);
    free(growing->rows);
    return rows;
}

static const char *text_of(const struct store_sqlite *store, enum sqlite_statement which,
                           int column, struct arena *memory)
{
    const char *text = store_sqlite_text(store, which, column);

    return arena_string(memory, text, strlen(text));
}

static bool read_silver(struct store_sqlite *store, struct growing *rows, struct arena *memory,
                        struct error *err)
{
    const struct sqlite_api *api = store->api;
    sqlite3_stmt *at = store->statement[SQLITE_SILVER_STATEMENT];
    bool row;

    while (store_sqlite_step(store, SQLITE_SILVER_STATEMENT, &row, err)) {
        if (!row)
            return true;
        *(struct sales_silver *)grow(rows) = (struct sales_silver){
            .period = (int32_t)api->column_int64(at, 0),
            .written = text_of(store, SQLITE_SILVER_STATEMENT, 1, memory),
            .vegetable = text_of(store, SQLITE_SILVER_STATEMENT, 2, memory),
            .recognised = api->column_int64(at, 3) != 0,
            .sales = api->column_double(at, 4),
        };
    }
    return false;
}

static bool read_weekly(struct store_sqlite *store, struct growing *rows, struct arena *memory,
                        struct error *err)
{
    const struct sqlite_api *api = store->api;
    sqlite3_stmt *at = store->statement[SQLITE_WEEKLY_STATEMENT];
    bool row;

    while (store_sqlite_step(store, SQLITE_WEEKLY_STATEMENT, &row, err)) {
        if (!row)
            return true;
        *(struct sales_weekly *)grow(rows) = (struct sales_weekly){
            .start = (int32_t)api->column_int64(at, 0),
            .vegetable = text_of(store, SQLITE_WEEKLY_STATEMENT, 1, memory),
            .sales = api->column_double(at, 2),
            .is_outlier = api->column_int64(at, 3) != 0,
        };
    }
    return false;
}

static bool read_monthly(struct store_sqlite *store, struct growing *rows, struct arena *memory,
                         struct error *err)
{
    const struct sqlite_api *api = store->api;
    sqlite3_stmt *at = store->statement[SQLITE_MONTHLY_STATEMENT];
    bool row;

    while (store_sqlite_step(store, SQLITE_MONTHLY_STATEMENT, &row, err)) {
        if (!row)
            return true;
        *(struct sales_monthly *)grow(rows) = (struct sales_monthly){
            .year_month = (int32_t)api->column_int64(at, 0),
            .vegetable = text_of(store, SQLITE_MONTHLY_STATEMENT, 1, memory),
            .sales = api->column_double(at, 2),
            .safe_sales = api->column_double(at, 3),
            .weeks = (size_t)api->column_int64(at, 4),
            .outliers = (size_t)api->column_int64(at, 5),
        };
    }
    return false;
}

bool store_sqlite_read_tables(struct sales_store *base, struct sales_tables *rows,
                              struct sales_position *at, struct arena *memory, struct error *err)
{
    struct store_sqlite *store = of(base);
    struct growing silver = {.size = sizeof *rows->silver}, weekly = {.size = sizeof *rows->weekly},
                   monthly = {.size = sizeof *rows->monthly};
    struct store_sqlite_meta meta = {0};
    bool ok;

    if (!store_sqlite_run(store, SQLITE_BEGIN_READ_STATEMENT, err))
        return false;
    ok = store_sqlite_meta(store, &meta, err) && read_silver(store, &silver, memory, err) &&
         read_weekly(store, &weekly, memory, err) && read_monthly(store, &monthly, memory, err);
    ok = store_sqlite_end(store, ok, err);
    *at = meta.tables;
    rows->silvers = silver.count;
    rows->weeklies = weekly.count;
    rows->monthlies = monthly.count;
    rows->silver = settle(&silver, memory);
    rows->weekly = settle(&weekly, memory);
    rows->monthly = settle(&monthly, memory);
    return ok;
}
