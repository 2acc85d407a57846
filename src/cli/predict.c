#include "cli/command.h"

#include "base/pool.h"
#include "pipeline/predict.h"

#include <stdio.h>

int cmd_predict(int argc, char **argv)
{
    struct predict_options options = {0};
    struct predict_result result;
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "BUNDLE", &options.bundle, .required = true,
         .help = "a bundle (folder, .tar.gz, s3://...) or registry:NAME@ALIAS"},
        {OPTION_POSITIONAL, "INPUT", &options.input, .required = true,
         .help = "CSV, JSON lines or Parquet; a glob or a folder of these"},
        {OPTION_TEXT, "output", &options.output,
         .help = "file, or folder for several inputs (default: INPUT.out)"},
        {OPTION_TEXT, "columns", &options.columns,
         .help = "of the answer to write, such as label,score"},
        {OPTION_TEXT, "history", &options.history,
         .help = "earlier orders: CSV, JSON lines or Parquet (bundles with histories)"},
        {OPTION_SWITCH, "explain", &options.explain,
         .help = "how much each order of a history was looked at"},
        {OPTION_SWITCH, "join", &options.join, .help = "put the input's columns in front"},
        {OPTION_SWITCH, "header", &options.header, .help = "begin CSV with the columns' names"},
        {OPTION_TEXT, "errors", &options.errors,
         .help = "file for rows at fault, which then fail nothing"},
        {OPTION_SWITCH, "skip-errors", &options.skip_errors,
         .help = "rows at fault have no answer, and fail nothing"},
        {OPTION_SIZE, "threads", &options.threads, .help = "threads (default: one per processor)",
         .min = 1, .max = POOL_MAX - 1},
        {OPTION_TEXT, "registry", &options.registry,
         .help = "folder of registry:NAME ($QUERN_REGISTRY, or registry)"},
        {OPTION_SWITCH, "quiet", &options.quiet, .help = "no progress"},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    if (!predict_run(&options, &result, &err))
        return command_fail("predict", &err);
    if (!options.quiet)
        fprintf(stderr, "%llu rows of %zu files, %llu at fault\n", (unsigned long long)result.rows,
                result.files, (unsigned long long)result.faults);
    return 0;
}
