#include "incremental/penalty.h"

#include "incremental/newton.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double ENOUGH = 0.05; /* of log likelihood, for fits that are only compared */

struct search {
    const struct incremental_fit *fit;
    struct pool *pool;
    uint8_t *part;     /* [users] PENALTY_FOLDS: not in the sample */
    float *weight;     /* [users] */
    double *ridge;     /* [parameters] */
    double *parameter; /* [PENALTY_FOLDS][parameters] of the last fits: where the next begin */
};

static void draw_parts(struct search *s)
{
    const struct exposure_log *log = s->fit->log;
    const size_t wanted = log->impressions / PENALTY_IMPRESSIONS + 1;
    const size_t most = log->users / EXPOSURE_SAMPLE_USERS + 1;
    const size_t parts = wanted < most ? wanted : most;

    for (size_t u = 0; u < log->users; u++) {
        const uint64_t hash = rng_mix(0x666f6c64 /* "fold" */, u) >> 16;
        s->part[u] = (uint8_t)(hash % parts == 0 ? hash / parts % PENALTY_FOLDS : PENALTY_FOLDS);
    }
}

static void weigh(struct search *s, size_t fold, bool inside)
{
    for (size_t u = 0; u < s->fit->log->users; u++)
        s->weight[u] = s->part[u] < PENALTY_FOLDS && (s->part[u] == fold) == inside;
}

/* Log loss on each part by a fit on the others. */
static bool find_losses(struct search *s, double losses[PENALTY_FOLDS], struct error *err)
{
    const struct incremental_fit *fit = s->fit;
    struct incremental_objective objective = {
        .log = fit->log, .design = &fit->design, .weight = s->weight, .pool = s->pool};
    const struct incremental_descent how = {
        .objective = &objective, .bounded = fit->bounded, .enough = ENOUGH};

    for (size_t fold = 0; fold < PENALTY_FOLDS; fold++) {
        double *parameter = s->parameter + fold * fit->design.count;
        struct incremental_point point = {0};
        weigh(s, fold, false);
        objective.ridge = s->ridge;
        if (!incremental_minimise(&how, parameter, NULL, NULL, err))
            return false;
        weigh(s, fold, true);
        objective.ridge = NULL;
        incremental_evaluate(&objective, parameter, &point);
        losses[fold] = point.value;
    }
    return true;
}

/* Better than `best` by more than chance makes of it. */
static bool is_better(const double *losses, const double *best)
{
    double sum = 0, squares = 0;

    for (size_t f = 0; f < PENALTY_FOLDS; f++) {
        const double gain = best[f] - losses[f];
        sum += gain;
        squares += gain * gain;
    }
    const double mean = sum / PENALTY_FOLDS;
    const double spread =
        (squares / PENALTY_FOLDS - mean * mean) * PENALTY_FOLDS / (PENALTY_FOLDS - 1);
    return sum > 0 && sum > sqrt(PENALTY_FOLDS * (spread > 0 ? spread : 0));
}

static void set_ridge(struct search *s, double effect, double control)
{
    const struct incremental_design *d = &s->fit->design;

    for (size_t j = 0; j < d->count; j++)
        s->ridge[j] = s->fit->ridge[j] * (j == FEATURE_INTERCEPT        ? 1
                                          : incremental_is_effect(d, j) ? effect
                                                                        : control);
}

/* From `found` on by `step` while that is better; `best` are the losses at `found`. */
static bool walk(struct search *s, bool effects, double step, double *found, const double factor[2],
                 double best[PENALTY_FOLDS], struct error *err)
{
    double losses[PENALTY_FOLDS];

    for (double next = *found * step; next < 500 && next > 0.005; next *= step) {
        set_ridge(s, effects ? next : factor[0], effects ? factor[1] : next);
        if (!find_losses(s, losses, err))
            return false;
        if (!is_better(losses, best))
            return true;
        *found = next;
        memcpy(best, losses, sizeof losses);
    }
    return true;
}

/* The best factor of one penalty, the other being as it is; `best` are the losses so far. */
static bool choose(struct search *s, bool effects, double factor[2], double best[PENALTY_FOLDS],
                   struct error *err)
{
    double found = 1;

    if (!walk(s, effects, 10, &found, factor, best, err) ||
        (found == 1 && !walk(s, effects, 0.1, &found, factor, best, err)))
        return false;
    factor[effects ? 0 : 1] = found;
    return true;
}

static bool search(struct search *s, double factor[2], struct error *err)
{
    double best[PENALTY_FOLDS];

    draw_parts(s);
    set_ridge(s, 1, 1);
    return find_losses(s, best, err) && choose(s, true, factor, best, err) &&
           choose(s, false, factor, best, err);
}

bool incremental_penalty_choose(struct incremental_fit *fit, struct pool *pool, struct error *err)
{
    const size_t n = fit->design.count, users = fit->log->users;
    struct arena memory = {0};
    struct search s = {
        .fit = fit,
        .pool = pool,
        .part = ARENA_NEW(&memory, uint8_t, users),
        .weight = ARENA_NEW(&memory, float, users),
        .ridge = ARENA_NEW(&memory, double, n),
        .parameter = ARENA_NEW(&memory, double, PENALTY_FOLDS *n),
    };
    double factor[2] = {1, 1};

    for (size_t f = 0; f < PENALTY_FOLDS; f++)
        memcpy(s.parameter + f * n, fit->parameter, n * sizeof *fit->parameter);
    const bool ok = search(&s, factor, err);
    if (ok) {
        set_ridge(&s, factor[0], factor[1]);
        memcpy(fit->ridge, s.ridge, n * sizeof *fit->ridge);
        fit->effect_factor = factor[0];
        fit->control_factor = factor[1];
    }
    arena_clear(&memory);
    return ok;
}
