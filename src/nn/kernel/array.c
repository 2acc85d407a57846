#include "nn/kernel/declare.h"

void KERNEL(kernel_add)(real *y, const real *x, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        vec_store(y + i, vec_load(y + i) + vec_load(x + i));
    for (; i < n; i++)
        y[i] += x[i];
}

void KERNEL(kernel_add_rows)(real *y, const real *x, size_t rows, size_t n)
{
    enum { VECTORS = 4 };
    size_t j = 0;

    for (; j + VECTORS * LANES <= n; j += VECTORS * LANES) {
        vec sum[VECTORS];
        UNROLL
        for (size_t v = 0; v < VECTORS; v++)
            sum[v] = vec_load(y + j + v * LANES);
        for (size_t i = 0; i < rows; i++)
            UNROLL
        for (size_t v = 0; v < VECTORS; v++)
            sum[v] += vec_load(x + i * n + j + v * LANES);
        UNROLL
        for (size_t v = 0; v < VECTORS; v++)
            vec_store(y + j + v * LANES, sum[v]);
    }
    for (size_t i = 0; j < n && i < rows; i++)
        KERNEL(kernel_add)(y + j, x + i * n + j, n - j);
}

void KERNEL(kernel_sum_of)(real *y, const real *a, const real *b, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        vec_store(y + i, vec_load(a + i) + vec_load(b + i));
    for (; i < n; i++)
        y[i] = a[i] + b[i];
}

void KERNEL(kernel_scale)(real *y, real a, const real *x, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        vec_store(y + i, a * vec_load(x + i));
    for (; i < n; i++)
        y[i] = a * x[i];
}

void KERNEL(kernel_add_scaled)(real *y, real a, const real *x, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        vec_store(y + i, vec_load(y + i) + a * vec_load(x + i));
    for (; i < n; i++)
        y[i] += a * x[i];
}

void KERNEL(kernel_multiply)(real *y, const real *a, const real *b, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        vec_store(y + i, vec_load(a + i) * vec_load(b + i));
    for (; i < n; i++)
        y[i] = a[i] * b[i];
}

void KERNEL(kernel_add_product)(real *y, const real *a, const real *b, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        vec_store(y + i, vec_load(y + i) + vec_load(a + i) * vec_load(b + i));
    for (; i < n; i++)
        y[i] += a[i] * b[i];
}

real KERNEL(kernel_dot)(const real *a, const real *b, size_t n)
{
    enum { PARTS = 16, VECTORS = PARTS / LANES };
    vec part[VECTORS] = {0};
    real sum[PARTS];
    size_t i = 0;

    for (; i + PARTS <= n; i += PARTS)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++)
        part[v] += vec_load(a + i + v * LANES) * vec_load(b + i + v * LANES);
    memcpy(sum, part, sizeof sum);
    for (size_t j = 0; i + j < n; j++)
        sum[j] += a[i + j] * b[i + j];
    for (size_t half = PARTS / 2; half; half /= 2)
        for (size_t j = 0; j < half; j++)
            sum[j] += sum[j + half];
    return sum[0];
}
