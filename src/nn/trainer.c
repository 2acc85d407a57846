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
    /*
     * [threads] Each thread reads its own copy of the weights, the first state.parameters, and
     * packs its own for the kernels: half of them from another processor's cache would cost more
     * than the packing.
     */
    real **weights, **packed;
    real *total; /* [state.size] with peers: the gradients of all */
    double total_loss;
};

struct session {
    struct trainer *trainer;
    struct barrier barrier;
    size_t steps, done;
    trainer_fill fill;
    void *context;
    const char *doing;
    double loss;
    bool interrupted; /* written by rank 0 before a barrier, read by all after it */
    bool parted;      /* likewise: the peers are gone */
    bool failed;
    struct error *err;
};

struct trainer *trainer_new(const struct trainer_settings *settings, struct pool *pool)
{
    struct trainer *trainer = memory_take_zeroed(1, sizeof *trainer);
    struct arena *arena = &trainer->arena;
    const size_t size = graph_parameters_size(settings->graph);

    arena->large_pages = true;
    trainer->settings = *settings;
    if (trainer->settings.turns == 0)
        trainer->settings.turns = 1;
    trainer->pool = pool;
    trainer->kernels = kernels_best();
    trainer->state = (struct trainer_state){
        .size = size,
        .parameters = ARENA_ZERO(arena, real, size),
        .first = ARENA_ZERO(arena, real, size),
        .second = ARENA_ZERO(arena, real, size),
        .average = settings->average > 0 ? ARENA_ZERO(arena, real, size) : NULL,
    };
    trainer->weights = ARENA_NEW(arena, real *, pool_size(pool));
    trainer->packed = ARENA_NEW(arena, real *, pool_size(pool));
    for (size_t i = 0; i < pool_size(pool); i++) {
        trainer->weights[i] = i ? ARENA_ZERO(arena, real, size) : trainer->state.parameters;
        trainer->packed[i] = ARENA_ZERO(arena, real, graph_packed_size(settings->graph));
    }
    trainer->run = ARENA_NEW(arena, struct graph_run *, settings->slices);
    trainer->slice_loss = ARENA_ZERO(arena, double, settings->slices);
    for (size_t i = 0; i < settings->slices; i++)
        trainer->run[i] = graph_run_new(settings->graph, true);
    if (settings->peers)
        trainer->total = ARENA_ZERO(arena, real, size);
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

static void run_slice(const struct session *session, size_t step, size_t slice, const real *weights,
                      const real *packed)
{
    struct trainer *trainer = session->trainer;
    struct graph_run *run = trainer->run[slice];

    trainer->slice_loss[slice] = 0;
    for (size_t turn = 0; turn < trainer->settings.turns; turn++) {
        session->fill(session->context, step, slice, turn, run);
        if (graph_run_batch(run)->rows == 0)
            continue;
        graph_forward(run, weights, packed);
        trainer->slice_loss[slice] += (double)graph_run_value(run, trainer->settings.loss)[0];
        graph_backward(run, weights, packed, trainer->settings.loss);
    }
    graph_backward_weights(run, weights, packed);
}

/*
 * Add numbers of a slice to `sum` (or begin it) and clear them for the next step. Clearing is done
 * here and not by the thread that fills them next: a line that one processor writes and another
 * only reads is shared by both, and to be written again it must be taken from the reader, at
 * several times the price of a line that its last user has written.
 */
static void take_gradients(struct trainer *trainer, size_t slice, size_t begin, size_t count,
                           bool first, real *sum)
{
    real *gradients = graph_run_gradients(trainer->run[slice]) + begin;

    if (first)
        memcpy(sum, gradients, count * sizeof *sum);
    else
        trainer->kernels->add(sum, gradients, count);
    memset(gradients, 0, count * sizeof *gradients);
}

/* The gradients of the slices added in their order, to `sum` unless they are the first. */
static void add_gradients(void *context, size_t begin, size_t count, bool first, real *sum)
{
    struct trainer *trainer = context;

    for (size_t done = 0; done < count; done += BLOCK) {
        const size_t some = count - done < BLOCK ? count - done : BLOCK;
        for (size_t slice = 0; slice < trainer->settings.slices; slice++)
            take_gradients(trainer, slice, begin + done, some, first && slice == 0, sum + done);
    }
}

static void gather_gradients(struct trainer *trainer, size_t begin, size_t count,
                             real *restrict sum)
{
    if (trainer->total)
        memcpy(sum, trainer->total + begin, count * sizeof *sum);
    else
        add_gradients(trainer, begin, count, true, sum);
}

/* Threads share no cache line that they write. */
static size_t share_begin(size_t numbers, size_t rank, size_t size)
{
    return rank == size ? numbers : numbers / GRAPH_ALIGN * rank / size * GRAPH_ALIGN;
}

/* Step t (from 0) for the numbers of one thread. */
static void update_share(struct trainer *trainer, uint64_t t, size_t rank, size_t size)
{
    struct trainer_state *state = &trainer->state;
    const struct adam_settings settings =
        schedule_at(&trainer->settings.schedule, &trainer->settings.adam, t);
    const struct adam_step adam = adam_step_begin(&settings, t + 1);
    const real follow = (real)(1 - fmin(trainer->settings.average, (double)t / ((double)t + 9)));
    const size_t end = share_begin(state->size, rank + 1, size);
    real sum[BLOCK];

    for (size_t begin = share_begin(state->size, rank, size); begin < end; begin += BLOCK) {
        const size_t count = end - begin < BLOCK ? end - begin : BLOCK;
        real *weight = trainer->weights[rank] + begin;
        gather_gradients(trainer, begin, count, sum);
        adam_update(&adam, count, sum, weight, state->first + begin, state->second + begin);
        if (state->average)
            trainer->kernels->follow(state->average + begin, follow, weight, count);
        for (size_t other = 0; other < size; other++)
            if (other != rank)
                memcpy(trainer->weights[other] + begin, weight, count * sizeof *weight);
    }
}

/*
 * Write once into each cache line of weights that another thread has written, for the reason given
 * at take_gradients().
 */
static void settle_weights(volatile real *weights, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i += GRAPH_ALIGN)
        weights[i] = weights[i];
}

static void settle_others(struct trainer *trainer, size_t rank, size_t size)
{
    const size_t count = trainer->state.size;

    settle_weights(trainer->weights[rank], 0, share_begin(count, rank, size));
    settle_weights(trainer->weights[rank], share_begin(count, rank + 1, size), count);
}

static void add_losses(void *context, double *loss)
{
    const struct trainer *trainer = context;

    for (size_t i = 0; i < trainer->settings.slices; i++)
        *loss += trainer->slice_loss[i];
}

/* By rank 0, between two barriers. */
static void join_peers(struct session *session)
{
    struct trainer *trainer = session->trainer;
    const struct trainer_peers *peers = trainer->settings.peers;
    const struct trainer_part part = {trainer, add_gradients, add_losses};

    session->parted = !peers->sum(peers->context, &part, trainer->total, trainer->state.size,
                                  &trainer->total_loss, session->err);
}

/*
 * Every rank adds up the same losses and so comes to the same answer without another barrier; rank
 * 0 says it.
 */
static bool step_is_sound(struct session *session, size_t rank)
{
    struct trainer *trainer = session->trainer;
    double loss = trainer->total_loss;

    if (!trainer->total)
        add_losses(trainer, &loss);
    if (rank == 0) {
        session->loss += loss;
        if (!isfinite(loss))
            session->failed = !error_set(
                session->err, ERR_DATA,
                "the loss is no longer a finite number at step %llu: lower learning_rate",
                (unsigned long long)(trainer->state.step + session->done + 1));
    }
    return isfinite(loss);
}

static void run_steps(void *context, size_t rank, size_t size)
{
    struct session *session = context;
    struct trainer *trainer = session->trainer;
    const struct graph *graph = trainer->settings.graph;
    real *weights = trainer->weights[rank], *packed = trainer->packed[rank];

    for (size_t step = 0; step < session->steps; step++) {
        settle_others(trainer, rank, size);
        graph_pack(graph, weights, packed);
        if (rank == 0 && !interrupt_check(session->doing, session->err))
            session->interrupted = true;
        for (size_t slice = rank; slice < trainer->settings.slices; slice += size)
            run_slice(session, step, slice, weights, packed);
        barrier_wait(&session->barrier);
        if (trainer->total && !session->interrupted) {
            if (rank == 0)
                join_peers(session);
            barrier_wait(&session->barrier);
            if (session->parted)
                return;
        }
        if (session->interrupted || !step_is_sound(session, rank))
            return;
        update_share(trainer, trainer->state.step + step, rank, size);
        if (rank == 0)
            session->done++;
        barrier_wait(&session->barrier);
    }
}

/* What the last call, ended early, may have left; and weights as the caller has set them. */
static void begin_steps(struct trainer *trainer)
{
    const size_t bytes = trainer->state.size * sizeof(real);

    for (size_t slice = 0; slice < trainer->settings.slices; slice++)
        memset(graph_run_gradients(trainer->run[slice]), 0, bytes);
    for (size_t rank = 1; rank < pool_size(trainer->pool); rank++)
        memcpy(trainer->weights[rank], trainer->state.parameters, bytes);
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

    begin_steps(trainer);
    barrier_init(&session.barrier, pool_size(trainer->pool));
    pool_run(trainer->pool, run_steps, &session);
    barrier_clear(&session.barrier);
    trainer->state.step += session.done;
    *loss = steps ? session.loss / (double)steps : 0;
    return !session.failed && !session.parted && !session.interrupted;
}
