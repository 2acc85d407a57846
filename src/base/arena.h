/*
 * arena — memory that is taken piece by piece and given back all at once.
 *
 * Three homes use it: a bundle (lives with a model), a step (one batch or request; reset, not
 * freed) and short-lived parsing. Blocks are 64-byte aligned so that vector loads never split a
 * cache line by accident of allocation. Taking never fails: when memory runs out the process ends
 * with a sentence, therefore every size that comes from outside is checked against a named limit
 * first.
 */
#ifndef QUERN_BASE_ARENA_H
#define QUERN_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *block; /* newest first */
    size_t used;               /* bytes taken from the newest block */
    size_t total;              /* bytes in all blocks */
    /*
     * Set before the first piece is taken: blocks of 2 MiB or more are asked for in pages of that
     * size, where the system has them. For numbers that are walked over again and again, wider than
     * the processor can translate addresses of small pages by heart.
     */
    bool large_pages;
};

/* Uninitialised, aligned to 64 bytes when 64 bytes or more, else to 16. */
void *arena_take(struct arena *arena, size_t count, size_t size);
void *arena_take_zeroed(struct arena *arena, size_t count, size_t size);
char *arena_string(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Forget everything but keep the largest block for the next use. */
void arena_reset(struct arena *arena);
void arena_clear(struct arena *arena);

#define ARENA_NEW(arena, type, count) ((type *)arena_take((arena), (count), sizeof(type)))
#define ARENA_ZERO(arena, type, count) ((type *)arena_take_zeroed((arena), (count), sizeof(type)))

/* Heap memory outside arenas, with the same promise: never NULL. Release with free(). */
void *memory_take(size_t count, size_t size);
void *memory_take_zeroed(size_t count, size_t size);
void *memory_resize(void *memory, size_t count, size_t size);

/*
 * Give the system back what free() has kept, also in small holes. A walk over the whole heap: for
 * the ends of phases.
 */
void memory_trim(void);

#endif
