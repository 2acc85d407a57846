/*
 * store — where the sales service keeps its tables. The service and the tables know nothing of
 * files or servers; each kind of store is one file (store_sqlite.c) and one line in store.c.
 *
 *   bronze   the rows as they were received, one for each key (period, vegetable as written)
 *   silver   the same rows under clean names        made from bronze, and written back so that
 *   weekly   sales of a vegetable and seven days    others can read them; their position says
 *   monthly  sales of a vegetable and month         of which bronze they were made
 *
 * A position counts changes: every write that changes bronze raises `sequence` by one, and emptying
 * raises `generation` (the sequence goes on). Writes are one after the other, also those of several
 * processes on one store, so "what changed since" is exact and a second server can follow.
 *
 * A store is used by one thread at a time. A call that fails leaves the tables as they were (where
 * a connection broke during the commit: all of it or nothing), and the next call tries again,
 * opening again what was lost. No call waits for longer than SALES_STORE_PATIENCE seconds for
 * another process or a server. Texts are UTF-8 without NUL.
 */
#ifndef QUERN_SALES_STORE_H
#define QUERN_SALES_STORE_H

#include "base/arena.h"
#include "base/error.h"

#include <stdint.h>

enum { SALES_STORE_PATIENCE = 5 };

struct sales_position {
    int64_t generation, sequence;
};

/* A row of bronze. Readers get texts that live until the next row. */
struct sales_row {
    int64_t id;          /* order of first arrival, given by the store, from 1 upwards */
    int64_t time;        /* when it was received, microseconds UTC */
    const char *request; /* id of the request, and the row's index in it */
    size_t index;
    int32_t period;        /* which seven days: sales_period of weeks.h */
    const char *vegetable; /* as written */
    const char *posted;    /* the row as JSON, with the fields of its shape */
    double sales;
};

struct sales_silver {
    int32_t period;
    const char *written; /* key: period, written */
    const char *vegetable;
    bool recognised; /* else `vegetable` is as written */
    double sales;
};

struct sales_weekly {
    int32_t start; /* first of the seven days, days since 1970; key: start, vegetable */
    const char *vegetable;
    double sales;
    bool is_outlier;
};

struct sales_monthly {
    int32_t year_month; /* 202001; key: year_month, vegetable */
    const char *vegetable;
    double sales, safe_sales; /* with outliers, and without */
    size_t weeks, outliers;   /* weeks with a day in the month, and how many of them are outliers */
};

struct sales_tables {
    const struct sales_silver *silver;
    const struct sales_weekly *weekly;
    const struct sales_monthly *monthly;
    size_t silvers, weeklies, monthlies;
};

/* A change of silver, weekly and monthly: rows to add, or to replace by their key. */
struct sales_tables_write {
    struct sales_tables rows;
    bool whole;                     /* these are all rows: drop what was there */
    struct sales_position from, to; /* `from` is not looked at where it is whole */
};

struct sales_store;
typedef void (*sales_row_visit)(void *context, const struct sales_row *row);

struct sales_store_kind {
    const char *scheme;  /* of "sqlite:FILE" */
    const char *promise; /* one sentence: what an answered row survives */
    bool shared;         /* several processes may use one store; else open() refuses the second */

    /* Open, and create what is missing; `place` is what stands behind the scheme and its colon. */
    bool (*open)(struct sales_store **store, const char *place, struct error *err);
    void (*close)(struct sales_store *store);
    /* Where bronze is. Cheap: asked many times a second to see what others wrote. */
    bool (*position)(struct sales_store *store, struct sales_position *now, struct error *err);
    /*
     * Add rows, all or none, and return when they are as safe as the promise says. Of one key the
     * later row counts. A row with the sales its key has already changes nothing at all; with other
     * sales it replaces what stood there and keeps the id. The rows' own ids are not looked at.
     */
    bool (*write)(struct sales_store *store, const struct sales_row *row, size_t rows,
                  struct error *err);
    /*
     * Visit, by ascending id, the rows that changed after `since`; all of them where its generation
     * is not that of the store. *now is the position they lead to.
     */
    bool (*changes)(struct sales_store *store, struct sales_position since, sales_row_visit visit,
                    void *context, struct sales_position *now, struct error *err);
    /*
     * Write silver, weekly and monthly, all or nothing. *written is false, and nothing changed,
     * where it is not whole and the tables are not at `from` (another process wrote them), where
     * they are later than `to` (or at `to`, unless it is whole), or where bronze has been emptied
     * since `to`.
     */
    bool (*write_tables)(struct sales_store *store, const struct sales_tables_write *write,
                         bool *written, struct error *err);
    /*
     * Read them back, each ordered by its key (texts by their bytes), and the position they are at.
     * {generation, 0} and no rows: never written since the store was emptied.
     */
    bool (*read_tables)(struct sales_store *store, struct sales_tables *rows,
                        struct sales_position *at, struct arena *memory, struct error *err);
    /* Forget all rows of all tables; the generation goes up. */
    bool (*empty)(struct sales_store *store, struct error *err);
};

/* The start of every kind's own struct. */
struct sales_store {
    const struct sales_store_kind *kind;
};

extern const struct sales_store_kind sales_store_sqlite, sales_store_csv, sales_store_postgres;

/* Every kind; the list ends with NULL. */
extern const struct sales_store_kind *const sales_store_kinds[];

/*
 * "sqlite:FILE" and so on. A kind whose scheme is "postgresql" is also given the whole text of
 * "postgresql://...".
 *
 * ERR_ARG  no such kind
 */
MUST_CHECK bool sales_store_open(struct sales_store **store, const char *where, struct error *err);
/* No-op on NULL. */
void sales_store_close(struct sales_store *store);

#endif
