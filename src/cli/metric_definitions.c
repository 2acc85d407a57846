#include "cli/command.h"

#include "pipeline/container_metrics.h"

#include <stdio.h>

int cmd_metric_definitions(int argc, char **argv)
{
    struct error err = {0};
    int status;
    const struct option table[] = {{.kind = OPTION_END}};

    if (!command_options(table, argc, argv, &status))
        return status;
    json_t *definitions = container_metric_definitions();
    json_dumpf(definitions, stdout, JSON_INDENT(2)); /* ferror() keeps a failure for the flush */
    json_decref(definitions);
    putchar('\n');
    return command_flush(&err) ? 0 : command_fail("metric-definitions", &err);
}
