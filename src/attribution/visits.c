#include "attribution/visits.h"

#include "attribution/fold.h"
#include "base/interrupt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 8, SWEEPS_MAX = 100000 };

/* Eight channels side by side: one cache line. */
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

struct solver {
    const struct chain *chain;
    const struct visits_kernel *kernel;
    struct fold fold;
    double tolerance; /* in walks */
    double *conversions, *value;
    struct error *error; /* [blocks] */
    size_t blocks;
};

/* One block of channels on one thread. */
struct block {
    size_t first;          /* its first channel */
    lanes *seen;           /* [roots] */
    lanes *rest;           /* [2][channels] residual, and what it spreads to */
    uint8_t *since;        /* [states] lanes of the channels passed since the root, or held in it */
    uint8_t *since_source; /* [fold's transitions] of the state they come from */
};

static double largest(lanes x)
{
    double most = x[0];

    for (size_t i = 1; i < LANES; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

static lanes fill(lanes x, uint8_t mask, double value)
{
    for (size_t i = 0; mask != 0; i++, mask >>= 1)
        if (mask & 1)
            x[i] = value;
    return x;
}

static uint8_t lane_of(const struct block *block, int32_t channel)
{
    const size_t lane = (size_t)channel - block->first;

    return channel >= 0 && lane < LANES ? (uint8_t)(1u << lane) : 0;
}

/* Which channels of the block have certainly been passed, state by state. */
static void mark(const struct solver *solver, const struct block *block)
{
    const struct chain *chain = solver->chain;
    const struct fold *fold = &solver->fold;
    const size_t back = chain->order - 1;

    for (size_t r = 0; r < fold->states; r++) {
        const size_t s = fold->state[r];
        block->since[s] = lane_of(block, chain->last[s]);
        for (size_t i = 0; i < back; i++)
            block->since[s] |= lane_of(block, chain->earlier[s * back + i]);
    }
    for (size_t i = 0; i < fold->followers; i++) {
        const uint32_t s = fold->follower[i];
        block->since[s] = block->since[fold_parent(chain, s)] | lane_of(block, chain->last[s]);
    }
    for (size_t e = 0; e < fold->transitions; e++)
        block->since_source[e] = block->since[fold->in_source[e]];
}

static lanes flow_into(const struct fold *fold, const struct block *block, size_t r)
{
    lanes flow = {0};

    for (uint64_t e = fold->in_offset[r]; e < fold->in_offset[r + 1]; e++) {
        lanes seen = block->seen[fold->in_root[e]];
        if (block->since_source[e])
            seen = fill(seen, block->since_source[e], 1);
        flow += fold->in_count[e] * seen;
    }
    return flow;
}

/* The solution of order 1, or nothing seen. */
static void begin(const struct solver *solver, const struct block *block)
{
    const struct chain *chain = solver->chain;
    const size_t n = chain->channels;

    for (size_t r = 0; r < solver->fold.states; r++) {
        const size_t s = solver->fold.state[r];
        lanes guess = {0};
        for (size_t i = 0; solver->kernel && i < LANES && block->first + i < n; i++) {
            const double *row = solver->kernel->k + (block->first + i) * n;
            const double own = row[block->first + i];
            guess[i] = own > 0 ? row[chain->last[s]] / own : 0;
        }
        block->seen[r] = fill(guess, block->since[s], 1);
    }
}

/*
 * One Gauss-Seidel sweep. Returns, per lane, the flow behind all changes of this sweep: no more
 * than that can be wrong with the equations of states swept before.
 */
static lanes sweep(const struct solver *solver, const struct block *block)
{
    const struct fold *fold = &solver->fold;
    lanes moved = {0};

    for (size_t r = 0; r < fold->states; r++) {
        const lanes old = block->seen[r];
        const lanes fresh =
            fill(flow_into(fold, block, r) / fold->entering[r], block->since[fold->state[r]], 1);
        lanes change = fresh - old;
        for (size_t i = 0; i < LANES; i++)
            change[i] = fabs(change[i]);
        moved += solver->chain->count[fold->state[r]] * change;
        block->seen[r] = fresh;
    }
    return moved;
}

/* Solve the residual, summed by last channel, in the chain of order 1 without the lane's channel.
 */
static void spread(const struct solver *solver, const struct block *block)
{
    const struct chain *chain = solver->chain;
    const struct fold *fold = &solver->fold;
    const size_t n = chain->channels;
    const double *k = solver->kernel->k;
    lanes *solved = block->rest + n;
    lanes own = {0};

    memset(block->rest, 0, 2 * n * sizeof *block->rest);
    for (size_t r = 0; r < fold->states; r++) {
        const lanes missing = flow_into(fold, block, r) - fold->entering[r] * block->seen[r];
        const size_t s = fold->state[r];
        block->rest[chain->last[s]] += fill(missing, block->since[s], 0);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            solved[j] += block->rest[i] * k[i * n + j];
    for (size_t i = 0; i < LANES && block->first + i < n; i++) {
        const double itself = k[(block->first + i) * n + block->first + i];
        own[i] = itself > 0 ? solved[block->first + i][i] / itself : 0;
    }
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < LANES && block->first + i < n; i++)
            solved[j][i] -= own[i] * k[(block->first + i) * n + j];
    for (size_t r = 0; r < fold->states; r++) {
        const size_t s = fold->state[r];
        block->seen[r] += fill(solved[chain->last[s]], block->since[s], 0);
    }
}

static void collect(const struct solver *solver, const struct block *block)
{
    const struct chain *chain = solver->chain;
    lanes conversions = {0}, value = {0};

    for (size_t s = 0; s < chain->states; s++) {
        const lanes seen = fill(block->seen[solver->fold.root[s]], block->since[s], 1);
        conversions += chain->conversions[s] * seen;
        value += chain->value[s] * seen;
    }
    for (size_t i = 0; i < LANES && block->first + i < chain->channels; i++) {
        solver->conversions[block->first + i] = conversions[i];
        if (solver->value)
            solver->value[block->first + i] = value[i];
    }
}

static bool solve_block(const struct solver *solver, const struct block *block, struct error *err)
{
    bool spreading = solver->kernel != NULL;
    double before = 0;

    mark(solver, block);
    begin(solver, block);
    for (size_t i = 0; i < SWEEPS_MAX; i++) {
        const double moved = largest(sweep(solver, block));
        if (moved <= solver->tolerance) {
            collect(solver, block);
            return true;
        }
        if (!interrupt_check("solving a Markov chain", err))
            return false;
        /* Nothing proves that spreading helps on every chain; plain sweeps always settle. */
        if (i % 2 == 1)
            continue;
        spreading = spreading && (i < 2 || moved < before * 0.8);
        if (spreading)
            spread(solver, block);
        before = moved;
    }
    return error_set(err, ERR_CHECK, "the Markov chain of order %zu did not settle in %d sweeps",
                     solver->chain->order, SWEEPS_MAX);
}

/* Blocks are fixed pieces: who solves which does not change a bit of them. */
static void solve_some(void *context, size_t rank, size_t size)
{
    const struct solver *solver = context;
    struct arena memory = {0};
    struct block block = {
        .seen = ARENA_NEW(&memory, lanes, solver->fold.states),
        .rest = ARENA_NEW(&memory, lanes, 2 * solver->chain->channels),
        .since = ARENA_NEW(&memory, uint8_t, solver->chain->states),
        .since_source = ARENA_NEW(&memory, uint8_t, solver->fold.transitions),
    };

    for (size_t b = rank; b < solver->blocks; b += size) {
        block.first = b * LANES;
        if (!solve_block(solver, &block, &solver->error[b]))
            break;
    }
    arena_clear(&memory);
}

static bool solve_sparse(struct solver *solver, struct pool *pool, struct error *err)
{
    const struct chain *chain = solver->chain;
    double conversions = 0, visits = 0;
    bool ok = true;

    for (size_t s = 0; s < chain->states; s++) {
        conversions += chain->conversions[s];
        visits += chain->count[s];
    }
    /* Below the second term there is only the rounding of the sweeps themselves. */
    solver->tolerance = 1e-14 * conversions + 0x1p-52 * visits;
    solver->blocks = (chain->channels + LANES - 1) / LANES;
    solver->error = memory_take_zeroed(solver->blocks, sizeof *solver->error);
    fold_chain(&solver->fold, chain);
    if (pool)
        pool_run(pool, solve_some, solver);
    else
        solve_some(solver, 0, 1);
    for (size_t b = 0; ok && b < solver->blocks; b++)
        if (solver->error[b].code != ERR_NONE) {
            *err = solver->error[b];
            ok = false;
        }
    free(solver->error);
    fold_clear(&solver->fold);
    return ok;
}

static void solve_first_order(const struct solver *solver)
{
    const struct chain *chain = solver->chain;
    const size_t n = chain->channels;

    for (size_t c = 0; c < n; c++) {
        const double *row = solver->kernel->k + c * n;
        double conversions = 0, value = 0;
        for (size_t s = 0; s < chain->states; s++) {
            conversions += row[chain->last[s]] * chain->conversions[s];
            value += row[chain->last[s]] * chain->value[s];
        }
        solver->conversions[c] = row[c] > 0 ? conversions / row[c] : 0;
        if (solver->value)
            solver->value[c] = row[c] > 0 ? value / row[c] : 0;
    }
}

bool visits_passing(const struct chain *chain, const struct visits_kernel *kernel,
                    struct pool *pool, double *conversions, double *value, struct error *err)
{
    struct solver solver = {
        .chain = chain, .kernel = kernel, .conversions = conversions, .value = value};

    if (chain->order > 1 || !kernel)
        return solve_sparse(&solver, pool, err);
    solve_first_order(&solver);
    return true;
}
