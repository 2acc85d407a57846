#include "model/trees_dense.h"

struct trees_dense *trees_dense_new(const struct trees *trees)
{
    return NULL;
}

void trees_dense_free(struct trees_dense *dense)
{
}
