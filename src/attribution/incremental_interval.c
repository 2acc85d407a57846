#include "attribution/incremental_interval.h"

#include "attribution/incremental_solve.h"
#include "base/interrupt.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct bootstrap {
    const struct incremental_fit *fit;
    struct pool *pool;
    float *weight;                             /* [users] */
    double *gradient, *hessian, *pull, *right; /* pull = hessian * parameter */
};

/* Poisson(1), by inversion; 12 and more come once in five thousand million. */
static float poisson_one(double u)
{
    double chance = 0.36787944117144233, sum = chance;
    unsigned k = 0;

    while (u >= sum && k < 12) {
        k++;
        chance /= k;
        sum += chance;
    }
    return (float)k;
}

static void draw_weights(struct bootstrap *b, uint64_t seed, size_t replicate)
{
    struct rng rng = rng_new(rng_mix(seed, 0x626f6f74 /* "boot" */), replicate);

    for (size_t u = 0; u < b->fit->log->users; u++)
        b->weight[u] = poisson_one(rng_uniform(&rng));
}

/* hessian * parameter, once for all replicates. */
static void learn_pull(struct bootstrap *b)
{
    const struct incremental_fit *fit = b->fit;
    const size_t n = fit->design.count;
    const struct incremental_objective objective = {.log = fit->log,
                                                    .design = &fit->design,
                                                    .ridge = fit->ridge,
                                                    .extra = fit->extra,
                                                    .pool = b->pool};
    struct incremental_point point = {.gradient = b->gradient, .hessian = b->hessian};

    incremental_evaluate(&objective, fit->parameter, &point);
    for (size_t i = 0; i < n; i++) {
        b->pull[i] = 0;
        for (size_t j = 0; j < n; j++)
            b->pull[i] +=
                (i >= j ? b->hessian[i * n + j] : b->hessian[j * n + i]) * fit->parameter[j];
    }
}

static bool run_replicate(struct bootstrap *b, size_t replicate, double *moved, double *credit,
                          struct error *err)
{
    const struct incremental_fit *fit = b->fit;
    const size_t n = fit->design.count;
    const struct incremental_objective objective = {.log = fit->log,
                                                    .design = &fit->design,
                                                    .weight = b->weight,
                                                    .ridge = fit->ridge,
                                                    .extra = fit->extra,
                                                    .draw = replicate + 1,
                                                    .pool = b->pool};
    struct incremental_point point = {.gradient = b->gradient};

    incremental_evaluate(&objective, fit->parameter, &point);
    for (size_t j = 0; j < n; j++)
        b->right[j] = b->pull[j] - b->gradient[j];
    memcpy(moved, fit->parameter, n * sizeof *moved);
    if (!incremental_solve(moved, b->hessian, b->right, fit->bounded, n, err))
        return false;
    incremental_credits(fit, moved, b->weight, b->pool, credit);
    return true;
}

static int compare_numbers(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static double percentile(const double *sorted, size_t count, double share)
{
    const double place = share * (double)(count - 1);
    const size_t below = (size_t)place;
    const size_t above = below + 1 < count ? below + 1 : below;

    return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

bool incremental_draw(struct incremental_draws *draws, const struct incremental_fit *fit,
                      size_t replicates, uint64_t seed, struct pool *pool, struct error *err)
{
    const size_t n = fit->design.count, width = fit->design.campaigns + 1;
    struct arena memory = {0};
    struct bootstrap b = {
        .fit = fit,
        .pool = pool,
        .weight = ARENA_NEW(&memory, float, fit->log->users),
        .gradient = ARENA_NEW(&memory, double, n),
        .hessian = ARENA_NEW(&memory, double, n *n),
        .pull = ARENA_NEW(&memory, double, n),
        .right = ARENA_NEW(&memory, double, n),
    };
    bool ok = true;

    *draws = (struct incremental_draws){
        .count = replicates,
        .parameter = memory_take(replicates, n * sizeof(double)),
        .credit = memory_take(replicates, width * sizeof(double)),
    };
    learn_pull(&b);
    for (size_t r = 0; ok && r < replicates; r++) {
        draw_weights(&b, seed, r);
        ok = interrupt_check("finding the intervals", err) &&
             run_replicate(&b, r, draws->parameter + r * n, draws->credit + r * width, err);
    }
    arena_clear(&memory);
    if (!ok)
        incremental_draws_clear(draws);
    return ok;
}

void incremental_draws_clear(struct incremental_draws *draws)
{
    free(draws->parameter);
    free(draws->credit);
    *draws = (struct incremental_draws){0};
}

void incremental_ends(double *number, size_t count, double *low, double *high)
{
    *low = *high = NAN;
    if (count == 0)
        return;
    qsort(number, count, sizeof *number, compare_numbers);
    *low = percentile(number, count, 0.025);
    *high = percentile(number, count, 0.975);
}

void incremental_intervals(const struct incremental_draws *draws, size_t width, double *low,
                           double *high)
{
    double *of = memory_take(draws->count + 1, sizeof *of);

    for (size_t k = 0; k < width; k++) {
        for (size_t r = 0; r < draws->count; r++)
            of[r] = draws->credit[r * width + k];
        incremental_ends(of, draws->count, &low[k], &high[k]);
    }
    free(of);
}
