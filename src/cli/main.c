#include "base/interrupt.h"
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
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

enum { COMMAND_COUNT = sizeof commands / sizeof *commands, COMMAND_NAME_MAX = 64 };

/* A command may have two words: they are joined by '-' for people and by '_' in C. */
static const char *shown_name(const char *name, char shown[COMMAND_NAME_MAX])
{
    snprintf(shown, COMMAND_NAME_MAX, "%s", name);
    for (char *c = shown; *c; c++)
        if (*c == '_')
            *c = '-';
    return shown;
}

static bool is_name(const char *name, const char *given)
{
    char shown[COMMAND_NAME_MAX];

    return strcmp(shown_name(name, shown), given) == 0;
}

static void print_commands(FILE *to)
{
    char shown[COMMAND_NAME_MAX];

    fputs("usage: quern COMMAND [arguments]\n\n", to);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(to, "  %-18s %s\n", shown_name(commands[i].name, shown), commands[i].summary);
    fputs("\n`quern COMMAND --help` says more.\n", to);
}

int command_fail(const char *name, const struct error *err)
{
    fprintf(stderr, "quern: %s: %s\n", name, err->text);
    return error_exit_status(err);
}

bool command_flush(struct error *err)
{
    const bool failed = ferror(stdout) != 0; /* a buffer that filled up earlier */

    if (fflush(stdout) != 0 || failed)
        return error_set(err, ERR_IO, "cannot write to stdout: %s", strerror(errno));
    return true;
}

static const char *summary_of(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (is_name(commands[i].name, name))
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
        *status = command_flush(&err) ? 0 : command_fail(argv[0], &err);
        return false;
    case OPTION_WRONG:
        break;
    }
    *status = command_fail(argv[0], &err);
    fprintf(stderr, "quern: `quern %s --help` lists its options\n", argv[0]);
    return false;
}

/*
 * A standard stream that the caller closed gets /dev/null, opened so that its use still fails:
 * otherwise the next file opened would take its number, and messages would be written into it.
 */
static void hold_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
            return; /* no /dev/null: nothing can be done, and nobody told */
}

int main(int argc, char **argv)
{
    struct error err = {0};

    hold_standard_streams();
    interrupt_install();
    if (argc < 2) {
        print_commands(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_commands(stdout);
        return command_flush(&err) ? 0 : command_fail("help", &err);
    }
    if (strcmp(argv[1], "--version") == 0)
        argv[1] += 2;
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (is_name(commands[i].name, argv[1]))
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "quern: unknown command '%s'\n", argv[1]);
    print_commands(stderr);
    return 2;
}
