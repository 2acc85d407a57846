#include "incremental/whatif_table.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows and the factors of each, side by side. */
struct draft {
    const struct exposure_log *log;
    struct whatif_table *table;
    size_t room;
    double *factor; /* [room][campaigns] */
    double *all;    /* [campaigns]: NaN where no change was asked */
};

static struct whatif_row *add_row(struct draft *d, const char *scenario)
{
    const size_t n = d->log->campaigns, at = d->table->count++;

    BUG_ON(at == d->room);
    for (size_t k = 0; k < n; k++)
        d->factor[at * n + k] = 1;
    d->table->row[at] = (struct whatif_row){.scenario = scenario, .factor = NAN};
    return &d->table->row[at];
}

static void add_change(struct draft *d, const char *scenario, size_t campaign, double factor)
{
    struct whatif_row *row = add_row(d, scenario);

    row->campaign =
        arena_string(&d->table->memory, d->log->name[campaign], strlen(d->log->name[campaign]));
    row->factor = factor;
    d->factor[(d->table->count - 1) * d->log->campaigns + campaign] = factor;
}

static bool find_campaign(struct draft *d, const char *flag, const char *name, size_t length,
                          size_t *campaign, struct error *err)
{
    const struct exposure_log *log = d->log;

    for (size_t k = 0; k < log->campaigns; k++)
        if (strlen(log->name[k]) == length && memcmp(log->name[k], name, length) == 0) {
            *campaign = k;
            return isnan(d->all[k]) ||
                   error_set(err, ERR_ARG, "%s: '%s' is changed twice", flag, log->name[k]);
        }
    struct text known = {0};
    for (size_t k = 0; k < log->campaigns && k < 10; k++)
        text_add_format(&known, "%s%s", k ? ", " : "", log->name[k]);
    error_set(err, ERR_ARG, "%s: there is no campaign '%.*s'; there is: %s%s", flag,
              (int)(length < 256 ? length : 256), name, known.bytes,
              log->campaigns > 10 ? ", ..." : "");
    text_clear(&known);
    return false;
}

static bool add_stop(struct draft *d, const char *name, struct error *err)
{
    size_t k;

    if (!find_campaign(d, "--stop", name, strlen(name), &k, err))
        return false;
    d->all[k] = 0;
    add_change(d, arena_format(&d->table->memory, "stop %s", name), k, 0);
    return true;
}

static bool add_scale(struct draft *d, const char *text, struct error *err)
{
    const char *equals = strrchr(text, '=');
    double factor;
    size_t k;

    if (!equals)
        return error_set(err, ERR_ARG, "--scale: '%s' is not NAME=FACTOR, such as tv=1.5", text);
    if (!text_to_double(equals + 1, strlen(equals + 1), &factor) || !(factor >= 0) ||
        !(factor <= WHATIF_SCALE_MAX))
        return error_set(err, ERR_ARG, "--scale %s: the factor must be a number from 0 to %g", text,
                         WHATIF_SCALE_MAX);
    if (!find_campaign(d, "--scale", text, (size_t)(equals - text), &k, err))
        return false;
    d->all[k] = factor;
    add_change(d, arena_format(&d->table->memory, "%s x %g", d->log->name[k], factor), k, factor);
    return true;
}

static void add_together(struct draft *d)
{
    const size_t n = d->log->campaigns, at = d->table->count;

    add_row(d, "all together");
    for (size_t k = 0; k < n; k++)
        if (!isnan(d->all[k]))
            d->factor[at * n + k] = d->all[k];
}

static void add_curves(struct draft *d)
{
    for (size_t k = 0; k < d->log->campaigns; k++)
        for (size_t i = 0; i < WHATIF_CURVE_POINTS; i++) {
            const double factor = (double)i / 4;
            add_change(d, arena_format(&d->table->memory, "%s x %g", d->log->name[k], factor), k,
                       factor);
            d->table->row[d->table->count - 1].curve = true;
        }
}

static bool fill(struct draft *d, const struct whatif_question *q, struct error *err)
{
    const size_t n = d->log->campaigns;

    add_row(d, "as it was")->factor = 1;
    for (size_t i = 0; i < q->stops; i++)
        if (!add_stop(d, q->stop[i], err))
            return false;
    for (size_t i = 0; i < q->scales; i++)
        if (!add_scale(d, q->scale[i], err))
            return false;
    if (q->stops + q->scales > 1)
        add_together(d);
    if (q->stop_all) {
        add_row(d, "stop everything")->factor = 0;
        memset(d->factor + (d->table->count - 1) * n, 0, n * sizeof *d->factor);
    }
    if (q->curve)
        add_curves(d);
    return true;
}

static bool answer(struct whatif_table *table, const struct incremental_saved *saved,
                   const struct whatif_question *q, struct pool *pool, struct error *err)
{
    const size_t n = saved->log.campaigns;
    struct draft d = {.log = &saved->log, .table = table};
    bool ok;

    d.room = 3 + q->stops + q->scales + (q->curve ? n * WHATIF_CURVE_POINTS : 0);
    d.factor = memory_take(d.room, n * sizeof *d.factor);
    d.all = memory_take(n, sizeof *d.all);
    for (size_t k = 0; k < n; k++)
        d.all[k] = NAN;
    table->row = ARENA_NEW(&table->memory, struct whatif_row, d.room);
    table->conversions = saved->log.conversions;
    ok = fill(&d, q, err);
    if (ok) {
        struct incremental_answer *all = memory_take(table->count, sizeof *all);
        ok = incremental_whatif(all, &saved->fit, &saved->draws, d.factor, table->count, pool, err);
        for (size_t i = 0; ok && i < table->count; i++)
            table->row[i].answer = all[i];
        free(all);
    }
    free(d.factor);
    free(d.all);
    return ok;
}

bool whatif_ask(struct whatif_table *table, const struct whatif_question *question,
                struct pool *pool, struct error *err)
{
    struct incremental_saved saved;

    *table = (struct whatif_table){0};
    if (question->stops + question->scales == 0 && !question->stop_all && !question->curve)
        return error_set(err, ERR_ARG,
                         "nothing is asked: give --stop, --scale, --stop-all or --curve");
    if (question->stops + question->scales > WHATIF_CHANGES_MAX)
        return error_set(err, ERR_ARG, "more than %d changes are asked for", WHATIF_CHANGES_MAX);
    const struct incremental_store_wish wish = {pool, question->memory_mib, question->show};
    if (!incremental_store_read(&saved, question->folder, &wish, err))
        return false;
    exposure_log_show(&saved.log, "answers");
    const bool ok = answer(table, &saved, question, pool, err);
    incremental_saved_clear(&saved);
    if (!ok)
        whatif_table_clear(table);
    return ok;
}

void whatif_table_clear(struct whatif_table *table)
{
    arena_clear(&table->memory);
    *table = (struct whatif_table){0};
}
