#include "fraud/simulation.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TAKEN_A_DAY = 2, TAKEN_DAYS = 28, STOLEN_A_DAY = 3, STOLEN_DAYS = 14, PAYMENTS_MAX = 64 };

static const double map = 100, reach = 5, large = 220;

/* Each kind of draw has streams of its own. */
enum stream { CUSTOMERS, TERMINALS, PAYMENTS, TAKEOVERS };

static struct rng stream(const struct fraud_world *world, enum stream kind, uint64_t index)
{
    return rng_new(rng_mix(world->seed, kind), index);
}

static double uniform(struct rng *rng, double low, double high)
{
    return low + (high - low) * rng_uniform(rng);
}

static struct fraud_place draw_place(struct rng *rng)
{
    const double x = uniform(rng, 0, map);

    return (struct fraud_place){x, uniform(rng, 0, map)};
}

static size_t cell_of(const struct fraud_place *place)
{
    const size_t x = (size_t)(place->x / reach), y = (size_t)(place->y / reach);

    return y * FRAUD_CELLS + x;
}

static void sort_terminals(struct fraud_world *w)
{
    const size_t cells = FRAUD_CELLS * FRAUD_CELLS;
    size_t *next = ARENA_NEW(&w->memory, size_t, cells);

    w->cell = ARENA_ZERO(&w->memory, size_t, cells + 1);
    w->near = ARENA_NEW(&w->memory, uint32_t, w->terminals);
    for (size_t t = 0; t < w->terminals; t++)
        w->cell[cell_of(&w->terminal[t]) + 1]++;
    for (size_t c = 0; c < cells; c++)
        w->cell[c + 1] += w->cell[c];
    memcpy(next, w->cell, cells * sizeof *next);
    for (size_t t = 0; t < w->terminals; t++)
        w->near[next[cell_of(&w->terminal[t])]++] = (uint32_t)t;
}

/* Up to `count` different ones of `all`, which stay taken until `until`. */
static void take(struct rng *rng, size_t count, size_t all, int64_t until, int64_t *taken)
{
    uint64_t chosen[STOLEN_A_DAY];

    for (size_t i = 0; i < count && i < all; i++) {
        bool again = true;
        while (again) {
            chosen[i] = rng_below(rng, all);
            again = false;
            for (size_t j = 0; j < i; j++)
                again = again || chosen[j] == chosen[i];
        }
        taken[chosen[i]] = until;
    }
}

static void take_over(struct fraud_world *w, int64_t day)
{
    struct rng rng = stream(w, TAKEOVERS, (uint64_t)(day + TAKEN_DAYS));

    take(&rng, TAKEN_A_DAY, w->terminals, day + TAKEN_DAYS, w->taken_until);
    take(&rng, STOLEN_A_DAY, w->customers, day + STOLEN_DAYS, w->stolen_until);
}

void fraud_world_init(struct fraud_world *world, uint64_t seed, size_t customers, size_t terminals)
{
    struct fraud_world w = {.seed = seed, .customers = customers, .terminals = terminals};

    w.customer = ARENA_NEW(&w.memory, struct fraud_customer, customers);
    w.terminal = ARENA_NEW(&w.memory, struct fraud_place, terminals);
    w.taken_until = ARENA_NEW(&w.memory, int64_t, terminals);
    w.stolen_until = ARENA_NEW(&w.memory, int64_t, customers);
    w.choice = ARENA_NEW(&w.memory, uint32_t, terminals);
    for (size_t c = 0; c < customers; c++) {
        struct rng rng = stream(&w, CUSTOMERS, c);
        w.customer[c].place = draw_place(&rng);
        w.customer[c].amount = uniform(&rng, 5, 100);
        w.customer[c].payments = uniform(&rng, 0, 4);
        w.stolen_until[c] = INT64_MIN;
    }
    for (size_t t = 0; t < terminals; t++) {
        struct rng rng = stream(&w, TERMINALS, t);
        w.terminal[t] = draw_place(&rng);
        w.taken_until[t] = INT64_MIN;
    }
    sort_terminals(&w);
    for (int64_t day = -TAKEN_DAYS; day < 0; day++)
        take_over(&w, day);
    *world = w;
}

void fraud_world_clear(struct fraud_world *world)
{
    free(world->payment);
    arena_clear(&world->memory);
    *world = (struct fraud_world){0};
}

/* The terminals that a customer can reach lie in the cells around. */
static size_t choose_from(const struct fraud_world *w, const struct fraud_place *place)
{
    const size_t x = (size_t)(place->x / reach), y = (size_t)(place->y / reach);
    size_t count = 0;

    for (size_t row = y ? y - 1 : 0; row <= y + 1 && row < FRAUD_CELLS; row++)
        for (size_t column = x ? x - 1 : 0; column <= x + 1 && column < FRAUD_CELLS; column++) {
            const size_t cell = row * FRAUD_CELLS + column;
            for (size_t i = w->cell[cell]; i < w->cell[cell + 1]; i++) {
                const struct fraud_place *t = &w->terminal[w->near[i]];
                const double dx = t->x - place->x, dy = t->y - place->y;
                if (dx * dx + dy * dy < reach * reach)
                    w->choice[count++] = w->near[i];
            }
        }
    return count;
}

/* By multiplying uniform numbers (Knuth); the means here are small. */
static size_t poisson(struct rng *rng, double mean)
{
    const double end = exp(-mean);
    size_t count = 0;

    for (double product = rng_uniform(rng); product > end && count < PAYMENTS_MAX;
         product *= rng_uniform(rng))
        count++;
    return count;
}

static double to_cents(double amount)
{
    return round(amount * 100) / 100;
}

static void add_payment(struct fraud_world *w, const struct fraud_payment *payment)
{
    if (w->payments == w->room) {
        w->room = w->room ? 2 * w->room : 4096;
        w->payment = memory_resize(w->payment, w->room, sizeof *w->payment);
    }
    w->payment[w->payments++] = *payment;
}

static void draw_payment(struct fraud_world *w, struct rng *rng, size_t c, int64_t day,
                         size_t choices)
{
    const struct fraud_customer *customer = &w->customer[c];
    const double second = floor(43200 + 20000 * rng_normal(rng));
    double amount = customer->amount + customer->amount / 2 * rng_normal(rng);
    const double instead = uniform(rng, 0, 2 * customer->amount);
    const uint32_t terminal = w->choice[rng_below(rng, choices)];
    const bool thief = rng_uniform(rng) < 1.0 / 3 && day < w->stolen_until[c];

    if (!(second > 0 && second < 86400))
        return;
    amount = to_cents(amount < 0 ? instead : amount);
    const int scenario = thief ? 3 : day < w->taken_until[terminal] ? 2 : amount > large ? 1 : 0;
    add_payment(w, &(struct fraud_payment){
                       .time = day * 86400 + (int64_t)second,
                       .customer = (uint32_t)c,
                       .terminal = terminal,
                       .amount = thief ? to_cents(5 * amount) : amount,
                       .scenario = scenario,
                   });
}

static int by_time(const void *a, const void *b)
{
    const struct fraud_payment *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->customer != y->customer)
        return x->customer < y->customer ? -1 : 1;
    if (x->terminal != y->terminal)
        return x->terminal < y->terminal ? -1 : 1;
    return (x->amount > y->amount) - (x->amount < y->amount);
}

void fraud_world_day(struct fraud_world *world, int64_t day)
{
    world->payments = 0;
    take_over(world, day);
    for (size_t c = 0; c < world->customers; c++) {
        struct rng rng = stream(world, PAYMENTS, (uint64_t)day * FRAUD_CUSTOMERS_MAX + c);
        const size_t payments = poisson(&rng, world->customer[c].payments);
        const size_t choices = payments ? choose_from(world, &world->customer[c].place) : 0;
        for (size_t i = 0; i < payments && choices; i++)
            draw_payment(world, &rng, c, day, choices);
    }
    if (world->payments)
        qsort(world->payment, world->payments, sizeof *world->payment, by_time);
}
