/*
 * predict_flow — blocks through threads, in order.
 *
 * Rank 0 runs the consumer, which takes finished blocks; every other rank reads a block (one at a
 * time), scores it, and leaves it in its place of a ring. Block n is always in place n modulo the
 * ring's size, so nobody overtakes, and no more blocks are in memory than the ring has places.
 */
#include "pipeline/predict_internal.h"

#include "base/pool.h"

#include <pthread.h>

enum slot_state { SLOT_FREE, SLOT_BUSY, SLOT_DONE };

struct slot {
    struct predict_block block;
    enum slot_state state;
};

struct predict_flow {
    struct predict_source *source;
    predict_consume consume;
    void *context;
    struct slot *slot; /* [slots] */
    size_t slots;
    size_t read, taken; /* blocks so far */
    bool ended;         /* there is nothing left to read */
    bool stopped;       /* no more blocks are wanted */
    bool held;          /* the consumer has block `taken` */
    bool ok;
    struct error *err;
    pthread_mutex_t reading; /* held while a block is read */
    pthread_mutex_t lock;    /* of all the above */
    pthread_cond_t changed;
};

/* A free place for the next block; NULL when no more are wanted. */
static struct slot *wait_for_place(struct predict_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    struct slot *slot = &flow->slot[flow->read % flow->slots];
    while (!flow->stopped && !flow->ended && slot->state != SLOT_FREE)
        pthread_cond_wait(&flow->changed, &flow->lock);
    if (flow->stopped || flow->ended)
        slot = NULL;
    else
        slot->state = SLOT_BUSY;
    pthread_mutex_unlock(&flow->lock);
    return slot;
}

/* A block that has been read, or has failed, counts; the end does not. */
static void note_read(struct predict_flow *flow, struct slot *slot, bool counts, bool last)
{
    pthread_mutex_lock(&flow->lock);
    if (counts)
        flow->read++;
    else
        slot->state = SLOT_FREE;
    flow->ended = flow->ended || last;
    pthread_cond_broadcast(&flow->changed);
    pthread_mutex_unlock(&flow->lock);
}

static struct slot *read_block(struct predict_flow *flow)
{
    bool more = false;

    pthread_mutex_lock(&flow->reading);
    struct slot *slot = wait_for_place(flow);
    if (slot) {
        slot->block.ok = predict_source_next(flow->source, &slot->block, &more, &slot->block.err);
        const bool counts = more || !slot->block.ok;
        note_read(flow, slot, counts, !more);
        if (!counts)
            slot = NULL;
    }
    pthread_mutex_unlock(&flow->reading);
    return slot;
}

static void work(struct predict_flow *flow)
{
    struct slot *slot;

    while ((slot = read_block(flow))) {
        struct predict_block *block = &slot->block;
        if (block->ok)
            block->ok = predict_block_score(flow->source, block, &block->err);
        pthread_mutex_lock(&flow->lock);
        slot->state = SLOT_DONE;
        pthread_cond_broadcast(&flow->changed);
        pthread_mutex_unlock(&flow->lock);
    }
}

/* The next block in order, once it is finished; NULL at the end. */
static struct slot *wait_for_block(struct predict_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    struct slot *slot = &flow->slot[flow->taken % flow->slots];
    while (slot->state != SLOT_DONE && !(flow->ended && flow->taken == flow->read))
        pthread_cond_wait(&flow->changed, &flow->lock);
    if (slot->state != SLOT_DONE)
        slot = NULL;
    pthread_mutex_unlock(&flow->lock);
    return slot;
}

static void give_back(struct predict_flow *flow)
{
    if (!flow->held)
        return;
    flow->held = false;
    pthread_mutex_lock(&flow->lock);
    flow->slot[flow->taken % flow->slots].state = SLOT_FREE;
    flow->taken++;
    pthread_cond_broadcast(&flow->changed);
    pthread_mutex_unlock(&flow->lock);
}

bool predict_flow_next(struct predict_flow *flow, struct predict_block **block, struct error *err)
{
    give_back(flow);
    struct slot *slot = wait_for_block(flow);
    *block = slot ? &slot->block : NULL;
    flow->held = slot != NULL;
    if (slot && !slot->block.ok) {
        *err = slot->block.err;
        return false;
    }
    return true;
}

static void consume(struct predict_flow *flow)
{
    flow->ok = flow->consume(flow->context, flow, flow->err);
    pthread_mutex_lock(&flow->lock);
    flow->stopped = true;
    pthread_cond_broadcast(&flow->changed);
    pthread_mutex_unlock(&flow->lock);
}

static void member(void *context, size_t rank, size_t size)
{
    if (rank == 0)
        consume(context);
    else
        work(context);
}

bool predict_flow_run(struct predict_source *source, size_t threads, predict_consume consumer,
                      void *context, struct error *err)
{
    struct predict_flow flow = {.source = source,
                                .consume = consumer,
                                .context = context,
                                .slots = threads * 2,
                                .err = err,
                                .reading = PTHREAD_MUTEX_INITIALIZER,
                                .lock = PTHREAD_MUTEX_INITIALIZER,
                                .changed = PTHREAD_COND_INITIALIZER};
    struct pool *pool = pool_new(threads + 1);

    flow.slot = memory_take_zeroed(flow.slots, sizeof *flow.slot);
    pool_run(pool, member, &flow);
    pool_free(pool);
    for (size_t i = 0; i < flow.slots; i++)
        predict_block_clear(&flow.slot[i].block);
    free(flow.slot);
    return flow.ok;
}
