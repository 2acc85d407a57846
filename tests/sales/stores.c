#include "sales/stores.h"

#include "base/text.h"
#include "support/postgres.h"

static bool sqlite_place(char *where, size_t size)
{
    static int made;

    snprintf(where, size, "sqlite:%s/store-%d/sales.db", test_folder(), made++);
    return true;
}

static bool csv_place(char *where, size_t size)
{
    static int made;

    snprintf(where, size, "csv:%s/csv-%d", test_folder(), made++);
    return true;
}

static bool postgres_place(char *where, size_t size)
{
    struct test_postgres *server = test_postgres_shared();

    if (server)
        test_postgres_place(server, where, size);
    return server;
}

const struct test_store test_stores[] = {
    {"sqlite", &sales_store_sqlite, sqlite_place},
    {"csv", &sales_store_csv, csv_place},
    {"postgresql", &sales_store_postgres, postgres_place},
    {0},
};

struct sales_store *open_store(const char *where)
{
    struct sales_store *store = NULL;
    struct error err = {0};

    EXPECT_OK(sales_store_open(&store, where, &err), &err);
    return store;
}

static void visit(void *context, const struct sales_row *row)
{
    text_add_format(context, "%lld %d %s %.17g %s\n", (long long)row->id, (int)row->period,
                    row->vegetable, row->sales, row->posted);
}

char *bronze_text(struct sales_store *store, struct sales_position since,
                  struct sales_position *now)
{
    struct text text = {0};
    struct error err = {0};

    text_add(&text, "", 0);
    EXPECT_OK(store->kind->changes(store, since, visit, &text, now, &err), &err);
    return text.bytes ? text.bytes : strdup("");
}

char *tables_text(struct sales_store *store)
{
    struct text text = {0};
    struct arena memory = {0};
    struct error err = {0};
    struct sales_tables rows;
    struct sales_position at;

    EXPECT_OK(store->kind->read_tables(store, &rows, &at, &memory, &err), &err);
    for (size_t i = 0; i < rows.silvers; i++)
        text_add_format(&text, "silver %d %s -> %s %d %.17g\n", (int)rows.silver[i].period,
                        rows.silver[i].written, rows.silver[i].vegetable, rows.silver[i].recognised,
                        rows.silver[i].sales);
    for (size_t i = 0; i < rows.weeklies; i++)
        text_add_format(&text, "weekly %d %s %.17g %d\n", (int)rows.weekly[i].start,
                        rows.weekly[i].vegetable, rows.weekly[i].sales, rows.weekly[i].is_outlier);
    for (size_t i = 0; i < rows.monthlies; i++)
        text_add_format(&text, "monthly %d %s %.17g %.17g %zu %zu\n",
                        (int)rows.monthly[i].year_month, rows.monthly[i].vegetable,
                        rows.monthly[i].sales, rows.monthly[i].safe_sales, rows.monthly[i].weeks,
                        rows.monthly[i].outliers);
    arena_clear(&memory);
    return text.bytes ? text.bytes : strdup("");
}
