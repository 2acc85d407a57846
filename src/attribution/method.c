#include "attribution/method.h"

#include <stdlib.h>

const struct method *const attribution_methods[] = {
    &method_first_touch,    &method_last_touch,
    &method_linear_touch,   &method_time_decay,
    &method_position_based, &method_markov_1,
    &method_markov_2,       &method_markov_3,
    &method_shapley,        NULL,
};

void method_scale(double *credit, size_t channels, double sum)
{
    double now = 0;

    for (size_t c = 0; c < channels; c++)
        now += credit[c];
    for (size_t c = 0; now > 0 && c < channels; c++)
        credit[c] = credit[c] / now * sum;
}

static size_t longest(const struct path_set *paths)
{
    size_t length = 1;

    for (size_t p = 0; p < paths->count; p++)
        if (paths->offset[p + 1] - paths->offset[p] > length)
            length = (size_t)(paths->offset[p + 1] - paths->offset[p]);
    return length;
}

static void add_path(const struct method_call *call, const struct method_path *path, size_t p,
                     const double *weight)
{
    double sum = 0;

    for (size_t i = 0; i < path->length; i++)
        sum += weight[i];
    for (size_t i = 0; i < path->length; i++) {
        const double share = weight[i] / sum;
        call->conversions[path->token[i]] += share * call->paths->conversions[p];
        if (call->value)
            call->value[path->token[i]] += share * call->paths->value[p];
    }
}

void method_apply_rule(const struct method_call *call, method_rule rule)
{
    const struct path_set *paths = call->paths;
    double *weight = memory_take(longest(paths), sizeof *weight);
    double conversions, value;

    for (size_t p = 0; p < paths->count; p++) {
        const size_t from = (size_t)paths->offset[p];
        const struct method_path path = {
            .token = paths->token + from,
            .age = paths->age ? paths->age + from : NULL,
            .length = (size_t)paths->offset[p + 1] - from,
        };
        if (paths->conversions[p] == 0) /* without conversions a path has no value either */
            continue;
        rule(&path, call->config, weight);
        add_path(call, &path, p, weight);
    }
    free(weight);
    /* Sums of a million shares drift by some 1e-13; the total is known, so take that drift out. */
    path_set_totals(paths, &conversions, &value);
    method_scale(call->conversions, paths->channels, conversions);
    if (call->value)
        method_scale(call->value, paths->channels, value);
}
