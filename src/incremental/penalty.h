/*
 * incremental_penalty — how strong the penalties of an incremental model should be, by log loss
 * over users left out.
 *
 * Users (of a large log a sample of about PENALTY_IMPRESSIONS) fall into PENALTY_FOLDS parts; the
 * model is fitted without one part and judged on it. The effects' penalty, then the controls', is
 * made ten times as strong, up to 100 times, or else weak, down to a hundredth, while each step is
 * better by more than a standard error of the difference, by users' parts. As a rule that is five
 * penalties tried.
 */
#ifndef QUERN_INCREMENTAL_PENALTY_H
#define QUERN_INCREMENTAL_PENALTY_H

#include "incremental/fit.h"

enum { PENALTY_FOLDS = 4, PENALTY_IMPRESSIONS = 200000 };

/*
 * For a fit that is ready to begin: multiplies its ridge and sets its factors; its parameters stay.
 *
 * ERR_CHECK, ERR_INTERRUPT
 */
MUST_CHECK bool incremental_penalty_choose(struct incremental_fit *fit, struct pool *pool,
                                           struct error *err);

#endif
