#include "pipeline/bundle_internal.h"

#include "base/file.h"

#include <string.h>

enum { BUNDLE_NAME_MAX = 256 };

static bool numbers_only(const struct schema *schema)
{
    for (size_t c = 0; c < schema->count; c++)
        if (schema->column[c].kind != SCHEMA_NUMBER)
            return false;
    return true;
}

static bool same_schema(const struct schema *a, const struct schema *b)
{
    if (a->count != b->count)
        return false;
    for (size_t c = 0; c < a->count; c++)
        if (a->column[c].kind != b->column[c].kind || a->column[c].need != b->column[c].need ||
            strcmp(a->column[c].name, b->column[c].name) != 0)
            return false;
    return true;
}

bool bundle_scorer_output(const struct scorer *scorer, struct schema *output, struct arena *memory,
                          struct error *err)
{
    const size_t count = scorer_outputs(scorer);
    struct schema_column *column;

    if (count > SCHEMA_COLUMNS_MAX)
        return error_set(err, ERR_LIMIT, "a row has %zu numbers, the limit is %d", count,
                         SCHEMA_COLUMNS_MAX);
    column = ARENA_NEW(memory, struct schema_column, count);
    for (size_t c = 0; c < count; c++) {
        column[c] = (struct schema_column){"score", SCHEMA_NUMBER, SCHEMA_REQUIRED};
        if (!scorer->trees)
            column[c].name = transform_name(scorer->transform, c);
        else if (count > 1)
            column[c].name = arena_format(memory, "score_%zu", c);
        if (strlen(column[c].name) > SCHEMA_NAME_MAX)
            return error_set(err, ERR_LIMIT, "the name of feature '%.60s...' is too long",
                             column[c].name);
    }
    *output = (struct schema){count, column};
    return true;
}

/* The file of a part, or NULL where the bundle has no such part. */
static bool part_file(const struct bundle *b, const char *part, const char *const *allowed,
                      const char **file, struct error *err)
{
    const json_t *entry = json_object_get(json_object_get(b->document, "parts"), part);
    const char *name = json_string_value(entry);

    *file = NULL;
    if (!entry)
        return true;
    for (size_t i = 0; name && allowed[i]; i++)
        if (strcmp(name, allowed[i]) == 0)
            *file = name;
    return *file ||
           error_set(err, ERR_DATA, "bundle.json: 'parts.%s' must be '%s'", part, allowed[0]);
}

static bool load_decision(struct bundle *b, const char *folder, const char *file, struct error *err)
{
    char *path = file_join(folder, file);
    json_t *document = NULL;
    const bool ok =
        json_read(path, BUNDLE_JSON_MAX, &document, err) &&
        (decision_parse(&b->decision, document, &b->memory, err) || error_wrap(err, "%s", file));

    b->decides = ok;
    json_decref(document);
    free(path);
    return ok;
}

/* Temporal attention: its files have fixed names. */
static bool load_history(struct bundle *b, const char *folder, struct error *err)
{
    const json_t *parts = json_object_get(b->document, "parts");

    if (json_object_size(parts) != 3 || !json_object_get(parts, "model") ||
        !json_object_get(parts, "calibration"))
        return error_set(err, ERR_DATA,
                         "bundle.json: 'parts' must be history, model and calibration");
    if (!bundle_history_open(&b->history, folder, err))
        return false;
    if (!same_schema(bundle_history_input(b->history), &b->input))
        return error_set(err, ERR_DATA, "the input of bundle.json is not that of history.json");
    if (!same_schema(bundle_history_output(b->history, false), &b->output))
        return error_set(err, ERR_DATA, "the output of bundle.json is not that of its parts");
    return true;
}

static bool load_trees(struct bundle *b, const char *folder, struct error *err)
{
    static const char *const transforms[] = {"transform.json", NULL};
    static const char *const models[] = {"model.ubj", "model.json", NULL};
    static const char *const decisions[] = {"decision.json", NULL};
    const char *transform, *model, *decision;

    if (!part_file(b, "transform", transforms, &transform, err) ||
        !part_file(b, "model", models, &model, err) ||
        !part_file(b, "decision", decisions, &decision, err))
        return false;
    if (!transform && !model && !decision)
        return error_set(err, ERR_DATA, "bundle.json: 'parts' names no part");
    if (transform && !transform_load(&b->transform, folder, err))
        return false;
    if (model) {
        char *path = file_join(folder, model);
        const bool ok = trees_load(&b->trees, path, err);
        free(path);
        if (!ok)
            return false;
        b->model_file = model;
    }
    return !decision || load_decision(b, folder, decision, err);
}

/* The parts fit each other and the schema, so that scoring need not check. */
static bool check_parts(struct bundle *b, struct error *err)
{
    size_t width = b->input.count;

    if (b->transform && !same_schema(transform_schema(b->transform), &b->input))
        return error_set(err, ERR_DATA, "the input of bundle.json is not that of transform.json");
    if (!b->transform && !numbers_only(&b->input))
        return error_set(err, ERR_DATA, "without a transform every input must be a number");
    if (b->transform)
        width = transform_width(b->transform);
    if (b->trees && trees_features(b->trees) != width)
        return error_set(err, ERR_DATA, "%s takes %zu features, there are %zu", b->model_file,
                         trees_features(b->trees), width);
    b->scorer = (struct scorer){b->transform, b->trees, b->input.count};
    if (b->decides && decision_inputs(&b->decision) != scorer_outputs(&b->scorer))
        return error_set(err, ERR_DATA, "decision.json takes %zu scores, there are %zu",
                         decision_inputs(&b->decision), scorer_outputs(&b->scorer));
    struct schema output;
    if (b->decides)
        decision_output(&b->decision, &output, &b->memory);
    else if (!bundle_scorer_output(&b->scorer, &output, &b->memory, err))
        return false;
    if (!same_schema(&output, &b->output))
        return error_set(err, ERR_DATA, "the output of bundle.json is not that of its parts");
    return true;
}

static bool read_csv_columns(struct bundle *b, struct error *err)
{
    const json_t *list = json_object_get(b->document, "csv");
    const size_t count = json_array_size(list);

    if (count == 0 || count > b->output.count)
        return error_set(err, ERR_DATA, "bundle.json: 'csv' must be a list of output columns");
    b->csv = ARENA_NEW(&b->memory, size_t, count);
    b->csv_count = count;
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        b->csv[i] = name ? schema_find(&b->output, name, strlen(name)) : SIZE_MAX;
        if (b->csv[i] == SIZE_MAX)
            return error_set(err, ERR_DATA, "bundle.json: 'csv[%zu]' is no output column", i);
    }
    return true;
}

static bool read_document(struct bundle *b, const char *folder, struct error *err)
{
    char *path = file_join(folder, "bundle.json");
    bool ok = json_read(path, BUNDLE_JSON_MAX, &b->document, err);

    free(path);
    if (!ok)
        return false;
    b->name = json_string_value(json_object_get(b->document, "name"));
    if (!b->name || !b->name[0] || strlen(b->name) > BUNDLE_NAME_MAX)
        return error_set(err, ERR_DATA, "bundle.json: 'name' must be a text of 1 to %d bytes",
                         BUNDLE_NAME_MAX);
    if (!schema_parse(&b->input, json_object_get(b->document, "input"), &b->memory, err))
        return error_wrap(err, "bundle.json: 'input'");
    if (!schema_parse(&b->output, json_object_get(b->document, "output"), &b->memory, err))
        return error_wrap(err, "bundle.json: 'output'");
    return read_csv_columns(b, err);
}

static bool load_parts(struct bundle *b, const char *folder, struct error *err)
{
    if (json_object_get(json_object_get(b->document, "parts"), "history"))
        return load_history(b, folder, err);
    return load_trees(b, folder, err) && check_parts(b, err);
}

bool bundle_open_folder(struct bundle **bundle, const char *folder, struct error *err)
{
    struct bundle *b = memory_take_zeroed(1, sizeof *b);

    if (bundle_manifest_check(folder, b->hash, err) && read_document(b, folder, err) &&
        load_parts(b, folder, err)) {
        *bundle = b;
        return true;
    }
    bundle_close(b);
    return false;
}

bool bundle_open(struct bundle **bundle, const char *path, struct error *err)
{
    struct bundle_place place;

    if (!bundle_place_open(&place, path, err))
        return error_wrap(err, "bundle '%s'", path);
    const bool ok = bundle_open_folder(bundle, place.folder, err);
    bundle_place_close(&place);
    return ok || error_wrap(err, "bundle '%s'", path);
}

void bundle_close(struct bundle *bundle)
{
    if (!bundle)
        return;
    bundle_history_close(bundle->history);
    transform_free(bundle->transform);
    trees_free(bundle->trees);
    json_decref(bundle->document);
    arena_clear(&bundle->memory);
    free(bundle);
}

const char *bundle_name(const struct bundle *bundle)
{
    return bundle->name;
}

const char *bundle_hash(const struct bundle *bundle)
{
    return bundle->hash;
}

const struct schema *bundle_input(const struct bundle *bundle)
{
    return &bundle->input;
}

const struct schema *bundle_output(const struct bundle *bundle)
{
    return &bundle->output;
}

bool bundle_has_histories(const struct bundle *bundle)
{
    return bundle->history != NULL;
}

const struct schema *bundle_explained(const struct bundle *bundle)
{
    return bundle->history ? bundle_history_output(bundle->history, true) : &bundle->output;
}

size_t bundle_csv_columns(const struct bundle *bundle, const size_t **column)
{
    *column = bundle->csv;
    return bundle->csv_count;
}
