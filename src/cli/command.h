/*
 * command — what every subcommand is: one file, one function, one line in commands.def.
 *
 * To add one (docs/adding-a-command.md): write src/cli/NAME.c with `int cmd_NAME(int, char **)`
 * that parses its options, calls one function and reports; add COMMAND(NAME, "...") to
 * commands.def and the file to src/cli/meson.build. No logic lives here. A NAME of two words has a
 * '_' in C and a '-' for people.
 */
#ifndef QUERN_CLI_COMMAND_H
#define QUERN_CLI_COMMAND_H

#include "base/error.h"
#include "cli/option.h"

#define COMMAND(name, summary) int cmd_##name(int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND

/* Print "quern: NAME: sentence" to stderr and give the exit status of the error's code. */
int command_fail(const char *name, const struct error *err);

/* Flush stdout; false with ERR_IO when anything written to it is lost, now or before. */
MUST_CHECK bool command_flush(struct error *err);

/*
 * Parse the options of a command in one line. Returns true to go on; otherwise *status is the exit
 * status (help was printed, or the mistake and a hint were).
 */
bool command_options(const struct option *table, int argc, char **argv, int *status);

#endif
