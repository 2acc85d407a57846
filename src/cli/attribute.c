#include "attribution/credit.h"
#include "attribution/path_table.h"
#include "attribution/truth.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "remote/place.h"

#include <stdlib.h>
#include <unistd.h>

struct attribute_options {
    const char *source, *output, *truth, *truth_output;
    struct path_table_columns columns;
    double half_life_days;
    size_t order, threads;
    bool drop_self_loops;
};

static bool compare(const struct attribute_options *o, const struct credit_table *credits,
                    struct error *err)
{
    struct truth_scores scores = {0};
    bool ok = truth_compare(&scores, credits, o->truth, err);

    if (!ok)
        return false;
    if (o->truth_output) {
        json_t *document = truth_json(&scores);
        struct place place = {0};
        ok = place_prepare(&place, o->truth_output, err) &&
             (json_write(place.local, document, err) || place_explain(&place, err)) &&
             place_send(&place, err);
        place_clear(&place);
        json_decref(document);
    }
    ok = ok && truth_print(&scores, stdout, terminal_columns(STDOUT_FILENO) > 0, err);
    truth_scores_clear(&scores);
    return ok;
}

static bool attribute(const struct attribute_options *o, struct error *err)
{
    const struct attribution_config config = {.half_life_days = o->half_life_days,
                                              .markov_order = o->order,
                                              .self_loops = !o->drop_self_loops};
    struct credit_request request = {.config = &config};
    struct credit_table credits;
    struct path_set paths;

    if (!path_table_read(&paths, o->source, &o->columns, err))
        return false;
    request.paths = &paths;
    request.pool = pool_new(o->threads);
    bool ok = attribution_credits(&credits, &request, err);
    pool_free(request.pool);
    path_set_clear(&paths);
    if (!ok)
        return false;
    if (o->output)
        ok = credit_write_beside(&credits, o->output, err);
    else if (!o->truth || terminal_columns(STDOUT_FILENO) > 0) /* a pipe gets one table */
        ok = credit_print(&credits, stdout, terminal_columns(STDOUT_FILENO), err);
    if (ok && o->truth)
        ok = compare(o, &credits, err);
    credit_clear(&credits);
    return ok;
}

int cmd_attribute(int argc, char **argv)
{
    struct attribute_options o = {
        .columns = PATH_TABLE_COLUMNS, .half_life_days = 7, .order = MARKOV_ORDER_MAX};
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "FILE", &o.source, true,
         "table of paths: .csv, .parquet, .jsonl, a glob or a SQL query", 0, 0},
        {OPTION_TEXT, "output", &o.output, false,
         "or -o: credits, as .csv, .parquet or .jsonl; NAME.transition_matrix and "
         "NAME.removal_effects go beside it",
         0, 0},
        {OPTION_TEXT, "sep", &o.columns.separator, false,
         "what stands between channels of a path (default '>')", 0, 0},
        {OPTION_SIZE, "order", &o.order, false, "highest order of the Markov chains (default 3)", 0,
         MARKOV_ORDER_MAX},
        {OPTION_NUMBER, "half-life", &o.half_life_days, false,
         "of time decay, in days or, without times, in steps (default 7)", 1e-6, 1e6},
        {OPTION_SWITCH, "drop-self-loops", &o.drop_self_loops, false,
         "a channel that repeats in a row counts once in the chains", 0, 0},
        {OPTION_TEXT, "path-column", &o.columns.path, false, "default path", 0, 0},
        {OPTION_TEXT, "conversions-column", &o.columns.conversions, false,
         "default total_conversions", 0, 0},
        {OPTION_TEXT, "value-column", &o.columns.value, false,
         "default total_conversion_value, if it is there", 0, 0},
        {OPTION_TEXT, "null-column", &o.columns.null, false, "default total_null, if it is there",
         0, 0},
        {OPTION_TEXT, "truth", &o.truth, false,
         "table of true credits (channel_name, conversions_caused); prints each method's distance",
         0, 0},
        {OPTION_TEXT, "truth-json", &o.truth_output, false, "also write the distances as JSON", 0,
         0},
        {OPTION_SIZE, "threads", &o.threads, false, "default: one per processor", 0, POOL_MAX},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    return attribute(&o, &err) ? 0 : command_fail(argv[0], &err);
}
