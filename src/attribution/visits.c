#include "attribution/visits.h"

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
    double tolerance; /* in walks */
    double *conversions, *value;
    struct error *error; /* [blocks] */
    size_t blocks;
};

/* One block of channels on one thread. */
struct block {
    size_t first; /* its first channel */
    lanes *seen;  /* [states] */
    lanes *rest;  /* [channels] residual, then what is spread */
};

static lanes absolute(lanes x)
{
    for (size_t i = 0; i < LANES; i++)
        x[i] = fabs(x[i]);
    return x;
}

static double largest(lanes x)
{
    double most = x[0];

    for (size_t i = 1; i < LANES; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

/* Put `value` where the state holds the lane's channel. */
static lanes where_held(const struct chain *chain, const struct block *block, size_t s, lanes x,
                        double value)
{
    const size_t back = chain->order - 1;
    const size_t lane = (size_t)chain->last[s] - block->first;

    if (lane < LANES)
        x[lane] = value;
    for (size_t i = 0; i < back; i++) {
        const size_t held = (size_t)chain->earlier[s * back + i] - block->first;
        if (chain->earlier[s * back + i] >= 0 && held < LANES)
            x[held] = value;
    }
    return x;
}

static lanes flow_into(const struct chain *chain, const struct block *block, size_t s)
{
    lanes flow = {0};

    for (uint64_t e = chain->in_offset[s]; e < chain->in_offset[s + 1]; e++)
        flow += chain->in_count[e] * block->seen[chain->in_from[e]];
    return flow;
}

/* The solution of order 1, or nothing seen. */
static void begin(const struct solver *solver, const struct block *block)
{
    const struct chain *chain = solver->chain;
    const size_t n = chain->channels;

    for (size_t s = 0; s < chain->states; s++) {
        lanes guess = {0};
        for (size_t i = 0; solver->kernel && i < LANES && block->first + i < n; i++) {
            const double *row = solver->kernel->k + (block->first + i) * n;
            const double own = row[block->first + i];
            guess[i] = own > 0 ? row[chain->last[s]] / own : 0;
        }
        block->seen[s] = where_held(chain, block, s, guess, 1);
    }
}

/*
 * One Gauss-Seidel sweep. Returns, per lane, the flow behind all changes of this sweep: no more
 * than that can be wrong with the equations of states swept before.
 */
static lanes sweep(const struct chain *chain, const struct block *block)
{
    lanes moved = {0};

    for (size_t s = 0; s < chain->states; s++) {
        const double entering = chain->count[s] - chain->loop[s];
        const lanes old = block->seen[s];
        const lanes fresh = where_held(chain, block, s, flow_into(chain, block, s) / entering, 1);
        moved += entering * absolute(fresh - old);
        block->seen[s] = fresh;
    }
    return moved;
}

/* Solve the residual, summed by last channel, in the chain of order 1 without the lane's channel.
 */
static void spread(const struct solver *solver, const struct block *block)
{
    const struct chain *chain = solver->chain;
    const size_t n = chain->channels;
    const double *k = solver->kernel->k;
    lanes *solved = block->rest + n;
    lanes own = {0};

    memset(block->rest, 0, 2 * n * sizeof *block->rest);
    for (size_t s = 0; s < chain->states; s++) {
        const double entering = chain->count[s] - chain->loop[s];
        const lanes missing = flow_into(chain, block, s) - entering * block->seen[s];
        block->rest[chain->last[s]] += where_held(chain, block, s, missing, 0);
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
    for (size_t s = 0; s < chain->states; s++)
        block->seen[s] += where_held(chain, block, s, solved[chain->last[s]], 0);
}

static void collect(const struct solver *solver, const struct block *block)
{
    const struct chain *chain = solver->chain;
    lanes conversions = {0}, value = {0};

    for (size_t s = 0; s < chain->states; s++) {
        conversions += chain->conversions[s] * block->seen[s];
        value += chain->value[s] * block->seen[s];
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

    begin(solver, block);
    for (size_t i = 0; i < SWEEPS_MAX; i++) {
        const double moved = largest(sweep(solver->chain, block));
        if (moved <= solver->tolerance) {
            collect(solver, block);
            return true;
        }
        if (!interrupt_check("solving a Markov chain", err))
            return false;
        /* Nothing proves that spreading helps on every chain; plain sweeps always settle. */
        spreading = spreading && (i < 2 || moved < before * 0.9);
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
        .seen = ARENA_NEW(&memory, lanes, solver->chain->states),
        .rest = ARENA_NEW(&memory, lanes, 2 * solver->chain->channels),
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
