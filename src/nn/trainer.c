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
     * [threads] copies of the weights for the kernels. Each thread packs its own: half a copy from
     * another processor's cache costs more than the packing.
     */
    real **packed;
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
    trainer->packed = ARENA_NEW(arena, real *, pool_size(pool));
    for (size_t i = 0; i < pool_size(pool); i++)
        trainer->packed[i] = ARENA_ZERO(arena, real, graph_packed_size(settings->graph));
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

/*
 * Ask for cache lines that another processor has read, to be written soon. A store to such a line
 * waits until the others have given it up; asked for ahead, the waits overlap. (The compiler's
 * prefetch for writing is one for reading unless a newer processor is assumed, so: assembler.)
 */
static void claim(const real *numbers, size_t count)
{
#ifdef __x86_64__
    for (size_t i = 0; i < count; i += GRAPH_ALIGN)
        __asm__ volatile("prefetchw %0" : : "m"(numbers[i]));
#else
    (void)numbers;
    (void)count;
#endif
}

static void zero(real *numbers, size_t count, bool shared)
{
    if (!shared) {
        memset(numbers, 0, count * sizeof *numbers);
        return;
    }
    for (size_t begin = 0; begin < count; begin += BLOCK) {
        const size_t some = count - begin < BLOCK ? count - begin : BLOCK;
        const size_t next = begin + some, more = count - next < BLOCK ? count - next : BLOCK;
        claim(numbers + next, more);
        memset(numbers + begin, 0, some * sizeof *numbers);
    }
}

static void run_slice(const struct session *session, size_t step, size_t slice, const real *packed)
{
    struct trainer *trainer = session->trainer;
    struct graph_run *run = trainer->run[slice];
    const real *parameters = trainer->state.parameters;

    /* By the thread that fills them next: the others only ever read these lines. */
    zero(graph_run_gradients(run), trainer->state.size, pool_size(trainer->pool) > 1);
    trainer->slice_loss[slice] = 0;
    for (size_t turn = 0; turn < trainer->settings.turns; turn++) {
        session->fill(session->context, step, slice, turn, run);
        if (graph_run_batch(run)->rows == 0)
            continue;
        graph_forward(run, parameters, packed);
        trainer->slice_loss[slice] += (double)graph_run_value(run, trainer->settings.loss)[0];
        graph_backward(run, parameters, packed, trainer->settings.loss);
    }
    graph_backward_weights(run, parameters, packed);
}

/* The gradients of the slices added in their order, to `sum` unless they are the first. */
static void add_gradients(void *context, size_t begin, size_t count, bool first, real *sum)
{
    const struct trainer *trainer = context;

    if (first)
        memcpy(sum, graph_run_gradients(trainer->run[0]) + begin, count * sizeof *sum);
    for (size_t slice = first; slice < trainer->settings.slices; slice++)
        trainer->kernels->add(sum, graph_run_gradients(trainer->run[slice]) + begin, count);
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
        real *weight = state->parameters + begin;
        if (size > 1)
            claim(weight, count);
        gather_gradients(trainer, begin, count, sum);
        adam_update(&adam, count, sum, weight, state->first + begin, state->second + begin);
        if (state->average)
            trainer->kernels->follow(state->average + begin, follow, weight, count);
    }
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
    real *packed = trainer->packed[rank];

    for (size_t step = 0; step < session->steps; step++) {
        graph_pack(graph, trainer->state.parameters, packed);
        if (rank == 0 && !interrupt_check(session->doing, session->err))
            session->interrupted = true;
        for (size_t slice = rank; slice < trainer->settings.slices; slice += size)
            run_slice(session, step, slice, packed);
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

bool trainer_run(struct trainer *trainer, size_t steps, trainer_fill fill, void *context,
                 const char *doing, double *loss, struct error *err)
{
    struct session session = {.trainer = trainer,
                              .steps = steps,
                              .fill = fill,
                              .context = context,
                              .doing = doing,
                              .err = err};

    barrier_init(&session.barrier, pool_size(trainer->pool));
    pool_run(trainer->pool, run_steps, &session);
    barrier_clear(&session.barrier);
    trainer->state.step += session.done;
    *loss = steps ? session.loss / (double)steps : 0;
    return !session.failed && !session.parted && !session.interrupted;
}
