/*
 * confusion — what a threshold gets right and wrong.
 *
 * A row is called positive when its score is at or above the threshold. A rate whose denominator is
 * empty (recall without a positive row, precision when nothing is called positive) is NaN.
 */
#ifndef QUERN_METRIC_CONFUSION_H
#define QUERN_METRIC_CONFUSION_H

#include "metric/ranking.h"

/* Weights; whole numbers when rows have no weights. All NaN when a row has no score. */
struct confusion {
    double true_negative, false_positive, false_negative, true_positive;
};

struct confusion confusion_at(const struct ranking *ranking, double threshold);

/* The same rows when every one is called positive. */
struct confusion confusion_all_positive(const struct ranking *ranking);

double confusion_accuracy(const struct confusion *c);
double confusion_precision(const struct confusion *c);
double confusion_true_positive_rate(const struct confusion *c); /* recall */
double confusion_true_negative_rate(const struct confusion *c);
double confusion_false_positive_rate(const struct confusion *c);
double confusion_false_negative_rate(const struct confusion *c);

/* (1+b^2) TP / ((1+b^2) TP + b^2 FN + FP): 0, not NaN, while there is a positive row to find. */
double confusion_f(const struct confusion *c, double beta);

#endif
