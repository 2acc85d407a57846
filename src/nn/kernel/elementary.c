#include "nn/kernel/declare.h"
#include "nn/kernel/elementary_vector.h"

#define EACH_LANE(function)                                                                        \
    size_t i = 0;                                                                                  \
                                                                                                   \
    for (; i + LANES <= n; i += LANES)                                                             \
        vec_store(y + i, function(vec_load(x + i)));                                               \
    if (i < n)                                                                                     \
        vec_store_part(y + i, function(vec_load_part(x + i, n - i)), n - i);

void KERNEL(kernel_exp)(real *y, const real *x, size_t n)
{
    EACH_LANE(vec_exp)
}

void KERNEL(kernel_log)(real *y, const real *x, size_t n)
{
    EACH_LANE(vec_log)
}

void KERNEL(kernel_tanh)(real *y, const real *x, size_t n)
{
    EACH_LANE(vec_tanh)
}

void KERNEL(kernel_sigmoid)(real *y, const real *x, size_t n)
{
    EACH_LANE(vec_sigmoid)
}
