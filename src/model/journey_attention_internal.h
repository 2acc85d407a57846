/* journey_attention_internal — the model itself, for the files that fit, score, save and load. */
#ifndef QUERN_MODEL_JOURNEY_ATTENTION_INTERNAL_H
#define QUERN_MODEL_JOURNEY_ATTENTION_INTERNAL_H

#include "base/arena.h"
#include "model/journey_attention.h"
#include "model/journey_attention_net.h"
#include "model/journey_unique.h"

struct journey_attention {
    struct journey_attention_config config;
    struct journey_attention_net net; /* for slices of JOURNEY_SCORER_ROWS */
    real *parameters, *packed;        /* in the arena */
    struct arena arena;
};

struct journey_attention_shape
journey_attention_shape_of(const struct journey_attention_config *config, size_t vocabulary,
                           size_t max_length);

/* ERR_LIMIT when a network of this shape for `rows` rows at a time would be too large. */
MUST_CHECK bool journey_attention_check(const struct journey_attention_shape *shape, size_t rows,
                                        struct error *err);

/* Parameters zero; once they are written, journey_attention_seal() makes the model usable. */
MUST_CHECK bool journey_attention_new(struct journey_attention **model,
                                      const struct journey_attention_config *config,
                                      size_t vocabulary, size_t max_length, struct error *err);
void journey_attention_seal(struct journey_attention *model);

/*
 * Scores of distinct journeys: score [unique->count], attention [unique->count, max_length of the
 * model] or NULL; scorer [pool_size(pool)].
 */
void journey_attention_score_unique(const struct journey_set *set,
                                    const struct journey_unique *unique,
                                    struct journey_scorer *const *scorer, size_t max_length,
                                    float *score, float *attention, struct pool *pool);

#endif
