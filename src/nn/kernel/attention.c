/*
 * Softmax over the keys of each query, and its gradient. Sums run over 16 interleaved parts in
 * every set, so that bits do not depend on the vector width.
 */
#include "nn/kernel/declare.h"
#include "nn/kernel/elementary_vector.h"

enum { PARTS = 16, VECTORS = PARTS / LANES };

INLINE real part_sum(const vec part[VECTORS])
{
    real sum[PARTS];

    memcpy(sum, part, sizeof sum);
    for (size_t half = PARTS / 2; half; half /= 2)
        for (size_t j = 0; j < half; j++)
            sum[j] += sum[j + half];
    return sum[0];
}

INLINE real part_max(const vec part[VECTORS])
{
    real max[PARTS];

    memcpy(max, part, sizeof max);
    for (size_t half = PARTS / 2; half; half /= 2)
        for (size_t j = 0; j < half; j++)
            max[j] = max[j] > max[j + half] ? max[j] : max[j + half];
    return max[0];
}

/* The factor of LANES logits of a row. */
INLINE vec factor_of(const struct softmax_rows *s, vec row, size_t at)
{
    return s->column_factor ? row * vec_load(s->column_factor + at) : row;
}

static void row_forward(const struct softmax_rows *s, real *x, const real *mask, vec factor)
{
    vec top[VECTORS], sum[VECTORS] = {{0}};

    for (size_t j = 0; mask && j < s->columns; j++)
        x[j] += mask[j] / s->scale;
    for (size_t j = s->columns; j < s->stride; j++)
        x[j] = -INFINITY;
    UNROLL
    for (size_t v = 0; v < VECTORS; v++)
        top[v] = vec_of(-INFINITY);
    for (size_t at = 0; at < s->stride; at += PARTS)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++) {
        real *to = x + at + v * LANES;
        const vec y = vec_load(to) * factor_of(s, factor, at + v * LANES);
        vec_store(to, y);
        top[v] = vec_higher(y, top[v]);
    }
    const vec highest = vec_of(part_max(top));
    for (size_t at = 0; at < s->stride; at += PARTS)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++) {
        real *to = x + at + v * LANES;
        const vec y = vec_exp(vec_load(to) - highest);
        vec_store(to, y);
        sum[v] += y;
    }
    const vec inverse = vec_of(1 / part_sum(sum));
    for (size_t at = 0; at < s->stride; at += LANES)
        vec_store(x + at, vec_load(x + at) * inverse);
}

void KERNEL(kernel_softmax_rows)(const struct softmax_rows *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        const real factor = s->scale * (s->row_factor ? s->row_factor[i] : 1);
        row_forward(s, s->x + i * s->stride, s->mask ? s->mask + i * s->mask_stride : NULL,
                    vec_of(factor));
    }
}

/* sum p dp of a row */
static real row_mean(const struct softmax_rows *s, const real *dp, const real *p)
{
    vec sum[VECTORS] = {{0}};

    for (size_t at = 0; at < s->stride; at += PARTS)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++)
        sum[v] += vec_load(dp + at + v * LANES) * vec_load(p + at + v * LANES);
    return part_sum(sum);
}

void KERNEL(kernel_softmax_rows_backward)(const struct softmax_rows *s, const real *p)
{
    for (size_t i = 0; i < s->rows; i++) {
        const vec factor = vec_of(s->scale * (s->row_factor ? s->row_factor[i] : 1));
        const real *pi = p + i * s->stride;
        real *x = s->x + i * s->stride;
        for (size_t j = s->columns; j < s->stride; j++)
            x[j] = 0;
        const vec mean = vec_of(s->mean ? s->mean[i] : row_mean(s, x, pi));
        for (size_t at = 0; at < s->stride; at += LANES) {
            const vec d = vec_load(pi + at) * (vec_load(x + at) - mean);
            vec_store(x + at, d * factor_of(s, factor, at));
        }
    }
}
