/*
 * incremental_rival — what intervals know of the links that a log does not rule out.
 *
 * Where another link's penalised log loss is d above that of the one chosen, exp(-d / 2) of it as
 * many replicates are drawn by that link too, fitted to the whole log, and join the intervals. The
 * chosen one stands for the rest: credits, and what would happen. The 1/2 is because both are
 * wrong to a degree, and losses of wrong models tell less than likelihoods do (Grunwald and van
 * Ommen 2017). Beyond RIVAL_LOSS nothing would change, and nothing is fitted.
 */
#ifndef QUERN_INCREMENTAL_RIVAL_H
#define QUERN_INCREMENTAL_RIVAL_H

#include "incremental/interval.h"

#define RIVAL_LOSS 6.

/* Replicates of a link whose loss is `behind` that of the chosen one, of `replicates` of that. */
size_t incremental_rival_replicates(size_t replicates, double behind);

/*
 * Adds the rivals' replicates to `draws`, which holds those of `fit`, made by `config`. The file of
 * the request is not for them.
 *
 * ERR_CHECK, ERR_INTERRUPT
 */
MUST_CHECK bool incremental_rivals_draw(struct incremental_draws *draws,
                                        const struct incremental_fit *fit,
                                        const struct incremental_config *config,
                                        const struct incremental_draw_request *request,
                                        struct error *err);

#endif
