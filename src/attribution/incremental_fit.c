#include "attribution/incremental_fit.h"

#include "attribution/elementary.h"
#include "attribution/incremental_solve.h"
#include "base/interrupt.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEPS_MAX = 200,
    HALVINGS_MAX = 40,
    SAMPLE = 16,                 /* one user in so many begins a large fit */
    SAMPLE_FROM = 400000,        /* impressions */
    CHOICE_IMPRESSIONS = 200000, /* about so many choose the link */
};

static const double GAIN_MIN = 1e-4;   /* of log likelihood, below which a fit is done */
static const double REUSE_FAST = 0.02; /* of the gain before: second derivatives change little */
static const double REUSE_SLOW = 0.2;  /* of the gain before: they have changed too much */
static const double SPREAD_MIN = 1e-3; /* a control that never varies still gets a ridge */
static const double INTERCEPT_RIDGE = 1e-6; /* where everybody converts it has no bound */
static const double ADDITIVE_RIDGE = 0.03;  /* of effect_penalty, in units of mean hazard */

/*
 * Where steps promise little more than rounding, the second derivatives of the step before are as
 * good, brought up to date by what the gradient has become (BFGS); they cost more than a gradient.
 */
struct newton {
    const struct incremental_objective *objective;
    const bool *bounded;
    size_t count, steps;
    bool reuse; /* the second derivatives at hand */
    double value, *gradient, *hessian, *target, *trial, *change;
};

static void evaluate(struct newton *n, const double *at)
{
    struct incremental_point point = {.gradient = n->gradient, .hessian = n->hessian};

    incremental_evaluate(n->objective, at, &point);
    n->value = point.value;
}

static double value_at(const struct newton *n, const double *at)
{
    struct incremental_point point = {0};

    incremental_evaluate(n->objective, at, &point);
    return point.value;
}

/* out = hessian x, by its lower triangle. */
static void multiply(const struct newton *n, const double *x, double *out)
{
    memset(out, 0, n->count * sizeof *out);
    for (size_t i = 0; i < n->count; i++) {
        const double *row = n->hessian + i * n->count;
        for (size_t j = 0; j < i; j++) {
            out[i] += row[j] * x[j];
            out[j] += row[j] * x[i];
        }
        out[i] += row[i] * x[i];
    }
}

static double product(const double *a, const double *b, size_t count)
{
    double sum = 0;

    for (size_t j = 0; j < count; j++)
        sum += a[j] * b[j];
    return sum;
}

/* Of a step from `at` to the target, `change` holding what was the gradient before it. */
static void update_hessian(struct newton *n, const double *at)
{
    const size_t count = n->count;
    double *step = memory_take(2 * count, sizeof *step), *pushed = step + count;

    for (size_t j = 0; j < count; j++) {
        step[j] = n->target[j] - at[j];
        n->change[j] = n->gradient[j] - n->change[j];
    }
    multiply(n, step, pushed);
    const double curved = product(step, n->change, count), was = product(step, pushed, count);
    if (curved > 1e-3 * was) /* else it would not stay positive definite */
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j <= i; j++)
                n->hessian[i * count + j] +=
                    n->change[i] * n->change[j] / curved - pushed[i] * pushed[j] / was;
    free(step);
}

/* The least of the quadratic model into `target`; returns the gain it promises, times two. */
static bool find_target(struct newton *n, const double *at, double *gain, struct error *err)
{
    double *right = memory_take(n->count, sizeof *right);
    bool ok;

    multiply(n, at, right);
    for (size_t j = 0; j < n->count; j++)
        right[j] -= n->gradient[j];
    memcpy(n->target, at, n->count * sizeof *at);
    ok = incremental_solve(n->target, n->hessian, right, n->bounded, n->count, err);
    *gain = 0;
    for (size_t j = 0; ok && j < n->count; j++)
        *gain -= n->gradient[j] * (n->target[j] - at[j]);
    free(right);
    return ok;
}

/* The full step, which is nearly always right; with it all is at hand for the next. */
static bool step_full(struct newton *n, double *at, double gain)
{
    const double before = n->value;
    struct incremental_point point = {.gradient = n->gradient,
                                      .hessian = n->reuse ? NULL : n->hessian};

    memcpy(n->change, n->gradient, n->count * sizeof *n->change);
    incremental_evaluate(n->objective, n->target, &point);
    if (!(point.value <= before - 1e-4 * gain))
        return false;
    n->value = point.value;
    if (n->reuse)
        update_hessian(n, at);
    memcpy(at, n->target, n->count * sizeof *at);
    return true;
}

/* From `at` towards the target, by halves until the value falls. False when it does not. */
static bool walk(struct newton *n, double *at, double gain)
{
    const double before = n->value;
    double share = 1;

    if (step_full(n, at, gain))
        return true;
    for (size_t turn = 0; turn < HALVINGS_MAX; turn++) {
        share /= 2;
        for (size_t j = 0; j < n->count; j++)
            n->trial[j] = at[j] + share * (n->target[j] - at[j]);
        if (value_at(n, n->trial) <= before - 1e-4 * share * gain) {
            memcpy(at, n->trial, n->count * sizeof *at);
            evaluate(n, at);
            return true;
        }
    }
    return false;
}

/* The next target; where steps with old second derivatives gain too slowly, from new ones. */
static bool aim(struct newton *n, const double *at, double *gain, struct error *err)
{
    const double before = *gain;

    if (!find_target(n, at, gain, err))
        return false;
    const double ratio = *gain / before;
    if (n->reuse && *gain > GAIN_MIN && !(ratio < REUSE_SLOW)) {
        evaluate(n, at);
        n->reuse = false;
        return find_target(n, at, gain, err);
    }
    n->reuse = n->reuse || ratio < REUSE_FAST;
    return true;
}

/* `near`: the second derivatives where it begins will do. */
static bool descend(struct newton *n, double *at, bool near, struct error *err)
{
    double gain = near ? INFINITY : 0;

    evaluate(n, at);
    for (n->steps = 0; n->steps < STEPS_MAX; n->steps++) {
        if (!interrupt_check("fitting what campaigns caused", err) || !aim(n, at, &gain, err))
            return false;
        if (!(gain > GAIN_MIN))
            return isfinite(n->value) ||
                   error_set(err, ERR_CHECK, "the fit of the incremental model is not finite");
        if (!walk(n, at, gain)) {
            if (gain < 1e-9 * fabs(n->value)) /* as far as rounding lets it come */
                return true;
            break;
        }
    }
    return error_set(err, ERR_CHECK, "the fit of the incremental model does not settle");
}

static bool minimise(const struct incremental_objective *objective, const bool *bounded,
                     double *parameter, bool near, double *value, size_t *steps, struct error *err)
{
    const size_t count = objective->design->count;
    struct arena memory = {0};
    struct newton n = {
        .objective = objective,
        .bounded = bounded,
        .count = count,
        .gradient = ARENA_NEW(&memory, double, count),
        .hessian = ARENA_NEW(&memory, double, count *count),
        .target = ARENA_NEW(&memory, double, count),
        .trial = ARENA_NEW(&memory, double, count),
        .change = ARENA_NEW(&memory, double, count),
    };
    const bool ok = descend(&n, parameter, near, err);

    if (value)
        *value = n.value;
    if (steps)
        *steps = n.steps;
    arena_clear(&memory);
    return ok;
}

static double local_log(double x)
{
    return log_near(x > 1e-300 ? x : 1e-300);
}

/* Ridge: on controls in units of their spread; on additive effects in units of the mean hazard. */
static void set_ridge(struct incremental_fit *fit, const struct incremental_config *config,
                      struct pool *pool)
{
    const struct incremental_design *d = &fit->design;
    const struct incremental_objective objective = {.log = fit->log, .design = d, .pool = pool};
    double *mean = memory_take(2 * d->count, sizeof *mean), *square = mean + d->count;

    incremental_moments(&objective, mean, square);
    fit->ridge[FEATURE_INTERCEPT] = INTERCEPT_RIDGE;
    for (size_t j = 1; j < d->count; j++) {
        const bool effect = j >= d->dense && (j - d->dense) % d->per >= d->controls;
        const double spread = square[j] - mean[j] * mean[j];
        const double unit = mean[j] / d->conversion_rate;
        fit->bounded[j] = effect && !config->signed_effects;
        if (!effect)
            fit->ridge[j] = config->control_penalty * (spread > SPREAD_MIN ? spread : SPREAD_MIN);
        else if (d->additive)
            fit->ridge[j] = config->effect_penalty * ADDITIVE_RIDGE *
                            (unit * unit > SPREAD_MIN ? unit * unit : SPREAD_MIN);
        else
            fit->ridge[j] = config->effect_penalty;
    }
    free(mean);
}

static void set_start(struct incremental_fit *fit)
{
    const double all = fit->design.conversion_rate, rate = all < 0.99 ? all : 0.99;

    memset(fit->parameter, 0, fit->design.count * sizeof(double));
    fit->parameter[FEATURE_INTERCEPT] =
        fit->design.additive ? local_log(rate * 0.6) : local_log(rate / (1 - rate));
}

static bool prepare(struct incremental_fit *fit, const struct exposure_log *log,
                    const struct incremental_config *config, int link, struct pool *pool,
                    struct error *err)
{
    struct incremental_config own = *config;

    *fit = (struct incremental_fit){.log = log};
    own.link = link;
    if (!incremental_design_make(&fit->design, log, &own, err))
        return false;
    fit->parameter = memory_take_zeroed(fit->design.count, sizeof *fit->parameter);
    fit->ridge = memory_take_zeroed(fit->design.count, sizeof *fit->ridge);
    fit->bounded = memory_take_zeroed(fit->design.count, sizeof *fit->bounded);
    set_ridge(fit, config, pool);
    set_start(fit);
    return true;
}

/* Spreads users evenly, whatever their order. */
static uint64_t user_hash(size_t u)
{
    return rng_mix(0x6c696e6b /* "link" */, u) >> 16;
}

static bool begin_with_sample(struct incremental_fit *fit, struct pool *pool, struct error *err)
{
    float *weight = memory_take(fit->log->users, sizeof *weight);
    bool ok;

    for (size_t u = 0; u < fit->log->users; u++)
        weight[u] = user_hash(u) % SAMPLE == 0;
    ok = incremental_fit_weighted(fit, weight, fit->parameter, pool, err);
    free(weight);
    return ok;
}

bool incremental_fit_weighted(const struct incremental_fit *fit, const float *weight,
                              double *parameter, struct pool *pool, struct error *err)
{
    const struct incremental_objective objective = {.log = fit->log,
                                                    .design = &fit->design,
                                                    .weight = weight,
                                                    .ridge = fit->ridge,
                                                    .pool = pool};

    return minimise(&objective, fit->bounded, parameter, false, NULL, NULL, err);
}

/* Log loss on the users of one half by a fit on those of the other, summed over both halves. */
static bool held_out_loss(const struct exposure_log *log, const struct incremental_config *config,
                          int link, struct pool *pool, double *loss, struct error *err)
{
    const size_t parts = log->impressions / CHOICE_IMPRESSIONS + 1;
    float *weight = memory_take(2 * log->users, sizeof *weight), *rest = weight + log->users;
    struct incremental_fit fit;
    bool ok = prepare(&fit, log, config, link, pool, err);

    *loss = 0;
    for (size_t fold = 0; ok && fold < 2; fold++) {
        struct incremental_objective objective = {
            .log = log, .design = &fit.design, .weight = rest, .pool = pool};
        struct incremental_point point = {0};
        for (size_t u = 0; u < log->users; u++) {
            const uint64_t hash = user_hash(u) / SAMPLE;
            const bool taken = hash / 2 % parts == 0;
            weight[u] = taken && hash % 2 == fold;
            rest[u] = taken && hash % 2 != fold;
        }
        ok = incremental_fit_weighted(&fit, weight, fit.parameter, pool, err);
        if (!ok)
            break;
        incremental_evaluate(&objective, fit.parameter, &point);
        *loss += point.value;
    }
    if (fit.parameter)
        incremental_fit_clear(&fit);
    free(weight);
    return ok;
}

static bool choose_link(const struct exposure_log *log, const struct incremental_config *config,
                        struct pool *pool, double loss[INCREMENTAL_LINKS], int *link,
                        struct error *err)
{
    *link = INCREMENTAL_LOGIT;
    for (int l = INCREMENTAL_LOGIT; l < INCREMENTAL_LINKS; l++) {
        if (!held_out_loss(log, config, l, pool, &loss[l], err))
            return false;
        if (loss[l] < loss[*link])
            *link = l;
    }
    return true;
}

bool incremental_fit_run(struct incremental_fit *fit, const struct exposure_log *log,
                         const struct incremental_config *config, struct pool *pool,
                         struct error *err)
{
    double loss[INCREMENTAL_LINKS] = {0};
    int link = config->link;

    if (link == INCREMENTAL_AUTO && !choose_link(log, config, pool, loss, &link, err))
        return false;
    if (!prepare(fit, log, config, link, pool, err))
        return false;
    fit->chose_link = config->link == INCREMENTAL_AUTO;
    memcpy(fit->link_loss, loss, sizeof loss);
    const struct incremental_objective objective = {
        .log = log, .design = &fit->design, .ridge = fit->ridge, .pool = pool};
    const bool large = log->impressions >= SAMPLE_FROM;
    const bool ok =
        (!large || begin_with_sample(fit, pool, err)) &&
        minimise(&objective, fit->bounded, fit->parameter, large, &fit->value, &fit->steps, err);
    if (!ok)
        incremental_fit_clear(fit);
    return ok;
}

bool incremental_fit_extend(struct incremental_fit *fit, const struct incremental_extra *extra,
                            struct pool *pool, struct error *err)
{
    const struct incremental_objective objective = {
        .log = fit->log, .design = &fit->design, .ridge = fit->ridge, .extra = extra, .pool = pool};

    fit->extra = extra;
    return minimise(&objective, fit->bounded, fit->parameter, false, &fit->value, &fit->steps, err);
}

void incremental_fit_clear(struct incremental_fit *fit)
{
    free(fit->parameter);
    free(fit->ridge);
    free(fit->bounded);
    *fit = (struct incremental_fit){0};
}
