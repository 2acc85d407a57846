/*
 * method — a way to divide conversions over channels: one file each, one interface.
 *
 * To add one: write src/attribution/NAME.c with a `method_NAME` whose credit() fills the call's
 * credits, declare it below, and add it to attribution_methods[] in method.c and to meson.build;
 * the tests walk that table and check every method.
 *
 * Whatever a method does, its credits are not negative and sum to the paths' conversions (and
 * values), to rounding.
 */
#ifndef QUERN_ATTRIBUTION_METHOD_H
#define QUERN_ATTRIBUTION_METHOD_H

#include "attribution/config.h"
#include "attribution/path_set.h"
#include "base/error.h"
#include "base/pool.h"

/* All arrays are [channels] and zero before the call. */
struct method_call {
    const struct path_set *paths; /* checked by path_set_check() */
    const struct attribution_config *config;
    struct pool *pool; /* may be NULL: the calling thread alone */
    size_t order;      /* of a Markov chain */
    double *conversions;
    double *value;               /* NULL when the paths have no values */
    double *removal_conversions; /* of Markov chains: removal effects; NULL for other methods */
    double *removal_value;       /* NULL when the paths have no values */
};

struct method {
    const char *name; /* of the columns NAME_conversions and NAME_value */
    size_t order;     /* of a Markov chain; 0 for other methods */
    bool (*credit)(const struct method_call *call, struct error *err);
};

extern const struct method method_first_touch, method_last_touch, method_linear_touch,
    method_time_decay, method_position_based, method_markov_1, method_markov_2, method_markov_3,
    method_shapley;

/* All methods, in the order of their columns; ends with NULL. */
extern const struct method *const attribution_methods[];

/* One path, as a rule sees it. */
struct method_path {
    const int32_t *token;
    const int64_t *age; /* NULL when times are unknown */
    size_t length;
};

/* Give each impression of a path a weight, not negative, at least one of them above 0. */
typedef void (*method_rule)(const struct method_path *path, const struct attribution_config *config,
                            double *weight);

/* Divide each path's conversions and value in proportion to the weights of a rule. */
void method_apply_rule(const struct method_call *call, method_rule rule);

/* Scale [channels] credits to a sum; all zero stays so. */
void method_scale(double *credit, size_t channels, double sum);

#endif
