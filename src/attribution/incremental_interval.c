#include "attribution/incremental_interval.h"

#include "attribution/incremental_solve.h"
#include "base/interrupt.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

struct bootstrap {
    const struct incremental_fit *fit;
    struct pool *pool;
    float *weight;                                     /* [users] */
    double *gradient, *hessian, *pull, *right, *moved; /* pull = hessian * parameter */
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
    const struct incremental_objective objective = {
        .log = fit->log, .design = &fit->design, .ridge = fit->ridge, .pool = b->pool};
    struct incremental_point point = {.gradient = b->gradient, .hessian = b->hessian};

    incremental_evaluate(&objective, fit->parameter, &point);
    for (size_t i = 0; i < n; i++) {
        b->pull[i] = 0;
        for (size_t j = 0; j < n; j++)
            b->pull[i] +=
                (i >= j ? b->hessian[i * n + j] : b->hessian[j * n + i]) * fit->parameter[j];
    }
}

static bool run_replicate(struct bootstrap *b, double *credit, struct error *err)
{
    const struct incremental_fit *fit = b->fit;
    const size_t n = fit->design.count;
    const struct incremental_objective objective = {.log = fit->log,
                                                    .design = &fit->design,
                                                    .weight = b->weight,
                                                    .ridge = fit->ridge,
                                                    .pool = b->pool};
    struct incremental_point point = {.gradient = b->gradient};

    incremental_evaluate(&objective, fit->parameter, &point);
    for (size_t j = 0; j < n; j++)
        b->right[j] = b->pull[j] - b->gradient[j];
    memcpy(b->moved, fit->parameter, n * sizeof *b->moved);
    if (!incremental_solve(b->moved, b->hessian, b->right, fit->bounded, n, err))
        return false;
    incremental_credits(fit, b->moved, b->weight, b->pool, credit);
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

bool incremental_intervals(const struct incremental_fit *fit, size_t replicates, uint64_t seed,
                           struct pool *pool, double *low, double *high, struct error *err)
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
        .moved = ARENA_NEW(&memory, double, n),
    };
    double *credit = ARENA_NEW(&memory, double, width);
    double *all = ARENA_NEW(&memory, double, width *replicates); /* [width][replicates] */
    bool ok = true;

    learn_pull(&b);
    for (size_t r = 0; ok && r < replicates; r++) {
        draw_weights(&b, seed, r);
        ok = interrupt_check("finding the intervals", err) && run_replicate(&b, credit, err);
        for (size_t k = 0; ok && k < width; k++)
            all[k * replicates + r] = credit[k];
    }
    for (size_t k = 0; ok && k < width; k++) {
        double *of = all + k * replicates;
        qsort(of, replicates, sizeof *of, compare_numbers);
        low[k] = percentile(of, replicates, 0.025);
        high[k] = percentile(of, replicates, 0.975);
    }
    arena_clear(&memory);
    return ok;
}
