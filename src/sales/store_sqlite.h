/*
 * store_sqlite — the tables in one SQLite file (and its -wal and -shm beside it).
 *
 * "FILE", or "FILE?synchronous=full". The file is in WAL mode. A commit is with the operating
 * system before write() returns, which kill -9 cannot take back; with synchronous=full it is on the
 * disk, so that a loss of power cannot either, at the price of an fsync for each write. Every write
 * begins with BEGIN IMMEDIATE, so that writers of several processes come one after the other.
 */
#ifndef QUERN_SALES_STORE_SQLITE_H
#define QUERN_SALES_STORE_SQLITE_H

#include "sales/sqlite_api.h"
#include "sales/store.h"

/* Prepared when the store is opened. */
#define SQLITE_STATEMENTS(X)                                                                       \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(BEGIN_READ, "BEGIN")                                                                         \
    X(COMMIT, "COMMIT")                                                                            \
    X(META, "SELECT generation, sequence, tables_generation, tables_sequence FROM meta")           \
    X(ADVANCE, "UPDATE meta SET sequence = ?1")                                                    \
    X(ADVANCE_TABLES, "UPDATE meta SET tables_generation = ?1, tables_sequence = ?2")              \
    X(NEW_GENERATION,                                                                              \
      "UPDATE meta SET generation = generation + 1, tables_generation = generation + 1, "          \
      "tables_sequence = 0")                                                                       \
    X(ADD,                                                                                         \
      "INSERT INTO bronze (sequence, received, request, position, period, vegetable, posted, "     \
      "sales) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (period, vegetable) DO UPDATE "  \
      "SET sequence = excluded.sequence, received = excluded.received, request = "                 \
      "excluded.request, position = excluded.position, posted = excluded.posted, sales = "         \
      "excluded.sales WHERE sales <> excluded.sales")                                              \
    X(ALL, "SELECT id, received, request, position, period, vegetable, posted, sales FROM bronze " \
           "ORDER BY id")                                                                          \
    X(SINCE,                                                                                       \
      "SELECT id, received, request, position, period, vegetable, posted, sales FROM bronze "      \
      "WHERE sequence > ?1 ORDER BY id")                                                           \
    X(EMPTY_BRONZE, "DELETE FROM bronze")                                                          \
    X(EMPTY_SILVER, "DELETE FROM silver")                                                          \
    X(EMPTY_WEEKLY, "DELETE FROM gold_weekly")                                                     \
    X(EMPTY_MONTHLY, "DELETE FROM gold_monthly")                                                   \
    X(ADD_SILVER, "INSERT OR REPLACE INTO silver VALUES (?1, ?2, ?3, ?4, ?5)")                     \
    X(ADD_WEEKLY, "INSERT OR REPLACE INTO gold_weekly VALUES (?1, ?2, ?3, ?4)")                    \
    X(ADD_MONTHLY, "INSERT OR REPLACE INTO gold_monthly VALUES (?1, ?2, ?3, ?4, ?5, ?6)")          \
    X(SILVER, "SELECT * FROM silver ORDER BY period, written")                                     \
    X(WEEKLY, "SELECT * FROM gold_weekly ORDER BY start, vegetable")                               \
    X(MONTHLY, "SELECT * FROM gold_monthly ORDER BY year_month, vegetable")

enum sqlite_statement {
#define X(name, sql) SQLITE_##name##_STATEMENT,
    SQLITE_STATEMENTS(X)
#undef X
        SQLITE_STATEMENT_COUNT
};

struct store_sqlite {
    struct sales_store store;
    const struct sqlite_api *api;
    sqlite3 *db;
    char *path;
    bool full; /* synchronous=full */
    struct store_sqlite_checkpoints *checkpoints;
    sqlite3_stmt *statement[SQLITE_STATEMENT_COUNT];
};

struct store_sqlite_meta {
    struct sales_position bronze, tables;
};

/* Run a statement that gives no rows; its parameters are bound before. */
MUST_CHECK bool store_sqlite_run(struct store_sqlite *store, enum sqlite_statement which,
                                 struct error *err);
/* One step: *row is false behind the last. The statement is reset then, and on a failure. */
MUST_CHECK bool store_sqlite_step(struct store_sqlite *store, enum sqlite_statement which,
                                  bool *row, struct error *err);
MUST_CHECK bool store_sqlite_meta(struct store_sqlite *store, struct store_sqlite_meta *meta,
                                  struct error *err);
/* A column of the row a statement is at; never NULL. */
const char *store_sqlite_text(const struct store_sqlite *store, enum sqlite_statement which,
                              int column);
/* Commit what `ok` says went well, or roll back. Gives whether it is committed. */
MUST_CHECK bool store_sqlite_end(struct store_sqlite *store, bool ok, struct error *err);

/* store_sqlite_checkpoint.c; without a thread the writer does it. */
struct store_sqlite_checkpoints *store_sqlite_checkpoints_start(const struct store_sqlite *store);
/* No-op on NULL. */
void store_sqlite_checkpoints_stop(struct store_sqlite_checkpoints *checkpoints);

/* store_sqlite_tables.c */
bool store_sqlite_write_tables(struct sales_store *store, const struct sales_tables_write *write,
                               bool *written, struct error *err);
bool store_sqlite_read_tables(struct sales_store *store, struct sales_tables *rows,
                              struct sales_position *at, struct arena *memory, struct error *err);

#endif
