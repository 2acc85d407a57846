#include "sales/store_postgres.h"

#include "base/arena.h"

#include <string.h>

/* Two processes may make the tables at once: the second waits and finds them. */
static const char schema[] =
    "SELECT pg_advisory_xact_lock(1366584659);"
    "CREATE TABLE IF NOT EXISTS sales_meta (format int8 NOT NULL, generation int8 NOT NULL,"
    " sequence int8 NOT NULL, last_id int8 NOT NULL, tables_generation int8 NOT NULL,"
    " tables_sequence int8 NOT NULL);"
    "INSERT INTO sales_meta SELECT 1, 1, 0, 0, 1, 0 WHERE NOT EXISTS (SELECT FROM sales_meta);"
    "CREATE TABLE IF NOT EXISTS sales_bronze (id int8 PRIMARY KEY, sequence int8 NOT NULL,"
    " received int8 NOT NULL, request text NOT NULL, position int8 NOT NULL,"
    " period int4 NOT NULL, vegetable text COLLATE \"C\" NOT NULL, posted text NOT NULL,"
    " sales float8 NOT NULL, UNIQUE (period, vegetable));"
    "CREATE INDEX IF NOT EXISTS sales_bronze_sequence ON sales_bronze (sequence);"
    "CREATE TABLE IF NOT EXISTS sales_silver (period int4, written text COLLATE \"C\","
    " vegetable text COLLATE \"C\" NOT NULL, recognised bool NOT NULL, sales float8 NOT NULL,"
    " PRIMARY KEY (period, written));"
    "CREATE TABLE IF NOT EXISTS sales_gold_weekly (start int4, vegetable text COLLATE \"C\","
    " sales float8 NOT NULL, is_outlier bool NOT NULL, PRIMARY KEY (start, vegetable));"
    "CREATE TABLE IF NOT EXISTS sales_gold_monthly (year_month int4,"
    " vegetable text COLLATE \"C\", sales float8 NOT NULL, safe_sales float8 NOT NULL,"
    " weeks int8 NOT NULL, outliers int8 NOT NULL, PRIMARY KEY (year_month, vegetable))";

/* Makes nothing where everything is there: a user without the right to make tables will do. */
static const char schema_if_missing[] = "SELECT 1 / (to_regclass('sales_gold_monthly') IS NOT NULL)"
                                        "::int, 1 / (SELECT (format = 1)::int FROM sales_meta)";

static const char *const statements[] = {
#define X(name, sql) sql,
    POSTGRES_STATEMENTS(X)
#undef X
};

static const double seconds_per_row = 1e-4;

static struct store_postgres *of(struct sales_store *store)
{
    return (struct store_postgres *)(void *)store;
}

static bool greet(struct postgres_session *session, struct error *err)
{
    struct error ignored = {0};

    if (postgres_run(session, schema_if_missing, &ignored))
        return true;
    if (postgres_is_lost(session)) {
        *err = ignored;
        return false;
    }
    if (!postgres_run(session, schema, err))
        return error_wrap(err, "cannot make the tables");
    return postgres_run(session, schema_if_missing, err) ||
           error_set(err, ERR_DATA, "the database's table 'sales_meta' is not of this format");
}

bool store_postgres_transact(struct store_postgres *store, const char *begin, size_t rows,
                             store_postgres_work work, void *context, struct error *err)
{
    struct postgres_session *session = &store->session;
    const double seconds = SALES_STORE_PATIENCE + (double)rows * seconds_per_row;

    for (int attempt = 0; attempt < 2; attempt++) {
        if (!postgres_begin(session, seconds, err))
            return false;
        if (postgres_run(session, begin, err) && work(store, context, err) &&
            postgres_run(session, "COMMIT", err))
            return true;
        struct error ignored = {0};
        if (!postgres_is_lost(session)) {
            if (!postgres_run(session, "ROLLBACK", &ignored))
                postgres_hang_up(session);
            return false;
        }
    }
    return false;
}

bool store_postgres_ask(struct store_postgres *store, enum postgres_statement which,
                        struct postgres_values *values, PGresult **result, struct error *err)
{
    const bool ok = postgres_ask(&store->session, which, values, result, err);

    if (values)
        postgres_values_clear(values);
    return ok;
}

bool store_postgres_meta(struct store_postgres *store, enum postgres_statement which,
                         struct store_postgres_meta *meta, struct error *err)
{
    const struct postgres_session *s = &store->session;
    PGresult *result;

    if (!store_postgres_ask(store, which, NULL, &result, err))
        return false;
    const bool there = s->api->ntuples(result) == 1;
    if (there)
        *meta = (struct store_postgres_meta){
            .bronze = {postgres_int64(s, result, 0, 0), postgres_int64(s, result, 0, 1)},
            .tables = {postgres_int64(s, result, 0, 2), postgres_int64(s, result, 0, 3)},
        };
    s->api->clear(result);
    return there || error_set(err, ERR_DATA, "the database's table 'sales_meta' is damaged");
}

static void close_store(struct sales_store *base)
{
    struct store_postgres *store = of(base);

    postgres_session_clear(&store->session);
    free(store);
}

static bool open_store(struct sales_store **store, const char *place, struct error *err)
{
    struct store_postgres *made = memory_take_zeroed(1, sizeof *made);

    made->store.kind = &sales_store_postgres;
    made->session.prepared = statements;
    made->session.count = POSTGRES_STATEMENT_COUNT;
    made->session.greet = greet;
    if (!postgres_session_init(&made->session, place, err) ||
        !postgres_begin(&made->session, SALES_STORE_PATIENCE, err)) {
        close_store(&made->store);
        return false;
    }
    *store = &made->store;
    return true;
}

/* One statement is a transaction of its own. */
static bool position(struct sales_store *base, struct sales_position *now, struct error *err)
{
    struct store_postgres *store = of(base);
    struct store_postgres_meta meta;

    for (int attempt = 0; attempt < 2; attempt++) {
        if (!postgres_begin(&store->session, SALES_STORE_PATIENCE, err))
            return false;
        if (store_postgres_meta(store, POSTGRES_META_STATEMENT, &meta, err)) {
            *now = meta.bronze;
            return true;
        }
        if (!postgres_is_lost(&store->session))
            return false;
    }
    return false;
}

struct rows {
    const struct sales_row *row;
    size_t count;
};

static bool write_inside(struct store_postgres *store, void *context, struct error *err)
{
    const struct rows *rows = context;
    const size_t n = rows->count;
    struct postgres_values values = {0};
    struct store_postgres_meta meta;

    if (!store_postgres_meta(store, POSTGRES_LOCK_STATEMENT, &meta, err))
        return false;
    struct text *time = postgres_add_array(&values, POSTGRES_INT8, n);
    struct text *request = postgres_add_array(&values, POSTGRES_TEXT, n);
    struct text *index = postgres_add_array(&values, POSTGRES_INT8, n);
    struct text *period = postgres_add_array(&values, POSTGRES_INT4, n);
    struct text *vegetable = postgres_add_array(&values, POSTGRES_TEXT, n);
    struct text *posted = postgres_add_array(&values, POSTGRES_TEXT, n);
    struct text *sales = postgres_add_array(&values, POSTGRES_FLOAT8, n);
    for (const struct sales_row *r = rows->row; r < rows->row + n; r++) {
        postgres_put_int64(time, r->time);
        postgres_put_text(request, r->request);
        postgres_put_int64(index, (int64_t)r->index);
        postgres_put_int32(period, r->period);
        postgres_put_text(vegetable, r->vegetable);
        postgres_put_text(posted, r->posted);
        postgres_put_double(sales, r->sales);
    }
    return store_postgres_ask(store, POSTGRES_WRITE_STATEMENT, &values, NULL, err);
}

static bool write_rows(struct sales_store *store, const struct sales_row *row, size_t rows,
                       struct error *err)
{
    struct rows all = {row, rows};

    return rows == 0 ||
           store_postgres_transact(of(store), POSTGRES_BEGIN, rows, write_inside, &all, err);
}

struct changes {
    struct sales_position since;
    PGresult *result;
};

static bool changes_inside(struct store_postgres *store, void *context, struct error *err)
{
    struct changes *changes = context;
    struct postgres_values values = {0};

    store->session.api->clear(changes->result); /* of a first attempt */
    changes->result = NULL;
    postgres_add_int64(&values, changes->since.generation);
    postgres_add_int64(&values, changes->since.sequence);
    return store_postgres_ask(store, POSTGRES_CHANGES_STATEMENT, &values, &changes->result, err);
}

static void visit_row(const struct postgres_session *s, const PGresult *result, int i,
                      sales_row_visit visit, void *context)
{
    visit(context, &(struct sales_row){
                       .id = postgres_int64(s, result, i, 2),
                       .time = postgres_int64(s, result, i, 3),
                       .request = postgres_text(s, result, i, 4),
                       .index = (size_t)postgres_int64(s, result, i, 5),
                       .period = postgres_int32(s, result, i, 6),
                       .vegetable = postgres_text(s, result, i, 7),
                       .posted = postgres_text(s, result, i, 8),
                       .sales = postgres_double(s, result, i, 9),
                   });
}

/* Rows are visited once all have come, so that a connection that breaks leaves no half of them. */
static bool changes(struct sales_store *base, struct sales_position since, sales_row_visit visit,
                    void *context, struct sales_position *now, struct error *err)
{
    struct store_postgres *store = of(base);
    const struct postgres_session *s = &store->session;
    struct changes changes = {.since = since};
    bool ok = store_postgres_transact(store, POSTGRES_BEGIN_READ, 0, changes_inside, &changes, err);
    const int rows = ok ? s->api->ntuples(changes.result) : 0;

    if (ok && rows == 0)
        ok = error_set(err, ERR_DATA, "the database's table 'sales_meta' is damaged");
    if (ok)
        *now = (struct sales_position){postgres_int64(s, changes.result, 0, 0),
                                       postgres_int64(s, changes.result, 0, 1)};
    for (int i = 0; i < rows; i++)
        if (!s->api->getisnull(changes.result, i, 2))
            visit_row(s, changes.result, i, visit, context);
    s->api->clear(changes.result);
    return ok;
}

static bool empty_inside(struct store_postgres *store, void *context, struct error *err)
{
    struct store_postgres_meta meta;

    (void)context;
    return store_postgres_meta(store, POSTGRES_LOCK_STATEMENT, &meta, err) &&
           postgres_run(&store->session,
                        "DELETE FROM sales_bronze; DELETE FROM sales_silver;"
                        "DELETE FROM sales_gold_weekly; DELETE FROM sales_gold_monthly;"
                        "UPDATE sales_meta SET generation = generation + 1, last_id = 0,"
                        " tables_sequence = 0",
                        err);
}

static bool empty(struct sales_store *store, struct error *err)
{
    enum { ROWS = 1000000 }; /* a guess: nobody counts what is thrown away */

    return store_postgres_transact(of(store), POSTGRES_BEGIN, ROWS, empty_inside, NULL, err);
}

const struct sales_store_kind sales_store_postgres = {
    .scheme = "postgresql",
    .promise = "An answered row is committed in PostgreSQL: it survives kill -9 of this program, "
               "and what PostgreSQL's own settings say.",
    .shared = true,
    .open = open_store,
    .close = close_store,
    .position = position,
    .write = write_rows,
    .changes = changes,
    .write_tables = store_postgres_write_tables,
    .read_tables = store_postgres_read_tables,
    .empty = empty,
};
