/*
 * incremental_draw_file — replicates of a bootstrap on their way, so that a killed run need not
 * begin anew.
 *
 * The file is a row of records that are only ever added: a head (draw_file.c), the parameters and
 * credits of some replicates, all with a hash. What a kill cut off, or what belongs to another log,
 * model or seed, fails its hash and is written over.
 */
#ifndef QUERN_INCREMENTAL_DRAW_FILE_H
#define QUERN_INCREMENTAL_DRAW_FILE_H

#include "incremental/interval.h"

#include <stdio.h>

struct draw_file {
    FILE *stream; /* NULL: none */
    char *path;
    uint64_t fingerprint;
    size_t parameters, credits; /* of a replicate */
};

/* Reads what is there into `draws`, replicates 0 .. *done - 1. ERR_IO */
MUST_CHECK bool draw_file_open(struct draw_file *file, const char *path,
                               const struct incremental_fit *fit, uint64_t seed,
                               struct incremental_draws *draws, size_t *done, struct error *err);
/* Adds replicates from .. end - 1. ERR_IO */
MUST_CHECK bool draw_file_add(struct draw_file *file, const struct incremental_draws *draws,
                              size_t from, size_t end, struct error *err);
/* No-op on a zeroed struct. With `err` NULL failures are passed over. ERR_IO */
bool draw_file_close(struct draw_file *file, struct error *err);

#endif
