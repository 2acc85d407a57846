/*
 * fitted — what a fitted transform is made of. Used inside this room only.
 *
 * A transform is a list of stages. A stage makes features of columns, one operation a column,
 * beside those it got; then it may work on all of them at once:
 *
 *   in --+-------------------+--> width --[ scale | pca ]--> out
 *        | op[first] .. op[end - 1] |
 *
 * The first stage gets no features; each later one gets the `out` of the one before.
 */
#ifndef QUERN_TRANSFORM_FITTED_H
#define QUERN_TRANSFORM_FITTED_H

#include "transform/categories.h"
#include "transform/steps.h"

enum column_kind { COLUMN_NUMBER, COLUMN_ONE_HOT, COLUMN_ORDINAL };

/* Features of one column. */
struct column_op {
    enum column_kind kind;
    size_t column;       /* in the schema */
    size_t first, width; /* features it makes, counted in its stage */

    /* A number: y = (x - a) / b when scaled to standard, y = x * a + b for min-max; x is `fill`
     * where it is missing. */
    enum scale_kind scale;
    double fill, a, b;

    /* A category. */
    struct categories categories;
    enum unknown_kind unknown;
    double unknown_value;
    const char
        *constant;  /* stands for missing; NULL: missing is a category of its own, or unknown */
    size_t missing; /* code of a missing value, CATEGORY_UNKNOWN for none */
};

enum matrix_kind { MATRIX_NONE, MATRIX_STANDARD, MATRIX_MIN_MAX, MATRIX_PCA };

struct stage {
    size_t first, end; /* of the transform's column operations */
    size_t width, out; /* features before and after the matrix step */
    enum matrix_kind kind;
    const double *a, *b; /* [width] of a scale, as in column_op */

    /* PCA: out[k] = base[k] + sum over f of x[f] * component[f, k], in the order of f. */
    const double *mean;      /* [width] */
    const double *variance;  /* [out] explained by each component */
    double variance_total;   /* of all features */
    size_t stride;           /* `out` rounded up for vectors; the padding is 0 */
    const double *component; /* [width, stride] */
    const double *base;      /* [stride] */
};

struct transform {
    struct arena memory;
    struct schema schema;
    size_t ops, stages;
    struct column_op *op;    /* [ops] */
    struct stage *stage;     /* [stages], at least one */
    size_t width;            /* features at the end */
    size_t widest;           /* most entries a row has on its way */
    const char *const *name; /* [width] */
};

/* An empty transform over a copy of a schema, with room for an operation a column. */
struct transform *fitted_new(const struct schema *schema, size_t stages);
/* Begin a stage; operations added from here belong to it. */
struct stage *fitted_add_stage(struct transform *transform);
/* Take an operation over: place its features, count them. ERR_LIMIT: too many features. */
MUST_CHECK bool fitted_add_op(struct transform *transform, const struct column_op *op,
                              struct error *err);
/* Find the code of a missing value, when categories and constant are there. */
void fitted_set_missing(struct column_op *op);
/* Components [k, width] and means [width] into the last stage: lays them out for applying. */
void fitted_set_pca(struct transform *transform, size_t k, const double *component,
                    const double *mean);
/* Width and names, when all stages are there. ERR_DATA: two features have one name. */
MUST_CHECK bool fitted_finish(struct transform *transform, struct error *err);

#endif
