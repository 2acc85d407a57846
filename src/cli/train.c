#include "cli/command.h"

#include "pipeline/container.h"

#include <stdio.h>

int cmd_train(int argc, char **argv)
{
    struct error err = {0};
    int status;
    const struct option table[] = {{.kind = OPTION_END}};

    if (!command_options(table, argc, argv, &status))
        return status;
    if (!container_train(stdout, &err) || !command_flush(&err))
        return command_fail("train", &err);
    return 0;
}
