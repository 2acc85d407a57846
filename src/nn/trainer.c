#include "nn/trainer.h"

#include "base/arena.h"
#include "base/barrier.h"
#include "base/interrupt.h"
#include "nn/kernels.h"

#include <math.h>

/* Numbers that are added up and updated together: small enough for the first-level cache. */
enum { BLOCK = 1024 };

struct trainer {
    struct trainer_settings settings;
    struct trainer_state state;
    struct pool *pool;
    const struct kernels *kernels;
    struct arena arena;
    struct graph_run **run; /* [slices] */
    double *slice_loss;     /* [slices] of the step at hand */
    real *packed;
};

struct session {
    struct trainer *trainer;
    struct barrier barrier;
    size_t steps;
    trainer_fill fill;
    void *context;
    const char *doing;
    double loss;
    bool interrupted; /* written by rank 0 before a barrier, read by all after it */
    bool failed;
    struct error *err;
};

struct trainer *trainer_new(const struct trainer_settings *settings, struct pool *pool)
{
    struct trainer *trainer = memory_take_zeroed(1, sizeof *trainer);
    struct arena *arena = &trainer->arena;
    const size_t size = graph_parameters_size(settings->graph);

    trainer->settings = *settings;
    trainer->pool = pool;
    trainer->kernels = kernels_best();
    trainer->state = (struct trainer_state){
        .size = size,
        .parameters = ARENA_ZERO(arena, real, size),
        .first = ARENA_ZERO(arena, real, size),
        .second = ARENA_ZERO(arena, real, size),
        .average = settings->average > 0 ? ARENA_ZERO(arena, real, size) : NULL,
    };
    trainer->packed = ARENA_ZERO(arena, real, graph_packed_size(settings->graph));
    trainer->run = ARENA_NEW(arena, struct graph_run *, settings->slices);
    trainer->slice_loss = ARENA_ZERO(arena, double, settings->slices);
    for (size_t i = 0; i < settings->slices; i++)
        trainer->run[i] = graph_run_new(settings->graph, true);
    return trainer;
}

void trainer_free(struct trainer *trainer)
{
    if (!trainer)
        return;
    for (size_t i = 0; i < trainer->settings.slices; i++)
        graph_run_free(trainer->run[i]);
    arena_clear(&trainer->arena);
    free(trainer);
}

struct trainer_state *trainer_state(struct trainer *trainer)
{
    return &trainer->state;
}

static void run_slice(const struct session *session, size_t step, size_t slice)
{
    struct trainer *trainer = session->trainer;
    struct graph_run *run = trainer->run[slice];
    const real *parameters = trainer->state.parameters;

    session->fill(session->context, step, slice, run);
    if (graph_run_batch(run)->rows == 0) {
        trainer->slice_loss[slice] = 0;
        return;
    }
    graph_forward(run, parameters, trainer->packed);
    trainer->slice_loss[slice] = (double)graph_run_value(run, trainer->settings.loss)[0];
    graph_backward(run, parameters, trainer->packed, trainer->settings.loss);
}

/* Add the gradients of all slices, in their order, and zero them for the next step. */
static void gather_gradients(const struct trainer *trainer, size_t begin, size_t count,
                             real *restrict sum)
{
    for (size_t slice = 0; slice < trainer->settings.slices; slice++) {
        real *part = graph_run_gradients(trainer->run[slice]) + begin;
        if (slice == 0)
            memcpy(sum, part, count * sizeof *sum);
        else
            trainer->kernels->add(sum, part, count);
        memset(part, 0, count * sizeof *part);
    }
}

static void update_blocks(struct trainer *trainer, size_t rank, size_t size)
{
    struct trainer_state *state = &trainer->state;
    const double t = (double)state->step;
    const struct adam_step adam = adam_step_begin(&trainer->settings.adam, state->step + 1);
    const real follow = (real)(1 - fmin(trainer->settings.average, t / (t + 9)));
    real sum[BLOCK];

    for (size_t begin = rank * BLOCK; begin < state->size; begin += size * BLOCK) {
        const size_t count = state->size - begin < BLOCK ? state->size - begin : BLOCK;
        real *weight = state->parameters + begin;
        gather_gradients(trainer, begin, count, sum);
        adam_update(&adam, count, sum, weight, state->first + begin, state->second + begin);
        if (state->average)
            trainer->kernels->follow(state->average + begin, follow, weight, count);
    }
}

/*
 * Every rank adds up the same losses and so comes to the same answer without another barrier; rank
 * 0 says it.
 */
static bool step_is_sound(struct session *session, size_t rank)
{
    const struct trainer *trainer = session->trainer;
    double loss = 0;

    for (size_t i = 0; i < trainer->settings.slices; i++)
        loss += trainer->slice_loss[i];
    if (rank == 0) {
        session->loss += loss;
        if (!isfinite(loss))
            session->failed = !error_set(
                session->err, ERR_DATA,
                "the loss is no longer a finite number at step %llu: lower learning_rate",
                (unsigned long long)trainer->state.step + 1);
    }
    return isfinite(loss);
}

static void run_steps(void *context, size_t rank, size_t size)
{
    struct session *session = context;
    struct trainer *trainer = session->trainer;

    graph_pack(trainer->settings.graph, trainer->state.parameters, trainer->packed, rank, size);
    barrier_wait(&session->barrier);
    for (size_t step = 0; step < session->steps; step++) {
        if (rank == 0 && !interrupt_check(session->doing, session->err))
            session->interrupted = true;
        for (size_t slice = rank; slice < trainer->settings.slices; slice += size)
            run_slice(session, step, slice);
        barrier_wait(&session->barrier);
        if (session->interrupted || !step_is_sound(session, rank))
            return;
        update_blocks(trainer, rank, size);
        barrier_wait(&session->barrier);
        if (rank == 0)
            trainer->state.step++;
        graph_pack(trainer->settings.graph, trainer->state.parameters, trainer->packed, rank, size);
        barrier_wait(&session->barrier);
    }
}

bool trainer_run(struct trainer *trainer, size_t steps, trainer_fill fill, void *context,
                 const char *doing, double *loss, struct error *err)
{
    struct session session = {.trainer = trainer,
                              .steps = steps,
                              .fill = fill,
                              .context = context,
                              .doing = doing,
                              .err = err};

    /* A step that failed leaves its gradients behind. */
    for (size_t i = 0; i < trainer->settings.slices; i++)
        memset(graph_run_gradients(trainer->run[i]), 0, trainer->state.size * sizeof(real));
    barrier_init(&session.barrier, pool_size(trainer->pool));
    pool_run(trainer->pool, run_steps, &session);
    barrier_clear(&session.barrier);
    *loss = steps ? session.loss / (double)steps : 0;
    return !session.failed && !session.interrupted;
}
