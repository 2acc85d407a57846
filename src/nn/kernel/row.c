/*
 * row — loops over the rows of a value: rectifiers and layer normalisation.
 *
 * Sums along a row are 16 interleaved partial sums added pairwise, in every set.
 */
#include "nn/kernel/declare.h"

#include <tgmath.h>

enum { PARTS = 16, VECTORS = PARTS / LANES };

struct sum {
    vec part[VECTORS];
};

INLINE real sum_total(const struct sum *sum)
{
    real part[PARTS];

    memcpy(part, sum->part, sizeof part);
    for (size_t half = PARTS / 2; half; half /= 2)
        for (size_t j = 0; j < half; j++)
            part[j] += part[j + half];
    return part[0];
}

/* Numbers i + v * LANES .. of a row of n; those past the end are 0. */
INLINE vec row_load(const real *x, size_t from, size_t n)
{
    if (from + LANES <= n)
        return vec_load(x + from);
    return from < n ? vec_load_part(x + from, n - from) : (vec){0};
}

INLINE void row_store(real *x, size_t from, size_t n, vec v)
{
    if (from + LANES <= n)
        vec_store(x + from, v);
    else if (from < n)
        vec_store_part(x + from, v, n - from);
}

INLINE vec rectified(vec z, vec slope)
{
    return vec_select(z > 0, z, slope * z);
}

void KERNEL(kernel_rectify)(real *y, real shift, real slope, size_t n)
{
    for (size_t i = 0; i < n; i += LANES)
        row_store(y, i, n, rectified(row_load(y, i, n) + shift, vec_of(slope)));
}

void KERNEL(kernel_rectify_back)(real *dz, const real *dy, const real *y, real slope, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        const vec d = row_load(dy, i, n);
        row_store(dz, i, n, vec_select(row_load(y, i, n) > 0, d, vec_of(slope) * d));
    }
}

real KERNEL(kernel_sum)(const real *x, size_t n)
{
    struct sum sum = {0};

    for (size_t i = 0; i < n; i += PARTS)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++)
        sum.part[v] += row_load(x, i + v * LANES, n);
    return sum_total(&sum);
}

/* x of a row, plus the residual where there is one. */
INLINE vec norm_load(const struct layer_norm *call, size_t row, size_t from)
{
    const size_t n = call->n;
    const vec x = row_load(call->x + row * n, from, n);

    return call->residual ? x + row_load(call->residual + row * n, from, n) : x;
}

/* The last numbers of a row of n are not all there: those past the end become 0. */
INLINE vec norm_past_end(vec v, size_t from, size_t n)
{
    real x[LANES] = {0};

    if (from + LANES <= n)
        return v;
    if (from < n)
        vec_store_part(x, v, n - from);
    return vec_load(x);
}

INLINE void norm_statistics(const struct layer_norm *call, size_t row, real *mean, real *scale)
{
    struct sum sum = {0}, square = {0};
    const size_t n = call->n;

    for (size_t i = 0; i < n; i += PARTS)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++)
        sum.part[v] += norm_load(call, row, i + v * LANES);
    *mean = sum_total(&sum) / (real)n;
    for (size_t i = 0; i < n; i += PARTS)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++) {
        const size_t from = i + v * LANES;
        const vec d = norm_past_end(norm_load(call, row, from) - *mean, from, n);
        square.part[v] += d * d;
    }
    *scale = 1 / sqrt(sum_total(&square) / (real)n + call->epsilon);
}

void KERNEL(kernel_layer_norm)(const struct layer_norm *call)
{
    const size_t n = call->n;

    for (size_t row = 0; row < call->rows; row++) {
        real mean, scale;
        norm_statistics(call, row, &mean, &scale);
        for (size_t i = 0; i < n; i += LANES) {
            const vec hat = (norm_load(call, row, i) - mean) * scale;
            row_store(call->y + row * n, i, n,
                      hat * row_load(call->gain, i, n) + row_load(call->bias, i, n));
        }
        call->kept[2 * row] = mean;
        call->kept[2 * row + 1] = scale;
    }
}

/* d += x, where d is wanted. */
INLINE void norm_add(real *d, size_t from, size_t n, vec x)
{
    if (d)
        row_store(d, from, n, row_load(d, from, n) + x);
}

INLINE void norm_row_back(const struct layer_norm *call, const struct layer_norm_back *back,
                          size_t row)
{
    const size_t n = call->n;
    const real *dy = back->dy + row * n, mean = call->kept[2 * row],
               scale = call->kept[2 * row + 1];
    struct sum plain = {0}, along = {0};

    for (size_t i = 0; i < n; i += PARTS)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++) {
        const size_t from = i + v * LANES;
        const vec d = row_load(dy, from, n), hat = (norm_load(call, row, from) - mean) * scale;
        const vec weighted = d * row_load(call->gain, from, n);
        plain.part[v] += weighted;
        along.part[v] += weighted * hat;
        norm_add(back->dgain, from, n, d * hat);
        norm_add(back->dbias, from, n, d);
    }
    const real mean_plain = sum_total(&plain) / (real)n, mean_along = sum_total(&along) / (real)n;
    for (size_t i = 0; i < n; i += LANES) {
        const vec hat = (norm_load(call, row, i) - mean) * scale;
        const vec weighted = row_load(dy, i, n) * row_load(call->gain, i, n);
        const vec dx = (weighted - mean_plain - hat * mean_along) * scale;
        norm_add(back->dx ? back->dx + row * n : NULL, i, n, dx);
        norm_add(back->dresidual ? back->dresidual + row * n : NULL, i, n, dx);
    }
}

void KERNEL(kernel_layer_norm_back)(const struct layer_norm *call,
                                    const struct layer_norm_back *back)
{
    for (size_t row = 0; row < call->rows; row++)
        norm_row_back(call, back, row);
}
