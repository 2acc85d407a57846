/* journey_fit_check — can these journeys teach anything, and are they the ones of a checkpoint? */
#ifndef QUERN_MODEL_JOURNEY_FIT_CHECK_H
#define QUERN_MODEL_JOURNEY_FIT_CHECK_H

#include "model/journey_attention.h"

/*
 * ERR_DATA  no training rows, no conversion among them, nothing but conversions, one campaign only
 */
MUST_CHECK bool journey_fit_check(const struct journey_fit *fit, struct error *err);

/*
 * The text that makes a checkpoint usable again: the caller's key, every setting that changes the
 * weights of an epoch, and a hash of the journeys. free() it.
 */
char *journey_fit_key(const struct journey_attention_config *config,
                      const struct train_config *train, const struct journey_fit *fit);

#endif
