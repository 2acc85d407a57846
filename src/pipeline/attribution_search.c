/* attribution_search — a search over the attribution system: one preparation, then many fits. */
#include "pipeline/attribution_run.h"
#include "pipeline/search_run.h"

#include <stdlib.h>
#include <string.h>

struct trials {
    const struct journey_set *set;
    struct journey_rows part[SPLIT_COUNT];
};

/* The epoch whose weights a fit keeps. */
static void keep_best(void *context, const struct journey_epoch *epoch)
{
    if (epoch->best)
        *(struct journey_epoch *)context = *epoch;
}

static double metric_value(const struct journey_epoch *epoch, const char *metric)
{
    const struct {
        const char *name;
        double value;
    } known[] = {
        {"train.auc", epoch->train_auc}, {"train.loss", epoch->train_loss},
        {"test.auc", epoch->test_auc},   {"test.loss", epoch->test_loss},
        {"val.auc", epoch->val_auc},     {"val.loss", epoch->val_loss},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, metric) == 0)
            return known[i].value;
    BUG("a metric that pipeline_config_check() lets through");
}

static bool run_trial(void *context, const struct pipeline_config *config, const char *metric,
                      size_t threads, double *value, struct error *err)
{
    const struct trials *trials = context;
    struct journey_attention *model = NULL;
    struct journey_epoch best = {0};
    struct pool *pool = pool_new(threads);
    const struct journey_fit fit = {
        .set = trials->set,
        .train = trials->part[SPLIT_TRAIN],
        .test = trials->part[SPLIT_TEST],
        .val = trials->part[SPLIT_VAL],
        .pool = pool,
        .on_epoch = keep_best,
        .context = &best,
    };
    const bool ok = journey_attention_fit(&model, &config->model.journey_attention, &config->train,
                                          &fit, NULL, err);

    if (ok)
        *value = metric_value(&best, metric);
    journey_attention_free(model);
    pool_free(pool);
    return ok;
}

static bool search_journeys(const struct attribution_run *run, const struct search_options *options,
                            FILE *to, struct error *err)
{
    struct trials trials = {.set = &run->journeys.set};
    const struct search_subject subject = {&trials, run->data_key, run_trial};
    struct search_outcome outcome;

    for (int s = 0; s < SPLIT_COUNT; s++)
        trials.part[s] = attribution_split_rows(trials.set, (enum split)s);
    const bool ok = search_run_pipeline(run->config, options, &subject, &outcome, err);
    if (ok) {
        search_run_print(run->config, &outcome, to);
        search_outcome_clear(&outcome);
    }
    for (int s = 0; s < SPLIT_COUNT; s++)
        free((void *)trials.part[s].row);
    return ok;
}

bool pipeline_search(const struct pipeline_config *config, const struct search_options *options,
                     FILE *to, struct error *err)
{
    const struct run_options run_options = {
        .out = options->out, .threads = options->threads, .quiet = options->quiet};
    struct workspace space;

    if (!pipeline_config_check_search(config, err) || !workspace_open(&space, options->out, err))
        return false;
    struct attribution_run run = {
        .config = config,
        .options = &run_options,
        .space = &space,
        .pool = pool_new(options->threads),
    };
    bool ok = attribution_run_features(&run, err);
    /* The threads of preparation are not needed any more; every trial has its own. */
    pool_free(run.pool);
    run.pool = NULL;
    ok = ok && search_journeys(&run, options, to, err);
    attribution_run_clear(&run);
    ok = ok && workspace_publish(&space, err);
    workspace_close(&space);
    return ok;
}
