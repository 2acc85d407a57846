#include "base/config.h"

#include "base/arena.h"
#include "base/text.h"
#include "base/yaml.h"

#include <string.h>

enum { NAME_MAX_BYTES = 64, KNOWN_MAX = 128, SHOWN_MAX = 60 };

static void *member(void *settings, const struct config_field *field)
{
    return (char *)settings + field->offset;
}

void config_defaults(void *settings, const struct config_field *fields)
{
    for (const struct config_field *f = fields; f->type != CONFIG_TYPE_END; f++)
        switch (f->type) {
        case CONFIG_TYPE_SIZE:
            *(size_t *)member(settings, f) = (size_t)f->number;
            break;
        case CONFIG_TYPE_NUMBER:
            *(double *)member(settings, f) = f->number;
            break;
        case CONFIG_TYPE_BOOL:
            *(bool *)member(settings, f) = f->number != 0;
            break;
        case CONFIG_TYPE_TEXT:
        case CONFIG_TYPE_LIST:
            *(const char **)member(settings, f) = f->text;
            break;
        case CONFIG_TYPE_CHOICE:
            *(int *)member(settings, f) = (int)f->number;
            break;
        case CONFIG_TYPE_END:
            break;
        }
}

const struct config_field *config_find(const struct config_field *fields, const char *name)
{
    for (const struct config_field *f = fields; f->type != CONFIG_TYPE_END; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

/* What a field takes, for "must be ...". */
static void describe_allowed(const struct config_field *f, char *text, size_t room)
{
    const char *what = f->type == CONFIG_TYPE_SIZE ? "a whole number" : "a number";
    size_t used = 0;

    switch (f->type) {
    case CONFIG_TYPE_SIZE:
    case CONFIG_TYPE_NUMBER:
        if (f->min == f->max)
            snprintf(text, room, "%s", what);
        else if (f->max >= 1e15)
            snprintf(text, room, "%s of at least %.15g", what, f->min);
        else
            snprintf(text, room, "%s from %.15g to %.15g", what, f->min, f->max);
        break;
    case CONFIG_TYPE_BOOL:
        snprintf(text, room, "true or false");
        break;
    case CONFIG_TYPE_CHOICE:
        snprintf(text, room, "one of");
        for (size_t i = 0; f->choices[i] && (used = strlen(text)) < room - 1; i++)
            snprintf(text + used, room - used, "%s%s", i ? ", " : " ", f->choices[i]);
        break;
    case CONFIG_TYPE_TEXT:
        snprintf(text, room, "text");
        break;
    case CONFIG_TYPE_LIST:
        snprintf(text, room, "a list");
        break;
    case CONFIG_TYPE_END:
        break;
    }
}

static bool in_bounds(const struct config_field *f, double value)
{
    return f->min == f->max || (value >= f->min && value <= f->max);
}

static bool store(void *settings, const struct config_field *f, const char *text)
{
    const size_t length = strlen(text);
    int64_t whole;
    double number;

    switch (f->type) {
    case CONFIG_TYPE_SIZE:
        if (!text_to_int64(text, length, &whole) || whole < 0 || !in_bounds(f, (double)whole))
            return false;
        *(size_t *)member(settings, f) = (size_t)whole;
        return true;
    case CONFIG_TYPE_NUMBER:
        if (!text_to_double(text, length, &number) || !in_bounds(f, number))
            return false;
        *(double *)member(settings, f) = number;
        return true;
    case CONFIG_TYPE_BOOL:
        return text_to_bool(text, length, member(settings, f));
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_LIST:
        *(const char **)member(settings, f) = text;
        return true;
    case CONFIG_TYPE_CHOICE:
        for (int i = 0; f->choices[i]; i++)
            if (strcmp(f->choices[i], text) == 0) {
                *(int *)member(settings, f) = i;
                return true;
            }
        return false;
    case CONFIG_TYPE_END:
        break;
    }
    return false;
}

bool config_set(void *settings, const struct config_field *field, const char *text,
                struct error *err)
{
    char allowed[256];

    if (store(settings, field, text))
        return true;
    describe_allowed(field, allowed, sizeof allowed);
    return error_set(err, ERR_CONFIG, "must be %s, not '%.*s'", allowed, SHOWN_MAX, text);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Edit distance in which two letters that changed places count once (optimal string alignment).
 * Names longer than the buffer are never near.
 */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NAME_MAX_BYTES + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    const size_t n = strlen(a), m = strlen(b);

    if (n > NAME_MAX_BYTES || m > NAME_MAX_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] =
                smaller(above[j - 1] + (a[i - 1] != b[j - 1]), smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
    }
    return row[m];
}

bool config_unknown(const struct yaml_node *entry, const char *const *known, struct error *err)
{
    char path[YAML_PATH_MAX], list[400] = "";
    const char *nearest = NULL;
    const size_t third = strlen(entry->key) / 3;
    size_t best = third < 1 ? 2 : third + 1; /* a third of the word may be wrong */

    for (size_t i = 0; known[i]; i++) {
        const size_t far = distance(entry->key, known[i]), used = strlen(list);
        if (far < best) {
            best = far;
            nearest = known[i];
        }
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", known[i]);
    }
    yaml_path(entry, path);
    if (nearest)
        return yaml_fail(err, entry, "unknown key '%s'; did you mean '%s'?", path, nearest);
    return yaml_fail(err, entry, "unknown key '%s'; known here: %s", path, list);
}

struct reader {
    const struct config_part *part;
    const char *const *others;
    struct arena *memory;
};

/* The keys of one map: whole names, or the parts of dotted names below `prefix`, each once. */
static bool fail_unknown(const struct reader *r, const struct yaml_node *entry, const char *prefix,
                         struct error *err)
{
    char names[KNOWN_MAX][NAME_MAX_BYTES];
    const char *known[KNOWN_MAX + 1];
    const size_t skip = strlen(prefix);
    size_t count = 0;

    for (const struct config_part *p = r->part; p->fields; p++)
        for (const struct config_field *f = p->fields;
             f->type != CONFIG_TYPE_END && count < KNOWN_MAX; f++) {
            if (strncmp(f->name, prefix, skip) != 0)
                continue;
            snprintf(names[count], NAME_MAX_BYTES, "%.*s", (int)strcspn(f->name + skip, "."),
                     f->name + skip);
            count += count == 0 || strcmp(names[count], names[count - 1]) != 0;
        }
    for (const char *const *other = r->others; other && *other && !skip && count < KNOWN_MAX;
         other++)
        snprintf(names[count++], NAME_MAX_BYTES, "%s", *other);
    for (size_t i = 0; i < count; i++)
        known[i] = names[i];
    known[count] = NULL;
    return config_unknown(entry, known, err);
}

/* The items of a list as JSON; lists in it go no deeper than one. */
static bool write_items(const struct yaml_node *list, bool inner, struct text *out,
                        struct error *err)
{
    char path[YAML_PATH_MAX];

    text_add(out, "[", 1);
    for (const struct yaml_node *n = list->first; n; n = n->next) {
        if (n != list->first)
            text_add(out, ", ", 2);
        if (n->kind == YAML_SCALAR)
            config_write_quoted(out, n->text);
        else if (n->kind == YAML_MAP || inner)
            return yaml_fail(err, n, "key '%s': must be text, not a %s", yaml_path(n, path),
                             n->kind == YAML_MAP ? "map" : "list");
        else if (!write_items(n, true, out, err))
            return false;
    }
    text_add(out, "]", 1);
    return true;
}

static bool read_list(const struct yaml_node *list, const char **value, struct arena *memory,
                      struct error *err)
{
    struct text json = {0};
    const bool ok = write_items(list, false, &json, err);

    if (ok)
        *value = arena_string(memory, json.bytes, json.length);
    text_clear(&json);
    return ok;
}

static bool read_value(const struct yaml_node *node, const struct config_field *f, void *settings,
                       struct arena *memory, struct error *err)
{
    char path[YAML_PATH_MAX], allowed[256];
    struct error why = {0};
    const bool number =
        f->type == CONFIG_TYPE_SIZE || f->type == CONFIG_TYPE_NUMBER || f->type == CONFIG_TYPE_BOOL;

    if (f->type == CONFIG_TYPE_LIST && node->kind == YAML_LIST)
        return read_list(node, member(settings, f), memory, err);
    yaml_path(node, path);
    describe_allowed(f, allowed, sizeof allowed);
    if (node->kind != YAML_SCALAR)
        return yaml_fail(err, node, "key '%s': must be %s, not a %s", path, allowed,
                         node->kind == YAML_LIST ? "list" : "map");
    if (number && node->quoted)
        return yaml_fail(err, node, "key '%s': must be %s, not the text '%.*s' in quotes", path,
                         allowed, SHOWN_MAX, node->text);
    const char *text = node->text;
    if (f->type == CONFIG_TYPE_TEXT || f->type == CONFIG_TYPE_LIST)
        text = arena_string(memory, text, strlen(text));
    return config_set(settings, f, text, &why) ||
           yaml_fail(err, node, "key '%s': %s", path, why.text);
}

static bool has_prefix(const struct reader *r, const char *prefix)
{
    for (const struct config_part *p = r->part; p->fields; p++)
        for (const struct config_field *f = p->fields; f->type != CONFIG_TYPE_END; f++)
            if (strncmp(f->name, prefix, strlen(prefix)) == 0)
                return true;
    return false;
}

static bool is_other(const struct reader *r, const char *prefix, const char *key)
{
    for (const char *const *other = r->others; other && *other && !prefix[0]; other++)
        if (strcmp(*other, key) == 0)
            return true;
    return false;
}

/* Depth is bounded: a map is entered only where some field's name goes deeper. */
static bool read_map(const struct reader *r, const struct yaml_node *map, const char *prefix,
                     struct error *err)
{
    char path[YAML_PATH_MAX], name[NAME_MAX_BYTES + 2], below[NAME_MAX_BYTES + 2];

    if (map->kind != YAML_MAP)
        return yaml_fail(err, map, "key '%s': must be a map of settings, not %s",
                         yaml_path(map, path), map->kind == YAML_LIST ? "a list" : "a value");
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        if (is_other(r, prefix, n->key))
            continue;
        const bool fits = strlen(prefix) + strlen(n->key) < NAME_MAX_BYTES;
        snprintf(name, sizeof name, "%s%s", prefix, n->key);
        snprintf(below, sizeof below, "%s%s.", prefix, n->key);
        const struct config_field *f = NULL;
        const struct config_part *p = r->part;
        while (fits && p->fields && !(f = config_find(p->fields, name)))
            p++;
        if (!f && !(fits && has_prefix(r, below)))
            return fail_unknown(r, n, prefix, err);
        if (yaml_is_null(n))
            continue;
        if (f ? !read_value(n, f, p->settings, r->memory, err) : !read_map(r, n, below, err))
            return false;
    }
    return true;
}

bool config_read(const struct yaml_node *section, const struct config_part *part,
                 const char *const *others, struct arena *memory, struct error *err)
{
    const struct reader r = {part, others, memory};

    return yaml_is_null(section) || read_map(&r, section, "", err);
}
