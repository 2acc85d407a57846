/*
 * update — the optimiser's loops. Plain loops that the compiler vectorises: square root and
 * division are correctly rounded in every width.
 */
#include "nn/adam.h"
#include "nn/kernel/declare.h"

#include <tgmath.h>

void KERNEL(kernel_adam)(const struct adam_step *step, size_t n, const real *gradient, real *weight,
                         real *first, real *second)
{
    const struct adam_step s = *step;
    const real *restrict g = gradient;
    real *restrict w = weight, *restrict m = first, *restrict v = second;

    for (size_t i = 0; i < n; i++) {
        const real m_new = s.keep1 * m[i] + s.add1 * g[i];
        const real v_new = s.keep2 * v[i] + s.add2 * (g[i] * g[i]);
        m[i] = m_new;
        v[i] = v_new;
        w[i] -= s.rate * m_new / (sqrt(v_new) + s.epsilon) + s.shrink * w[i];
    }
}

void KERNEL(kernel_follow)(real *y, real a, const real *x, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        vec_store(y + i, vec_load(y + i) + a * (vec_load(x + i) - vec_load(y + i)));
    for (; i < n; i++)
        y[i] += a * (x[i] - y[i]);
}
