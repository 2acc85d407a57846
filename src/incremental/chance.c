/* What a fitted model says of an impression. */
#include "incremental/objective.h"
#include "incremental/term.h"

static double dot(const double *a, const double *b, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

struct incremental_chance incremental_chance(const struct incremental_user *user,
                                             const double *local)
{
    const size_t from = user->effects_from;
    struct incremental_chance c = {
        .controls = dot(user->x, local, from),
        .effects = dot(user->x + from, local + from, user->size - from),
    };

    if (user->design->additive) {
        const double h0 = baseline_hazard(c.controls), sum = h0 + c.effects;
        c.p0 = chance_of(h0);
        c.p = chance_of(sum > INCREMENTAL_HAZARD_MIN ? sum : INCREMENTAL_HAZARD_MIN);
    } else {
        c.p0 = 1 / (1 + exp_near(-c.controls));
        c.p = 1 / (1 + exp_near(-c.controls - c.effects));
    }
    return c;
}

void incremental_chances(const struct incremental_design *design, const double *controls,
                         const double *effects, double *p, size_t count)
{
    if (design->additive)
        for (size_t i = 0; i < count; i++) {
            const double sum = baseline_hazard(controls[i]) + effects[i];
            p[i] = chance_of(sum > INCREMENTAL_HAZARD_MIN ? sum : INCREMENTAL_HAZARD_MIN);
        }
    else
        for (size_t i = 0; i < count; i++)
            p[i] = 1 / (1 + exp_near(-controls[i] - effects[i]));
}
