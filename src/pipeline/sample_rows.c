#include "pipeline/sample_rows.h"

#include "base/file.h"
#include "base/rng.h"
#include "pipeline/bundle_internal.h"

#include <stdlib.h>
#include <string.h>

/* The entry of a column in reference.json, or NULL. */
static const json_t *find_column(const json_t *reference, const char *name)
{
    const json_t *columns = json_object_get(reference, "columns");
    const json_t *column;
    size_t i;

    json_array_foreach(columns, i, column)
    {
        const char *has = json_string_value(json_object_get(column, "name"));
        if (has && strcmp(has, name) == 0)
            return column;
    }
    return NULL;
}

static void add_number(struct text *csv, const json_t *column, uint64_t draw)
{
    const json_t *deciles = json_object_get(column, "deciles");
    const size_t count = json_array_size(deciles);
    const json_t *value = count ? json_array_get(deciles, draw % count) : NULL;

    if (json_is_number(value))
        text_add_format(csv, "%.10g", json_number_value(value));
    else
        text_add(csv, "0", 1);
}

static void add_quoted(struct text *csv, const char *value)
{
    if (!strpbrk(value, ",\"")) {
        text_add(csv, value, strlen(value));
        return;
    }
    text_add(csv, "\"", 1);
    for (const char *c = value; *c; c++)
        text_add(csv, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    text_add(csv, "\"", 1);
}

/* A category, each as often as it was seen. */
static void add_category(struct text *csv, const json_t *column, uint64_t draw)
{
    const json_t *categories = json_object_get(column, "categories"), *category;
    json_int_t total = 0;
    size_t i;

    json_array_foreach(categories, i, category)
    {
        const json_int_t count = json_integer_value(json_object_get(category, "count"));
        total += count > 0 && count < INT32_MAX ? count : 0;
    }
    json_int_t left = total ? (json_int_t)(draw % (uint64_t)total) : 0;
    json_array_foreach(categories, i, category)
    {
        const json_int_t count = json_integer_value(json_object_get(category, "count"));
        const char *value = json_string_value(json_object_get(category, "value"));
        left -= count > 0 && count < INT32_MAX ? count : 0;
        if (left < 0 && value && !strpbrk(value, "\r\n")) { /* a row stays a line */
            add_quoted(csv, value);
            return;
        }
    }
    text_add(csv, "a", 1);
}

static void add_row(struct text *csv, const struct schema *schema, const json_t *reference,
                    struct rng *rng)
{
    for (size_t c = 0; c < schema->count; c++) {
        const json_t *column = find_column(reference, schema->column[c].name);
        const uint64_t draw = rng_u64(rng);
        if (c)
            text_add(csv, ",", 1);
        if (schema->column[c].kind == SCHEMA_NUMBER)
            add_number(csv, column, draw);
        else if (schema->column[c].kind == SCHEMA_TEXT)
            add_category(csv, column, draw);
        else
            text_add(csv, "a", 1);
    }
    text_add(csv, "\n", 1);
}

static bool read_reference(json_t **reference, const char *folder, struct error *err)
{
    char *path = file_join(folder, "reference.json");
    const bool ok = !file_exists(path) || json_read(path, BUNDLE_JSON_MAX, reference, err);

    free(path);
    return ok;
}

bool sample_rows(struct text *csv, const char *path, size_t rows, struct error *err)
{
    struct bundle_place place = {0};
    struct bundle *bundle = NULL;
    json_t *reference = NULL;

    const bool ok = bundle_place_open(&place, path, err) &&
                    bundle_open_folder(&bundle, place.folder, err) &&
                    read_reference(&reference, place.folder, err);
    if (ok) {
        struct rng rng = rng_new(1, 0);
        for (size_t i = 0; i < rows; i++)
            add_row(csv, bundle_input(bundle), reference, &rng);
    }
    json_decref(reference);
    bundle_close(bundle);
    bundle_place_close(&place);
    return ok || error_wrap(err, "bundle '%s'", path);
}
