/*
 * incremental_synergy — pairs of campaigns that may do more together than each does alone.
 *
 * A pair has the same kinds of features as a campaign: where both of its campaigns are, the
 * geometric mean of theirs, else 0. Its effect is a mixture over half-lives of
 *
 *   sqrt(A / (A + 1) B / (B + 1))     with A and B the two stocks
 *
 * which is at most 1, fades as they do and is 0 unless both campaigns were shown since the last
 * conversion; its controls are the geometric means of log(1 + n) and of what lies nearby.
 */
#ifndef QUERN_INCREMENTAL_SYNERGY_H
#define QUERN_INCREMENTAL_SYNERGY_H

#include "incremental/exposure_log.h"

struct text;

enum { INCREMENTAL_PAIRS_MAX = 32 };

struct incremental_pair {
    uint16_t campaign[2]; /* the lesser first */
};

/*
 * The setting `synergy`: NULL, "auto" (no pair here), or a list as JSON (base/config.h) of pairs:
 * ["a", "b"], or "a+b" where that can be read in one way only.
 *
 * ERR_CONFIG  something is no pair, a pair stands twice or is of one campaign, or there are more
 *             than INCREMENTAL_PAIRS_MAX
 */
MUST_CHECK bool incremental_pairs_check(const char *list, struct error *err);

/* The same, and which campaigns of the log they are: pair [INCREMENTAL_PAIRS_MAX].
 * Also ERR_CONFIG: a campaign is not in the log. */
MUST_CHECK bool incremental_pairs_find(struct incremental_pair *pair, size_t *count,
                                       const char *list, const struct exposure_log *log,
                                       struct error *err);

/* Is the setting the word "auto", which leaves it to the log (synergy_search.h)? */
bool incremental_pairs_auto(const char *list);

/* As the setting. */
void incremental_pairs_write(struct text *out, const struct incremental_pair *pair, size_t count,
                             const struct exposure_log *log);

#endif
