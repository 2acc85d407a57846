#include "cli/option.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const char *const value_title[] = {
    [OPTION_TEXT] = "TEXT",
    [OPTION_LIST] = "TEXT",
    [OPTION_SIZE] = "N",
    [OPTION_NUMBER] = "X",
};

static void print_help(const struct option *table, const char *command, const char *summary)
{
    printf("usage: quern %s", command);
    for (const struct option *o = table; o->kind != OPTION_END; o++)
        if (o->kind == OPTION_POSITIONAL)
            printf(o->required ? " %s" : " [%s]", o->name);
        else if (o->kind == OPTION_REST)
            printf(o->required ? " %s..." : " [%s...]", o->name);
    printf(" [options]\n\n%s\n\n", summary);
    for (const struct option *o = table; o->kind != OPTION_END; o++) {
        char left[64];
        if (o->kind == OPTION_POSITIONAL || o->kind == OPTION_REST)
            snprintf(left, sizeof left, "%s", o->name);
        else if (o->kind == OPTION_SWITCH)
            snprintf(left, sizeof left, "--%s", o->name);
        else
            snprintf(left, sizeof left, "--%s %s", o->name, value_title[o->kind]);
        printf("  %-22s %s%s\n", left, o->help, o->required ? " (required)" : "");
    }
}

static const struct option *find_flag(const struct option *table, const char *name, size_t length)
{
    for (const struct option *o = table; o->kind != OPTION_END; o++)
        if (o->kind != OPTION_POSITIONAL && o->kind != OPTION_REST && strlen(o->name) == length &&
            strncmp(o->name, name, length) == 0)
            return o;
    return NULL;
}

static bool in_bounds(const struct option *o, double value)
{
    return (o->min == 0 && o->max == 0) || (value >= o->min && value <= o->max);
}

static bool store(const struct option *o, const char *text, struct error *err)
{
    int64_t whole;
    double number;

    switch (o->kind) {
    case OPTION_POSITIONAL:
    case OPTION_TEXT:
        if (!text[0])
            return error_set(err, ERR_ARG, "%s%s is empty", o->kind == OPTION_TEXT ? "--" : "",
                             o->name);
        *(const char **)o->value = text;
        return true;
    case OPTION_LIST:
    case OPTION_REST: {
        struct option_list *list = o->value;
        if (list->count == OPTION_LIST_MAX)
            return error_set(err, ERR_ARG, "%s%s is given more than %d times",
                             o->kind == OPTION_LIST ? "--" : "", o->name, OPTION_LIST_MAX);
        list->item[list->count++] = text;
        return true;
    }
    case OPTION_SIZE:
        if (!text_to_int64(text, strlen(text), &whole) || whole < 0 || !in_bounds(o, (double)whole))
            break;
        *(size_t *)o->value = (size_t)whole;
        return true;
    case OPTION_NUMBER:
        if (!text_to_double(text, strlen(text), &number) || !in_bounds(o, number))
            break;
        *(double *)o->value = number;
        return true;
    case OPTION_SWITCH:
    case OPTION_END:
        break;
    }
    if (o->min == 0 && o->max == 0)
        return error_set(err, ERR_ARG, "--%s: '%s' is not %s", o->name, text,
                         o->kind == OPTION_SIZE ? "a whole number" : "a number");
    return error_set(err, ERR_ARG, "--%s: '%s' is not %s from %.15g to %.15g", o->name, text,
                     o->kind == OPTION_SIZE ? "a whole number" : "a number", o->min, o->max);
}

static bool store_positional(const struct option *table, size_t index, const char *text,
                             struct error *err)
{
    for (const struct option *o = table; o->kind != OPTION_END; o++)
        if (o->kind == OPTION_REST || (o->kind == OPTION_POSITIONAL && index-- == 0))
            return store(o, text, err);
    return error_set(err, ERR_ARG, "unexpected argument '%s'", text);
}

static bool store_flag(const struct option *table, int argc, char **argv, int *at,
                       struct error *err)
{
    const char *name = argv[*at] + 2, *equals = strchr(name, '=');
    const size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *o = find_flag(table, name, length);

    if (!o)
        return error_set(err, ERR_ARG, "unknown option '--%.*s'", (int)length, name);
    if (o->kind == OPTION_SWITCH) {
        if (equals)
            return error_set(err, ERR_ARG, "--%s takes no value", o->name);
        *(bool *)o->value = true;
        return true;
    }
    if (equals)
        return store(o, equals + 1, err);
    if (*at + 1 >= argc)
        return error_set(err, ERR_ARG, "--%s needs a value", o->name);
    return store(o, argv[++*at], err);
}

enum option_result option_parse(const struct option *table, const char *command,
                                const char *summary, int argc, char **argv, struct error *err)
{
    size_t positional = 0, needed = 0;
    bool flags_ended = false;

    for (int i = 1; i < argc; i++) {
        const char *text = argv[i];
        if (!flags_ended && strcmp(text, "--") == 0) {
            flags_ended = true;
        } else if (!flags_ended && (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0)) {
            print_help(table, command, summary);
            return OPTION_HELP;
        } else if (!flags_ended && strcmp(text, "-o") == 0 && find_flag(table, "output", 6)) {
            if (i + 1 >= argc) {
                error_set(err, ERR_ARG, "-o needs a value");
                return OPTION_WRONG;
            }
            if (!store(find_flag(table, "output", 6), argv[++i], err))
                return OPTION_WRONG;
        } else if (!flags_ended && strncmp(text, "--", 2) == 0) {
            if (!store_flag(table, argc, argv, &i, err))
                return OPTION_WRONG;
        } else if (!flags_ended && text[0] == '-' && text[1] != '\0') {
            error_set(err, ERR_ARG, "unknown option '%s'", text);
            return OPTION_WRONG;
        } else if (!store_positional(table, positional++, text, err)) {
            return OPTION_WRONG;
        }
    }
    for (const struct option *o = table; o->kind != OPTION_END; o++) {
        if (o->kind == OPTION_POSITIONAL || o->kind == OPTION_REST) {
            if (needed++ >= positional && o->required) {
                error_set(err, ERR_ARG, "%s is missing", o->name);
                return OPTION_WRONG;
            }
        } else if (o->required && o->kind == OPTION_TEXT && !*(const char **)o->value) {
            error_set(err, ERR_ARG, "--%s is missing", o->name);
            return OPTION_WRONG;
        }
    }
    return OPTION_OK;
}
