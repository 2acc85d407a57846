/*
 * incremental_store — a fitted incremental model in a folder, to be asked again (quern whatif).
 *
 *   FOLDER/incremental/exposures.parquet   uid (a number), timestamp, campaign, conversion, sorted
 *   FOLDER/incremental/model.safetensors   parameter [parameters], draw [draws, parameters],
 *                                          credit [draws, campaigns + 1]; the settings, the names
 *                                          of campaigns and a hash of the exposures as metadata
 *
 * The impressions are kept because a question changes what users saw: the model is asked again at
 * each of them. Each file appears whole or not at all, the model last; it knows its exposures by
 * their hash, so that files of two runs are never taken together.
 */
#ifndef QUERN_INCREMENTAL_STORE_H
#define QUERN_INCREMENTAL_STORE_H

#include "incremental/interval.h"
#include "base/safetensors.h"

/* Of draws the first so many are kept. */
enum { INCREMENTAL_STORE_DRAWS_MAX = 1000 };

struct incremental_saved {
    struct exposure_log log;
    struct incremental_config config; /* its link is the one that was fitted */
    struct incremental_fit fit;       /* of that log: design and parameter; no ridge, no bounds */
    struct incremental_draws draws;   /* count 0: none were kept */
    struct arena memory;
};

/* `draws` may be NULL. ERR_IO */
MUST_CHECK bool incremental_store_write(const char *folder, const struct incremental_fit *fit,
                                        const struct incremental_config *config,
                                        const struct incremental_draws *draws, struct error *err);

/* How the exposures are read: exposure_log.h. NULL: as usual, in silence. */
struct incremental_store_wish {
    struct pool *pool;
    size_t memory_mib;
    bool show;
};

/*
 * ERR_IO    the folder holds no model
 * ERR_DATA  a file is cut, changed, or not of the other's run
 */
MUST_CHECK bool incremental_store_read(struct incremental_saved *saved, const char *folder,
                                       const struct incremental_store_wish *wish,
                                       struct error *err);
void incremental_saved_clear(struct incremental_saved *saved);

/* The part of reading that knows the model's file alone, without exposures: for the fuzzer. What
 * is filled are config, draws and fit.parameter, checked against the names in the file. */
MUST_CHECK bool incremental_store_parse(struct incremental_saved *saved, size_t *campaigns,
                                        const struct safetensors *file, struct error *err);

#endif
