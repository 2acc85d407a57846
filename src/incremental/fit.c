#include "incremental/fit.h"

#include "attribution/elementary.h"
#include "incremental/newton.h"
#include "incremental/penalty.h"
#include "incremental/synergy_search.h"
#include "base/rng.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLE = 16,                 /* one user in so many begins a large fit */
    SAMPLE_FROM = 400000,        /* impressions */
    CHOICE_IMPRESSIONS = 200000, /* about so many choose the link */
    CHOICE_STEP = 4,             /* so many times more where that leaves a doubt */
};

static const double GAIN_MIN = 1e-4; /* of log likelihood, below which a fit is done */
static const double GAIN_ROUGH =
    0.05;                      /* the same where a fit only begins another, or is compared */
static const double CLOSE = 8; /* log losses of links between which there is a doubt */
static const double SPREAD_MIN = 1e-3;      /* a control that never varies still gets a ridge */
static const double INTERCEPT_RIDGE = 1e-6; /* where everybody converts it has no bound */
static const double ADDITIVE_RIDGE = 0.03;  /* of effect_penalty, in units of mean hazard */

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
        const bool effect = incremental_is_effect(d, j);
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

/* `fair`: the same controls with every link. */
static bool prepare(struct incremental_fit *fit, const struct exposure_log *log,
                    const struct incremental_config *config, int link, bool fair, struct pool *pool,
                    struct error *err)
{
    struct incremental_config own = *config;

    *fit = (struct incremental_fit){.log = log};
    own.link = link;
    if (!incremental_design_make(&fit->design, log, &own, err))
        return false;
    fit->design.others |= fair;
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

static bool fit_users(const struct incremental_fit *fit, const float *weight, double enough,
                      double *parameter, struct pool *pool, struct error *err)
{
    const struct incremental_objective objective = {.log = fit->log,
                                                    .design = &fit->design,
                                                    .weight = weight,
                                                    .ridge = fit->ridge,
                                                    .pool = pool};
    const struct incremental_descent how = {
        .objective = &objective, .bounded = fit->bounded, .enough = enough};

    return incremental_minimise(&how, parameter, NULL, NULL, err);
}

bool incremental_fit_weighted(const struct incremental_fit *fit, const float *weight,
                              double *parameter, struct pool *pool, struct error *err)
{
    return fit_users(fit, weight, GAIN_MIN, parameter, pool, err);
}

static bool begin_with_sample(struct incremental_fit *fit, struct pool *pool, struct error *err)
{
    float *weight = memory_take(fit->log->users, sizeof *weight);
    bool ok;

    for (size_t u = 0; u < fit->log->users; u++)
        weight[u] = user_hash(u) % SAMPLE == 0;
    ok = fit_users(fit, weight, GAIN_ROUGH, fit->parameter, pool, err);
    free(weight);
    return ok;
}

/* Penalised log loss of a fit to one user in `parts`. */
static bool link_loss(const struct exposure_log *log, const struct incremental_config *config,
                      int link, size_t parts, struct pool *pool, double *loss, struct error *err)
{
    float *weight = memory_take(log->users, sizeof *weight);
    struct incremental_fit fit;
    bool ok = prepare(&fit, log, config, link, true, pool, err);

    for (size_t u = 0; u < log->users; u++)
        weight[u] = user_hash(u) / SAMPLE % parts == 0;
    ok = ok && fit_users(&fit, weight, GAIN_ROUGH, fit.parameter, pool, err);
    if (ok) {
        const struct incremental_objective objective = {
            .log = log, .design = &fit.design, .weight = weight, .ridge = fit.ridge, .pool = pool};
        struct incremental_point point = {0};
        incremental_evaluate(&objective, fit.parameter, &point);
        *loss = point.value;
    }
    if (fit.parameter)
        incremental_fit_clear(&fit);
    free(weight);
    return ok;
}

static int least(const double loss[INCREMENTAL_LINKS])
{
    int found = INCREMENTAL_LOGIT;

    for (int l = INCREMENTAL_LOGIT; l < INCREMENTAL_LINKS; l++)
        if (loss[l] < loss[found])
            found = l;
    return found;
}

/*
 * Links have the same number of parameters, so their losses need no users left out. Those that are
 * nearly as good as the best are compared again on more users, while there are more; the others
 * stay as far behind as they were.
 */
static bool choose_link(const struct exposure_log *log, const struct incremental_config *config,
                        struct pool *pool, double loss[INCREMENTAL_LINKS], int *link,
                        struct error *err)
{
    double behind[INCREMENTAL_LINKS] = {0};
    size_t parts = log->impressions / CHOICE_IMPRESSIONS + 1;

    for (;; parts = parts > CHOICE_STEP ? parts / CHOICE_STEP : 1) {
        for (int l = INCREMENTAL_LOGIT; l < INCREMENTAL_LINKS; l++)
            if (behind[l] < CLOSE && !link_loss(log, config, l, parts, pool, &loss[l], err))
                return false;
        for (int l = INCREMENTAL_LOGIT; l < INCREMENTAL_LINKS; l++)
            if (!(behind[l] < CLOSE))
                loss[l] = loss[*link] + behind[l];
        *link = least(loss);
        size_t close = 0;
        for (int l = INCREMENTAL_LOGIT; l < INCREMENTAL_LINKS; l++) {
            behind[l] = loss[l] - loss[*link];
            close += behind[l] < CLOSE;
        }
        if (close == 1 || parts == 1)
            return true;
    }
}

/* With the additive link second derivatives are expected ones only and want a second look. */
static bool fit_all(struct incremental_fit *fit, bool near, struct pool *pool, struct error *err)
{
    const struct incremental_objective objective = {.log = fit->log,
                                                    .design = &fit->design,
                                                    .ridge = fit->ridge,
                                                    .extra = fit->extra,
                                                    .pool = pool};
    const struct incremental_descent how = {.objective = &objective,
                                            .bounded = fit->bounded,
                                            .enough = GAIN_MIN,
                                            .near = near && !fit->design.additive};

    return incremental_minimise(&how, fit->parameter, &fit->value, &fit->steps, err);
}

/* Pairs that the log speaks for, from a fit without any, as the setting names them. */
static bool find_pairs(const struct incremental_fit *fit, const struct incremental_config *config,
                       struct pool *pool, struct text *found, struct error *err)
{
    struct incremental_pair pair[INCREMENTAL_PAIRS_MAX];
    struct incremental_config own = *config;
    struct incremental_fit wide;
    struct text often = {0};
    size_t count;

    incremental_pairs_often(pair, &count, fit->log);
    incremental_pairs_write(&often, pair, count, fit->log);
    own.synergy = often.bytes;
    bool ok = prepare(&wide, fit->log, &own, fit->design.link, false, pool, err);
    text_clear(&often);
    if (!ok)
        return false;
    memcpy(wide.parameter, fit->parameter, fit->design.count * sizeof *fit->parameter);
    memcpy(wide.ridge, fit->ridge, fit->design.count * sizeof *fit->ridge);
    for (size_t j = fit->design.count; j < wide.design.count; j++)
        wide.ridge[j] *=
            incremental_is_effect(&wide.design, j) ? fit->effect_factor : fit->control_factor;
    ok = incremental_pairs_search(pair, &count, &wide, pool, err);
    incremental_fit_clear(&wide);
    if (ok)
        incremental_pairs_write(found, pair, count, fit->log);
    return ok;
}

/* A fit without pairs, then one with those it speaks for. */
static bool run_auto(struct incremental_fit *fit, const struct exposure_log *log,
                     const struct incremental_config *config, struct pool *pool, struct error *err)
{
    struct incremental_config own = *config;
    struct incremental_fit alone;
    struct text found = {0};

    own.synergy = NULL;
    if (!incremental_fit_run(&alone, log, &own, pool, err))
        return false;
    if (!find_pairs(&alone, config, pool, &found, err)) {
        incremental_fit_clear(&alone);
        return false;
    }
    own.link = alone.design.link;
    own.synergy = found.bytes;
    const bool none = strcmp(found.bytes, "[]") == 0;
    const bool ok = none || incremental_fit_run(fit, log, &own, pool, err);
    if (none)
        *fit = alone;
    if (ok && !none) {
        fit->chose_link = alone.chose_link;
        memcpy(fit->link_loss, alone.link_loss, sizeof fit->link_loss);
        incremental_fit_clear(&alone);
    }
    text_clear(&found);
    return ok;
}

bool incremental_fit_run(struct incremental_fit *fit, const struct exposure_log *log,
                         const struct incremental_config *config, struct pool *pool,
                         struct error *err)
{
    double loss[INCREMENTAL_LINKS] = {0};
    int link = config->link;

    if (incremental_pairs_auto(config->synergy))
        return run_auto(fit, log, config, pool, err);
    if (link == INCREMENTAL_AUTO && !choose_link(log, config, pool, loss, &link, err))
        return false;
    if (!prepare(fit, log, config, link, false, pool, err))
        return false;
    fit->chose_link = config->link == INCREMENTAL_AUTO;
    memcpy(fit->link_loss, loss, sizeof loss);
    const bool large = log->impressions >= SAMPLE_FROM;
    fit->effect_factor = fit->control_factor = 1;
    const bool ok =
        (config->penalties == INCREMENTAL_FIXED || incremental_penalty_choose(fit, pool, err)) &&
        (!large || begin_with_sample(fit, pool, err)) && fit_all(fit, large, pool, err);
    if (!ok)
        incremental_fit_clear(fit);
    return ok;
}

bool incremental_fit_extend(struct incremental_fit *fit, const struct incremental_extra *extra,
                            struct pool *pool, struct error *err)
{
    fit->extra = extra;
    return fit_all(fit, false, pool, err);
}

void incremental_fit_clear(struct incremental_fit *fit)
{
    free(fit->parameter);
    free(fit->ridge);
    free(fit->bounded);
    *fit = (struct incremental_fit){0};
}
