/* trees_dense — the fast form of a model of shallow numeric trees; see trees_dense.c. */
#ifndef QUERN_MODEL_TREES_DENSE_H
#define QUERN_MODEL_TREES_DENSE_H

#include "model/trees_internal.h"

/* NULL where the model does not fit. */
struct trees_dense *trees_dense_new(const struct trees *trees);
void trees_dense_free(struct trees_dense *dense);

#endif
