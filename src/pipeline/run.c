#include "pipeline/run.h"

#include "base/pool.h"
#include "base/text.h"
#include "pipeline/attribution_run.h"
#include "pipeline/forecast_run.h"
#include "pipeline/history_run.h"
#include "pipeline/tabular_run.h"
#include "pipeline/workspace.h"

#include <string.h>

struct attribution_stage {
    const char *name;
    bool (*run)(struct attribution_run *run, struct error *err);
};

static const struct attribution_stage attribution_stages[] = {
    {"features", attribution_run_features},  {"incremental", attribution_run_incremental},
    {"train", attribution_run_train},        {"evaluate", attribution_run_evaluate},
    {"attribution", attribution_run_credit}, {"report", attribution_run_report},
};

struct tabular_stage {
    const char *name;
    bool (*run)(struct tabular_run *run, struct error *err);
};

static const struct tabular_stage tabular_stages[] = {
    {"prepare", tabular_run_prepare},   {"train", tabular_run_train},
    {"evaluate", tabular_run_evaluate}, {"bundle", tabular_run_bundle},
    {"report", tabular_run_report},
};

struct history_stage {
    const char *name;
    bool (*run)(struct history_run *run, struct error *err);
};

static const struct history_stage history_stages[] = {
    {"prepare", history_run_prepare},   {"train", history_run_train},
    {"evaluate", history_run_evaluate}, {"bundle", history_run_bundle},
    {"report", history_run_report},
};

struct forecast_stage {
    const char *name;
    bool (*run)(struct forecast_run *run, struct error *err);
};

static const struct forecast_stage forecast_stages[] = {
    {"forecast", forecast_run_forecast},
    {"report", forecast_run_report},
};

#define STAGE_COUNT(stages) (sizeof(stages) / sizeof *(stages))

/* The name of a stage, NULL after the last one. */
static const char *stage_name(enum pipeline_type type, size_t stage)
{
    switch (type) {
    case PIPELINE_JOURNEY_ATTENTION:
        return stage < STAGE_COUNT(attribution_stages) ? attribution_stages[stage].name : NULL;
    case PIPELINE_TREES:
        return stage < STAGE_COUNT(tabular_stages) ? tabular_stages[stage].name : NULL;
    case PIPELINE_TEMPORAL_ATTENTION:
        return stage < STAGE_COUNT(history_stages) ? history_stages[stage].name : NULL;
    case PIPELINE_FORECAST:
        return stage < STAGE_COUNT(forecast_stages) ? forecast_stages[stage].name : NULL;
    }
    BUG("no such system");
}

static bool find_last_stage(enum pipeline_type type, const char *until, size_t *last,
                            struct error *err)
{
    struct text known = {0};

    for (size_t i = 0; stage_name(type, i); i++) {
        *last = i;
        text_add_format(&known, "%s%s", i ? ", " : "", stage_name(type, i));
        if (until && strcmp(stage_name(type, i), until) == 0) {
            text_clear(&known);
            return true;
        }
    }
    if (until)
        error_set(err, ERR_ARG, "--until: there is no stage '%s'; stages are %s", until,
                  known.bytes);
    text_clear(&known);
    return !until;
}

static bool run_attribution(const struct pipeline_config *config, const struct run_options *options,
                            struct workspace *space, size_t last, struct error *err)
{
    struct attribution_run run = {
        .config = config,
        .options = options,
        .space = space,
        .pool = pool_new(options->threads),
        .features_only = last == 0,
    };
    bool ok = true;

    for (size_t i = 0; ok && i <= last; i++)
        ok = attribution_stages[i].run(&run, err);
    pool_free(run.pool);
    attribution_run_clear(&run);
    return ok;
}

static bool run_tabular(const struct pipeline_config *config, const struct run_options *options,
                        struct workspace *space, size_t last, struct error *err)
{
    struct tabular_run run = {.config = config, .options = options, .space = space};
    bool ok = true;

    for (size_t i = 0; ok && i <= last; i++)
        ok = tabular_stages[i].run(&run, err);
    tabular_run_clear(&run);
    return ok;
}

static bool run_histories(const struct pipeline_config *config, const struct run_options *options,
                          struct workspace *space, size_t last, struct error *err)
{
    struct history_run run = {
        .config = config,
        .options = options,
        .space = space,
        .pool = pool_new(options->threads),
    };
    bool ok = true;

    for (size_t i = 0; ok && i <= last; i++)
        ok = history_stages[i].run(&run, err);
    pool_free(run.pool);
    history_run_clear(&run);
    return ok;
}

/* A process that helps to train writes nothing. */
static bool assist(const struct pipeline_config *config, const struct run_options *options,
                   struct error *err)
{
    struct history_run run = {
        .config = config, .options = options, .pool = pool_new(options->threads)};
    const bool ok =
        config->type == PIPELINE_TEMPORAL_ATTENTION
            ? history_run_assist(&run, err)
            : error_set(err, ERR_CONFIG, "several processes train temporal_attention, not %s",
                        config->system->type);

    pool_free(run.pool);
    history_run_clear(&run);
    return ok;
}

static bool run_forecast(const struct pipeline_config *config, const struct run_options *options,
                         struct workspace *space, size_t last, struct error *err)
{
    struct forecast_run run = {.config = config, .options = options, .space = space};
    bool ok = true;

    for (size_t i = 0; ok && i <= last; i++)
        ok = forecast_stages[i].run(&run, err);
    forecast_run_clear(&run);
    return ok;
}

static bool run_stages(const struct pipeline_config *config, const struct run_options *options,
                       struct workspace *space, size_t last, struct error *err)
{
    switch ((enum pipeline_type)config->type) {
    case PIPELINE_JOURNEY_ATTENTION:
        return run_attribution(config, options, space, last, err);
    case PIPELINE_TREES:
        return run_tabular(config, options, space, last, err);
    case PIPELINE_TEMPORAL_ATTENTION:
        return run_histories(config, options, space, last, err);
    case PIPELINE_FORECAST:
        return run_forecast(config, options, space, last, err);
    }
    BUG("no such system");
}

bool pipeline_run(const struct pipeline_config *config, const struct run_options *options,
                  struct error *err)
{
    const enum pipeline_type type = (enum pipeline_type)config->type;
    struct workspace space;
    size_t last = 0;

    if (ranks_rank(options->ranks) > 0)
        return assist(config, options, err);
    if (ranks_size(options->ranks) > 1 && type != PIPELINE_TEMPORAL_ATTENTION)
        return error_set(err, ERR_CONFIG, "several processes train temporal_attention, not %s",
                         config->system->type);
    if (!find_last_stage(type, options->until, &last, err) ||
        !workspace_open(&space, options->out, err))
        return false;
    const bool ok = run_stages(config, options, &space, last, err);
    const bool published = ok && workspace_publish(&space, err);
    workspace_close(&space);
    return published;
}
