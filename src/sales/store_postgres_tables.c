/* Silver, weekly and monthly of a PostgreSQL store. */
#include "sales/store_postgres.h"

#include <string.h>

static struct store_postgres *of(struct sales_store *store)
{
    return (struct store_postgres *)(void *)store;
}

static bool write_silver(struct store_postgres *store, const struct sales_tables *rows,
                         struct error *err)
{
    const size_t n = rows->silvers;
    struct postgres_values values = {0};

    if (n == 0)
        return true;
    struct text *period = postgres_add_array(&values, POSTGRES_INT4, n);
    struct text *written = postgres_add_array(&values, POSTGRES_TEXT, n);
    struct text *vegetable = postgres_add_array(&values, POSTGRES_TEXT, n);
    struct text *recognised = postgres_add_array(&values, POSTGRES_BOOL, n);
    struct text *sales = postgres_add_array(&values, POSTGRES_FLOAT8, n);
    for (const struct sales_silver *r = rows->silver; r < rows->silver + n; r++) {
        postgres_put_int32(period, r->period);
        postgres_put_text(written, r->written);
        postgres_put_text(vegetable, r->vegetable);
        postgres_put_bool(recognised, r->recognised);
        postgres_put_double(sales, r->sales);
    }
    return store_postgres_ask(store, POSTGRES_ADD_SILVER_STATEMENT, &values, NULL, err);
}

static bool write_weekly(struct store_postgres *store, const struct sales_tables *rows,
                         struct error *err)
{
    const size_t n = rows->weeklies;
    struct postgres_values values = {0};

    if (n == 0)
        return true;
    struct text *start = postgres_add_array(&values, POSTGRES_INT4, n);
    struct text *vegetable = postgres_add_array(&values, POSTGRES_TEXT, n);
    struct text *sales = postgres_add_array(&values, POSTGRES_FLOAT8, n);
    struct text *is_outlier = postgres_add_array(&values, POSTGRES_BOOL, n);
    for (const struct sales_weekly *r = rows->weekly; r < rows->weekly + n; r++) {
        postgres_put_int32(start, r->start);
        postgres_put_text(vegetable, r->vegetable);
        postgres_put_double(sales, r->sales);
        postgres_put_bool(is_outlier, r->is_outlier);
    }
    return store_postgres_ask(store, POSTGRES_ADD_WEEKLY_STATEMENT, &values, NULL, err);
}

static bool write_monthly(struct store_postgres *store, const struct sales_tables *rows,
                          struct error *err)
{
    const size_t n = rows->monthlies;
    struct postgres_values values = {0};

    if (n == 0)
        return true;
    struct text *year_month = postgres_add_array(&values, POSTGRES_INT4, n);
    struct text *vegetable = postgres_add_array(&values, POSTGRES_TEXT, n);
    struct text *sales = postgres_add_array(&values, POSTGRES_FLOAT8, n);
    struct text *safe_sales = postgres_add_array(&values, POSTGRES_FLOAT8, n);
    struct text *weeks = postgres_add_array(&values, POSTGRES_INT8, n);
    struct text *outliers = postgres_add_array(&values, POSTGRES_INT8, n);
    for (const struct sales_monthly *r = rows->monthly; r < rows->monthly + n; r++) {
        postgres_put_int32(year_month, r->year_month);
        postgres_put_text(vegetable, r->vegetable);
        postgres_put_double(sales, r->sales);
        postgres_put_double(safe_sales, r->safe_sales);
        postgres_put_int64(weeks, (int64_t)r->weeks);
        postgres_put_int64(outliers, (int64_t)r->outliers);
    }
    return store_postgres_ask(store, POSTGRES_ADD_MONTHLY_STATEMENT, &values, NULL, err);
}

static bool may_write(const struct store_postgres_meta *meta,
                      const struct sales_tables_write *write)
{
    const struct sales_position *tables = &meta->tables;

    if (meta->bronze.generation != write->to.generation)
        return false;
    /* {generation, 0} is "never written", also where an older generation's tables were dropped. */
    const int64_t at = tables->generation == write->to.generation ? tables->sequence : 0;
    if (at != 0 && at + !write->whole > write->to.sequence)
        return false;
    return write->whole ||
           (write->from.generation == write->to.generation && write->from.sequence == at);
}

struct writing {
    const struct sales_tables_write *write;
    bool *written;
};

static bool write_inside(struct store_postgres *store, void *context, struct error *err)
{
    const struct writing *writing = context;
    const struct sales_tables_write *write = writing->write;
    struct postgres_values position = {0};
    struct store_postgres_meta meta;

    *writing->written = false;
    if (!store_postgres_meta(store, POSTGRES_LOCK_STATEMENT, &meta, err))
        return false;
    if (!may_write(&meta, write))
        return true;
    if (write->whole && !postgres_run(&store->session,
                                      "DELETE FROM sales_silver; DELETE FROM sales_gold_weekly;"
                                      "DELETE FROM sales_gold_monthly",
                                      err))
        return false;
    if (!write_silver(store, &write->rows, err) || !write_weekly(store, &write->rows, err) ||
        !write_monthly(store, &write->rows, err))
        return false;
    postgres_add_int64(&position, write->to.generation);
    postgres_add_int64(&position, write->to.sequence);
    if (!store_postgres_ask(store, POSTGRES_ADVANCE_TABLES_STATEMENT, &position, NULL, err))
        return false;
    *writing->written = true;
    return true;
}

bool store_postgres_write_tables(struct sales_store *base, const struct sales_tables_write *write,
                                 bool *written, struct error *err)
{
    struct writing writing = {write, written};
    const size_t rows = write->rows.silvers + write->rows.weeklies + write->rows.monthlies;

    if (store_postgres_transact(of(base), POSTGRES_BEGIN, rows, write_inside, &writing, err))
        return true;
    *written = false;
    return false;
}

/* The answers of one transaction. */
struct reading {
    struct store_postgres_meta meta;
    PGresult *silver, *weekly, *monthly;
};

static void clear_reading(const struct store_postgres *store, struct reading *reading)
{
    store->session.api->clear(reading->silver);
    store->session.api->clear(reading->weekly);
    store->session.api->clear(reading->monthly);
    *reading = (struct reading){0};
}

static bool read_inside(struct store_postgres *store, void *context, struct error *err)
{
    struct reading *reading = context;

    clear_reading(store, reading); /* of a first attempt */
    return store_postgres_meta(store, POSTGRES_META_STATEMENT, &reading->meta, err) &&
           store_postgres_ask(store, POSTGRES_SILVER_STATEMENT, NULL, &reading->silver, err) &&
           store_postgres_ask(store, POSTGRES_WEEKLY_STATEMENT, NULL, &reading->weekly, err) &&
           store_postgres_ask(store, POSTGRES_MONTHLY_STATEMENT, NULL, &reading->monthly, err);
}

static const char *text_of(const struct postgres_session *s, const PGresult *result, int row,
                           int column, struct arena *memory)
{
    const char *text = postgres_text(s, result, row, column);

    return arena_string(memory, text, strlen(text));
}

static void copy_silver(const struct postgres_session *s, const PGresult *from,
                        struct sales_tables *rows, struct arena *memory)
{
    const int n = s->api->ntuples(from);
    struct sales_silver *to = ARENA_NEW(memory, struct sales_silver, (size_t)n + 1);

    for (int i = 0; i < n; i++)
        to[i] = (struct sales_silver){
            .period = postgres_int32(s, from, i, 0),
            .written = text_of(s, from, i, 1, memory),
            .vegetable = text_of(s, from, i, 2, memory),
            .recognised = postgres_bool(s, from, i, 3),
            .sales = postgres_double(s, from, i, 4),
        };
    rows->silver = to;
    rows->silvers = (size_t)n;
}

static void copy_weekly(const struct postgres_session *s, const PGresult *from,
                        struct sales_tables *rows, struct arena *memory)
{
    const int n = s->api->ntuples(from);
    struct sales_weekly *to = ARENA_NEW(memory, struct sales_weekly, (size_t)n + 1);

    for (int i = 0; i < n; i++)
        to[i] = (struct sales_weekly){
            .start = postgres_int32(s, from, i, 0),
            .vegetable = text_of(s, from, i, 1, memory),
            .sales = postgres_double(s, from, i, 2),
            .is_outlier = postgres_bool(s, from, i, 3),
        };
    rows->weekly = to;
    rows->weeklies = (size_t)n;
}

static void copy_monthly(const struct postgres_session *s, const PGresult *from,
                         struct sales_tables *rows, struct arena *memory)
{
    const int n = s->api->ntuples(from);
    struct sales_monthly *to = ARENA_NEW(memory, struct sales_monthly, (size_t)n + 1);

    for (int i = 0; i < n; i++)
        to[i] = (struct sales_monthly){
            .year_month = postgres_int32(s, from, i, 0),
            .vegetable = text_of(s, from, i, 1, memory),
            .sales = postgres_double(s, from, i, 2),
            .safe_sales = postgres_double(s, from, i, 3),
            .weeks = (size_t)postgres_int64(s, from, i, 4),
            .outliers = (size_t)postgres_int64(s, from, i, 5),
        };
    rows->monthly = to;
    rows->monthlies = (size_t)n;
}

bool store_postgres_read_tables(struct sales_store *base, struct sales_tables *rows,
                                struct sales_position *at, struct arena *memory, struct error *err)
{
    struct store_postgres *store = of(base);
    const struct postgres_session *s = &store->session;
    struct reading reading = {0};
    const bool ok =
        store_postgres_transact(store, POSTGRES_BEGIN_READ, 0, read_inside, &reading, err);

    *rows = (struct sales_tables){0};
    if (ok) {
        copy_silver(s, reading.silver, rows, memory);
        copy_weekly(s, reading.weekly, rows, memory);
        copy_monthly(s, reading.monthly, rows, memory);
        *at = reading.meta.tables.sequence
                  ? reading.meta.tables
                  : (struct sales_position){.generation = reading.meta.bronze.generation};
    }
    clear_reading(store, &reading);
    return ok;
}
