/*
 * store_postgres — the tables in a PostgreSQL database, as sales_bronze, sales_silver,
 * sales_gold_weekly, sales_gold_monthly and sales_meta; they are made where the search path leads.
 *
 * Whoever writes holds the one row of sales_meta, so that writers of several processes come one
 * after the other. A call is one transaction. When the connection is lost in the middle it is tried
 * once more: to write the same rows again changes nothing.
 */
#ifndef QUERN_SALES_STORE_POSTGRES_H
#define QUERN_SALES_STORE_POSTGRES_H

#include "sales/postgres_session.h"
#include "sales/store.h"

#define POSTGRES_META                                                                              \
    "SELECT generation, sequence, tables_generation, tables_sequence FROM sales_meta"

/* The later of two rows with one key counts; one INSERT cannot change a row twice. */
#define POSTGRES_STATEMENTS(X)                                                                     \
    X(META, POSTGRES_META)                                                                         \
    X(LOCK, POSTGRES_META " FOR UPDATE")                                                           \
    X(WRITE,                                                                                       \
      "WITH given AS MATERIALIZED (SELECT received, request, position, period,"                    \
      "  vegetable COLLATE \"C\" AS vegetable, posted, sales, n FROM unnest($1::int8[],"           \
      "  $2::text[], $3::int8[], $4::int4[], $5::text[], $6::text[], $7::float8[])"                \
      "  WITH ORDINALITY AS t(received, request, position, period, vegetable, posted, sales, n))," \
      "latest AS MATERIALIZED (SELECT DISTINCT ON (period, vegetable) *,"                          \
      "  min(n) OVER (PARTITION BY period, vegetable) AS first"                                    \
      "  FROM given ORDER BY period, vegetable, n DESC),"                                          \
      "met AS MATERIALIZED (SELECT l.*, b.id, b.sales AS had FROM latest l"                        \
      "  LEFT JOIN sales_bronze b ON b.period = l.period AND b.vegetable = l.vegetable),"          \
      "added AS (INSERT INTO sales_bronze (id, sequence, received, request, position, period,"     \
      "  vegetable, posted, sales) SELECT m.last_id + row_number() OVER (ORDER BY met.first),"     \
      "  m.sequence + 1, met.received, met.request, met.position, met.period, met.vegetable,"      \
      "  met.posted, met.sales FROM met, sales_meta m WHERE met.id IS NULL RETURNING 1),"          \
      "replaced AS (UPDATE sales_bronze b SET sequence = m.sequence + 1, received = met.received," \
      "  request = met.request, position = met.position, posted = met.posted, sales = met.sales"   \
      "  FROM met, sales_meta m WHERE b.id = met.id AND met.had <> met.sales RETURNING 1),"        \
      "counted AS (SELECT (SELECT count(*) FROM added) AS added,"                                  \
      "  (SELECT count(*) FROM replaced) AS replaced) "                                            \
      "UPDATE sales_meta SET sequence = sequence + 1, last_id = last_id + counted.added"           \
      " FROM counted WHERE counted.added + counted.replaced > 0")                                  \
    X(CHANGES,                                                                                     \
      "SELECT m.generation, m.sequence, b.id, b.received, b.request, b.position, b.period,"        \
      " b.vegetable, b.posted, b.sales FROM sales_meta m LEFT JOIN sales_bronze b ON b.sequence >" \
      " CASE WHEN m.generation = $1::int8 THEN $2::int8 ELSE -1 END ORDER BY b.id")                \
    X(ADVANCE_TABLES,                                                                              \
      "UPDATE sales_meta SET tables_generation = $1::int8, tables_sequence = $2::int8")            \
    X(ADD_SILVER,                                                                                  \
      "INSERT INTO sales_silver SELECT DISTINCT ON (period, written) period, written, vegetable,"  \
      " recognised, sales FROM unnest($1::int4[], $2::text[], $3::text[], $4::bool[],"             \
      " $5::float8[]) WITH ORDINALITY AS t(period, written, vegetable, recognised, sales, n)"      \
      " ORDER BY period, written, n DESC ON CONFLICT (period, written) DO UPDATE SET"              \
      " vegetable = excluded.vegetable, recognised = excluded.recognised, sales = excluded.sales") \
    X(ADD_WEEKLY,                                                                                  \
      "INSERT INTO sales_gold_weekly SELECT DISTINCT ON (start, vegetable) start, vegetable,"      \
      " sales, is_outlier FROM unnest($1::int4[], $2::text[], $3::float8[], $4::bool[])"           \
      " WITH ORDINALITY AS t(start, vegetable, sales, is_outlier, n)"                              \
      " ORDER BY start, vegetable, n DESC ON CONFLICT (start, vegetable) DO UPDATE SET"            \
      " sales = excluded.sales, is_outlier = excluded.is_outlier")                                 \
    X(ADD_MONTHLY,                                                                                 \
      "INSERT INTO sales_gold_monthly SELECT DISTINCT ON (year_month, vegetable) year_month,"      \
      " vegetable, sales, safe_sales, weeks, outliers FROM unnest($1::int4[], $2::text[],"         \
      " $3::float8[], $4::float8[], $5::int8[], $6::int8[]) WITH ORDINALITY AS t(year_month,"      \
      " vegetable, sales, safe_sales, weeks, outliers, n) ORDER BY year_month, vegetable, n DESC"  \
      " ON CONFLICT (year_month, vegetable) DO UPDATE SET sales = excluded.sales,"                 \
      " safe_sales = excluded.safe_sales, weeks = excluded.weeks, outliers = excluded.outliers")   \
    X(SILVER, "SELECT period, written, vegetable, recognised, sales FROM sales_silver"             \
              " ORDER BY period, written")                                                         \
    X(WEEKLY, "SELECT start, vegetable, sales, is_outlier FROM sales_gold_weekly"                  \
              " ORDER BY start, vegetable")                                                        \
    X(MONTHLY,                                                                                     \
      "SELECT year_month, vegetable, sales, safe_sales, weeks, outliers FROM sales_gold_monthly"   \
      " ORDER BY year_month, vegetable")

enum postgres_statement {
#define X(name, sql) POSTGRES_##name##_STATEMENT,
    POSTGRES_STATEMENTS(X)
#undef X
        POSTGRES_STATEMENT_COUNT
};

struct store_postgres {
    struct sales_store store;
    struct postgres_session session;
};

struct store_postgres_meta {
    struct sales_position bronze, tables;
};

/* What to do between BEGIN and COMMIT; it may be done twice, see above. */
typedef bool (*store_postgres_work)(struct store_postgres *store, void *context, struct error *err);

/* `begin` is the BEGIN statement; `rows` is how much there is to do, for the time it may take. */
MUST_CHECK bool store_postgres_transact(struct store_postgres *store, const char *begin,
                                        size_t rows, store_postgres_work work, void *context,
                                        struct error *err);

/* META or LOCK. */
MUST_CHECK bool store_postgres_meta(struct store_postgres *store, enum postgres_statement which,
                                    struct store_postgres_meta *meta, struct error *err);

/* Run a statement, clear its values, and give its answer unless `result` is NULL. */
MUST_CHECK bool store_postgres_ask(struct store_postgres *store, enum postgres_statement which,
                                   struct postgres_values *values, PGresult **result,
                                   struct error *err);

#define POSTGRES_BEGIN "BEGIN ISOLATION LEVEL READ COMMITTED"
#define POSTGRES_BEGIN_READ "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

/* store_postgres_tables.c */
bool store_postgres_write_tables(struct sales_store *store, const struct sales_tables_write *write,
                                 bool *written, struct error *err);
bool store_postgres_read_tables(struct sales_store *store, struct sales_tables *rows,
                                struct sales_position *at, struct arena *memory, struct error *err);

#endif
