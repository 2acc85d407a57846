/*
 * markov — credit by removal effects in Markov chains of order 1 to 3, solved exactly.
 *
 * The removal effect of a channel is the share of conversions lost when every walk that reaches it
 * is led to (null) instead (Anderl and others, "Mapping the customer journey", 2016). Credits are
 * the total in proportion to the removal effects; see chain.h and visits.h for the chain and its
 * solution.
 */
#ifndef QUERN_ATTRIBUTION_MARKOV_H
#define QUERN_ATTRIBUTION_MARKOV_H

#include "attribution/method.h"

enum { MARKOV_ORDER_MAX = 3 };

/* Ends of a transition that are no channel. */
enum { MARKOV_START = -1, MARKOV_CONVERSION = -2, MARKOV_NULL = -3 };

struct markov_transition {
    int32_t from, to; /* a channel, or one of the above */
    double probability;
};

/*
 * Transitions of the chain of order 1, sorted by from ((start) first, then channels) and to
 * (channels, then conversion and null); those never seen are not there. Free `*transitions`.
 */
MUST_CHECK bool markov_transitions(const struct path_set *paths, bool self_loops,
                                   struct markov_transition **transitions, size_t *count,
                                   struct error *err);

/* "(start)", "(conversion)" or "(null)". */
const char *markov_end_name(int32_t state);

#endif
