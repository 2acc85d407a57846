/*
 * top — what is found among the k highest scores, for those who can look at k rows and no more.
 *
 *   precision at k   share of positive rows among the k highest
 *   recall at k      share of all positive rows that are among the k highest
 *
 * Rows are counted by weight. Of rows with equal scores at the cut, a share counts: the value that
 * is expected when they are drawn. With fewer than k rows it is all of them. NaN without rows or
 * with an unscored one; recall also without a positive row.
 */
#ifndef QUERN_METRIC_TOP_H
#define QUERN_METRIC_TOP_H

#include "metric/ranking.h"

double top_precision(const struct ranking *ranking, double k);
double top_recall(const struct ranking *ranking, double k);

/* 1 to 9, then ten round numbers to every power of ten, below `total`; last `total` itself. */
enum { TOP_STEPS_MAX = 200 };
size_t top_steps(double step[TOP_STEPS_MAX], double total);

#endif
