/* bundle_history_internal — shared by the files of pipeline/bundle_history. */
#ifndef QUERN_PIPELINE_BUNDLE_HISTORY_INTERNAL_H
#define QUERN_PIPELINE_BUNDLE_HISTORY_INTERNAL_H

#include "pipeline/bundle_history.h"

#include <pthread.h>

/* What one call at a time needs. */
struct bundle_scorer {
    struct temporal_attention_scorer *scorer;
    struct history_buffers buffers;
    float *attention; /* [HISTORY_SEQUENCES_MAX, seq_len] */
    struct arena memory;
    struct arena lists; /* of the row at work; what it holds is kept for the next */
    struct bundle_scorer *next;
};

struct bundle_history {
    struct history_fitted fitted;
    struct temporal_attention *model;
    struct history_answer answer;
    struct history_request request;
    struct schema output, explained;
    struct arena memory;
    pthread_mutex_t lock;
    struct bundle_scorer *idle;
};

void bundle_scorer_free(struct bundle_scorer *scorer);

/* ERR_DATA names the size that differs. */
MUST_CHECK bool bundle_history_sizes(const struct temporal_attention_config *config,
                                     const struct history_fitted *fitted, struct error *err);

#endif
