/*
 * platt — the logistic curve p = 1 / (1 + exp(a x + b)) through scored rows, x the logit of the
 * score: Platt (1999) with his smoothed targets, by Newton's method after Lin, Lin and Weng (2007).
 */
#ifndef QUERN_MODEL_PLATT_H
#define QUERN_MODEL_PLATT_H

#include "metric/ranking.h"

/* log(s / (1 - s)); scores of 0 and 1 have none and are held 2^-52 away, as log loss does. */
double platt_logit(double score);
/* 1 / (1 + exp(-z)), without overflow. */
double platt_sigmoid(double z);

/* Both classes must be there and every row scored. `a` is at most 0: the curve never falls. */
void platt_fit(double *a, double *b, const struct ranking *ranking);

#endif
