/* bundle_evaluate_history — orders with the truth, scored with the orders before them. */
#include "pipeline/bundle_evaluate.h"

#include "base/pool.h"
#include "pipeline/bundle_internal.h"
#include "pipeline/history_run.h"
#include "table/source.h"

#include <math.h>

/* Rows that are left out; a bundle may lack the key. */
static bool read_known(const json_t *target, struct history_known *known, struct error *err)
{
    const json_t *drop = json_object_get(target, "drop_known");
    const json_t *since = json_object_get(drop, "since"), *after = json_object_get(drop, "after");
    const json_int_t bound = INT64_C(1000000000000000000); /* differences fit */

    *known = (struct history_known){.by = json_string_value(json_object_get(drop, "by")),
                                    .since = json_integer_value(since),
                                    .after = json_integer_value(after)};
    return !drop ||
           (known->by && json_is_integer(since) && json_is_integer(after) && known->since < bound &&
            known->since > -bound && known->after >= 0 && known->after < bound) ||
           error_set(err, ERR_DATA, "bundle.json: 'target.drop_known' must have by, since, after");
}

/* What bundle.json says of how it is measured; texts are the document's. */
static bool read_target(const struct bundle *b, struct history_output *output,
                        struct history_known *known, struct error *err)
{
    const json_t *target = json_object_get(b->document, "target");
    const json_t *top = json_object_get(target, "daily_top");
    const json_t *threshold = json_object_get(target, "threshold"), *k = json_object_get(top, "k");

    *output = (struct history_output){.threshold = json_number_value(threshold)};
    output->daily_top.by = json_string_value(json_object_get(top, "by"));
    output->daily_top.k = (size_t)json_integer_value(k);
    output->daily_top.keep_found = json_is_true(json_object_get(top, "keep_found"));
    if (!read_known(target, known, err))
        return false;
    return (json_is_number(threshold) && json_is_integer(k) && json_integer_value(k) > 0 &&
            output->daily_top.by) ||
           error_set(err, ERR_DATA, "bundle.json: 'target' does not say how to measure");
}

static bool read_table(struct history_orders *orders, const char *name, bool outcome_needed,
                       struct error *err)
{
    struct table_source *source;

    if (!table_source_open(&source, name, err))
        return false;
    const bool ok = history_orders_read(orders, source, outcome_needed, err);
    table_source_close(source);
    return ok;
}

/* Orders from `first` on whose outcome is there and was not to be expected. */
static bool select_rows(const struct history_orders *orders, size_t first,
                        const struct history_known *known, struct history_rows *rows,
                        struct error *err)
{
    rows->row = memory_take(orders->rows + 1, sizeof *rows->row);
    for (size_t i = first; i < orders->rows; i++)
        if (!isnan(orders->outcome[i]))
            rows->row[rows->count++] = (uint32_t)i;
    if (rows->count == 0)
        return error_set(err, ERR_DATA, "no row has an outcome");
    return history_drop_known(rows, orders, known, err) &&
           (rows->count > 0 ||
            error_set(err, ERR_DATA, "every row is left out by 'drop_known' of column '%.200s'",
                      known->by));
}

static bool measure(const struct bundle *b, const struct history_orders *orders,
                    const struct history_rows *rows, const struct history_output *output,
                    json_t **document, struct error *err)
{
    const struct history_answer *answer = bundle_history_answer(b->history);
    struct pool *pool = pool_new(0);
    struct history_scores scores;
    struct history_set set;

    history_open(&set, bundle_history_fitted(b->history), orders);
    history_scores_fill(&scores, bundle_history_model(b->history), &set, rows,
                        history_orders_column(orders, output->daily_top.by), pool);
    for (size_t i = 0; i < scores.count; i++)
        scores.probability[i] = calibrator_apply(&answer->calibrator, scores.score[i]);
    const bool ok = history_evaluation(document, &scores, output, err);
    history_scores_clear(&scores);
    history_close(&set);
    pool_free(pool);
    return ok;
}

bool bundle_evaluate_orders(const struct bundle *bundle, const char *data, const char *history,
                            json_t **document, struct error *err)
{
    struct history_output output;
    struct history_known known;
    struct history_orders orders;
    struct history_rows rows = {0};

    if (!read_target(bundle, &output, &known, err))
        return false;
    const char *const more[] = {output.daily_top.by, known.by, NULL};
    history_orders_init(&orders, &bundle_history_fitted(bundle->history)->config, more);
    bool ok = !history || read_table(&orders, history, false, err);
    const size_t first = orders.rows;
    ok = ok && read_table(&orders, data, true, err) &&
         select_rows(&orders, first, &known, &rows, err) &&
         measure(bundle, &orders, &rows, &output, document, err);
    history_rows_clear(&rows);
    history_orders_clear(&orders);
    return ok;
}

bool bundle_evaluate_history(const char *bundle, const char *data, const char *history,
                             json_t **document, struct error *err)
{
    struct bundle *b;

    if (!bundle_open(&b, bundle, err))
        return false;
    const bool ok = b->history ? bundle_evaluate_orders(b, data, history, document, err)
                               : error_set(err, ERR_ARG, "--history: the bundle has no histories");
    bundle_close(b);
    return ok;
}
