#include "incremental/impression_credit.h"
#include "incremental/interval.h"
#include "incremental/pair_credit.h"
#include "incremental/print.h"
#include "attribution/credit_time.h"
#include "attribution/path_table.h"
#include "attribution/truth.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "remote/place.h"

#include <stdlib.h>
#include <unistd.h>

struct attribute_options {
    const char *source, *output, *truth, *truth_output, *times;
    struct path_table_columns columns;
    double half_life_days;
    size_t order, threads, intervals, seed;
    bool drop_self_loops, quiet;
    struct journey_config impressions;
    struct incremental_config incremental;
    const char *link, *controls, *penalties, *save, *doubts, *experiments, *journeys;
    struct option_list synergy;
};

/* Write a document to a place that a flag named. */
static bool write_document(const char *path, json_t *document, struct error *err)
{
    struct place place = {0};
    const bool ok = place_prepare(&place, path, err) &&
                    (json_write(place.local, document, err) || place_explain(&place, err)) &&
                    place_send(&place, err);

    place_clear(&place);
    json_decref(document);
    return ok;
}

static bool compare(const struct attribute_options *o, const struct credit_table *credits,
                    struct error *err)
{
    struct truth_scores scores = {0};
    bool ok = truth_compare(&scores, credits, o->truth, err);

    if (!ok)
        return false;
    if (o->truth_output)
        ok = write_document(o->truth_output, truth_json(&scores), err);
    ok = ok && truth_print(&scores, stdout, terminal_columns(STDOUT_FILENO) > 0, err);
    truth_scores_clear(&scores);
    return ok;
}

/* The chosen link and the next best. */
static void say_link(const struct impression_model *model)
{
    int second = model->link == INCREMENTAL_LOGIT ? INCREMENTAL_ADDITIVE : INCREMENTAL_LOGIT;

    for (int link = INCREMENTAL_LOGIT; link < INCREMENTAL_LINKS; link++)
        if (link != model->link && model->link_loss[link] < model->link_loss[second])
            second = link;
    log_line("the incremental model is %s: log loss %.2f against %.2f of %s",
             incremental_link_names[model->link], model->link_loss[model->link],
             model->link_loss[second], incremental_link_names[second]);
}

static void say_model(const struct attribute_options *o, const struct impression_model *model)
{
    if (!model->fitted)
        log_line("%zu campaigns are more than the %d of the incremental model, which is left out",
                 model->campaigns, INCREMENTAL_CAMPAIGNS_MAX);
    else if (!o->quiet && model->chose_link)
        say_link(model);
}

static bool deliver_doubts(const struct attribute_options *o, const struct incremental_doubt *doubt,
                           struct error *err)
{
    for (size_t i = 0; !o->quiet && i < doubt->sentences; i++)
        log_line("%s", doubt->sentence[i].text);
    return !o->doubts || write_document(o->doubts, incremental_doubt_json(doubt), err);
}

/* Where the replicates of a run that may be killed are kept: beside what it writes. NULL: nowhere.
 */
static char *kept_replicates(const struct attribute_options *o)
{
    struct text path = {0};

    if (!o->output || o->intervals == 0 || place_is_remote(o->output))
        return NULL;
    const char *name = file_base_name(o->output);
    text_add_format(&path, "%.*s.%s.replicates", (int)(name - o->output), o->output, name);
    return path.bytes;
}

static void say_lifts(const json_t *lifts)
{
    const json_t *lift;
    size_t i;

    json_array_foreach(lifts, i, lift)
        log_line("%s, experiment %zu: %.1f conversions measured (standard error %.1f); the model "
                 "said %.1f without the experiments and says %.1f with them",
                 json_string_value(json_object_get(lift, "campaign")), i + 1,
                 json_number_value(json_object_get(lift, "conversions_caused")),
                 json_number_value(json_object_get(lift, "standard_error")),
                 json_number_value(json_object_get(lift, "before")),
                 json_number_value(json_object_get(lift, "after")));
}

static void say_pairs(const json_t *pairs)
{
    const json_t *pair;
    size_t i;

    json_array_foreach(pairs, i, pair)
    {
        struct text sentence = {0};
        incremental_pair_sentence(&sentence, pair);
        log_line("%s", sentence.bytes);
        text_clear(&sentence);
    }
}

/* Pairs as --synergy names them, as the setting wants them. */
static char *write_pairs(const struct option_list *pairs)
{
    struct text list = {0};

    if (pairs->count == 1 && incremental_pairs_auto(pairs->item[0])) {
        text_add(&list, "auto", 4);
        return list.bytes;
    }
    for (size_t i = 0; i < pairs->count; i++) {
        text_add(&list, i ? ", " : "[", i ? 2 : 1);
        config_write_quoted(&list, pairs->item[i]);
    }
    if (pairs->count)
        text_add(&list, "]", 1);
    return list.bytes;
}

static bool credit_impressions(const struct attribute_options *o,
                               const struct attribution_config *config, struct pool *pool,
                               struct credit_table *credits, struct error *err)
{
    struct place place = {0};

    if (o->save && !place_prepare(&place, o->save, err))
        return false;
    char *keep = kept_replicates(o);
    const struct impression_request request = {.table = &o->impressions,
                                               .config = config,
                                               .incremental = &o->incremental,
                                               .replicates = o->intervals,
                                               .seed = o->seed,
                                               .experiments = o->experiments,
                                               .doubt = !o->quiet || o->doubts,
                                               .save = o->save ? place.local : NULL,
                                               .journeys = o->journeys,
                                               .keep = keep,
                                               .show = !o->quiet,
                                               .pool = pool};
    struct impression_model model = {0};

    bool ok = impression_credits(credits, &model, &request, err);
    if (ok)
        say_model(o, &model);
    if (ok && !o->quiet)
        say_lifts(model.lifts);
    if (ok && !o->quiet)
        say_pairs(model.pairs);
    ok = ok && (!o->save || place_send(&place, err)) &&
         (!model.fitted || deliver_doubts(o, &model.doubt, err));
    impression_model_clear(&model);
    place_clear(&place);
    free(keep);
    return ok;
}

/* The results are safe. */
static void forget_replicates(const struct attribute_options *o)
{
    char *keep = kept_replicates(o);

    if (keep)
        unlink(keep);
    free(keep);
}

static bool credit_paths(const struct attribute_options *o, const struct attribution_config *config,
                         struct pool *pool, struct credit_table *credits, struct error *err)
{
    struct path_set paths;

    if (!path_table_read(&paths, o->source, &o->columns, err))
        return false;
    const struct credit_request request = {.paths = &paths, .config = config, .pool = pool};
    const bool ok = attribution_credits(credits, &request, err);
    path_set_clear(&paths);
    return ok;
}

/* A pipe gets one table of everything, a person what was caused before what was divided. */
static bool show(const struct credit_table *credits, size_t width, struct error *err)
{
    const struct credit_table others = incremental_print_others(credits);

    if (width == 0 || others.count == credits->count)
        return credit_print(credits, stdout, width, err);
    if (!incremental_print(credits, stdout, width, err))
        return false;
    fputs("\nall conversions divided over the campaigns, by method\n", stdout);
    return credit_print(&others, stdout, width, err);
}

static bool attribute(struct attribute_options *o, struct error *err)
{
    const struct attribution_config config = {.half_life_days = o->half_life_days,
                                              .markov_order = o->order,
                                              .self_loops = !o->drop_self_loops};
    const bool cost = o->impressions.cost != NULL;
    struct credit_table credits;
    bool impressions;

    o->impressions.path = o->source;
    o->impressions.value = o->columns.value;
    if (!impression_table(&impressions, &o->impressions, o->columns.path, err))
        return false;
    if (!impressions && (o->save || o->intervals || o->doubts || o->experiments || o->journeys ||
                         o->synergy.count || cost))
        return error_set(err, ERR_ARG, "--%s: '%s' is a table of paths, not of impressions",
                         o->save            ? "save"
                         : o->intervals     ? "intervals"
                         : o->doubts        ? "doubts"
                         : o->journeys      ? "journeys"
                         : cost             ? "cost-column"
                         : o->synergy.count ? "synergy"
                                            : "experiments",
                         o->source);
    struct pool *pool = pool_new(o->threads);
    bool ok = impressions ? credit_impressions(o, &config, pool, &credits, err)
                          : credit_paths(o, &config, pool, &credits, err);
    pool_free(pool);
    if (!ok)
        return false;
    if (o->output)
        ok = credit_write_beside(&credits, o->output, err);
    else if (!o->truth || terminal_columns(STDOUT_FILENO) > 0) /* a pipe gets one table */
        ok = show(&credits, terminal_columns(STDOUT_FILENO), err);
    if (ok)
        forget_replicates(o);
    if (ok && o->times)
        ok = write_document(o->times, credit_times_json(&credits), err);
    if (ok && o->truth)
        ok = compare(o, &credits, err);
    credit_clear(&credits);
    return ok;
}

/* A setting of the incremental model that a flag may give. */
static bool set_flag(struct attribute_options *o, const char *key, const char *value,
                     struct error *err)
{
    const bool strength = strstr(key, "_penalty") != NULL;

    return !value ||
           config_set(&o->incremental, config_find(incremental_fields, key), value, err) ||
           error_wrap(err, strength ? "--penalties: %s" : "--%s", key);
}

/* `fixed` or `cv`, or two strengths. */
static bool set_penalties(struct attribute_options *o, struct error *err)
{
    const char *comma = o->penalties ? strchr(o->penalties, ',') : NULL;

    if (!comma)
        return set_flag(o, "penalties", o->penalties, err);
    struct text effects = {0};
    text_add(&effects, o->penalties, (size_t)(comma - o->penalties));
    const bool ok = set_flag(o, "effect_penalty", effects.bytes ? effects.bytes : "", err) &&
                    set_flag(o, "control_penalty", comma + 1, err);
    text_clear(&effects);
    return ok;
}

static bool attribute_set(struct attribute_options *o, struct error *err)
{
    char *pairs = write_pairs(&o->synergy);

    o->incremental.synergy = pairs;
    const bool ok = set_flag(o, "link", o->link, err) &&
                    set_flag(o, "controls", o->controls, err) && set_penalties(o, err) &&
                    attribute(o, err);
    free(pairs);
    return ok;
}

static struct attribute_options defaults(void)
{
    struct attribute_options o = {
        .columns = PATH_TABLE_COLUMNS, .half_life_days = 7, .order = MARKOV_ORDER_MAX, .seed = 1};

    config_defaults(&o.impressions, journey_source_fields);
    config_defaults(&o.incremental, incremental_fields);
    return o;
}

int cmd_attribute(int argc, char **argv)
{
    struct attribute_options o = defaults();
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "FILE", &o.source, true,
         "table of paths or of impressions: .csv, .parquet, .jsonl, a glob or a SQL query", 0, 0},
        {OPTION_TEXT, "output", &o.output, false,
         "or -o: credits, as .csv, .parquet or .jsonl; other tables go beside it", 0, 0},
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
         "default total_conversion_value, if it is there; of impressions none by default", 0, 0},
        {OPTION_TEXT, "null-column", &o.columns.null, false, "default total_null, if there", 0, 0},
        {OPTION_TEXT, "uid-column", &o.impressions.entity, false, "default uid", 0, 0},
        {OPTION_TEXT, "timestamp-column", &o.impressions.time, false, "default timestamp", 0, 0},
        {OPTION_TEXT, "campaign-column", &o.impressions.token, false, "default campaign", 0, 0},
        {OPTION_TEXT, "conversion-column", &o.impressions.outcome, false,
         "of impressions: default conversion", 0, 0},
        {OPTION_TEXT, "cost-column", &o.impressions.cost, false, "of impressions: none by default",
         0, 0},
        {OPTION_TEXT, "journeys", &o.journeys, false,
         "file for the incremental credits of each journey", 0, 0},
        {OPTION_TEXT, "link", &o.link, false,
         "how effects join: auto, logit, additive, noisy_or or proportional (default auto)", 0, 0},
        {OPTION_TEXT, "controls", &o.controls, false, "none, period or all (default all)", 0, 0},
        {OPTION_TEXT, "penalties", &o.penalties, false, "fixed, cv or EFFECTS,CONTROLS", 0, 0},
        {OPTION_LIST, "synergy", &o.synergy, false,
         "A+B: two campaigns that may do more together than each alone, repeatable; or auto", 0, 0},
        {OPTION_SIZE, "intervals", &o.intervals, false,
         "95 % intervals from so many resampled logs (such as 200)", 2, INCREMENTAL_REPLICATES_MAX},
        {OPTION_SIZE, "seed", &o.seed, false, "of the resampling (default 1)", 0, 0},
        {OPTION_TEXT, "save", &o.save, false, "folder for the incremental model, for quern whatif",
         0, 0},
        {OPTION_TEXT, "experiments", &o.experiments, false,
         "table of measured lifts: campaign, from, to, conversions_caused, standard_error", 0, 0},
        {OPTION_TEXT, "doubts", &o.doubts, false,
         "write what speaks against trusting the incremental credits as JSON", 0, 0},
        {OPTION_TEXT, "truth", &o.truth, false,
         "table of true credits (channel_name, conversions_caused); prints each method's distance",
         0, 0},
        {OPTION_TEXT, "truth-json", &o.truth_output, false, "distances as JSON", 0, 0},
        {OPTION_TEXT, "times", &o.times, false,
         "write the seconds of processor time that each method took as JSON", 0, 0},
        {OPTION_SIZE, "threads", &o.threads, false, "default: one per processor", 0, POOL_MAX},
        {OPTION_SWITCH, "quiet", &o.quiet, false, "print nothing but results and errors", 0, 0},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    return attribute_set(&o, &err) ? 0 : command_fail(argv[0], &err);
}
