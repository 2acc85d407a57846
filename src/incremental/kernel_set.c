/* See kernel.h. KERNEL_SET names the instruction set, KERNEL_BYTES its vectors. */
#include "incremental/kernel_vector.h"

enum { TILE = 4, WIDE = 2 };

/* The partial sums of KERNEL_LANES, always in the same order. */
INLINE double total(const vector *part)
{
    double lane[KERNEL_LANES];

    memcpy(lane, part, sizeof lane);
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
           ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

static void sums(const struct incremental_rows *in, const double *p, const double *q, double *a,
                 double *b)
{
    for (size_t r = 0; r < in->rows; r++) {
        const double *x = in->x + r * in->width;
        vector of_p[PARTS] = {0}, of_q[PARTS] = {0};
        for (size_t j = 0; j < in->width; j += KERNEL_LANES)
            for (size_t l = 0; l < PARTS; l++) {
                const vector v = load(x + j + l * LANES);
                of_p[l] += v * load(p + j + l * LANES);
                of_q[l] += v * load(q + j + l * LANES);
            }
        a[r] = total(of_p);
        b[r] = total(of_q);
    }
}

static void add(double *sum, const struct incremental_rows *in, const double *a, const double *b)
{
    for (size_t j = 0; j < in->width; j += LANES) {
        const vector controls = load(in->controls + j), effects = load(in->effects + j);
        vector s = load(sum + j);
        for (size_t r = 0; r < in->rows; r++)
            s += (a[r] * controls + b[r] * effects) * load(in->x + r * in->width + j);
        store(sum + j, s);
    }
}

static void scale(double *out, const struct incremental_rows *in, const double *a, const double *b)
{
    for (size_t j = 0; j < in->width; j += LANES) {
        const vector controls = load(in->controls + j), effects = load(in->effects + j);
        for (size_t r = 0; r < in->rows; r++)
            store(out + r * in->width + j,
                  (a[r] * controls + b[r] * effects) * load(in->x + r * in->width + j));
    }
}

/* TILE rows of the product from row i on, `wide` vectors of each from column j on. */
INLINE void tile(double *product, const double *x, size_t rows, size_t width, size_t i, size_t j,
                 size_t wide, bool more)
{
    vector sum[TILE][WIDE] = {0};

    for (size_t q = 0; more && q < TILE; q++)
        for (size_t w = 0; w < wide; w++)
            sum[q][w] = load(product + (i + q) * width + j + w * LANES);
    for (size_t r = 0; r < rows; r++) {
        const double *row = x + r * width;
        for (size_t w = 0; w < wide; w++) {
            const vector v = load(row + j + w * LANES);
            for (size_t q = 0; q < TILE; q++)
                sum[q][w] += row[i + q] * v;
        }
    }
    for (size_t q = 0; q < TILE; q++)
        for (size_t w = 0; w < wide; w++)
            store(product + (i + q) * width + j + w * LANES, sum[q][w]);
}

static void products(double *product, const double *x, size_t rows, size_t width, bool more)
{
    for (size_t i = 0; i < width; i += TILE) {
        size_t j = 0;
        for (; j + WIDE * LANES <= i + TILE; j += WIDE * LANES)
            tile(product, x, rows, width, i, j, WIDE, more);
        for (; j < i + TILE; j += LANES)
            tile(product, x, rows, width, i, j, 1, more);
    }
}

INLINE void add_run(double *to, const double *from, size_t count)
{
    size_t j = 0;

    for (; j + LANES <= count; j += LANES)
        store(to + j, load(to + j) + load(from + j));
    for (; j < count; j++)
        to[j] += from[j];
}

static void scatter(double *total, size_t count, const double *product, size_t width,
                    const struct incremental_span *span, size_t spans)
{
    for (size_t s = 0; s < spans; s++)
        for (size_t i = 0; i < span[s].count; i++) {
            const double *from = product + (span[s].column + i) * width;
            double *to = total + (span[s].parameter + i) * count;
            for (size_t c = 0; c < s; c++)
                add_run(to + span[c].parameter, from + span[c].column, span[c].count);
            add_run(to + span[s].parameter, from + span[s].column, i + 1);
        }
}

static void spread(double *total, const double *sum, const double *weight, size_t lanes,
                   const struct incremental_span *span, size_t spans)
{
    for (size_t s = 0; s < spans; s++)
        for (size_t i = 0; i < span[s].count; i++) {
            double *to = total + (span[s].parameter + i) * lanes;
            const double x = sum[span[s].column + i];
            for (size_t l = 0; l < lanes; l += LANES)
                store(to + l, load(to + l) + x * load(weight + l));
        }
}

extern const struct incremental_chance_kernel KERNEL_NAME(incremental_chance_kernel, KERNEL_SET);
extern const struct incremental_kernel KERNEL_NAME(incremental_kernel, KERNEL_SET);
const struct incremental_kernel KERNEL_NAME(incremental_kernel, KERNEL_SET) = {
    .sums = sums,
    .add = add,
    .scale = scale,
    .products = products,
    .scatter = scatter,
    .spread = spread,
    .chance = &KERNEL_NAME(incremental_chance_kernel, KERNEL_SET)};
