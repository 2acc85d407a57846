/*
 * journey_write — journeys.bin from the blocks of partitions, by any number of threads.
 *
 * The file is by far the largest of a build, and waiting for the disk is most of what publishing it
 * takes. So a thread of its own starts the disk on every part of the file as soon as it is put, and
 * other work goes on meanwhile.
 */
#ifndef QUERN_SEQUENCE_JOURNEY_WRITE_H
#define QUERN_SEQUENCE_JOURNEY_WRITE_H

#include "sequence/journey_file.h"
#include "sequence/partition.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum { JOURNEY_PARTS = 8 }; /* of a file, each PARTITIONS / JOURNEY_PARTS partitions */

struct journey_writer {
    const char *path;
    int file; /* -1: closed */
    struct journey_file_header header;
    uint64_t first_journey[PARTITIONS + 1], first_token[PARTITIONS + 1];
    atomic_size_t done; /* partitions put */
    sem_t part;         /* posted when another part is put */
    atomic_bool ending; /* the writer is closed before all are */
    pthread_t flusher;
    bool flushing;
    int failure; /* errno of the flusher */
};

/* Create the file `path` (a partial name) with everything but the partitions. `name` is in final
 * order; `block` [PARTITIONS] says how much each partition holds. The writer stays where it is
 * until it is closed, which it must be after an error too. */
MUST_CHECK bool journey_writer_open(struct journey_writer *writer, const char *path,
                                    const struct journey_summary *summary, size_t max_length,
                                    const struct table_string *name, size_t count,
                                    const struct partition_block *block, struct error *err);

/* Write the arrays of one partition; `final_code` maps its tokens. Safe for several threads. */
MUST_CHECK bool journey_writer_put(struct journey_writer *writer, size_t p,
                                   const struct partition_view *view, const int32_t *final_code,
                                   struct arena *memory, struct error *err);

/* Waits until the disk has all that was put, if that is the whole file. No-op on a closed writer.
 */
MUST_CHECK bool journey_writer_close(struct journey_writer *writer, struct error *err);

#endif
