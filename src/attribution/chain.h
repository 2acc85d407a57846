/*
 * chain — the Markov chain of order k that a set of paths describes.
 *
 * A state is the last k channels of a walk (fewer at its beginning). A walk begins in (start),
 * passes one state per impression and ends in (conversion) or (null). Transitions are counted: a
 * path counts conversions + null times, so the probability of a transition is its count divided by
 * that of the state it leaves.
 *
 * The counts are a flow: what enters a state also leaves it. Therefore count[s] / total is exactly
 * the expected number of visits to s, and no system has to be solved for it. Every state lies on a
 * path that ends, so the chain always ends.
 *
 *   last        [states]          the channel of a state's latest impression
 *   earlier     [states][k - 1]   those before it, latest first; -1 where there are none
 *   count       [states]          visits
 *   loop        [states]          transitions to itself
 *   start       [states]          walks that begin here
 *   conversions [states]          walks that convert from here; value and null likewise
 *   in_offset   [states + 1]      transitions into s from other states, by `from`, are
 *   in_from     [transitions]       in_offset[s] .. in_offset[s + 1] - 1
 *   in_count    [transitions]
 *
 * States are sorted by their channels, the earliest first: neighbours (x, y, a), (x, y, b) are
 * entered from the same states (*, x, y), which a sweep then finds in the processor's first cache.
 */
#ifndef QUERN_ATTRIBUTION_CHAIN_H
#define QUERN_ATTRIBUTION_CHAIN_H

#include "attribution/path_set.h"

/* About 3 GiB while a chain is built. */
enum { CHAIN_STATES_MAX = 1 << 25, CHAIN_ORDER_MAX = 3 };

struct chain {
    size_t order, channels, states, transitions;
    int32_t *last, *earlier;
    double *count, *loop, *start, *conversions, *value, *null;
    uint64_t *in_offset;
    uint32_t *in_from;
    double *in_count;
    double total; /* walks */
    struct arena memory;
};

/*
 * With `self_loops` false, a channel that repeats in a row counts once.
 *
 * ERR_LIMIT  more than CHAIN_STATES_MAX states or transitions
 */
MUST_CHECK bool chain_build(struct chain *chain, const struct path_set *paths, size_t order,
                            bool self_loops, struct error *err);
void chain_clear(struct chain *chain);

#endif
