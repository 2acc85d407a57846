/*
 * exposure_merge — the blocks of all partitions into one exposure log, users by their first row.
 */
#ifndef QUERN_INCREMENTAL_EXPOSURE_MERGE_H
#define QUERN_INCREMENTAL_EXPOSURE_MERGE_H

#include "incremental/exposure_block.h"
#include "incremental/exposure_log.h"

struct exposure_merge {
    const struct exposure_block *block; /* [PARTITIONS] */
    struct spill *spill;                /* that they may lie in */
    const struct exposure_block_form *form;
    const uint16_t *rank; /* [codes] number of a campaign */
    bool value, cost;     /* which amounts the log keeps */
    const char *folder;   /* of the file that is mapped; NULL: in memory */
};

/* Fills what the log has of impressions and users; `campaigns` is set. ERR_IO, ERR_INTERRUPT */
MUST_CHECK bool exposure_merge_run(struct exposure_log *log, const struct exposure_merge *in,
                                   struct error *err);

#endif
