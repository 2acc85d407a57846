/*
 * fold — a chain without the states that have only one way in.
 *
 * Long memories are sparse: most states of order 3 are entered from one other state only. What has
 * been seen there is what had been seen in the state before, plus the channel of the step. Such a
 * state follows that one, the states that follow it follow the same root, and a sweep need only
 * visit the roots.
 *
 *   state      [states]        the chain's state that root r is
 *   root       [chain states]  the root that a state follows; its own for a root
 *   follower   [followers]     states that are no root, each after the state it follows
 *   in_offset  [states + 1]    transitions into root r are in_offset[r] .. in_offset[r + 1] - 1
 *   in_source  [transitions]   the chain's state they come from
 *   in_root    [transitions]   and its root
 *   in_count   [transitions]
 *   entering   [states]        walks that enter root r from elsewhere, from (start) too
 */
#ifndef QUERN_ATTRIBUTION_FOLD_H
#define QUERN_ATTRIBUTION_FOLD_H

#include "attribution/chain.h"

struct fold {
    size_t states, followers, transitions;
    uint32_t *state, *root, *follower;
    uint64_t *in_offset;
    uint32_t *in_source, *in_root;
    double *in_count, *entering;
    struct arena memory;
};

void fold_chain(struct fold *fold, const struct chain *chain);
void fold_clear(struct fold *fold);

/* The one state that a follower is entered from. */
static inline uint32_t fold_parent(const struct chain *chain, uint32_t follower)
{
    return chain->in_from[chain->in_offset[follower]];
}

#endif
