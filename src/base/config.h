/*
 * config — a settings struct described by one table: key, type, default, bounds, help.
 *
 * Each layer declares a plain struct and next to it one `const struct config_field NAME_fields[]`
 * that ends with CONFIG_END. From the table come the defaults, the keys a pipeline file may hold,
 * the checks and their sentences, and the reference page (`quern describe --settings`). A key that
 * is not in the table is an error that names file, line and key.
 */
#ifndef QUERN_BASE_CONFIG_H
#define QUERN_BASE_CONFIG_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_type {
    CONFIG_TYPE_END,
    CONFIG_TYPE_SIZE,   /* size_t */
    CONFIG_TYPE_NUMBER, /* double */
    CONFIG_TYPE_BOOL,   /* bool */
    CONFIG_TYPE_TEXT,   /* const char *; NULL when there is no default and the key is absent */
    CONFIG_TYPE_CHOICE, /* int: the index of the word in `choices`, a NULL-terminated list */
};

struct config_field {
    const char *name;
    enum config_type type;
    size_t offset; /* of the member in the struct */
    double number; /* default of SIZE, NUMBER, BOOL and CHOICE (an index) */
    double min, max;
    const char *text; /* default of TEXT */
    const char *const *choices;
    const char *help;
};

#define CONFIG_SIZE(type_, member, default_, min_, max_, help_)                                    \
    {                                                                                              \
        .name = #member, .type = CONFIG_TYPE_SIZE, .offset = offsetof(type_, member),              \
        .number = (default_), .min = (min_), .max = (max_), .help = (help_)                        \
    }
#define CONFIG_NUMBER(type_, member, default_, min_, max_, help_)                                  \
    {                                                                                              \
        .name = #member, .type = CONFIG_TYPE_NUMBER, .offset = offsetof(type_, member),            \
        .number = (default_), .min = (min_), .max = (max_), .help = (help_)                        \
    }
#define CONFIG_BOOL(type_, member, default_, help_)                                                \
    {                                                                                              \
        .name = #member, .type = CONFIG_TYPE_BOOL, .offset = offsetof(type_, member),              \
        .number = (default_), .max = 1, .help = (help_)                                            \
    }
#define CONFIG_TEXT(type_, member, default_, help_)                                                \
    {                                                                                              \
        .name = #member, .type = CONFIG_TYPE_TEXT, .offset = offsetof(type_, member),              \
        .text = (default_), .help = (help_)                                                        \
    }
#define CONFIG_CHOICE(type_, member, default_, choices_, help_)                                    \
    {                                                                                              \
        .name = #member, .type = CONFIG_TYPE_CHOICE, .offset = offsetof(type_, member),            \
        .number = (default_), .choices = (choices_), .help = (help_)                               \
    }
#define CONFIG_END                                                                                 \
    {                                                                                              \
        .type = CONFIG_TYPE_END                                                                    \
    }

/* Fill a struct with the defaults of its table. */
void config_defaults(void *settings, const struct config_field *fields);

/* Set one member from text, as `--set key=value` and searches do. The error says what is allowed.
 */
MUST_CHECK bool config_set(void *settings, const struct config_field *field, const char *text,
                           struct error *err);

const struct config_field *config_find(const struct config_field *fields, const char *name);

#endif
