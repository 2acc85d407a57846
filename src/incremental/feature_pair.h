/* feature_pair — the part of feature.c that is about pairs of campaigns (synergy.h). */
#ifndef QUERN_INCREMENTAL_FEATURE_PAIR_H
#define QUERN_INCREMENTAL_FEATURE_PAIR_H

#include "incremental/feature.h"

/* Which pairs the user sees both campaigns of, once place[] is known. */
void feature_pairs_find(struct incremental_user *user);

/* index[] of the q-th pair seen, the controls of which begin at x[from], the effects at x[effects].
 */
void feature_pair_index(struct incremental_user *user, size_t q, size_t from, size_t effects);

/* Controls from .. end - 1 of every pair seen, from those of its campaigns. */
void feature_pair_controls(struct incremental_user *user, size_t from, size_t end);

#endif
