/* temporal_attention_fit_check — can these rows teach anything, and are they a checkpoint's? */
#ifndef QUERN_MODEL_TEMPORAL_ATTENTION_FIT_CHECK_H
#define QUERN_MODEL_TEMPORAL_ATTENTION_FIT_CHECK_H

#include "model/temporal_attention_fit.h"

/* count [n_classes]: training rows of each class. Errors as temporal_attention_fit() says. */
MUST_CHECK bool temporal_attention_fit_check(const struct temporal_attention_config *config,
                                             const struct train_config *train,
                                             const struct temporal_attention_fit *fit,
                                             size_t *count, struct error *err);

/*
 * The text that makes a checkpoint usable again: the caller's key, every setting that changes the
 * weights of a step, and a hash of the data. free() it.
 */
char *temporal_attention_fit_key(const struct temporal_attention_config *config,
                                 const struct train_config *train,
                                 const struct temporal_attention_fit *fit);

#endif
