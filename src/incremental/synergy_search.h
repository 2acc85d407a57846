/*
 * incremental_synergy_search — pairs of campaigns that the log itself speaks for.
 *
 * From a fit without pairs: how much penalised log likelihood a pair's effects would gain at most,
 * by the quadratic model around that fit with all other parameters and the pair's controls let
 * free, effects not below zero unless they are signed. The pair of the largest gain is taken, then
 * the next given the first, while a gain is far above what chance makes of that many pairs.
 */
#ifndef QUERN_INCREMENTAL_SYNERGY_SEARCH_H
#define QUERN_INCREMENTAL_SYNERGY_SEARCH_H

#include "incremental/fit.h"

enum {
    SYNERGY_FOUND_MAX = 3,
    SYNERGY_USERS_MIN = 100, /* who saw both, of a pair that is looked at */
};

/*
 * Which pairs of campaigns were seen together by most users: at most INCREMENTAL_PAIRS_MAX.
 * `pair` [INCREMENTAL_PAIRS_MAX]
 */
void incremental_pairs_often(struct incremental_pair *pair, size_t *count,
                             const struct exposure_log *log);

/*
 * `wide` has the candidates in its design, the ridge and the bounds of a fit with all of them, and
 * the parameters of the fit without. Those found, in the order of what they gain: pair
 * [SYNERGY_FOUND_MAX].
 *
 * ERR_CHECK
 */
MUST_CHECK bool incremental_pairs_search(struct incremental_pair *pair, size_t *count,
                                         const struct incremental_fit *wide, struct pool *pool,
                                         struct error *err);

#endif
