#include "attribution/chain.h"

#include "base/interrupt.h"

#include <stdlib.h>
#include <string.h>

enum { CHANNEL_BITS = 21 };
static const uint32_t NO_STATE = UINT32_MAX;

/* Open addressing from a 64-bit key to a number; grows at 5/8 full. */
struct index {
    uint64_t *key; /* key + 1; 0 is an empty place */
    uint32_t *value;
    size_t used;
    unsigned bits;
};

struct transition {
    uint32_t from, to;
    double count;
};

/* A chain while its paths are read. */
struct builder {
    struct index state_index, transition_index;
    struct transition *transition;
    uint64_t *key; /* of each state: its channels + 1, the latest in the low bits */
    double *ends;  /* [states][3] conversions, value, null */
    double *start;
    size_t states, states_room, transitions, transitions_room;
};

static void index_init(struct index *index, unsigned bits)
{
    *index = (struct index){.bits = bits};
    index->key = memory_take_zeroed((size_t)1 << bits, sizeof *index->key);
    index->value = memory_take((size_t)1 << bits, sizeof *index->value);
}

static void index_clear(struct index *index)
{
    free(index->key);
    free(index->value);
}

/* The place of a key, or the empty place where it belongs. */
static size_t index_place(const struct index *index, uint64_t key)
{
    const size_t mask = ((size_t)1 << index->bits) - 1;
    size_t at = (size_t)((key + 1) * 0x9E3779B97F4A7C15u >> (64 - index->bits));

    while (index->key[at] != 0 && index->key[at] != key + 1)
        at = (at + 1) & mask;
    return at;
}

static void index_grow(struct index *index)
{
    struct index larger;

    index_init(&larger, index->bits + 1);
    for (size_t i = 0; i < (size_t)1 << index->bits; i++) {
        if (index->key[i] == 0)
            continue;
        const size_t at = index_place(&larger, index->key[i] - 1);
        larger.key[at] = index->key[i];
        larger.value[at] = index->value[i];
    }
    larger.used = index->used;
    index_clear(index);
    *index = larger;
}

/* The number under `key`, which becomes `fresh` if the key is new. */
static uint32_t index_find(struct index *index, uint64_t key, uint32_t fresh)
{
    size_t at = index_place(index, key);

    if (index->key[at] != 0)
        return index->value[at];
    if (index->used >= ((size_t)1 << index->bits) / 8 * 5) {
        index_grow(index);
        at = index_place(index, key);
    }
    index->key[at] = key + 1;
    index->value[at] = fresh;
    index->used++;
    return fresh;
}

static uint32_t find_state(struct builder *b, uint64_t key)
{
    const uint32_t state = index_find(&b->state_index, key, (uint32_t)b->states);

    if (state != b->states)
        return state;
    if (b->states == b->states_room) {
        b->states_room = b->states_room ? b->states_room * 2 : 1024;
        b->key = memory_resize(b->key, b->states_room, sizeof *b->key);
        b->ends = memory_resize(b->ends, b->states_room, 3 * sizeof *b->ends);
        b->start = memory_resize(b->start, b->states_room, sizeof *b->start);
    }
    b->key[state] = key;
    b->start[state] = b->ends[3 * state] = b->ends[3 * state + 1] = b->ends[3 * state + 2] = 0;
    b->states++;
    return state;
}

static uint32_t step(struct builder *b, uint32_t from, int32_t channel, uint64_t key, double walks)
{
    if (from == NO_STATE) {
        const uint32_t first = find_state(b, key);
        b->start[first] += walks;
        return first;
    }
    const uint64_t name = (uint64_t)from << CHANNEL_BITS | (uint32_t)channel;
    const uint32_t t = index_find(&b->transition_index, name, (uint32_t)b->transitions);
    if (t == b->transitions) {
        if (b->transitions == b->transitions_room) {
            b->transitions_room = b->transitions_room ? b->transitions_room * 2 : 4096;
            b->transition =
                memory_resize(b->transition, b->transitions_room, sizeof *b->transition);
        }
        b->transition[b->transitions++] = (struct transition){from, find_state(b, key), 0};
    }
    b->transition[t].count += walks;
    return b->transition[t].to;
}

static void walk(struct builder *b, const struct path_set *paths, size_t p, uint64_t mask,
                 bool self_loops)
{
    const double walks = paths->conversions[p] + paths->null[p];
    uint32_t state = NO_STATE;
    uint64_t key = 0;
    int32_t previous = -1;

    if (walks == 0)
        return;
    for (uint64_t i = paths->offset[p]; i < paths->offset[p + 1]; i++) {
        const int32_t channel = paths->token[i];
        if (channel == previous && !self_loops)
            continue;
        key = (key << CHANNEL_BITS | (uint64_t)(channel + 1)) & mask;
        state = step(b, state, channel, key, walks);
        previous = channel;
    }
    b->ends[3 * state] += paths->conversions[p];
    b->ends[3 * state + 1] += paths->value ? paths->value[p] : 0;
    b->ends[3 * state + 2] += paths->null[p];
}

struct named_state {
    uint64_t key;
    uint32_t state;
};

static int compare_states(const void *left, const void *right)
{
    const struct named_state *a = left, *b = right;

    return a->key < b->key ? -1 : a->key > b->key;
}

/* Copy the states in the order of their keys; rank[] says where each went. */
static void take_states(struct chain *chain, const struct builder *b, uint32_t *rank)
{
    struct arena *mem = &chain->memory;
    const size_t n = b->states, back = chain->order - 1;
    const uint64_t channel_mask = ((uint64_t)1 << CHANNEL_BITS) - 1;
    struct named_state *sorted = memory_take(n, sizeof *sorted);

    chain->states = n;
    chain->last = ARENA_NEW(mem, int32_t, n);
    chain->earlier = ARENA_NEW(mem, int32_t, n * back);
    chain->count = ARENA_NEW(mem, double, n);
    chain->loop = ARENA_ZERO(mem, double, n);
    chain->start = ARENA_NEW(mem, double, n);
    chain->conversions = ARENA_NEW(mem, double, n);
    chain->value = ARENA_NEW(mem, double, n);
    chain->null = ARENA_NEW(mem, double, n);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct named_state){b->key[i], (uint32_t)i};
    qsort(sorted, n, sizeof *sorted, compare_states);
    for (size_t s = 0; s < n; s++) {
        const uint64_t key = sorted[s].key;
        const uint32_t i = sorted[s].state;
        rank[i] = (uint32_t)s;
        chain->last[s] = (int32_t)(key & channel_mask) - 1;
        for (size_t k = 0; k < back; k++)
            chain->earlier[s * back + k] =
                (int32_t)(key >> (CHANNEL_BITS * (k + 1)) & channel_mask) - 1;
        chain->count[s] = chain->start[s] = b->start[i];
        chain->total += b->start[i];
        chain->conversions[s] = b->ends[3 * (size_t)i];
        chain->value[s] = b->ends[3 * (size_t)i + 1];
        chain->null[s] = b->ends[3 * (size_t)i + 2];
    }
    free(sorted);
}

static void rename_transitions(struct chain *chain, struct builder *b, const uint32_t *rank)
{
    for (size_t t = 0; t < b->transitions; t++) {
        struct transition *edge = &b->transition[t];
        edge->from = rank[edge->from];
        edge->to = rank[edge->to];
        chain->count[edge->to] += edge->count;
        if (edge->from == edge->to)
            chain->loop[edge->to] += edge->count;
    }
}

/*
 * Where each group begins: by the state that transitions leave (`by_from`) or enter. offset has
 * states + 2 places; filling through offset[group + 1]++ leaves the beginnings in offset[group].
 */
static void count_groups(const struct builder *b, bool by_from, uint64_t *offset)
{
    for (size_t t = 0; t < b->transitions; t++) {
        const struct transition *edge = &b->transition[t];
        if (edge->from != edge->to)
            offset[(by_from ? edge->from : edge->to) + 2]++;
    }
    for (size_t s = 2; s < b->states + 2; s++)
        offset[s] += offset[s - 1];
}

/* Sort transitions between different states by (to, from): by counting, from first. */
static void take_transitions(struct chain *chain, const struct builder *b)
{
    struct arena *mem = &chain->memory;
    uint64_t *leaving = memory_take_zeroed(b->states + 2, sizeof *leaving);
    uint64_t *entering = ARENA_ZERO(mem, uint64_t, b->states + 2);
    uint32_t *by_from;

    count_groups(b, true, leaving);
    count_groups(b, false, entering);
    chain->transitions = (size_t)entering[b->states + 1];
    by_from = memory_take(chain->transitions + 1, sizeof *by_from);
    for (size_t t = 0; t < b->transitions; t++)
        if (b->transition[t].from != b->transition[t].to)
            by_from[leaving[b->transition[t].from + 1]++] = (uint32_t)t;
    chain->in_from = ARENA_NEW(mem, uint32_t, chain->transitions);
    chain->in_count = ARENA_NEW(mem, double, chain->transitions);
    for (size_t i = 0; i < chain->transitions; i++) {
        const struct transition *edge = &b->transition[by_from[i]];
        const uint64_t at = entering[edge->to + 1]++;
        chain->in_from[at] = edge->from;
        chain->in_count[at] = edge->count;
    }
    chain->in_offset = entering;
    free(leaving);
    free(by_from);
}

static void builder_clear(struct builder *b)
{
    index_clear(&b->state_index);
    index_clear(&b->transition_index);
    free(b->transition);
    free(b->key);
    free(b->ends);
    free(b->start);
}

bool chain_build(struct chain *chain, const struct path_set *paths, size_t order, bool self_loops,
                 struct error *err)
{
    struct builder b = {0};
    const uint64_t mask = ((uint64_t)1 << (CHANNEL_BITS * order)) - 1;
    bool ok = true;

    BUG_ON(order < 1 || order > CHAIN_ORDER_MAX);
    *chain = (struct chain){.order = order, .channels = paths->channels};
    index_init(&b.state_index, 10);
    index_init(&b.transition_index, 12);
    for (size_t p = 0; ok && p < paths->count; p++) {
        walk(&b, paths, p, mask, self_loops);
        if (b.states > CHAIN_STATES_MAX || b.transitions > CHAIN_STATES_MAX)
            ok = error_set(err, ERR_LIMIT,
                           "the Markov chain of order %zu has more than %d states: lower the order",
                           order, CHAIN_STATES_MAX);
        else if (p % 65536 == 0)
            ok = interrupt_check("building a Markov chain", err);
    }
    if (ok) {
        uint32_t *rank = memory_take(b.states + 1, sizeof *rank);
        take_states(chain, &b, rank);
        rename_transitions(chain, &b, rank);
        take_transitions(chain, &b);
        free(rank);
    }
    builder_clear(&b);
    return ok;
}

void chain_clear(struct chain *chain)
{
    arena_clear(&chain->memory);
    *chain = (struct chain){0};
}
