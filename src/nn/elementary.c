#include "nn/elementary.h"

#include "nn/kernels.h"

void elementary_exp(real *y, const real *x, size_t n)
{
    kernels_best()->exp(y, x, n);
}

void elementary_log(real *y, const real *x, size_t n)
{
    kernels_best()->log(y, x, n);
}

void elementary_tanh(real *y, const real *x, size_t n)
{
    kernels_best()->tanh(y, x, n);
}

void elementary_sigmoid(real *y, const real *x, size_t n)
{
    kernels_best()->sigmoid(y, x, n);
}
