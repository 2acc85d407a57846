/*
 * incremental_kernel — the inner loops of the incremental objective, once per instruction set.
 *
 * Features of several impressions lie in rows of `width` numbers, a multiple of KERNEL_LANES. Every
 * set adds in the same order and fuses nothing, so the vector width never shows in the bits.
 */
#ifndef QUERN_INCREMENTAL_KERNEL_H
#define QUERN_INCREMENTAL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

enum { KERNEL_LANES = 8 };

/* x [rows][width]; which of its columns are controls and which effects: 1 or 0, [width] each. */
struct incremental_rows {
    size_t rows, width;
    const double *x, *controls, *effects;
};

/* Columns that belong to consecutive parameters. */
struct incremental_span {
    size_t column, parameter, count;
};

/* One campaign at one impression, shown in several amounts; rows of `models` numbers, one for each
 * set of parameters, a multiple of KERNEL_LANES. */
struct incremental_grid {
    size_t models, effects, points;
    bool additive;
    const double *base; /* hazards without effects, or logits */
    const double *rest; /* effects of all other campaigns */
    const double *own;  /* [effects] rows: parameters of the campaign */
    const double *x;    /* [points][effects] */
    const double *p;    /* chances as it was */
};

/* What a model says, for rows of models. */
struct incremental_chance_kernel {
    /* out += sum over i of x[i] rows[i] */
    void (*weigh)(double *out, const double *rows, const double *x, size_t count, size_t models);
    /* exp(min(controls, 3)), in place: the hazard without effects of additive links */
    void (*hazards)(double *controls, size_t models);
    /* p of hazards or logits and of effects */
    void (*chances)(double *p, bool additive, const double *base, const double *effects,
                    size_t models);
    /* change [points] rows += p with x - p as it was */
    void (*grid)(double *change, const struct incremental_grid *in);
};

struct incremental_kernel {
    /* a[r] = x[r] . p and b[r] = x[r] . q, in KERNEL_LANES partial sums each. */
    void (*sums)(const struct incremental_rows *in, const double *p, const double *q, double *a,
                 double *b);
    /* sum[j] += sum over r of f x[r][j], f = a[r] for a column of controls, b[r] for effects. */
    void (*add)(double *sum, const struct incremental_rows *in, const double *a, const double *b);
    /* out[r][j] = f x[r][j] */
    void (*scale)(double *out, const struct incremental_rows *in, const double *a, const double *b);
    /* product[i][j] = (more ? product[i][j] : 0) + sum over r of x[r][i] x[r][j] where j <= i; what
     * it leaves above the diagonal means nothing. */
    void (*products)(double *product, const double *x, size_t rows, size_t width, bool more);
    /* Lower triangles: total [count][count] += product [width][width] for every pair of spans,
     * which stand in order. */
    void (*scatter)(double *total, size_t count, const double *product, size_t width,
                    const struct incremental_span *span, size_t spans);
    /* total [parameters][lanes] += sum [width] times weight [lanes]; lanes a multiple of
     * KERNEL_LANES. */
    void (*spread)(double *total, const double *sum, const double *weight, size_t lanes,
                   const struct incremental_span *span, size_t spans);
    const struct incremental_chance_kernel *chance;
};

/* The fastest that this processor has. */
const struct incremental_kernel *incremental_kernel_best(void);

/* Set i of those compiled in, slowest first; NULL where the processor cannot run it. */
enum { INCREMENTAL_KERNELS = 3 };
const struct incremental_kernel *incremental_kernel_at(size_t i);

#endif
