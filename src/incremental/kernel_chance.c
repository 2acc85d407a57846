/* Chances of many models at once: see kernel.h. */
#include "incremental/kernel_vector.h"
#include "incremental/term.h"

INLINE vector choose(vector_bits mask, vector yes, vector no)
{
    return (vector)((mask & (vector_bits)yes) | (~mask & (vector_bits)no));
}

INLINE vector spread_of(double x)
{
    return (vector){0} + x;
}

INLINE vector smaller(vector a, double most)
{
    return choose((vector_bits)(a < most), a, spread_of(most));
}

/*
 * exp(-x) for x >= 0, as exp2_decay() of x / log 2: adding 1.5 * 2^52 leaves the nearest whole
 * number in the lowest bits, from where it is taken away from the exponent of 1.
 */
INLINE vector exp_minus(vector x)
{
    const vector bounded = smaller(x * INCREMENTAL_LOG2_E, 1000);
    const vector shifted = bounded + 0x1.8p52;
    const vector r = (shifted - 0x1.8p52 - bounded) * 0.693147180559945309417;
    const vector r2 = r * r, r4 = r2 * r2;
    const vector low = 1 + r + r2 * (1. / 2 + r * (1. / 6));
    const vector middle = 1. / 24 + r * (1. / 120) + r2 * (1. / 720 + r * (1. / 5040));
    const vector high = 1. / 40320 + r * (1. / 362880) + r2 * (1. / 3628800);
    const vector power = (vector)((1023 - (vector_bits)shifted) << 52);

    return power * (low + r4 * (middle + r4 * high));
}

INLINE vector size_of(vector x)
{
    return choose((vector_bits)(x < 0), -x, x);
}

/* 1 / (1 + exp(-x)) */
INLINE vector logistic(vector x)
{
    const vector e = exp_minus(size_of(x));

    return choose((vector_bits)(x < 0), e, spread_of(1)) / (1 + e);
}

/* chance_of() a hazard of INCREMENTAL_HAZARD_MIN and more. */
INLINE vector chance_of_hazard(vector sum)
{
    const vector least = spread_of(INCREMENTAL_HAZARD_MIN);
    const vector h = choose((vector_bits)(sum > INCREMENTAL_HAZARD_MIN), sum, least);
    const vector small = h * (1 - h * (0.5 - h * (1. / 6)));

    return choose((vector_bits)(h < 1e-4), small, 1 - exp_minus(h));
}

static void weigh(double *out, const double *rows, const double *x, size_t count, size_t models)
{
    for (size_t m = 0; m < models; m += LANES) {
        vector sum = load(out + m);
        for (size_t i = 0; i < count; i++)
            sum += x[i] * load(rows + i * models + m);
        store(out + m, sum);
    }
}

static void hazards(double *controls, size_t models)
{
    for (size_t m = 0; m < models; m += LANES) {
        const vector x = smaller(load(controls + m), INCREMENTAL_EXPONENT_MAX);
        const vector e = exp_minus(size_of(x));
        store(controls + m, choose((vector_bits)(x > 0), 1 / e, e));
    }
}

static void chances(double *p, bool additive, const double *base, const double *effects,
                    size_t models)
{
    for (size_t m = 0; m < models; m += LANES) {
        const vector sum = load(base + m) + load(effects + m);
        store(p + m, additive ? chance_of_hazard(sum) : logistic(sum));
    }
}

INLINE void grid_of(double *change, const struct incremental_grid *in, bool additive)
{
    const size_t models = in->models;

    for (size_t m = 0; m < models; m += LANES) {
        const vector rest = load(in->base + m) + load(in->rest + m), p = load(in->p + m);
        for (size_t i = 0; i < in->points; i++) {
            const double *x = in->x + i * in->effects;
            vector sum = rest;
            for (size_t e = 0; e < in->effects; e++)
                sum += x[e] * load(in->own + e * models + m);
            const vector after = additive ? chance_of_hazard(sum) : logistic(sum);
            store(change + i * models + m, load(change + i * models + m) + (after - p));
        }
    }
}

static void grid(double *change, const struct incremental_grid *in)
{
    if (in->additive)
        grid_of(change, in, true);
    else
        grid_of(change, in, false);
}

extern const struct incremental_chance_kernel KERNEL_NAME(incremental_chance_kernel, KERNEL_SET);
const struct incremental_chance_kernel KERNEL_NAME(incremental_chance_kernel, KERNEL_SET) = {
    .weigh = weigh, .hazards = hazards, .chances = chances, .grid = grid};
