#include "cli/command.h"

#include "pipeline/config.h"

#include <stdio.h>

int cmd_settings(int argc, char **argv)
{
    const char *path = NULL;
    struct option_list sets = {0};
    struct pipeline_config config = {0};
    struct text text = {0};
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "PIPELINE", &path, false,
         "check this file and print all its settings, defaults too; without it: every key there is",
         0, 0},
        {OPTION_LIST, "set", &sets, false, "KEY=VALUE: override a key of the file; repeatable", 0,
         0},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    if (!path && sets.count) {
        error_set(&err, ERR_ARG, "--set needs a PIPELINE");
        return command_fail("settings", &err);
    }
    if (path && !pipeline_config_load(&config, path, sets.item, sets.count, &err))
        return command_fail("settings", &err);
    if (path)
        pipeline_config_write(&config, &text);
    else
        pipeline_config_reference(&text);
    fwrite(text.bytes, 1, text.length, stdout);
    text_clear(&text);
    pipeline_config_clear(&config);
    return command_flush(&err) ? 0 : command_fail("settings", &err);
}
