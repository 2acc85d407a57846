#include "cli/command.h"

#include "base/pool.h"
#include "base/terminal.h"
#include "pipeline/run.h"
#include "pipeline/run_summary.h"

#include <stdio.h>
#include <unistd.h>

enum { PLAIN_COLUMNS = 1000 }; /* where stdout is no terminal every method is shown */

static bool print_summary(const char *out, struct error *err)
{
    const size_t columns = terminal_columns(STDOUT_FILENO);

    return run_summary_print(out, stdout, columns ? columns : PLAIN_COLUMNS, err);
}

int cmd_run(int argc, char **argv)
{
    const char *path = NULL;
    struct option_list sets = {0};
    struct run_options options = {.out = "out"};
    struct pipeline_config config;
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "PIPELINE", &path, true, "pipeline file (docs/pipeline-file.md)", 0, 0},
        {OPTION_TEXT, "out", &options.out, false, "folder for all outputs (default: out)", 0, 0},
        {OPTION_LIST, "set", &sets, false, "KEY=VALUE: override a key of the file; repeatable", 0,
         0},
        {OPTION_SIZE, "folds", &options.folds, false, "K-fold cross-validation by entity", 2, 100},
        {OPTION_TEXT, "until", &options.until, false, "stop after this stage", 0, 0},
        {OPTION_SIZE, "threads", &options.threads, false, "threads (default: one per processor)", 1,
         POOL_MAX},
        {OPTION_SWITCH, "quiet", &options.quiet, false, "no progress", 0, 0},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    if (!pipeline_config_load(&config, path, sets.item, sets.count, &err))
        return command_fail("run", &err);
    const bool ok = pipeline_run(&config, &options, &err) &&
                    (options.until || print_summary(options.out, &err));
    pipeline_config_clear(&config);
    return ok ? 0 : command_fail("run", &err);
}
