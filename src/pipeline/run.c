#include "pipeline/run.h"

#include "base/log.h"
#include "pipeline/attribution_run.h"
#include "pipeline/workspace.h"

struct stage {
    const char *name;
    bool (*run)(struct attribution_run *run, struct error *err);
};

static const struct stage stages[] = {
    {"features", attribution_run_features}, {"train", attribution_run_train},
    {"evaluate", attribution_run_evaluate}, {"attribution", attribution_run_credit},
    {"report", attribution_run_report},
};

enum { STAGE_COUNT = sizeof stages / sizeof *stages };

static bool find_last_stage(const char *until, size_t *last, struct error *err)
{
    *last = STAGE_COUNT - 1;
    for (size_t i = 0; until && i < STAGE_COUNT; i++)
        if (strcmp(stages[i].name, until) == 0) {
            *last = i;
            return true;
        }
    if (!until)
        return true;
    return error_set(err, ERR_ARG,
                     "--until: there is no stage '%s'; stages are features, train, "
                     "evaluate, attribution, report",
                     until);
}

static bool run_stages(struct attribution_run *run, size_t last, struct error *err)
{
    for (size_t i = 0; i <= last; i++)
        if (!stages[i].run(run, err))
            return false;
    return true;
}

bool pipeline_run(const struct pipeline_config *config, const struct run_options *options,
                  struct error *err)
{
    struct workspace space;
    size_t last;

    if (!find_last_stage(options->until, &last, err) || !workspace_open(&space, options->out, err))
        return false;
    struct attribution_run run = {
        .config = config,
        .options = options,
        .space = &space,
        .pool = pool_new(options->threads),
    };
    const bool ok = run_stages(&run, last, err);
    pool_free(run.pool);
    attribution_run_clear(&run);
    const bool published = ok && workspace_publish(&space, err);
    workspace_close(&space);
    return published;
}
