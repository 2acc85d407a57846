/* journey_write — journeys.bin from the blocks of partitions, by any number of threads. */
#ifndef QUERN_SEQUENCE_JOURNEY_WRITE_H
#define QUERN_SEQUENCE_JOURNEY_WRITE_H

#include "sequence/journey_file.h"
#include "sequence/partition.h"

struct journey_writer {
    const char *path;
    int file;
    struct journey_file_header header;
    uint64_t first_journey[PARTITIONS + 1], first_token[PARTITIONS + 1];
};

/* Create the file `path` (a partial name) with everything but the partitions. `name` is in final
 * order; `block` [PARTITIONS] says how much each partition holds. */
MUST_CHECK bool journey_writer_open(struct journey_writer *writer, const char *path,
                                    const struct journey_summary *summary, size_t max_length,
                                    const struct table_string *name, size_t count,
                                    const struct partition_block *block, struct error *err);

/* Write the arrays of one partition; `final_code` maps its tokens. Safe for several threads. */
MUST_CHECK bool journey_writer_put(const struct journey_writer *writer, size_t p,
                                   const struct partition_view *view, const int32_t *final_code,
                                   struct arena *memory, struct error *err);

MUST_CHECK bool journey_writer_close(struct journey_writer *writer, struct error *err);

#endif
