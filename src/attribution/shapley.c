/*
 * shapley — each channel's average contribution over all orders in which channels could join.
 *
 * The worth of a coalition S is v(S) = the conversions of paths whose channels all lie in S. Then v
 * is a sum of unanimity games, one per path, and the Shapley value of such a game is an equal share
 * for each of its distinct channels (Zhao, Mahboobi and Bagheri, "Shapley Value Methods for
 * Attribution Modeling in Online Advertising", 2018, arXiv:1804.05327). So the exact value costs
 * one pass over the paths for any number of channels, where the definition needs 2^channels terms.
 */
#include "attribution/method.h"

#include <stdlib.h>

static bool credit(const struct method_call *call, struct error *err)
{
    const struct path_set *paths = call->paths;
    uint64_t *seen = memory_take_zeroed(paths->channels, sizeof *seen); /* path + 1 */
    double conversions, value;

    (void)err;
    for (size_t p = 0; p < paths->count; p++) {
        size_t distinct = 0;
        if (paths->conversions[p] == 0)
            continue;
        for (uint64_t i = paths->offset[p]; i < paths->offset[p + 1]; i++) {
            distinct += seen[paths->token[i]] != p + 1;
            seen[paths->token[i]] = p + 1;
        }
        for (uint64_t i = paths->offset[p]; i < paths->offset[p + 1]; i++) {
            const int32_t c = paths->token[i];
            if (seen[c] == 0) /* given its share above */
                continue;
            seen[c] = 0;
            call->conversions[c] += paths->conversions[p] / (double)distinct;
            if (call->value)
                call->value[c] += paths->value[p] / (double)distinct;
        }
    }
    free(seen);
    path_set_totals(paths, &conversions, &value);
    method_scale(call->conversions, paths->channels, conversions);
    if (call->value)
        method_scale(call->value, paths->channels, value);
    return true;
}

const struct method method_shapley = {.name = "shapley", .credit = credit};
