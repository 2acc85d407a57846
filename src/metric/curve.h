/*
 * curve — ROC and precision-recall curves with few points.
 *
 * A curve of a million rows has a million corners; a page and a JSON file want some hundred. Points
 * are chosen best first: both ends, then again and again the point furthest from the line between
 * its kept neighbours (Douglas and Peucker 1973, by largest error instead of by tolerance). Kept
 * points are points of the full curve, points on a straight line are dropped, and what is lost is
 * the smallest detail.
 */
#ifndef QUERN_METRIC_CURVE_H
#define QUERN_METRIC_CURVE_H

#include "metric/ranking.h"

enum { CURVE_POINTS = 200 };

/* Both coordinates in [0, 1]; `x` never falls. Without a curve (see below) `count` is 0. */
struct curve {
    size_t count;
    double *x, *y;
};

/* False positive rate and true positive rate, from (0,0) to (1,1). None when a class is missing. */
void curve_roc(struct curve *curve, const struct ranking *ranking, size_t limit);

/*
 * Recall and precision, by falling threshold; starts at recall 0, precision 1 by convention. None
 * without a positive row.
 */
void curve_precision_recall(struct curve *curve, const struct ranking *ranking, size_t limit);

void curve_clear(struct curve *curve);

/* Keep at most `limit` (at least 2) of the points, in place. */
void curve_thin(struct curve *curve, size_t limit);

#endif
