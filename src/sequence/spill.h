/*
 * spill — bytes that are needed later, in memory up to a budget and beyond it in a temporary file.
 *
 * The file has no name (it is unlinked as soon as it is made), so nothing is left behind however
 * the process ends. Safe for several threads.
 *
 * Memory comes from malloc(). Slabs in huge pages took a third of the time in the system where free
 * huge pages were at hand, and three times as much where it had to make them first; so they are
 * out.
 */
#ifndef QUERN_SEQUENCE_SPILL_H
#define QUERN_SEQUENCE_SPILL_H

#include "base/error.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct spill {
    size_t budget;
    atomic_size_t used; /* bytes of memory given out and not yet given back */
    atomic_ullong end;  /* of the file */
    atomic_int file;    /* -1: not made yet */
    const char *folder; /* NULL: everything stays in memory */
};

struct spill_piece {
    void *memory; /* NULL: in the file, at `at` */
    uint64_t at;
    size_t size; /* bytes that matter */
    size_t room; /* bytes that count for the budget while in memory */
};

/* `folder` may be NULL; it must outlive the spill. The file is made when it is first needed. */
void spill_open(struct spill *spill, const char *folder, size_t budget);
void spill_close(struct spill *spill);

/* Memory that counts for the budget; fill it, then spill_keep() or spill_drop(). */
void spill_take(struct spill *spill, struct spill_piece *piece, size_t room);

/* Done filling `size` bytes: the piece goes to the file when memory is over the budget. */
MUST_CHECK bool spill_keep(struct spill *spill, struct spill_piece *piece, size_t size,
                           struct error *err);

/* The piece's bytes: its memory, or `buffer` (of at least piece->size bytes) filled from the file.
 */
MUST_CHECK bool spill_get(struct spill *spill, const struct spill_piece *piece, void *buffer,
                          const void **bytes, struct error *err);

/* A file without a name in a folder, which is gone when it is closed. */
MUST_CHECK bool spill_unnamed(int *file, const char *folder, struct error *err);
/* All of `size` bytes at a place of a file in `folder`. */
MUST_CHECK bool spill_write(int file, const char *folder, const void *bytes, size_t size,
                            uint64_t at, struct error *err);

/* Give the memory back; no-op on a zeroed piece. */
void spill_drop(struct spill *spill, struct spill_piece *piece);

#endif
