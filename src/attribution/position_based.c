/*
 * position_based — 40 % to the first impression, 40 % to the last, 20 % shared by those between.
 *
 * A path of one impression gives it all, a path of two gives each a half.
 */
#include "attribution/method.h"

static void rule(const struct method_path *path, const struct attribution_config *config,
                 double *weight)
{
    const size_t last = path->length - 1;

    (void)config;
    for (size_t i = 1; i < last; i++)
        weight[i] = 0.2 / (double)(path->length - 2);
    weight[0] = weight[last] = 0.4; /* the engine scales a path's weights to 1 */
}

static bool credit(const struct method_call *call, struct error *err)
{
    (void)err;
    method_apply_rule(call, rule);
    return true;
}

const struct method method_position_based = {.name = "position_based", .credit = credit};
