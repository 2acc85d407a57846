#include "cli/command.h"

#include "base/pool.h"
#include "base/terminal.h"
#include "pipeline/forecast_summary.h"
#include "pipeline/history_summary.h"
#include "pipeline/run.h"
#include "pipeline/run_summary.h"
#include "pipeline/tabular_summary.h"
#include "remote/place.h"
#include "remote/ranks.h"

#include <stdio.h>
#include <unistd.h>

enum { PLAIN_COLUMNS = 1000 }; /* where stdout is no terminal every method is shown */

static bool print_summary(enum pipeline_type type, const char *out, const char *shown,
                          struct error *err)
{
    if (type == PIPELINE_TREES)
        return tabular_summary_print(out, shown, stdout, err);
    if (type == PIPELINE_TEMPORAL_ATTENTION)
        return history_summary_print(out, shown, stdout, err);
    if (type == PIPELINE_FORECAST)
        return forecast_summary_print(out, shown, stdout, err);
    const size_t columns = terminal_columns(STDOUT_FILENO);

    return run_summary_print(out, shown, stdout, columns ? columns : PLAIN_COLUMNS, err);
}

/* The first process of a job, or the only one: it writes. */
static bool run_first(const struct pipeline_config *config, struct run_options *options,
                      struct error *err)
{
    const char *const named = options->out;
    struct place out = {0};
    bool ok = place_prepare(&out, named, err);

    if (ok) {
        options->out = out.local;
        ok = (pipeline_run(config, options, err) || place_explain(&out, err)) &&
             place_send(&out, err) &&
             (options->until ||
              print_summary((enum pipeline_type)config->type, out.local, named, err));
    }
    place_clear(&out);
    return ok;
}

/* One of the processes that mpirun has started, or the only one. */
static bool run_ranked(const struct pipeline_config *config, struct run_options *options,
                       struct error *err)
{
    struct ranks *ranks = NULL;

    if (!ranks_open_mpi(&ranks, err))
        return false;
    const size_t rank = ranks_rank(ranks), size = ranks_size(ranks);
    options->ranks = ranks;
    const bool ok = rank ? pipeline_run(config, options, err) : run_first(config, options, err);
    ranks_close(ranks, ok ? NULL : err);
    return ok || (rank && error_wrap(err, "process %zu of %zu", rank, size));
}

int cmd_run(int argc, char **argv)
{
    const char *path = NULL;
    struct option_list sets = {0};
    struct run_options options = {.out = "out"};
    struct pipeline_config config;
    struct place file = {0};
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "PIPELINE", &path, true, "pipeline file (docs/pipeline-file.md)", 0, 0},
        {OPTION_TEXT, "out", &options.out, false,
         "folder for all outputs, or s3://bucket/key (default: out)", 0, 0},
        {OPTION_LIST, "set", &sets, false, "KEY=VALUE: override a key of the file; repeatable", 0,
         0},
        {OPTION_SIZE, "folds", &options.folds, false,
         "K-fold cross-validation: evaluation.json over K folds", 2, 100},
        {OPTION_TEXT, "until", &options.until, false, "stop after this stage", 0, 0},
        {OPTION_SIZE, "threads", &options.threads, false, "threads (default: one per processor)", 1,
         POOL_MAX},
        {OPTION_SWITCH, "quiet", &options.quiet, false, "no progress", 0, 0},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    bool ok = place_fetch(&file, path, &err) &&
              (pipeline_config_load(&config, file.local, sets.item, sets.count, &err) ||
               place_explain(&file, &err));
    place_clear(&file);
    if (!ok)
        return command_fail("run", &err);
    ok = run_ranked(&config, &options, &err);
    pipeline_config_clear(&config);
    return ok ? 0 : command_fail("run", &err);
}
