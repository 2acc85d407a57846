/* cut — one transform as two, before and from its last PCA. */
#include "transform/fitted.h"

#include <math.h>
#include <string.h>

static const double *copy_numbers(struct transform *to, const double *from, size_t count)
{
    double *copy = ARENA_NEW(&to->memory, double, count);

    memcpy(copy, from, count * sizeof *copy);
    return copy;
}

static bool copy_op(struct transform *to, const struct column_op *from, struct error *err)
{
    const struct categories *c = &from->categories;
    struct column_op op = *from;

    if (op.kind != COLUMN_NUMBER)
        categories_make(&op.categories, c->text, c->number, c->count - c->missing, c->missing,
                        &to->memory);
    if (op.constant)
        op.constant = arena_string(&to->memory, op.constant, strlen(op.constant));
    return fitted_add_op(to, &op, err);
}

static void copy_matrix(struct transform *to, const struct stage *from)
{
    struct stage *stage = &to->stage[to->stages - 1];
    struct stage copy = *from;

    copy.first = stage->first;
    copy.end = stage->end;
    if (from->kind == MATRIX_STANDARD || from->kind == MATRIX_MIN_MAX) {
        copy.a = copy_numbers(to, from->a, from->width);
        copy.b = copy_numbers(to, from->b, from->width);
    }
    if (from->kind == MATRIX_PCA) {
        copy.mean = copy_numbers(to, from->mean, from->width);
        copy.variance = copy_numbers(to, from->variance, from->out);
        copy.component = copy_numbers(to, from->component, from->width * from->stride);
        copy.base = copy_numbers(to, from->base, from->stride);
    }
    *stage = copy;
}

/* Stages before `end`, and of stage `end` its columns. */
static bool copy_front(struct transform **front, const struct transform *t, size_t end,
                       struct error *err)
{
    struct transform *to = fitted_new(&t->schema, end + 1);
    bool ok = true;

    for (size_t s = 0; s <= end && ok; s++) {
        fitted_add_stage(to);
        for (size_t i = t->stage[s].first; i < t->stage[s].end && ok; i++)
            ok = copy_op(to, &t->op[i], err);
        if (s < end)
            copy_matrix(to, &t->stage[s]);
    }
    if (!ok || !fitted_finish(to, err)) {
        transform_free(to);
        return false;
    }
    *front = to;
    return true;
}

/* A number column for each feature of `front`, then the stages from `begin`. */
static bool copy_back(struct transform **back, const struct transform *t, size_t begin,
                      const struct transform *front, struct error *err)
{
    struct schema_column *column = memory_take(front->width, sizeof *column);
    const struct schema schema = {.count = front->width, .column = column};
    bool ok = true;

    for (size_t f = 0; f < front->width; f++)
        column[f] = (struct schema_column){front->name[f], SCHEMA_NUMBER, SCHEMA_REQUIRED};
    struct transform *to = fitted_new(&schema, t->stages - begin);
    free(column);
    fitted_add_stage(to);
    for (size_t f = 0; f < front->width && ok; f++) {
        const struct column_op op = {.kind = COLUMN_NUMBER, .column = f, .fill = NAN};
        ok = fitted_add_op(to, &op, err);
    }
    copy_matrix(to, &t->stage[begin]);
    for (size_t s = begin + 1; s < t->stages; s++) {
        fitted_add_stage(to);
        copy_matrix(to, &t->stage[s]);
    }
    if (!ok || !fitted_finish(to, err)) {
        transform_free(to);
        return false;
    }
    *back = to;
    return true;
}

bool transform_cut(const struct transform *t, struct transform **front, struct transform **back,
                   struct error *err)
{
    size_t at = t->stages;

    while (at > 0 && t->stage[at - 1].kind != MATRIX_PCA)
        at--;
    if (at == 0)
        return error_set(err, ERR_ARG, "the steps have no PCA to cut at");
    if (t->stage[at - 1].end < t->ops)
        return error_set(err, ERR_ARG,
                         "the steps take columns after the PCA, so they cannot be "
                         "cut there");
    struct transform *first;
    if (!copy_front(&first, t, at - 1, err))
        return false;
    if (!copy_back(back, t, at - 1, first, err)) {
        transform_free(first);
        return false;
    }
    *front = first;
    return true;
}
