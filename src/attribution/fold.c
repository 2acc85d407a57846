#include "attribution/fold.h"

#include <stdlib.h>

static const uint32_t UNKNOWN = UINT32_MAX;

static bool has_one_way_in(const struct chain *chain, size_t s)
{
    return chain->start[s] == 0 && chain->in_offset[s + 1] - chain->in_offset[s] == 1;
}

static void find_roots(struct fold *fold, const struct chain *chain)
{
    fold->state = ARENA_NEW(&fold->memory, uint32_t, chain->states);
    fold->root = ARENA_NEW(&fold->memory, uint32_t, chain->states);
    for (size_t s = 0; s < chain->states; s++) {
        fold->root[s] = UNKNOWN;
        if (has_one_way_in(chain, s))
            continue;
        fold->root[s] = (uint32_t)fold->states;
        fold->state[fold->states++] = (uint32_t)s;
    }
}

/*
 * Climb from each follower to a state whose root is known, then name the root on the way back.
 * The climb ends: states that only enter each other could not be reached from (start).
 */
static void find_followers(struct fold *fold, const struct chain *chain)
{
    uint32_t *climbed = memory_take(chain->states + 1, sizeof *climbed);

    fold->follower = ARENA_NEW(&fold->memory, uint32_t, chain->states - fold->states);
    for (size_t s = 0; s < chain->states; s++) {
        size_t height = 0;
        uint32_t at = (uint32_t)s;
        for (; fold->root[at] == UNKNOWN; at = fold_parent(chain, at))
            climbed[height++] = at;
        const uint32_t root = fold->root[at];
        while (height > 0) {
            fold->root[climbed[--height]] = root;
            fold->follower[fold->followers++] = climbed[height];
        }
    }
    free(climbed);
}

static void take_transitions(struct fold *fold, const struct chain *chain)
{
    struct arena *mem = &fold->memory;

    fold->transitions = chain->transitions - fold->followers;
    fold->in_offset = ARENA_NEW(mem, uint64_t, fold->states + 1);
    fold->in_source = ARENA_NEW(mem, uint32_t, fold->transitions);
    fold->in_root = ARENA_NEW(mem, uint32_t, fold->transitions);
    fold->in_count = ARENA_NEW(mem, double, fold->transitions);
    fold->entering = ARENA_NEW(mem, double, fold->states);
    uint64_t at = 0;
    for (size_t r = 0; r < fold->states; r++) {
        const uint32_t s = fold->state[r];
        fold->in_offset[r] = at;
        fold->entering[r] = chain->count[s] - chain->loop[s];
        for (uint64_t e = chain->in_offset[s]; e < chain->in_offset[s + 1]; e++, at++) {
            fold->in_source[at] = chain->in_from[e];
            fold->in_root[at] = fold->root[chain->in_from[e]];
            fold->in_count[at] = chain->in_count[e];
        }
    }
    fold->in_offset[fold->states] = at;
}

void fold_chain(struct fold *fold, const struct chain *chain)
{
    *fold = (struct fold){0};
    find_roots(fold, chain);
    find_followers(fold, chain);
    take_transitions(fold, chain);
}

void fold_clear(struct fold *fold)
{
    arena_clear(&fold->memory);
    *fold = (struct fold){0};
}
