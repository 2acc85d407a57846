#include "base/config.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const void *member(const void *settings, const struct config_field *field)
{
    return (const char *)settings + field->offset;
}

void config_write_number(struct text *out, double value)
{
    char digits[40];

    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    text_add(out, digits, strlen(digits));
}

/* Words that YAML readers take for something other than text. */
static bool is_special(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no",  "on", "off",
                                        "y",    "n",    "t",     "f",   "nan", "inf"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

static bool is_plain(const char *text)
{
    const bool word = (text[0] | 32) >= 'a' && (text[0] | 32) <= 'z';
    const bool path = text[0] == '/' || strncmp(text, "./", 2) == 0 || strncmp(text, "../", 3) == 0;

    if (!(word || path) || is_special(text))
        return false;
    return text[strspn(
               text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-")] == '\0';
}

/* One character of valid UTF-8. */
static unsigned decode(const unsigned char **at)
{
    const unsigned char *p = *at;
    const unsigned more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
    unsigned code = more == 0 ? *p : *p & (0x3f >> more);

    p++;
    for (unsigned i = 0; i < more && *p; i++)
        code = code << 6 | (*p++ & 0x3f);
    *at = p;
    return code;
}

/* YAML takes these for line breaks or refuses them when they stand in a file as they are. */
static bool needs_escape(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0xa0) || code == 0x2028 || code == 0x2029 ||
           code == 0xfeff || code == 0xfffe || code == 0xffff;
}

void config_write_text(struct text *out, const char *text)
{
    if (is_plain(text)) {
        text_add(out, text, strlen(text));
        return;
    }
    config_write_quoted(out, text);
}

void config_write_quoted(struct text *out, const char *text)
{
    text_add(out, "\"", 1);
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        const unsigned char *from = p;
        const unsigned code = decode(&p);
        if (needs_escape(code))
            text_add_format(out, "\\u%04x", code);
        else if (code == '"' || code == '\\')
            text_add_format(out, "\\%c", (int)code);
        else
            text_add(out, (const char *)from, (size_t)(p - from));
    }
    text_add(out, "\"", 1);
}

static void write_value(struct text *out, const struct config_field *f, const void *value)
{
    switch (f->type) {
    case CONFIG_TYPE_SIZE:
        text_add_format(out, "%zu", *(const size_t *)value);
        break;
    case CONFIG_TYPE_NUMBER:
        config_write_number(out, *(const double *)value);
        break;
    case CONFIG_TYPE_BOOL:
        text_add_format(out, "%s", *(const bool *)value ? "true" : "false");
        break;
    case CONFIG_TYPE_TEXT:
        config_write_text(out, *(const char *const *)value);
        break;
    case CONFIG_TYPE_LIST:
        if (**(const char *const *)value == '[')
            text_add_format(out, "%s", *(const char *const *)value);
        else
            config_write_text(out, *(const char *const *)value);
        break;
    case CONFIG_TYPE_CHOICE:
        config_write_text(out, f->choices[*(const int *)value]);
        break;
    case CONFIG_TYPE_END:
        break;
    }
}

void config_write(struct text *out, const struct config_field *fields, const void *settings,
                  size_t indent)
{
    const char *group = "";
    size_t group_length = 0;

    for (const struct config_field *f = fields; f->type != CONFIG_TYPE_END; f++) {
        const void *value = member(settings, f);
        const char *dot = strchr(f->name, '.'), *name = dot ? dot + 1 : f->name;
        const bool text = f->type == CONFIG_TYPE_TEXT || f->type == CONFIG_TYPE_LIST;
        if (text && !*(const char *const *)value)
            continue;
        const size_t length = dot ? (size_t)(dot - f->name) : 0;
        if (length && (length != group_length || strncmp(group, f->name, length) != 0))
            text_add_format(out, "%*s%.*s:\n", (int)indent, "", (int)length, f->name);
        group = f->name;
        group_length = length;
        text_add_format(out, "%*s%s: ", (int)indent + (dot ? 2 : 0), "", name);
        write_value(out, f, value);
        text_add(out, "\n", 1);
    }
}

static void write_range(struct text *out, const struct config_field *f)
{
    switch (f->type) {
    case CONFIG_TYPE_SIZE:
    case CONFIG_TYPE_NUMBER:
        text_add_format(out, "%s", f->type == CONFIG_TYPE_SIZE ? "whole number" : "number");
        if (f->min != f->max && f->max >= 1e15)
            text_add_format(out, ", at least %.15g", f->min);
        else if (f->min != f->max)
            text_add_format(out, ", %.15g to %.15g", f->min, f->max);
        break;
    case CONFIG_TYPE_BOOL:
        text_add_format(out, "true or false");
        break;
    case CONFIG_TYPE_TEXT:
        text_add_format(out, "text");
        break;
    case CONFIG_TYPE_LIST:
        text_add_format(out, "list");
        break;
    case CONFIG_TYPE_CHOICE:
        for (size_t i = 0; f->choices[i]; i++)
            text_add_format(out, "%s`%s`", i ? ", " : "", f->choices[i]);
        break;
    case CONFIG_TYPE_END:
        break;
    }
}

static void write_default(struct text *out, const struct config_field *f)
{
    switch (f->type) {
    case CONFIG_TYPE_SIZE:
    case CONFIG_TYPE_NUMBER:
        text_add(out, "`", 1);
        config_write_number(out, f->number);
        text_add(out, "`", 1);
        break;
    case CONFIG_TYPE_BOOL:
        text_add_format(out, "`%s`", f->number != 0 ? "true" : "false");
        break;
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_LIST:
        text_add_format(out, f->text ? "`%s`" : "%s", f->text ? f->text : "none");
        break;
    case CONFIG_TYPE_CHOICE:
        text_add_format(out, "`%s`", f->choices[(size_t)f->number]);
        break;
    case CONFIG_TYPE_END:
        break;
    }
}

static void write_rows(struct text *out, const struct config_field *fields)
{
    for (const struct config_field *f = fields; f->type != CONFIG_TYPE_END; f++) {
        text_add_format(out, "| `%s` | ", f->name);
        write_range(out, f);
        text_add_format(out, " | ");
        write_default(out, f);
        text_add_format(out, " | %s |\n", f->help);
    }
}

void config_write_reference(struct text *out, const struct config_field *first,
                            const struct config_field *fields)
{
    text_add_format(out, "| key | value | default | meaning |\n|---|---|---|---|\n");
    if (first)
        write_rows(out, first);
    write_rows(out, fields);
}
