#include "nn/op/expert_route.h"

#include "base/error.h"

#include <string.h>

static const double epsilon = 1e-9;

enum { CAPACITY_MIN = 4 };

size_t expert_route_work(size_t tokens)
{
    /* Two choices of two numbers and two places a token, of 32 bits each. */
    return 6 * tokens;
}

size_t expert_most(const real *p, size_t experts, size_t but)
{
    size_t most = but == 0 ? 1 : 0;

    for (size_t i = most + 1; i < experts; i++)
        if (i != but && p[i] > p[most])
            most = i;
    return most;
}

void expert_row(const struct op_batch *batch, const struct shape *shape, size_t b, size_t *first,
                size_t *last)
{
    const size_t per_row = shape->rank > 1 ? shape->d[0] : 1;

    if (shape->lead == SHAPE_LEAD_STEPS) {
        *first = batch->track[shape->track].begin[b];
        *last = batch->track[shape->track].begin[b + 1];
        return;
    }
    *first = b * per_row;
    *last = (b + 1) * per_row;
}

/* Drop second experts of the tokens first .. last-1 of row b by chance. */
static void drop_by_chance(struct expert_route *route, const struct op_call *call, size_t b,
                           size_t first, size_t last)
{
    const struct op_experts_settings *settings = &call->settings->experts;
    const struct op_batch *batch = call->batch;
    uint32_t draw[4];

    for (size_t n = first; n < last; n++) {
        /* Counted by row of the batch and token of the row, so that slices do not matter. */
        const uint64_t counter = (uint64_t)(batch->first_row + b) << 24 | (n - first) / 4;
        if ((n - first) % 4 == 0)
            call->kernels->philox(draw, batch->seed, settings->stream, counter, 1);
        const double chance = expert_weight(route, 2 * n + 1) / settings->threshold;
        route->choice[2 * n + 1].taken = draw[(n - first) % 4] * 0x1p-32 < chance;
    }
}

/* Keep what fits: first choices, then second ones, each in the order of the tokens. */
static void limit(struct expert_route *route, double factor, size_t first, size_t last)
{
    const size_t tokens = last - first;
    size_t capacity = (size_t)((double)tokens * factor / (double)route->experts);
    size_t taken[EXPERTS_MAX] = {0};

    if (capacity > tokens)
        capacity = tokens;
    if (capacity < CAPACITY_MIN)
        capacity = CAPACITY_MIN;
    for (size_t which = 0; which < 2; which++)
        for (size_t n = first; n < last; n++) {
            struct expert_choice *choice = &route->choice[2 * n + which];
            if (!choice->taken)
                continue;
            choice->taken = taken[choice->expert] < capacity;
            taken[choice->expert] += choice->taken;
        }
}

static void choose(struct expert_route *route, const struct op_call *call)
{
    const struct op_experts_settings *settings = &call->settings->experts;
    size_t first, last;

    for (size_t n = 0; n < route->tokens; n++) {
        const real *p = route->p + n * route->experts;
        const size_t most = expert_most(p, route->experts, route->experts);
        route->choice[2 * n] = (struct expert_choice){(uint32_t)most, 1};
        route->choice[2 * n + 1] =
            (struct expert_choice){(uint32_t)expert_most(p, route->experts, most), 1};
    }
    if (!call->batch->training)
        return;
    for (size_t b = 0; b < call->batch->rows; b++) {
        expert_row(call->batch, &call->in[1].shape, b, &first, &last);
        if (settings->threshold > 0)
            drop_by_chance(route, call, b, first, last);
        if (settings->capacity > 0)
            limit(route, settings->capacity, first, last);
    }
}

/* Places by expert, in the order of the tokens. */
static void group(struct expert_route *route)
{
    size_t next[EXPERTS_MAX];

    memset(route->begin, 0, sizeof route->begin);
    for (size_t i = 0; i < 2 * route->tokens; i++)
        route->begin[route->choice[i].expert + 1] += route->choice[i].taken;
    for (size_t i = 0; i < route->experts; i++)
        route->begin[i + 1] += route->begin[i];
    memcpy(next, route->begin, sizeof next);
    for (size_t i = 0; i < 2 * route->tokens; i++)
        if (route->choice[i].taken)
            route->place[next[route->choice[i].expert]++] = (uint32_t)i;
}

void expert_route(struct expert_route *route, const struct op_call *call, real *work)
{
    const struct op_operand *p = &call->in[1];

    route->experts = p->shape.d[p->shape.rank - 1];
    route->tokens = p->count * p->width / route->experts;
    route->p = p->x;
    route->choice = (struct expert_choice *)(void *)work;
    route->place = (uint32_t *)(route->choice + 2 * route->tokens);
    choose(route, call);
    group(route);
}

struct pair {
    const struct expert_choice *choice;
    real first, second, sum;
};

static struct pair pair_of(const struct expert_route *route, size_t place)
{
    const size_t token = place / 2;
    const real *p = route->p + token * route->experts;
    struct pair pair = {.choice = route->choice + 2 * token};

    pair.first = p[pair.choice[0].expert];
    pair.second = p[pair.choice[1].expert];
    pair.sum = pair.first + pair.second + (real)epsilon;
    return pair;
}

real expert_weight(const struct expert_route *route, size_t place)
{
    const struct pair pair = pair_of(route, place);

    return (place % 2 ? pair.second : pair.first) / pair.sum;
}

void expert_weight_back(const struct expert_route *route, size_t place, real d_weight, real *dp)
{
    const struct pair pair = pair_of(route, place);
    const real common = d_weight * expert_weight(route, place) / pair.sum;

    dp += place / 2 * route->experts;
    dp[pair.choice[place % 2].expert] += d_weight / pair.sum;
    dp[pair.choice[0].expert] -= common;
    dp[pair.choice[1].expert] -= common;
}
