/*
 * incremental_pair_credit — conversions that came through pairs of campaigns alone (synergy.h):
 * part of the credits of both, half each.
 */
#ifndef QUERN_INCREMENTAL_PAIR_CREDIT_H
#define QUERN_INCREMENTAL_PAIR_CREDIT_H

#include "incremental/interval.h"

#include <jansson.h>

struct text;

/* [pairs] each. */
struct incremental_pair_amounts {
    size_t pairs;
    const struct incremental_pair *pair;
    double *credit;
    double *low, *high; /* 95 %; NULL without draws */
};

/* `draws` are those of the fit by that seed, or NULL; lists come from `memory`. */
void incremental_pair_amounts(struct incremental_pair_amounts *amounts,
                              const struct incremental_fit *fit,
                              const struct incremental_draws *draws, uint64_t seed,
                              struct pool *pool, struct arena *memory);

/* [{"campaigns": ["a", "b"], "credit": 12.5, "low": 10.1, "high": 15.2}, ...]; ends may be null.
 * NULL where there are no pairs. */
json_t *incremental_pairs_json(const struct incremental_pair_amounts *amounts,
                               const struct exposure_log *log);

/* One of them as a sentence: "tv and radio: 12.5 conversions (10.1 to 15.2) came only through both
 * together". */
void incremental_pair_sentence(struct text *out, const json_t *pair);

#endif
