#include "incremental/decay.h"

#include "attribution/elementary.h"

#include <math.h>

double incremental_effect_after(const struct incremental_design *design, const double *parameter,
                                size_t k, double days)
{
    const double *effect = parameter + incremental_effect(design, k, 0);
    double sum = 0;

    for (size_t h = 0; h < design->halves; h++) {
        const double stock = exp2_exact(-days / design->half_life[h]);
        sum += effect[2 * h] * stock / (stock + 1) + effect[2 * h + 1] * stock;
    }
    return sum;
}

const char *incremental_effect_unit(const struct incremental_design *design)
{
    static const char *const units[INCREMENTAL_LINKS] = {
        [INCREMENTAL_LOGIT] = "the log odds of a conversion at an impression that comes then",
        [INCREMENTAL_ADDITIVE] = "conversions a day",
        [INCREMENTAL_NOISY_OR] = "the hazard of a conversion at an impression that comes then",
        [INCREMENTAL_PROPORTIONAL] = "the log odds of a conversion at that time",
    };

    return units[design->link];
}

double incremental_half_gone(const struct incremental_design *design, const double *parameter,
                             size_t k)
{
    const double whole = incremental_effect_after(design, parameter, k, 0);
    double from = 0, to = 0;

    for (size_t h = 0; h < design->halves; h++)
        to = fmax(to, 10 * design->half_life[h]);
    if (!(fabs(whole) > 0) || !(incremental_effect_after(design, parameter, k, to) / whole <= 0.5))
        return NAN;
    for (int step = 0; step < 60; step++) {
        const double middle = (from + to) / 2;
        const bool above = incremental_effect_after(design, parameter, k, middle) / whole > 0.5;
        *(above ? &from : &to) = middle;
    }
    return to;
}
