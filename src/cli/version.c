#include "cli/command.h"

#include <stdio.h>

int cmd_version(int argc, char **argv)
{
    const struct option table[] = {{.kind = OPTION_END}};
    struct error err = {0};
    int status;

    if (!command_options(table, argc, argv, &status))
        return status;
    puts("quern " QUERN_VERSION);
    return command_flush(&err) ? 0 : command_fail("version", &err);
}
