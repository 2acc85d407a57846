/*
 * time_decay — the older an impression, the less credit: weight = 2^(-age / half-life).
 *
 * Age runs from the impression to the path's last one. Where times are unknown a step back counts
 * as a day.
 */
#include "attribution/elementary.h"
#include "attribution/method.h"

static const double MICROSECONDS_PER_DAY = 86400e6;

static void rule(const struct method_path *path, const struct attribution_config *config,
                 double *weight)
{
    for (size_t i = 0; i < path->length; i++) {
        const double days = path->age ? (double)path->age[i] / MICROSECONDS_PER_DAY
                                      : (double)(path->length - 1 - i);
        weight[i] = exp2_exact(-days / config->half_life_days);
    }
}

static bool credit(const struct method_call *call, struct error *err)
{
    (void)err;
    method_apply_rule(call, rule);
    return true;
}

const struct method method_time_decay = {.name = "time_decay", .credit = credit};
