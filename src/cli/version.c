#include "cli/command.h"

#include <stdio.h>

int cmd_version(int argc, char **argv)
{
    const struct option table[] = {{.kind = OPTION_END}};
    int status;

    if (!command_options(table, argc, argv, &status))
        return status;
    puts("quern " QUERN_VERSION);
    return 0;
}
