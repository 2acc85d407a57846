/*
 * barrier — where the members of a pool wait for each other inside one pool_run().
 *
 * A training step is some hundred microseconds long and has several phases; waiting here costs a
 * fraction of a microsecond, a pool_run() per phase several. Members spin; one that waits long
 * (other work has the processor) gives its time slice away between looks.
 *
 * What was written before barrier_wait() by any member can be read after it by every member.
 */
#ifndef QUERN_BASE_BARRIER_H
#define QUERN_BASE_BARRIER_H

#include <stdatomic.h>
#include <stddef.h>

struct barrier {
    size_t size;
    atomic_size_t waiting;
    atomic_uint round;
};

void barrier_init(struct barrier *barrier, size_t size);
/* Returns when `size` members have called it; then it is ready for the next round. */
void barrier_wait(struct barrier *barrier);

#endif
