/*
 * whatif_table — questions to a stored incremental model, and its answers as a table.
 *
 *     struct whatif_table table;
 *     if (!whatif_ask(&table, &question, pool, err)) return false;
 *     ok = whatif_write(&table, "answers.csv", err);
 *     whatif_table_clear(&table);
 *
 * Rows are the log as it was, each change alone, all of them together where there are several, and
 * the points of the curves.
 */
#ifndef QUERN_INCREMENTAL_WHATIF_TABLE_H
#define QUERN_INCREMENTAL_WHATIF_TABLE_H

#include "incremental/store.h"
#include "incremental/whatif.h"

#include <stdio.h>

enum { WHATIF_CHANGES_MAX = 512 };

struct whatif_question {
    const char *folder;       /* of store.h; local */
    const char *const *stop;  /* [stops] names of campaigns */
    const char *const *scale; /* [scales] NAME=FACTOR; the last '=' counts */
    size_t stops, scales;
    bool stop_all, curve;
    size_t memory_mib; /* for impressions, beyond which temporary files are used; 0: as usual */
    bool show;         /* progress, on a terminal */
};

struct whatif_row {
    const char *scenario; /* "as it was", "stop tv", "tv x 1.5", "all together" */
    const char *campaign; /* NULL: several or none */
    double factor;        /* NaN: several */
    bool curve;
    struct incremental_answer answer;
};

struct whatif_table {
    size_t count;
    struct whatif_row *row;
    size_t conversions; /* of the log */
    struct arena memory;
};

/*
 * ERR_ARG    nothing is asked, a campaign is not in the log or changed twice, a factor is no number
 *            from 0 to WHATIF_SCALE_MAX
 * ERR_IO, ERR_DATA  as incremental_store_read()
 */
MUST_CHECK bool whatif_ask(struct whatif_table *table, const struct whatif_question *question,
                           struct pool *pool, struct error *err);
void whatif_table_clear(struct whatif_table *table);

/* Columns scenario, campaign, factor, expected_conversions, low, high, change, change_low,
 * change_high; .json is a list of objects, else the name's end as in table/writer.h. */
MUST_CHECK bool whatif_write(const struct whatif_table *table, const char *path, struct error *err);

/* As text; with a `width` above 0 aligned, curves with bars, else CSV. */
MUST_CHECK bool whatif_print(const struct whatif_table *table, FILE *to, size_t width,
                             struct error *err);

#endif
