/*
 * exposure_paths — the paths in an exposure log, for the methods that divide all conversions: a
 * path ends with a conversion or with the user.
 *
 * Where the log is mapped, so are they, in a temporary file of their own.
 */
#ifndef QUERN_INCREMENTAL_EXPOSURE_PATHS_H
#define QUERN_INCREMENTAL_EXPOSURE_PATHS_H

#include "attribution/path_set.h"
#include "incremental/exposure_file.h"
#include "incremental/exposure_log.h"

struct exposure_paths {
    struct path_set set; /* names of channels are borrowed from the log */
    struct exposure_file file;
};

/* ERR_IO, ERR_INTERRUPT */
MUST_CHECK bool exposure_paths_make(struct exposure_paths *paths, const struct exposure_log *log,
                                    struct error *err);
void exposure_paths_clear(struct exposure_paths *paths);

#endif
