/*
 * order_features — the embedded features of an order, shared by the ops that aggregate them.
 *
 * Feature f of an order is a row of E numbers: row category[f] of the table where the features are
 * categories, value[f] times row first_row + f where they are numbers. Row 0 of the table stands
 * for padding and learns nothing; an id outside the table reads as zeros.
 */
#ifndef QUERN_NN_OP_ORDER_FEATURES_H
#define QUERN_NN_OP_ORDER_FEATURES_H

#include "nn/op.h"

struct order_features {
    const int32_t *category; /* [orders, features], or NULL */
    const real *value;       /* [orders, features], or NULL */
    const real *table;       /* [rows, size] */
    real *d_value, *d_table; /* NULL where not wanted */
    size_t features, rows, size, first_row;
    const struct kernels *kernels;
};

/* What op_plan inputs 0 category, 1 table and 2 value must be; the number of features. */
size_t order_features_plan(const struct op_plan *plan);

/* From inputs 0, 1 and 2. */
struct order_features order_features_of(const struct op_call *call);

/* Feature f of an order into y[size]. */
void order_feature_read(const struct order_features *x, size_t order, size_t f, real *y);

/* The gradient dy[size] of the same. */
void order_feature_back(const struct order_features *x, size_t order, size_t f, const real *dy);

#endif
