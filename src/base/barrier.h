/*
 * barrier — where the members of a pool wait for each other inside one pool_run().
 *
 * A training step is some hundred microseconds long and has several phases; waiting here costs a
 * fraction of a microsecond, a pool_run() per phase several. Members spin first; one that waits
 * long (its partner has lost the processor to other work) sleeps, so that the partner gets it.
 *
 * What was written before barrier_wait() by any member can be read after it by every member.
 */
#ifndef QUERN_BASE_BARRIER_H
#define QUERN_BASE_BARRIER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

struct barrier {
    size_t size;
    atomic_size_t waiting;
    atomic_uint round;
    pthread_mutex_t lock;
    pthread_cond_t wake;
};

void barrier_init(struct barrier *barrier, size_t size);
void barrier_clear(struct barrier *barrier);
/* Returns when `size` members have called it; then it is ready for the next round. */
void barrier_wait(struct barrier *barrier);

#endif
