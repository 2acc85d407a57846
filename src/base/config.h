/*
 * config — a settings struct described by one table: key, type, default, bounds, help.
 *
 * Each layer declares a plain struct and next to it one `const struct config_field NAME_fields[]`
 * that ends with CONFIG_END. From the table come the defaults, the keys a pipeline file may hold,
 * the checks and their sentences, and the reference page (`quern settings`). A key that
 * is not in the table is an error that names file, line and key.
 *
 * A field may be named "early_stopping.metric": in a file that is the key `metric` in the map
 * `early_stopping`. Fields of one such map stand together in the table. Sizes are exact up to 2^53.
 */
#ifndef QUERN_BASE_CONFIG_H
#define QUERN_BASE_CONFIG_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct text;
struct yaml_node;

enum config_type {
    CONFIG_TYPE_END,
    CONFIG_TYPE_SIZE,   /* size_t */
    CONFIG_TYPE_NUMBER, /* double */
    CONFIG_TYPE_BOOL,   /* bool */
    CONFIG_TYPE_TEXT,   /* const char *; NULL when there is no default and the key is absent */
    CONFIG_TYPE_CHOICE, /* int: the index of the word in `choices`, a NULL-terminated list */
    /* const char *: a word, or a list of texts and of lists of texts as JSON, such as
       ["a", ["b", "c"]]; NULL when there is no default and the key is absent */
    CONFIG_TYPE_LIST,
};

struct config_field {
    const char *name;
    enum config_type type;
    size_t offset;    /* of the member in the struct */
    double number;    /* default of SIZE, NUMBER, BOOL and CHOICE (an index) */
    double min, max;  /* of SIZE and NUMBER, both allowed; equal means unbounded */
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
#define CONFIG_LIST(type_, member, help_)                                                          \
    {                                                                                              \
        .name = #member, .type = CONFIG_TYPE_LIST, .offset = offsetof(type_, member),              \
        .help = (help_)                                                                            \
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

/*
 * Set one member from text, as `--set key=value` and searches do; the text of a CONFIG_TYPE_TEXT
 * member is not copied. The error says what is allowed ("must be a whole number from 1 to 9, not
 * 'x'") and does not name the key.
 */
MUST_CHECK bool config_set(void *settings, const struct config_field *field, const char *text,
                           struct error *err);

const struct config_field *config_find(const struct config_field *fields, const char *name);

/* A struct to fill from a map, and its table. */
struct config_part {
    const struct config_field *fields;
    void *settings;
};

/*
 * Set the members whose keys are in a map of a pipeline file; the others keep what they hold. The
 * keys of all parts stand side by side in the map; `part` ends with NULL fields. A null value or
 * section is as good as absent. Texts are copied into `memory`. `others`, NULL or a list that ends
 * with NULL, are keys that the caller reads itself.
 *
 * ERR_CONFIG  "FILE:LINE: key 'train.epochs': must be ...": an unknown key, a wrong type or value
 */
MUST_CHECK bool config_read(const struct yaml_node *section, const struct config_part *part,
                            const char *const *others, struct arena *memory, struct error *err);

/*
 * The sentence for a key that is not known, with the nearest known one or else a list of them.
 * `known` ends with NULL. Returns false.
 */
bool config_unknown(const struct yaml_node *entry, const char *const *known, struct error *err);

/* Every member that is not a NULL text as YAML, one a line, `indent` spaces in. Reads back equal.
 */
void config_write(struct text *out, const struct config_field *fields, const void *settings,
                  size_t indent);

/* One scalar of YAML that reads back as the same text: plain where that is safe, else quoted. */
void config_write_text(struct text *out, const char *text);
/* The same, always quoted: also a string of JSON. */
void config_write_quoted(struct text *out, const char *text);
/* The shortest decimal that reads back as the same number. */
void config_write_number(struct text *out, double value);

/* The reference: a Markdown table of key, values, default and meaning; `first` may be NULL. */
void config_write_reference(struct text *out, const struct config_field *first,
                            const struct config_field *fields);

#endif
