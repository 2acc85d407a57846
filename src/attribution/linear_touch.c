/* linear_touch — every impression of a path gets the same. */
#include "attribution/method.h"

static void rule(const struct method_path *path, const struct attribution_config *config,
                 double *weight)
{
    (void)config;
    for (size_t i = 0; i < path->length; i++)
        weight[i] = 1;
}

static bool credit(const struct method_call *call, struct error *err)
{
    (void)err;
    method_apply_rule(call, rule);
    return true;
}

const struct method method_linear_touch = {.name = "linear_touch", .credit = credit};
