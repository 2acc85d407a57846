#include "transform/schema.h"

#include <stdint.h>
#include <string.h>

static const char *const kind_names[] = {"number", "text", "ignored", "list"};
static const char *const need_names[] = {"required", "optional", "unless_lists"};

size_t schema_find(const struct schema *schema, const char *name, size_t length)
{
    for (size_t i = 0; i < schema->count; i++)
        if (strlen(schema->column[i].name) == length &&
            memcmp(schema->column[i].name, name, length) == 0)
            return i;
    return SIZE_MAX;
}

bool schema_has_lists(const struct schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
        if (schema->column[i].kind == SCHEMA_LIST)
            return true;
    return false;
}

json_t *schema_json(const struct schema *schema)
{
    json_t *list = json_array();

    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_column *column = &schema->column[i];
        json_t *entry =
            json_pack("{s:s, s:s}", "name", column->name, "type", kind_names[column->kind]);
        if (column->need != SCHEMA_REQUIRED)
            json_object_set_new(entry, "need", json_string(need_names[column->need]));
        json_array_append_new(list, entry);
    }
    return list;
}

/* The index of a word, or `count`. */
static size_t find_word(const char *const *words, size_t count, const char *text)
{
    size_t i = 0;

    while (i < count && strcmp(words[i], text) != 0)
        i++;
    return i;
}

static bool parse_kind(enum schema_kind *kind, const char *text)
{
    const size_t count = sizeof kind_names / sizeof *kind_names;
    const size_t i = find_word(kind_names, count, text);

    *kind = (enum schema_kind)i;
    return i < count;
}

static bool parse_need(enum schema_need *need, const json_t *word)
{
    const size_t count = sizeof need_names / sizeof *need_names;
    const size_t i =
        json_is_string(word) ? find_word(need_names, count, json_string_value(word)) : count;

    *need = word ? (enum schema_need)i : SCHEMA_REQUIRED;
    return !word || i < count;
}

/* Name and kind of one entry; the name is borrowed from the document. */
static bool parse_column(struct schema_column *column, const json_t *entry, size_t index,
                         struct error *err)
{
    const json_t *name = json_object_get(entry, "name"), *type = json_object_get(entry, "type"),
                 *need = json_object_get(entry, "need");

    if (!json_is_string(name) || !json_is_string(type) || json_object_size(entry) != (need ? 3 : 2))
        return error_set(err, ERR_DATA, "schema: column %zu must be {\"name\": ..., \"type\": ...}",
                         index);
    column->name = json_string_value(name);
    if (json_string_length(name) == 0 || json_string_length(name) > SCHEMA_NAME_MAX ||
        strlen(column->name) != json_string_length(name))
        return error_set(err, ERR_DATA, "schema: the name of column %zu must have 1 to %d bytes",
                         index, SCHEMA_NAME_MAX);
    if (!parse_kind(&column->kind, json_string_value(type)))
        return error_set(
            err, ERR_DATA,
            "schema: the type of '%.100s' must be number, text, ignored or list, not '%.50s'",
            column->name, json_string_value(type));
    if (!parse_need(&column->need, need))
        return error_set(err, ERR_DATA,
                         "schema: the need of '%.100s' must be required, optional or unless_lists",
                         column->name);
    return true;
}

bool schema_parse(struct schema *schema, const json_t *document, struct arena *memory,
                  struct error *err)
{
    const size_t count = json_array_size(document);

    if (!json_is_array(document))
        return error_set(err, ERR_DATA, "schema: must be a list of columns");
    if (count > SCHEMA_COLUMNS_MAX)
        return error_set(err, ERR_DATA, "schema: %zu columns are more than %d", count,
                         SCHEMA_COLUMNS_MAX);
    struct schema_column *column = ARENA_ZERO(memory, struct schema_column, count);
    json_t *seen = json_object();
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++) {
        ok = parse_column(&column[i], json_array_get(document, i), i, err);
        if (!ok)
            break;
        if (json_object_get(seen, column[i].name))
            ok = error_set(err, ERR_DATA, "schema: there are two columns '%.200s'", column[i].name);
        json_object_set_new(seen, column[i].name, json_true());
        column[i].name = arena_string(memory, column[i].name, strlen(column[i].name));
    }
    json_decref(seen);
    if (ok)
        *schema = (struct schema){.count = count, .column = column};
    return ok;
}
