/* load — a fitted transform from its files, checked once. */
#include "transform/file.h"

#include "base/config.h"
#include "base/file.h"

#include <math.h>
#include <string.h>

static bool has_only(const json_t *object, const char *const *known, struct error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!known[i])
            return error_set(err, ERR_DATA, "unknown key '%.100s'", key);
    }
    return true;
}

static bool read_number(double *number, const json_t *object, const char *key, struct error *err)
{
    const json_t *value = json_object_get(object, key);

    *number = json_number_value(value);
    if (!json_is_number(value) || !isfinite(*number))
        return error_set(err, ERR_DATA, "'%s' is not a number", key);
    return true;
}

static bool is_word(const json_t *value, const char *word)
{
    return json_is_string(value) && strcmp(json_string_value(value), word) == 0;
}

static bool read_scale_kind(enum scale_kind *scale, const json_t *value, struct error *err)
{
    *scale = is_word(value, "standard") ? SCALE_STANDARD : SCALE_MIN_MAX;
    if (value && *scale == SCALE_MIN_MAX && !is_word(value, "min_max"))
        return error_set(err, ERR_DATA, "'scale' is not standard or min_max");
    if (!value)
        *scale = SCALE_NONE;
    return true;
}

static bool parse_number(struct column_op *op, const json_t *entry, struct error *err)
{
    static const char *const standard[] = {"column", "impute", "scale", "mean", "deviation", NULL};
    static const char *const min_max[] = {"column", "impute", "scale", "factor", "shift", NULL};

    op->kind = COLUMN_NUMBER;
    op->fill = NAN;
    if (!read_scale_kind(&op->scale, json_object_get(entry, "scale"), err))
        return false;
    const bool standardises = op->scale == SCALE_STANDARD;
    if (!has_only(entry, standardises ? standard : min_max, err))
        return false;
    if (json_object_get(entry, "impute") && !read_number(&op->fill, entry, "impute", err))
        return false;
    if (op->scale == SCALE_NONE)
        return json_object_size(entry) <= 2 ||
               error_set(err, ERR_DATA, "numbers of a scale without 'scale'");
    if (!read_number(&op->a, entry, standardises ? "mean" : "factor", err) ||
        !read_number(&op->b, entry, standardises ? "deviation" : "shift", err))
        return false;
    return !standardises || op->b > 0 || error_set(err, ERR_DATA, "'deviation' is not positive");
}

/* One category: its text and, of a number, its value. */
static bool parse_value(const json_t *value, bool numbers, struct table_string *text,
                        double *number, struct arena *memory, struct error *err)
{
    struct text spelled = {0};

    if (!numbers) {
        *text = (struct table_string){json_string_value(value), json_string_length(value)};
        return json_is_string(value) || error_set(err, ERR_DATA, "a category is not text");
    }
    *number = json_number_value(value) + 0.0;
    if (!json_is_number(value) || !isfinite(*number))
        return error_set(err, ERR_DATA, "a category is not a number");
    config_write_number(&spelled, *number);
    *text =
        (struct table_string){arena_string(memory, spelled.bytes, spelled.length), spelled.length};
    text_clear(&spelled);
    return true;
}

static bool ascends(const struct table_string *a, const struct table_string *b)
{
    const int order = memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);

    return order ? order < 0 : a->length < b->length;
}

static bool parse_values(struct categories *categories, const json_t *list, size_t name_length,
                         struct arena *memory, struct error *err)
{
    const size_t all = json_array_size(list);
    const bool missing = all > 0 && json_is_null(json_array_get(list, all - 1));
    const bool numbers = json_is_number(json_array_get(list, 0));
    struct arena scratch = {0};
    bool ok = true;

    if (all == 0 || all > TRANSFORM_FEATURES_MAX)
        return error_set(err, ERR_DATA, "'categories' is not a list of 1 to %d",
                         TRANSFORM_FEATURES_MAX);
    struct table_string *text = ARENA_NEW(&scratch, struct table_string, all);
    double *number = ARENA_ZERO(&scratch, double, all);
    for (size_t i = 0; i < all - missing && ok; i++) {
        ok = parse_value(json_array_get(list, i), numbers, &text[i], &number[i], &scratch, err);
        if (ok && i > 0)
            ok = (numbers ? number[i - 1] < number[i] : ascends(&text[i - 1], &text[i])) ||
                 error_set(err, ERR_DATA, "'categories' are not in order");
        if (ok && name_length + 1 + text[i].length > SCHEMA_NAME_MAX)
            ok = error_set(err, ERR_DATA, "a category is too long");
    }
    if (ok)
        categories_make(categories, text, numbers ? number : NULL, all - missing, missing, memory);
    arena_clear(&scratch);
    return ok;
}

static bool parse_unknown(struct column_op *op, const json_t *value, struct error *err)
{
    const bool one_hot = op->kind == COLUMN_ONE_HOT;

    op->unknown_value = NAN;
    op->unknown = UNKNOWN_VALUE;
    if (is_word(value, "error"))
        op->unknown = UNKNOWN_ERROR;
    else if (one_hot && is_word(value, "ignore"))
        op->unknown = UNKNOWN_IGNORE;
    else if (!one_hot && json_is_number(value) && isfinite(json_number_value(value)))
        op->unknown_value = json_number_value(value);
    else if (one_hot || !is_word(value, "missing"))
        return error_set(err, ERR_DATA, "'unknown' is not understood");
    return true;
}

static bool parse_category(struct column_op *op, const json_t *entry, size_t name_length,
                           struct arena *memory, struct error *err)
{
    static const char *const known[] = {"column",  "impute",     "encode",
                                        "unknown", "categories", NULL};
    const json_t *encode = json_object_get(entry, "encode");
    const json_t *impute = json_object_get(entry, "impute");

    op->kind = is_word(encode, "one_hot") ? COLUMN_ONE_HOT : COLUMN_ORDINAL;
    if (op->kind == COLUMN_ORDINAL && !is_word(encode, "ordinal"))
        return error_set(err, ERR_DATA, "'encode' is not one_hot or ordinal");
    if (!has_only(entry, known, err) ||
        !parse_unknown(op, json_object_get(entry, "unknown"), err) ||
        !parse_values(&op->categories, json_object_get(entry, "categories"), name_length, memory,
                      err))
        return false;
    if (impute && !json_is_string(impute))
        return error_set(err, ERR_DATA, "'impute' is not text");
    if (impute)
        op->constant = arena_string(memory, json_string_value(impute), json_string_length(impute));
    fitted_set_missing(op);
    return true;
}

static bool parse_column(struct transform *t, const json_t *entry, struct error *err)
{
    const json_t *name = json_object_get(entry, "column");
    const char *text = json_is_string(name) ? json_string_value(name) : "";
    struct column_op op = {.column = schema_find(&t->schema, text, strlen(text))};

    if (op.column == SIZE_MAX)
        return error_set(err, ERR_DATA, "'column' is not one of the input");
    if (t->ops == t->schema.count)
        return error_set(err, ERR_DATA, "more columns than the input has");
    const bool encodes = json_object_get(entry, "encode") != NULL;
    bool ok = t->schema.column[op.column].kind == (encodes ? SCHEMA_TEXT : SCHEMA_NUMBER) ||
              error_set(err, ERR_DATA, "the input has another type");
    ok = ok && (encodes ? parse_category(&op, entry, strlen(text), &t->memory, err)
                        : parse_number(&op, entry, err));
    if (!ok)
        return error_wrap(err, "column '%.200s'", text);
    return fitted_add_op(t, &op, err);
}

static bool read_tensor(double *out, const struct safetensors *tensors, size_t stage,
                        const char *key, size_t dims, const size_t *shape, struct error *err)
{
    char name[64];
    size_t count = 1;

    snprintf(name, sizeof name, "stages.%zu.%s", stage, key);
    if (!tensors)
        return error_set(err, ERR_DATA, "there is no tensor '%s'", name);
    if (!safetensors_copy(tensors, name, SAFETENSORS_F64, dims, shape, out, err))
        return false;
    for (size_t d = 0; d < dims; d++)
        count *= shape[d];
    for (size_t i = 0; i < count; i++)
        if (!isfinite(out[i]))
            return error_set(err, ERR_DATA, "tensor '%s' has a number that is not finite", name);
    return true;
}

static bool parse_scale(struct transform *t, enum scale_kind scale,
                        const struct safetensors *tensors, struct error *err)
{
    struct stage *stage = &t->stage[t->stages - 1];
    const size_t index = t->stages - 1;
    double *a = ARENA_NEW(&t->memory, double, stage->width);
    double *b = ARENA_NEW(&t->memory, double, stage->width);

    stage->kind = scale == SCALE_STANDARD ? MATRIX_STANDARD : MATRIX_MIN_MAX;
    stage->a = a;
    stage->b = b;
    if (!read_tensor(a, tensors, index, "a", 1, &stage->width, err) ||
        !read_tensor(b, tensors, index, "b", 1, &stage->width, err))
        return false;
    for (size_t f = 0; f < stage->width && scale == SCALE_STANDARD; f++)
        if (!(b[f] > 0))
            return error_set(err, ERR_DATA, "a deviation is not positive");
    return true;
}

static bool parse_variance(struct stage *stage, const json_t *entry, size_t k, struct arena *memory,
                           struct error *err)
{
    const json_t *list = json_object_get(entry, "variance");
    double *variance = ARENA_NEW(memory, double, k);

    if (json_array_size(list) != k)
        return error_set(err, ERR_DATA, "'variance' is not a list of %zu numbers", k);
    for (size_t i = 0; i < k; i++) {
        variance[i] = json_number_value(json_array_get(list, i));
        if (!json_is_number(json_array_get(list, i)) || !isfinite(variance[i]))
            return error_set(err, ERR_DATA, "'variance' has something that is no number");
    }
    stage->variance = variance;
    return read_number(&stage->variance_total, entry, "variance_total", err);
}

static bool parse_pca(struct transform *t, const json_t *entry, const struct safetensors *tensors,
                      struct error *err)
{
    struct stage *stage = &t->stage[t->stages - 1];
    const json_t *count = json_object_get(entry, "pca");
    const json_int_t k = json_integer_value(count);
    const size_t shape[] = {(size_t)k, stage->width};

    if (stage->width > TRANSFORM_PCA_MAX || !json_is_integer(count) || k < 1 ||
        (size_t)k > stage->width)
        return error_set(err, ERR_DATA, "'pca' is not a number of components from 1 to %zu",
                         stage->width);
    if (!parse_variance(stage, entry, (size_t)k, &t->memory, err))
        return false;
    double *component = memory_take(shape[0] * shape[1], sizeof *component);
    double *mean = memory_take(stage->width, sizeof *mean);
    const bool ok = read_tensor(mean, tensors, t->stages - 1, "mean", 1, &stage->width, err) &&
                    read_tensor(component, tensors, t->stages - 1, "components", 2, shape, err);
    if (ok)
        fitted_set_pca(t, (size_t)k, component, mean);
    free(component);
    free(mean);
    return ok;
}

static bool parse_stage(struct transform *t, const json_t *entry, const struct safetensors *tensors,
                        struct error *err)
{
    static const char *const known[] = {"columns",  "scale",          "pca",
                                        "variance", "variance_total", NULL};
    const json_t *columns = json_object_get(entry, "columns");
    enum scale_kind scale;

    if (!json_is_object(entry) || !json_is_array(columns))
        return error_set(err, ERR_DATA, "must have a list 'columns'");
    if (!has_only(entry, known, err) ||
        !read_scale_kind(&scale, json_object_get(entry, "scale"), err))
        return false;
    for (size_t i = 0; i < json_array_size(columns); i++)
        if (!parse_column(t, json_array_get(columns, i), err))
            return false;
    if (!json_object_get(entry, "pca"))
        return scale == SCALE_NONE || parse_scale(t, scale, tensors, err);
    if (scale != SCALE_NONE)
        return error_set(err, ERR_DATA, "has both 'scale' and 'pca'");
    return parse_pca(t, entry, tensors, err);
}

bool transform_has_tensors(const json_t *document)
{
    const json_t *stages = json_object_get(document, "stages"), *entry;
    size_t i;

    json_array_foreach(stages, i, entry)
    {
        if (json_object_get(entry, "pca") || json_object_get(entry, "scale"))
            return true;
    }
    return false;
}

static bool parse_stages(struct transform *t, const json_t *stages,
                         const struct safetensors *tensors, struct error *err)
{
    for (size_t s = 0; s < json_array_size(stages); s++) {
        fitted_add_stage(t);
        if (!parse_stage(t, json_array_get(stages, s), tensors, err))
            return error_wrap(err, "stages[%zu]", s);
    }
    return fitted_finish(t, err);
}

bool transform_parse(struct transform **transform, const json_t *document,
                     const struct safetensors *tensors, struct error *err)
{
    static const char *const known[] = {"format", "input", "stages", NULL};
    const json_t *stages = json_object_get(document, "stages");
    struct arena memory = {0};
    struct schema schema;

    if (!is_word(json_object_get(document, "format"), TRANSFORM_FORMAT))
        return error_set(err, ERR_DATA, "'format' is not '%s'", TRANSFORM_FORMAT);
    if (!has_only(document, known, err))
        return false;
    if (json_array_size(stages) == 0 || json_array_size(stages) > STEPS_MAX + 1)
        return error_set(err, ERR_DATA, "'stages' is not a list of 1 to %d", STEPS_MAX + 1);
    if (!schema_parse(&schema, json_object_get(document, "input"), &memory, err)) {
        arena_clear(&memory);
        return false;
    }
    struct transform *t = fitted_new(&schema, json_array_size(stages));
    arena_clear(&memory);
    if (!parse_stages(t, stages, tensors, err)) {
        transform_free(t);
        return false;
    }
    *transform = t;
    return true;
}

bool transform_load(struct transform **transform, const char *folder, struct error *err)
{
    char *path = file_join(folder, "transform.json");
    char *matrices = file_join(folder, "transform.safetensors");
    struct safetensors tensors;
    json_t *document = NULL;
    bool ok = json_read(path, TRANSFORM_BYTES_MAX, &document, err), opened = false;

    if (ok && transform_has_tensors(document))
        ok = opened = safetensors_open(&tensors, matrices, err);
    if (ok && !transform_parse(transform, document, opened ? &tensors : NULL, err))
        ok = error_wrap(err, "%s", path);
    if (opened)
        safetensors_close(&tensors);
    json_decref(document);
    free(path);
    free(matrices);
    return ok;
}
