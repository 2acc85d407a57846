/*
 * option — command-line flags of a subcommand, as a table.
 *
 *   --name VALUE, --name=VALUE, --switch, positional arguments in order, "--" ends the flags.
 *
 * Parsing fills the variables that the table points to; defaults are what they held before. A text
 * may not be empty. `quern COMMAND --help` prints the table.
 */
#ifndef QUERN_CLI_OPTION_H
#define QUERN_CLI_OPTION_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
    OPTION_END,
    OPTION_POSITIONAL, /* const char ** */
    OPTION_REST,       /* struct option_list *: all further positional arguments */
    OPTION_TEXT,       /* const char ** */
    OPTION_LIST,       /* struct option_list *: may be repeated */
    OPTION_SIZE,       /* size_t * */
    OPTION_NUMBER,     /* double * */
    OPTION_SWITCH,     /* bool * */
};

enum { OPTION_LIST_MAX = 256 };

struct option_list {
    size_t count;
    const char *item[OPTION_LIST_MAX];
};

struct option {
    enum option_kind kind;
    const char *name; /* without dashes; for a positional argument its title, such as FILE */
    void *value;
    bool required;
    const char *help;
    double min,
        max; /* of OPTION_SIZE and OPTION_NUMBER; both 0 means no bound but that of the type */
};

/* Parse argv[1..]; true when the command should go on. */
enum option_result { OPTION_OK, OPTION_HELP, OPTION_WRONG };

/* On OPTION_HELP the help text has been printed to stdout. */
enum option_result option_parse(const struct option *table, const char *command,
                                const char *summary, int argc, char **argv, struct error *err);

#endif
