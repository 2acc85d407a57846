#include "nn/adam.h"

#include "nn/kernels.h"

#include <tgmath.h>

struct adam_settings adam_defaults(void)
{
    return (struct adam_settings){.rate = 0.001, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-7};
}

struct adam_step adam_step_begin(const struct adam_settings *settings, uint64_t t)
{
    const double power = (double)t;

    return (struct adam_step){
        .rate = (real)(settings->rate * sqrt(1 - pow(settings->beta2, power)) /
                       (1 - pow(settings->beta1, power))),
        .keep1 = (real)settings->beta1,
        .add1 = (real)(1 - settings->beta1),
        .keep2 = (real)settings->beta2,
        .add2 = (real)(1 - settings->beta2),
        .epsilon = (real)settings->epsilon,
        .shrink = (real)(settings->rate * settings->decay),
    };
}

void adam_update(const struct adam_step *step, size_t count, const real *restrict gradient,
                 real *restrict weight, real *restrict first, real *restrict second)
{
    kernels_best()->adam(step, count, gradient, weight, first, second);
}
