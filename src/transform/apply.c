/*
 * apply — rows to features, one row after another, by the same code for one row and for a million.
 *
 * On its way a row is a list of entries, the features that may be other than 0 in ascending order:
 * a one-hot column of fifty categories is one entry, and costs PCA one product instead of fifty.
 */
#include "transform/fitted.h"

#include "base/utf8.h"
#include "transform/pca_kernel.h"

#include <math.h>
#include <string.h>

struct row {
    const struct transform *transform;
    const struct pca_kernel *kernel;
    const struct frame *frame;
    size_t index;
    struct feature_entry *entry; /* [widest] */
    size_t count;
    double *dense; /* [widest], and the padding of PCA */
    struct row_errors *errors;
};

static const char *column_name(const struct row *row, const struct column_op *op)
{
    return row->transform->schema.column[op->column].name;
}

__attribute__((cold, noinline)) static bool fail_unknown(const struct row *row,
                                                         const struct column_op *op)
{
    enum { SHOWN = 100 };
    const struct table_string *text = &row->frame->column[op->column].text[row->index];

    if (text->bytes)
        row_errors_add(row->errors, row->index, column_name(row, op),
                       "'%.*s' is not a category of the training rows",
                       (int)utf8_cut(text->bytes, text->length, SHOWN), text->bytes);
    else
        row_errors_add(row->errors, row->index, column_name(row, op),
                       "a missing value is not a category of the training rows");
    return false;
}

static double number_of(const struct column_op *op, double x)
{
    if (isnan(x))
        x = op->fill;
    switch (op->scale) {
    case SCALE_NONE:
        return x;
    case SCALE_STANDARD:
        return (x - op->a) / op->b;
    case SCALE_MIN_MAX:
        return x * op->a + op->b;
    }
    return x;
}

static size_t code_of(const struct column_op *op, const struct table_string *text)
{
    return text->bytes ? categories_find(&op->categories, text) : op->missing;
}

static double ordinal_of(const struct column_op *op, size_t code)
{
    if (code == CATEGORY_UNKNOWN)
        return op->unknown_value;
    return op->categories.missing && code == op->categories.count - 1 ? NAN : (double)code;
}

/* The features of a stage's columns as entries; false when the row is at fault. */
static bool add_columns(struct row *row, const struct stage *stage)
{
    struct feature_entry *next = row->entry + row->count;

    for (size_t i = stage->first; i < stage->end; i++) {
        const struct column_op *op = &row->transform->op[i];
        const struct frame_column *column = &row->frame->column[op->column];
        if (op->kind == COLUMN_NUMBER) {
            *next++ = (struct feature_entry){number_of(op, column->number[row->index]), op->first};
            continue;
        }
        const size_t code = code_of(op, &column->text[row->index]);
        if (code == CATEGORY_UNKNOWN && op->unknown == UNKNOWN_ERROR)
            return fail_unknown(row, op);
        if (op->kind == COLUMN_ORDINAL)
            *next++ = (struct feature_entry){ordinal_of(op, code), op->first};
        else if (code != CATEGORY_UNKNOWN)
            *next++ = (struct feature_entry){1, op->first + code};
    }
    row->count = (size_t)(next - row->entry);
    return true;
}

static void scatter(const struct row *row, double *features, size_t width)
{
    memset(features, 0, width * sizeof *features);
    for (size_t e = 0; e < row->count; e++)
        features[row->entry[e].feature] = row->entry[e].value;
}

static void take_dense(struct row *row, size_t width)
{
    for (size_t f = 0; f < width; f++)
        row->entry[f] = (struct feature_entry){row->dense[f], f};
    row->count = width;
}

static void scale_all(struct row *row, const struct stage *stage)
{
    double *x = row->dense;

    scatter(row, x, stage->width);
    for (size_t f = 0; f < stage->width; f++)
        x[f] = stage->kind == MATRIX_STANDARD ? (x[f] - stage->a[f]) / stage->b[f]
                                              : x[f] * stage->a[f] + stage->b[f];
    take_dense(row, stage->width);
}

/* The column that feature `f` before the matrix step of a stage comes from, or NULL. */
static const char *source_of(const struct row *row, const struct stage *stage, size_t f)
{
    const struct transform *t = row->transform;

    for (;; stage--) {
        for (size_t i = stage->first; i < stage->end; i++)
            if (f >= t->op[i].first && f < t->op[i].first + t->op[i].width)
                return column_name(row, &t->op[i]);
        if (stage == t->stage || stage[-1].kind == MATRIX_PCA)
            return NULL;
    }
}

__attribute__((cold, noinline)) static bool fail_project(const struct row *row,
                                                         const struct stage *stage)
{
    for (size_t e = 0; e < row->count; e++)
        if (!isfinite(row->entry[e].value)) {
            row_errors_add(row->errors, row->index, source_of(row, stage, row->entry[e].feature),
                           isnan(row->entry[e].value) ? "is missing, and PCA needs every value"
                                                      : "is too large for PCA");
            return false;
        }
    row_errors_add(row->errors, row->index, NULL, "its numbers are too large for PCA");
    return false;
}

static bool project(struct row *row, const struct stage *stage)
{
    double zero = 0;

    row->kernel->project(row->dense, stage->base, stage->component, stage->stride, row->entry,
                         row->count);
    for (size_t k = 0; k < stage->out; k++)
        zero += row->dense[k] * 0.0; /* NaN when some result is not finite */
    return zero == 0 || fail_project(row, stage);
}

static bool apply_row(struct row *row, double *features)
{
    const struct transform *t = row->transform;
    const struct stage *last = &t->stage[t->stages - 1];

    row->count = 0;
    for (const struct stage *stage = t->stage; stage <= last; stage++) {
        if (!add_columns(row, stage))
            return false;
        if (stage->kind == MATRIX_PCA) {
            if (!project(row, stage))
                return false;
            if (stage < last)
                take_dense(row, stage->out);
        } else if (stage->kind != MATRIX_NONE) {
            scale_all(row, stage);
        }
    }
    if (last->kind == MATRIX_PCA)
        memcpy(features, row->dense, last->out * sizeof *features);
    else
        scatter(row, features, last->out);
    return true;
}

void transform_apply(const struct transform *transform, const struct frame *rows, double *features,
                     struct row_errors *errors, struct arena *scratch)
{
    struct row row = {
        .transform = transform,
        .kernel = pca_kernel_best(),
        .frame = rows,
        .entry = ARENA_NEW(scratch, struct feature_entry, transform->widest),
        .dense = ARENA_NEW(scratch, double, transform->widest + PCA_LANES),
        .errors = errors,
    };

    BUG_ON(rows->schema->count != transform->schema.count);
    for (; row.index < rows->rows; row.index++) {
        double *out = features + row.index * transform->width;
        if (apply_row(&row, out))
            continue;
        for (size_t f = 0; f < transform->width; f++)
            out[f] = NAN;
    }
}
