#include "cli/command.h"

#include "base/log.h"
#include "base/pool.h"
#include "pipeline/search_run.h"
#include "remote/place.h"

#include <stdio.h>

int cmd_search(int argc, char **argv)
{
    const char *path = NULL;
    struct option_list sets = {0};
    struct search_options options = {.out = "out"};
    struct pipeline_config config;
    struct place out = {0};
    struct error err = {0};
    size_t trials = 0, parallel = 0;
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "PIPELINE", &path, true, "pipeline file (docs/pipeline-file.md)", 0, 0},
        {OPTION_TEXT, "out", &options.out, false,
         "folder for trials.json and best.yaml (default: out)", 0, 0},
        {OPTION_LIST, "set", &sets, false, "KEY=VALUE: override a key of the file; repeatable", 0,
         0},
        {OPTION_SIZE, "trials", &trials, false, "trials, instead of search.trials", 1,
         SEARCH_TRIALS_MAX},
        {OPTION_SIZE, "parallel", &parallel, false, "trials at a time, instead of search.parallel",
         1, SEARCH_PARALLEL_MAX},
        {OPTION_SIZE, "threads", &options.threads, false,
         "threads, shared by the trials that run at a time (default: one per processor)", 1,
         POOL_MAX},
        {OPTION_SWITCH, "quiet", &options.quiet, false, "no progress", 0, 0},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    if (!pipeline_config_load(&config, path, sets.item, sets.count, &err))
        return command_fail("search", &err);
    if (trials)
        config.search.trials = trials;
    if (parallel)
        config.search.parallel = parallel;
    const char *const named = options.out;
    bool ok = place_prepare(&out, named, &err);
    options.out = out.local;
    ok = ok && (pipeline_search(&config, &options, stdout, &err) || place_explain(&out, &err)) &&
         place_send(&out, &err);
    place_clear(&out);
    pipeline_config_clear(&config);
    ok = ok && command_flush(&err);
    if (ok)
        log_line("trials: %s/trials.json; best pipeline: %s/best.yaml", named, named);
    return ok ? 0 : command_fail("search", &err);
}
