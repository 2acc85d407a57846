#include "incremental/newton.h"

#include "incremental/solve.h"
#include "base/interrupt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 200, HALVINGS_MAX = 40 };

static const double REUSE_GAIN = 10; /* of log likelihood; below, second derivatives are kept */

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

/* The next target; where a step with old second derivatives promises more than the last one did,
 * from new ones. */
static bool aim(struct newton *n, const double *at, double *gain, struct error *err)
{
    const double before = *gain;

    if (!find_target(n, at, gain, err))
        return false;
    if (n->reuse && *gain > REUSE_GAIN && *gain > before) {
        evaluate(n, at);
        n->reuse = false;
        return find_target(n, at, gain, err);
    }
    n->reuse = n->reuse || *gain < REUSE_GAIN || before == INFINITY;
    return true;
}

static bool descend(struct newton *n, const struct incremental_descent *how, double *at,
                    struct error *err)
{
    double gain = how->near ? INFINITY : 0;

    evaluate(n, at);
    for (n->steps = 0; n->steps < STEPS_MAX; n->steps++) {
        if (!interrupt_check("fitting what campaigns caused", err) || !aim(n, at, &gain, err))
            return false;
        if (!(gain > how->enough))
            return isfinite(n->value) ||
                   error_set(err, ERR_CHECK, "the fit of the incremental model is not finite");
        if (walk(n, at, gain))
            continue;
        const bool kept = n->reuse;
        n->reuse = false;
        evaluate(n, at);
        if (gain < 1e-9 * fabs(n->value)) /* as far as rounding lets it come */
            return true;
        if (!kept)
            break;
    }
    return error_set(err, ERR_CHECK, "the fit of the incremental model does not settle");
}

bool incremental_minimise(const struct incremental_descent *how, double *parameter, double *value,
                          size_t *steps, struct error *err)
{
    const size_t count = how->objective->design->count;
    struct arena memory = {0};
    struct newton n = {
        .objective = how->objective,
        .bounded = how->bounded,
        .count = count,
        .gradient = ARENA_NEW(&memory, double, count),
        .hessian = ARENA_NEW(&memory, double, count *count),
        .target = ARENA_NEW(&memory, double, count),
        .trial = ARENA_NEW(&memory, double, count),
        .change = ARENA_NEW(&memory, double, count),
    };
    const bool ok = descend(&n, how, parameter, err);

    if (value)
        *value = n.value;
    if (steps)
        *steps = n.steps;
    arena_clear(&memory);
    return ok;
}
