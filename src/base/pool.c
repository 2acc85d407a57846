#include "base/pool.h"

#include "base/arena.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum { SPIN_ROUNDS = 20000 }; /* some tens of microseconds */

struct member {
    struct pool *pool;
    size_t rank;
    pthread_t thread;
};

struct pool {
    size_t size;
    struct member *member; /* [size - 1]; rank 0 is the caller */
    pool_work work;
    void *context;
    atomic_uint round;     /* a new value means new work (or the end) */
    atomic_size_t running; /* members that have not finished this round */
    atomic_bool ending;
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
};

static void pause_briefly(void)
{
    __builtin_ia32_pause();
}

static void wait_for_round(struct pool *pool, unsigned seen)
{
    for (int i = 0; i < SPIN_ROUNDS; i++) {
        if (atomic_load_explicit(&pool->round, memory_order_acquire) != seen)
            return;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load_explicit(&pool->round, memory_order_acquire) == seen)
        pthread_cond_wait(&pool->wake, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

static void *member_main(void *argument)
{
    struct member *self = argument;
    struct pool *pool = self->pool;

    for (unsigned seen = 0;;) {
        wait_for_round(pool, seen);
        seen++;
        if (atomic_load(&pool->ending))
            return NULL;
        pool->work(pool->context, self->rank, pool->size);
        if (atomic_fetch_sub_explicit(&pool->running, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

size_t pool_processors(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    const int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count > POOL_MAX ? POOL_MAX : (size_t)count;
}

static void begin_round(struct pool *pool)
{
    /* Under the lock, so that a member about to sleep cannot miss it. */
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add_explicit(&pool->round, 1, memory_order_release);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

struct pool *pool_new(size_t size)
{
    if (size == 0)
        size = pool_processors();
    if (size > POOL_MAX)
        size = POOL_MAX;
    struct pool *pool = memory_take_zeroed(1, sizeof *pool);
    pool->member = memory_take_zeroed(size, sizeof *pool->member);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->size = 1;
    for (size_t i = 1; i < size; i++) {
        struct member *member = &pool->member[i - 1];
        *member = (struct member){.pool = pool, .rank = i};
        if (pthread_create(&member->thread, NULL, member_main, member) != 0)
            break; /* fewer threads give the same result, later */
        pool->size++;
    }
    return pool;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    atomic_store(&pool->ending, true);
    begin_round(pool);
    for (size_t i = 1; i < pool->size; i++)
        pthread_join(pool->member[i - 1].thread, NULL);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->done);
    free(pool->member);
    free(pool);
}

size_t pool_size(const struct pool *pool)
{
    return pool->size;
}

void pool_run(struct pool *pool, pool_work work, void *context)
{
    if (pool->size == 1) {
        work(context, 0, 1);
        return;
    }
    pool->work = work;
    pool->context = context;
    atomic_store_explicit(&pool->running, pool->size - 1, memory_order_release);
    begin_round(pool);
    work(context, 0, pool->size);
    for (int i = 0; i < SPIN_ROUNDS; i++) {
        if (atomic_load_explicit(&pool->running, memory_order_acquire) == 0)
            return;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load_explicit(&pool->running, memory_order_acquire) != 0)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}
