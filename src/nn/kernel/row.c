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

/* The same, and simpler where n is a multiple of PARTS. */
INLINE vec part_load(const bool whole, const real *x, size_t from, size_t n)
{
    return whole ? vec_load(x + from) : row_load(x, from, n);
}

INLINE void part_store(const bool whole, real *x, size_t from, size_t n, vec v)
{
    if (whole)
        vec_store(x + from, v);
    else
        row_store(x, from, n, v);
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

/*
 * Rows are normalised LANES at a time, so that their sums are added side by side. Row r has its
 * partial sums in part[r]; lane r of the result is its total, added in the order of sum_total().
 */
INLINE vec block_total(vec part[LANES][VECTORS])
{
    vec x[LANES];

    UNROLL
    for (size_t r = 0; r < LANES; r++) {
        for (size_t half = VECTORS / 2; half; half /= 2)
            for (size_t v = 0; v < half; v++)
                part[r][v] += part[r][v + half];
        x[r] = part[r][0];
    }
    /* Each turn adds the upper half of every vector to the lower one and puts two rows into one. */
    UNROLL
    for (size_t half = LANES / 2; half; half /= 2)
        UNROLL
    for (size_t r = 0; r < half; r++)
        x[r] = vec_interleave_low(x[r], x[r + half]) + vec_interleave_high(x[r], x[r + half]);
    return x[0];
}

/* x of a row, plus the residual where there is one. */
INLINE vec norm_load(const struct layer_norm *call, const bool whole, size_t row, size_t from)
{
    const size_t n = call->n;
    const vec x = part_load(whole, call->x + row * n, from, n);

    return call->residual ? x + part_load(whole, call->residual + row * n, from, n) : x;
}

/* The last numbers of a row of n are not all there: those past the end become 0. */
INLINE vec norm_past_end(const bool whole, vec v, size_t from, size_t n)
{
    real x[LANES] = {0};

    if (whole || from + LANES <= n)
        return v;
    if (from < n)
        vec_store_part(x, v, n - from);
    return vec_load(x);
}

/* Sum of row - mean, or of its square. */
INLINE void norm_sum(const struct layer_norm *call, const bool whole, size_t row, const bool square,
                     real mean, vec part[VECTORS])
{
    const size_t n = call->n;
    vec sum[VECTORS] = {0};

    for (size_t i = 0; i < n; i += PARTS)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++) {
        const size_t from = i + v * LANES;
        const vec x = norm_load(call, whole, row, from);
        const vec d = square ? norm_past_end(whole, x - mean, from, n) : x;
        sum[v] += square ? d * d : d;
    }
    memcpy(part, sum, sizeof sum);
}

/* Mean and scale of `count` rows into call->kept. */
INLINE void norm_statistics(const struct layer_norm *call, const bool whole, size_t row,
                            size_t count)
{
    vec part[LANES][VECTORS] = {0};
    real mean[LANES], square[LANES];
    real *kept = call->kept + 2 * row;

    for (size_t r = 0; r < count; r++)
        norm_sum(call, whole, row + r, false, 0, part[r]);
    vec_store(mean, block_total(part) / (real)call->n);
    for (size_t r = 0; r < count; r++)
        norm_sum(call, whole, row + r, true, mean[r], part[r]);
    vec_store(square, block_total(part) / (real)call->n + call->epsilon);
    for (size_t r = 0; r < LANES; r++)
        square[r] = 1 / sqrt(square[r]);
    for (size_t r = 0; r < count; r++) {
        kept[2 * r] = mean[r];
        kept[2 * r + 1] = square[r];
    }
}

INLINE void norm_rows(const struct layer_norm *call, const bool whole)
{
    const size_t n = call->n;

    for (size_t row = 0; row < call->rows; row++) {
        if (row % LANES == 0)
            norm_statistics(call, whole, row, call->rows - row < LANES ? call->rows - row : LANES);
        const real mean = call->kept[2 * row], scale = call->kept[2 * row + 1];
        for (size_t i = 0; i < n; i += LANES) {
            const vec hat = (norm_load(call, whole, row, i) - mean) * scale;
            part_store(whole, call->y + row * n, i, n,
                       hat * part_load(whole, call->gain, i, n) +
                           part_load(whole, call->bias, i, n));
        }
    }
}

void KERNEL(kernel_layer_norm)(const struct layer_norm *call)
{
    if (call->n % PARTS == 0)
        norm_rows(call, true);
    else
        norm_rows(call, false);
}

/* d += x, where d is wanted. */
INLINE void norm_add(const bool whole, real *d, size_t from, size_t n, vec x)
{
    if (d)
        part_store(whole, d, from, n, part_load(whole, d, from, n) + x);
}

/* Rows row .. row+count-1, of which a gradient of u = dy gain comes back. */
struct norm_block {
    const struct layer_norm *call;
    const struct layer_norm_back *back;
    size_t row, count;
    vec plain[LANES][VECTORS], along[LANES][VECTORS]; /* partial sums of u and of u h */
};

/* Numbers from .. from+LANES-1 of all rows: their part of the sums, and dgain and dbias. */
INLINE void norm_block_sums(struct norm_block *b, const bool whole, size_t from, size_t v)
{
    const struct layer_norm *call = b->call;
    const size_t n = call->n;
    const vec gain = part_load(whole, call->gain, from, n);
    vec dgain = b->back->dgain ? part_load(whole, b->back->dgain, from, n) : gain;
    vec dbias = b->back->dbias ? part_load(whole, b->back->dbias, from, n) : gain;

    for (size_t r = 0; r < b->count; r++) {
        const size_t row = b->row + r;
        const vec d = part_load(whole, b->back->dy + row * n, from, n);
        const vec hat =
            (norm_load(call, whole, row, from) - call->kept[2 * row]) * call->kept[2 * row + 1];
        const vec weighted = d * gain;
        b->plain[r][v] += weighted;
        b->along[r][v] += weighted * hat;
        dgain += d * hat;
        dbias += d;
    }
    if (b->back->dgain)
        part_store(whole, b->back->dgain, from, n, dgain);
    if (b->back->dbias)
        part_store(whole, b->back->dbias, from, n, dbias);
}

INLINE void norm_block_back(struct norm_block *b, const bool whole)
{
    const struct layer_norm *call = b->call;
    const struct layer_norm_back *back = b->back;
    const size_t n = call->n;
    real plain[LANES], along[LANES];

    for (size_t i = 0; i < n; i += PARTS)
        for (size_t v = 0; v < VECTORS && i + v * LANES < n; v++)
            norm_block_sums(b, whole, i + v * LANES, v);
    vec_store(plain, block_total(b->plain) / (real)n);
    vec_store(along, block_total(b->along) / (real)n);
    for (size_t r = 0; r < b->count; r++) {
        const size_t row = b->row + r;
        const real mean = call->kept[2 * row], scale = call->kept[2 * row + 1];
        for (size_t i = 0; i < n; i += LANES) {
            const vec hat = (norm_load(call, whole, row, i) - mean) * scale;
            const vec weighted =
                part_load(whole, back->dy + row * n, i, n) * part_load(whole, call->gain, i, n);
            const vec dx = (weighted - plain[r] - hat * along[r]) * scale;
            norm_add(whole, back->dx ? back->dx + row * n : NULL, i, n, dx);
            norm_add(whole, back->dresidual ? back->dresidual + row * n : NULL, i, n, dx);
        }
    }
}

void KERNEL(kernel_layer_norm_back)(const struct layer_norm *call,
                                    const struct layer_norm_back *back)
{
    for (size_t row = 0; row < call->rows; row += LANES) {
        struct norm_block block = {.call = call, .back = back, .row = row};
        block.count = call->rows - row < LANES ? call->rows - row : LANES;
        if (call->n % PARTS == 0)
            norm_block_back(&block, true);
        else
            norm_block_back(&block, false);
    }
}
