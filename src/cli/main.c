#include "base/interrupt.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND(name, summary) {#name, summary, cmd_##name},
#include "cli/commands.def"
#undef COMMAND
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_commands(FILE *to)
{
    fputs("usage: quern COMMAND [arguments]\n\n", to);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\n`quern COMMAND --help` says more.\n", to);
}

int command_fail(const char *name, const struct error *err)
{
    fprintf(stderr, "quern: %s: %s\n", name, err->text);
    return error_exit_status(err);
}

static const char *summary_of(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].summary;
    return "";
}

bool command_options(const struct option *table, int argc, char **argv, int *status)
{
    struct error err = {0};

    switch (option_parse(table, argv[0], summary_of(argv[0]), argc, argv, &err)) {
    case OPTION_OK:
        return true;
    case OPTION_HELP:
        *status = fflush(stdout) == 0 ? 0 : 1;
        return false;
    case OPTION_WRONG:
        break;
    }
    *status = command_fail(argv[0], &err);
    fprintf(stderr, "quern: `quern %s --help` lists its options\n", argv[0]);
    return false;
}

int main(int argc, char **argv)
{
    interrupt_install();
    if (argc < 2) {
        print_commands(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_commands(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0)
        argv[1] += 2;
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, argv[1]) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "quern: unknown command '%s'\n", argv[1]);
    print_commands(stderr);
    return 2;
}
