/*
 * pool — a fixed team of threads that runs one function at a time.
 *
 * pool_run() calls work(context, rank, size) once on every member, the caller being rank 0, and
 * returns when all have finished. Members wait by spinning briefly before they sleep, so that the
 * microsecond-sized steps of training do not pay for a wake-up. A result must never depend on
 * `size`: cut work into fixed pieces and let ranks take pieces.
 */
#ifndef QUERN_BASE_POOL_H
#define QUERN_BASE_POOL_H

#include <stddef.h>

enum { POOL_MAX = 256 };

struct pool;

typedef void (*pool_work)(void *context, size_t rank, size_t size);

/* `size` 0 means one per processor this process may use. */
struct pool *pool_new(size_t size);
void pool_free(struct pool *pool);
size_t pool_size(const struct pool *pool);
void pool_run(struct pool *pool, pool_work work, void *context);

/* Processors this process may use (at least 1, at most POOL_MAX). */
size_t pool_processors(void);

#endif
