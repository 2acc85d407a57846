/*
 * incremental_term — what one impression adds to the incremental objective, by both links.
 */
#ifndef QUERN_INCREMENTAL_TERM_H
#define QUERN_INCREMENTAL_TERM_H

#include "attribution/elementary.h"

#include <stdbool.h>

#define INCREMENTAL_LOG2_E 1.4426950408889634
#define INCREMENTAL_EXPONENT_MAX 3. /* of the additive baseline: exp(3) is certainty */
#define INCREMENTAL_HAZARD_MIN 1e-12

/* One impression's loss and what it passes on: derivatives and weights of both sums. */
struct term {
    double loss;
    double by_controls, by_effects;
    double scale_controls, scale_effects; /* square roots of the expected second derivatives */
};

static inline double exp_near(double x)
{
    return x > 0 ? 1 / exp2_decay(x * INCREMENTAL_LOG2_E) : exp2_decay(-x * INCREMENTAL_LOG2_E);
}

static inline double root(double x)
{
    return x > 0 ? __builtin_sqrt(x) : 0;
}

static inline struct term logit_term(double sum, bool conversion)
{
    const double size = sum < 0 ? -sum : sum, e = exp2_decay(size * INCREMENTAL_LOG2_E);
    const double p = sum < 0 ? e / (1 + e) : 1 / (1 + e);
    const double rest = sum < 0 ? 1 / (1 + e) : e / (1 + e);
    const double loss = log_near(1 + e) + ((sum < 0) == conversion ? size : 0);
    const double by = conversion ? -rest : p, scale = root(p * rest);

    return (struct term){loss, by, by, scale, scale};
}

static inline double baseline_hazard(double controls)
{
    return exp_near(controls < INCREMENTAL_EXPONENT_MAX ? controls : INCREMENTAL_EXPONENT_MAX);
}

/* 1 - exp(-hazard) without the loss of digits at small ones. */
static inline double chance_of(double hazard)
{
    if (hazard < 1e-4)
        return hazard * (1 - hazard * (0.5 - hazard * (1. / 6)));
    return 1 - exp2_decay(hazard * INCREMENTAL_LOG2_E);
}

static inline struct term additive_term(double controls, double effects, bool conversion)
{
    const double h0 = baseline_hazard(controls), sum = h0 + effects;
    const double hazard = sum > INCREMENTAL_HAZARD_MIN ? sum : INCREMENTAL_HAZARD_MIN;
    const double p = chance_of(hazard), by = conversion ? -(1 - p) / p : 1;
    const double scale = root((1 - p) / p);
    const double through = controls < INCREMENTAL_EXPONENT_MAX ? h0 : 0;

    return (struct term){conversion ? -log_near(p) : hazard, by * through, by, scale * through,
                         scale};
}

#endif
