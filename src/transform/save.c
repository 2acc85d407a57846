/* save — transform.json and transform.safetensors; docs/bundle-format.md has them byte by byte. */
#include "transform/file.h"

#include "base/file.h"

#include <math.h>

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static const char *const scale_words[] = {"none", "standard", "min_max"};

static void set_number(json_t *entry, const struct column_op *op)
{
    if (!isnan(op->fill))
        set(entry, "impute", json_real(op->fill));
    if (op->scale == SCALE_NONE)
        return;
    set(entry, "scale", json_string(scale_words[op->scale]));
    set(entry, op->scale == SCALE_STANDARD ? "mean" : "factor", json_real(op->a));
    set(entry, op->scale == SCALE_STANDARD ? "deviation" : "shift", json_real(op->b));
}

static json_t *unknown_json(const struct column_op *op)
{
    if (op->unknown == UNKNOWN_VALUE && !isnan(op->unknown_value))
        return json_real(op->unknown_value);
    return json_string(op->unknown == UNKNOWN_ERROR    ? "error"
                       : op->unknown == UNKNOWN_IGNORE ? "ignore"
                                                       : "missing");
}

static void set_category(json_t *entry, const struct column_op *op)
{
    json_t *list = json_array();

    for (size_t i = 0; i < op->categories.count; i++) {
        const struct table_string *text = &op->categories.text[i];
        json_array_append_new(list, !text->bytes ? json_null()
                                    : op->categories.number
                                        ? json_real(op->categories.number[i])
                                        : json_stringn(text->bytes, text->length));
    }
    if (op->constant)
        set(entry, "impute", json_string(op->constant));
    set(entry, "encode", json_string(op->kind == COLUMN_ONE_HOT ? "one_hot" : "ordinal"));
    set(entry, "unknown", unknown_json(op));
    set(entry, "categories", list);
}

static json_t *stage_json(const struct transform *t, const struct stage *stage)
{
    json_t *entry = json_object(), *columns = json_array();

    for (size_t i = stage->first; i < stage->end; i++) {
        json_t *column = json_object();
        set(column, "column", json_string(t->schema.column[t->op[i].column].name));
        if (t->op[i].kind == COLUMN_NUMBER)
            set_number(column, &t->op[i]);
        else
            set_category(column, &t->op[i]);
        json_array_append_new(columns, column);
    }
    set(entry, "columns", columns);
    if (stage->kind == MATRIX_STANDARD || stage->kind == MATRIX_MIN_MAX)
        set(entry, "scale", json_string(stage->kind == MATRIX_STANDARD ? "standard" : "min_max"));
    if (stage->kind == MATRIX_PCA) {
        json_t *variance = json_array();
        for (size_t k = 0; k < stage->out; k++)
            json_array_append_new(variance, json_real(stage->variance[k]));
        set(entry, "pca", json_integer((json_int_t)stage->out));
        set(entry, "variance", variance);
        set(entry, "variance_total", json_real(stage->variance_total));
    }
    return entry;
}

json_t *transform_document(const struct transform *t)
{
    json_t *document = json_object(), *stages = json_array();

    for (size_t s = 0; s < t->stages; s++)
        json_array_append_new(stages, stage_json(t, &t->stage[s]));
    set(document, "format", json_string(TRANSFORM_FORMAT));
    set(document, "input", schema_json(&t->schema));
    set(document, "stages", stages);
    return document;
}

static struct safetensor vector_of(struct arena *memory, size_t stage, const char *name,
                                   const double *data, size_t width)
{
    return (struct safetensor){
        .name = arena_format(memory, "stages.%zu.%s", stage, name),
        .type = SAFETENSORS_F64,
        .dims = 1,
        .shape = {width},
        .data = data,
    };
}

/* Components as rows [out, width], the way they are thought of. */
static struct safetensor components_of(struct arena *memory, size_t index,
                                       const struct stage *stage)
{
    double *component = ARENA_NEW(memory, double, stage->out * stage->width);

    for (size_t f = 0; f < stage->width; f++)
        for (size_t k = 0; k < stage->out; k++)
            component[k * stage->width + f] = stage->component[f * stage->stride + k];
    return (struct safetensor){
        .name = arena_format(memory, "stages.%zu.components", index),
        .type = SAFETENSORS_F64,
        .dims = 2,
        .shape = {stage->out, stage->width},
        .data = component,
    };
}

static bool write_tensors(const struct transform *t, const char *path, struct error *err)
{
    struct arena memory = {0};
    struct safetensor *tensor = ARENA_NEW(&memory, struct safetensor, t->stages * 2);
    const struct safetensors_text format = {"format", TRANSFORM_FORMAT};
    size_t count = 0;

    for (size_t s = 0; s < t->stages; s++) {
        const struct stage *stage = &t->stage[s];
        if (stage->kind == MATRIX_PCA) {
            tensor[count++] = vector_of(&memory, s, "mean", stage->mean, stage->width);
            tensor[count++] = components_of(&memory, s, stage);
        } else if (stage->kind != MATRIX_NONE) {
            tensor[count++] = vector_of(&memory, s, "a", stage->a, stage->width);
            tensor[count++] = vector_of(&memory, s, "b", stage->b, stage->width);
        }
    }
    const bool ok = count > 0 ? safetensors_write(path, tensor, count, &format, 1, err)
                              : file_remove_tree(path, err);
    arena_clear(&memory);
    return ok;
}

bool transform_save(const struct transform *transform, const char *folder, struct error *err)
{
    char *tensors = file_join(folder, "transform.safetensors");
    char *path = file_join(folder, "transform.json");
    json_t *document = transform_document(transform);
    const bool ok = write_tensors(transform, tensors, err) && json_write(path, document, err);

    json_decref(document);
    free(tensors);
    free(path);
    return ok;
}
