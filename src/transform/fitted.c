#include "transform/fitted.h"

#include "transform/pca_kernel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct transform *fitted_new(const struct schema *schema, size_t stages)
{
    struct transform *t = memory_take_zeroed(1, sizeof *t);
    struct schema_column *column = ARENA_NEW(&t->memory, struct schema_column, schema->count);

    for (size_t i = 0; i < schema->count; i++) {
        const char *name = schema->column[i].name;
        column[i] = (struct schema_column){arena_string(&t->memory, name, strlen(name)),
                                           schema->column[i].kind, schema->column[i].need};
    }
    t->schema = (struct schema){.count = schema->count, .column = column};
    t->op = ARENA_ZERO(&t->memory, struct column_op, schema->count);
    t->stage = ARENA_ZERO(&t->memory, struct stage, stages);
    return t;
}

void transform_free(struct transform *transform)
{
    if (!transform)
        return;
    arena_clear(&transform->memory);
    free(transform);
}

struct stage *fitted_add_stage(struct transform *t)
{
    struct stage *stage = &t->stage[t->stages];
    const size_t width = t->stages ? stage[-1].out : 0;

    *stage = (struct stage){.first = t->ops, .end = t->ops, .width = width, .out = width};
    t->stages++;
    return stage;
}

bool fitted_add_op(struct transform *t, const struct column_op *op, struct error *err)
{
    struct stage *stage = &t->stage[t->stages - 1];
    struct column_op *added = &t->op[t->ops];

    *added = *op;
    added->first = stage->width;
    added->width = op->kind == COLUMN_ONE_HOT ? op->categories.count : 1;
    if (added->width > TRANSFORM_FEATURES_MAX - stage->width)
        return error_set(err, ERR_LIMIT, "column '%.200s' would make more than %d features",
                         t->schema.column[op->column].name, TRANSFORM_FEATURES_MAX);
    t->ops++;
    stage->end = t->ops;
    stage->width += added->width;
    stage->out = stage->width;
    return true;
}

void fitted_set_missing(struct column_op *op)
{
    const struct table_string constant = {op->constant, op->constant ? strlen(op->constant) : 0};

    if (op->constant)
        op->missing = categories_find(&op->categories, &constant);
    else
        op->missing = op->categories.missing ? op->categories.count - 1 : CATEGORY_UNKNOWN;
}

void fitted_set_pca(struct transform *t, size_t k, const double *component, const double *mean)
{
    struct stage *stage = &t->stage[t->stages - 1];
    const size_t n = stage->width, stride = (k + PCA_LANES - 1) / PCA_LANES * PCA_LANES;
    double *across = ARENA_ZERO(&t->memory, double, n *stride);
    double *base = ARENA_ZERO(&t->memory, double, stride);
    double *copy = ARENA_NEW(&t->memory, double, n);

    memcpy(copy, mean, n * sizeof *copy);
    for (size_t c = 0; c < k; c++)
        for (size_t f = 0; f < n; f++) {
            across[f * stride + c] = component[c * n + f];
            base[c] -= mean[f] * component[c * n + f];
        }
    /* No base is -0, so a feature that is 0 changes no bit: rows may leave it out or not. */
    for (size_t c = 0; c < k; c++)
        base[c] += 0.0;
    stage->kind = MATRIX_PCA;
    stage->out = k;
    stage->mean = copy;
    stage->stride = stride;
    stage->component = across;
    stage->base = base;
}

static const char *category_name(struct transform *t, const struct column_op *op, size_t code)
{
    const char *column = t->schema.column[op->column].name;
    const struct table_string *text = &op->categories.text[code];

    if (!text->bytes)
        return arena_format(&t->memory, "%s=(missing)", column);
    return arena_format(&t->memory, "%s=%.*s", column, (int)text->length, text->bytes);
}

static void name_stage(struct transform *t, const struct stage *stage, const char **name)
{
    for (size_t i = stage->first; i < stage->end; i++)
        for (size_t f = 0; f < t->op[i].width; f++)
            name[t->op[i].first + f] = t->op[i].kind == COLUMN_ONE_HOT
                                           ? category_name(t, &t->op[i], f)
                                           : t->schema.column[t->op[i].column].name;
    for (size_t f = 0; f < stage->out && stage->kind == MATRIX_PCA; f++)
        name[f] = arena_format(&t->memory, "pca_%zu", f);
}

static bool check_names(const struct transform *t, struct error *err)
{
    json_t *seen = json_object();
    bool ok = true;

    for (size_t f = 0; f < t->width && ok; f++) {
        if (json_object_get(seen, t->name[f]))
            ok = error_set(err, ERR_DATA, "two features would be named '%.300s'", t->name[f]);
        json_object_set_new(seen, t->name[f], json_true());
    }
    json_decref(seen);
    return ok;
}

bool fitted_finish(struct transform *t, struct error *err)
{
    t->width = t->stages ? t->stage[t->stages - 1].out : 0;
    if (t->width == 0)
        return error_set(err, ERR_DATA, "no column is left to make features of");
    for (size_t s = 0; s < t->stages; s++)
        t->widest = t->stage[s].width > t->widest ? t->stage[s].width : t->widest;
    const char **name = ARENA_ZERO(&t->memory, const char *, t->widest);
    for (size_t s = 0; s < t->stages; s++)
        name_stage(t, &t->stage[s], name);
    t->name = name;
    return check_names(t, err);
}

const struct schema *transform_schema(const struct transform *transform)
{
    return &transform->schema;
}

size_t transform_width(const struct transform *transform)
{
    return transform->width;
}

const char *transform_name(const struct transform *transform, size_t feature)
{
    return transform->name[feature];
}

size_t transform_width_before_pca(const struct transform *transform)
{
    for (size_t s = transform->stages; s-- > 0;)
        if (transform->stage[s].kind == MATRIX_PCA)
            return transform->stage[s].width;
    return transform->width;
}
