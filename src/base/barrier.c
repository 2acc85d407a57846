#include "base/barrier.h"

#include <sched.h>

enum { SPINS_PER_YIELD = 4000 };

void barrier_init(struct barrier *barrier, size_t size)
{
    barrier->size = size;
    atomic_init(&barrier->waiting, 0);
    atomic_init(&barrier->round, 0);
}

void barrier_wait(struct barrier *barrier)
{
    if (barrier->size == 1)
        return;
    const unsigned round = atomic_load_explicit(&barrier->round, memory_order_acquire);
    if (atomic_fetch_add_explicit(&barrier->waiting, 1, memory_order_acq_rel) + 1 ==
        barrier->size) {
        atomic_store_explicit(&barrier->waiting, 0, memory_order_relaxed);
        atomic_store_explicit(&barrier->round, round + 1, memory_order_release);
        return;
    }
    for (int spins = 0; atomic_load_explicit(&barrier->round, memory_order_acquire) == round;) {
        if (++spins % SPINS_PER_YIELD == 0)
            sched_yield();
        else
            __builtin_ia32_pause();
    }
}
