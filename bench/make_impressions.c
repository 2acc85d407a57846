/*
 * make_impressions ROWS FILE.parquet — the impressions that the benchmarks read.
 *
 *   uid         text     user_0 .. user_(ROWS / 10 - 1)
 *   timestamp   int64    seconds over 30 days, in time order; users are shuffled
 *   campaign    text     campaign_0 .. campaign_399, low numbers more often
 *   conversion  boolean  true in 5 % of the rows
 *
 * The same number of rows gives the same table on any machine: a row is a pure function of its
 * number, computed by DuckDB in whole numbers only (its own hash may change between releases). Rows
 * stream from the generator to the file, so memory does not grow with their number.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "table/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS_PER_USER = 10, CAMPAIGNS = 400, FIRST_SECOND = 1700000000, SECONDS = 30 * 24 * 3600 };

static const int64_t rows_max = INT64_C(2000000000);

/* Three rounds of multiply and fold to 32 bits; every product stays below 2^63. */
static const char query[] =
    "COPY (\n"
    "  WITH a AS (SELECT i, (i + 1) * 2654435761 %% 4294967296 AS h FROM range(%" PRId64
    ") t(i)),\n"
    "       b AS (SELECT i, xor(h, h >> 15) * 1540483477 %% 4294967296 AS h FROM a),\n"
    "       c AS (SELECT i, xor(h, h >> 13) AS h FROM b),\n"
    "       d AS (SELECT i, h, (h + 97) * 1664525 %% 4294967296 AS g FROM c),\n"
    "       e AS (SELECT i, h, xor(g, g >> 16) * 1103515245 %% 4294967296 AS g FROM d),\n"
    "       f AS (SELECT i, h, xor(g, g >> 14) AS g FROM e)\n"
    "  SELECT 'user_' || (h %% %" PRId64 ") AS uid,\n"
    "         (%d + i * %d // %" PRId64 ")::BIGINT AS timestamp,\n"
    "         'campaign_' || ((g %% 65536) * (g // 65536) * %d // 4294967296) AS campaign,\n"
    "         (h // 7 + g // 11) %% 100 < 5 AS conversion\n"
    "  FROM f\n"
    ") TO ";

static bool run_query(const char *sql, struct error *err)
{
    struct session session;
    duckdb_connection connection;
    duckdb_result result;
    bool ok = false;

    if (!session_open(&session, err))
        return false;
    if (session_connect(&session, &connection, err)) {
        ok = session_query(session.duck, connection, sql, &result, err);
        if (ok)
            session.duck->destroy_result(&result);
        session.duck->disconnect(&connection);
    }
    session_close(&session);
    return ok;
}

static bool make_impressions(int64_t rows, const char *path, struct error *err)
{
    const int64_t users = rows < ROWS_PER_USER ? 1 : rows / ROWS_PER_USER;
    struct text sql = {0};

    if (!file_make_parents(path, err))
        return false;
    char *partial = file_partial_name(path);
    text_add_format(&sql, query, rows, users, FIRST_SECOND, SECONDS, rows, CAMPAIGNS);
    session_add_literal(&sql, partial);
    text_add_format(&sql, " (FORMAT parquet)");
    const bool ok = run_query(sql.bytes, err) && file_publish(partial, path, err);
    if (!ok)
        remove(partial);
    text_clear(&sql);
    free(partial);
    return ok;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    int64_t rows = 0;

    if (argc != 3 || !text_to_int64(argv[1], strlen(argv[1]), &rows) || rows < 1 ||
        rows > rows_max) {
        fprintf(stderr, "usage: make_impressions ROWS FILE.parquet\n");
        return 2;
    }
    if (!make_impressions(rows, argv[2], &err)) {
        fprintf(stderr, "make_impressions: %s\n", err.text);
        return error_exit_status(&err);
    }
    return 0;
}
