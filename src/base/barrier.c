#include "base/barrier.h"

enum { SPINS = 2000 }; /* some tens of microseconds: longer than members of one step differ */

void barrier_init(struct barrier *barrier, size_t size)
{
    barrier->size = size;
    atomic_init(&barrier->waiting, 0);
    atomic_init(&barrier->round, 0);
    pthread_mutex_init(&barrier->lock, NULL);
    pthread_cond_init(&barrier->wake, NULL);
}

void barrier_clear(struct barrier *barrier)
{
    pthread_mutex_destroy(&barrier->lock);
    pthread_cond_destroy(&barrier->wake);
}

static void open_round(struct barrier *barrier, unsigned next)
{
    atomic_store_explicit(&barrier->waiting, 0, memory_order_relaxed);
    /* Under the lock, so that a member about to sleep cannot miss it. */
    pthread_mutex_lock(&barrier->lock);
    atomic_store_explicit(&barrier->round, next, memory_order_release);
    pthread_cond_broadcast(&barrier->wake);
    pthread_mutex_unlock(&barrier->lock);
}

void barrier_wait(struct barrier *barrier)
{
    if (barrier->size == 1)
        return;
    const unsigned round = atomic_load_explicit(&barrier->round, memory_order_acquire);
    if (atomic_fetch_add_explicit(&barrier->waiting, 1, memory_order_acq_rel) + 1 ==
        barrier->size) {
        open_round(barrier, round + 1);
        return;
    }
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&barrier->round, memory_order_acquire) != round)
            return;
        __builtin_ia32_pause();
    }
    pthread_mutex_lock(&barrier->lock);
    while (atomic_load_explicit(&barrier->round, memory_order_acquire) == round)
        pthread_cond_wait(&barrier->wake, &barrier->lock);
    pthread_mutex_unlock(&barrier->lock);
}
