/* last_touch — all credit to the last impression of a path. */
#include "attribution/method.h"

static void rule(const struct method_path *path, const struct attribution_config *config,
                 double *weight)
{
    (void)config;
    for (size_t i = 0; i < path->length; i++)
        weight[i] = i + 1 == path->length;
}

static bool credit(const struct method_call *call, struct error *err)
{
    (void)err;
    method_apply_rule(call, rule);
    return true;
}

const struct method method_last_touch = {.name = "last_touch", .credit = credit};
