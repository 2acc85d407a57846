#include "pipeline/run.h"

#include "base/pool.h"
#include "base/text.h"
#include "pipeline/attribution_run.h"
#include "pipeline/tabular_run.h"
#include "pipeline/workspace.h"

#include <string.h>

struct attribution_stage {
    const char *name;
    bool (*run)(struct attribution_run *run, struct error *err);
};

static const struct attribution_stage attribution_stages[] = {
    {"features", attribution_run_features}, {"train", attribution_run_train},
    {"evaluate", attribution_run_evaluate}, {"attribution", attribution_run_credit},
    {"report", attribution_run_report},
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

enum { STAGE_COUNT = 5 };
_Static_assert(sizeof attribution_stages / sizeof *attribution_stages == STAGE_COUNT, "stages");
_Static_assert(sizeof tabular_stages / sizeof *tabular_stages == STAGE_COUNT, "stages");

static const char *stage_name(enum pipeline_type type, size_t stage)
{
    return type == PIPELINE_TREES ? tabular_stages[stage].name : attribution_stages[stage].name;
}

static bool find_last_stage(enum pipeline_type type, const char *until, size_t *last,
                            struct error *err)
{
    struct text known = {0};

    *last = STAGE_COUNT - 1;
    if (!until)
        return true;
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        text_add_format(&known, "%s%s", i ? ", " : "", stage_name(type, i));
        if (strcmp(stage_name(type, i), until) == 0) {
            *last = i;
            text_clear(&known);
            return true;
        }
    }
    error_set(err, ERR_ARG, "--until: there is no stage '%s'; stages are %s", until, known.bytes);
    text_clear(&known);
    return false;
}

static bool run_attribution(const struct pipeline_config *config, const struct run_options *options,
                            struct workspace *space, size_t last, struct error *err)
{
    struct attribution_run run = {
        .config = config,
        .options = options,
        .space = space,
        .pool = pool_new(options->threads),
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

bool pipeline_run(const struct pipeline_config *config, const struct run_options *options,
                  struct error *err)
{
    const enum pipeline_type type = (enum pipeline_type)config->type;
    struct workspace space;
    size_t last;

    if (!find_last_stage(type, options->until, &last, err) ||
        !workspace_open(&space, options->out, err))
        return false;
    const bool ok = type == PIPELINE_TREES ? run_tabular(config, options, &space, last, err)
                                           : run_attribution(config, options, &space, last, err);
    const bool published = ok && workspace_publish(&space, err);
    workspace_close(&space);
    return published;
}
