/*
 * calibration — how far scores can be read as probabilities.
 *
 * All of these take scores in [0, 1]; log loss clips them to [2^-52, 1 - 2^-52] as scikit-learn
 * does, so that one certain mistake costs 36 and not infinity. Without rows, or with an unscored
 * row, the numbers are NaN and there are no bins.
 */
#ifndef QUERN_METRIC_CALIBRATION_H
#define QUERN_METRIC_CALIBRATION_H

#include "metric/ranking.h"

/* Mean of -log(probability given to what happened), natural logarithm. */
double calibration_log_loss(const struct ranking *ranking);
/* Mean of (score - truth)^2. */
double calibration_brier(const struct ranking *ranking);

enum { CALIBRATION_BINS_MAX = 100 };

/* One bin: rows of neighbouring scores. */
struct calibration_bin {
    double low, high; /* smallest and largest score in it */
    double weight, mean_score, positive_rate;
    double rate_low, rate_high; /* of positive_rate, calibration_interval() */
};

struct calibration {
    size_t count;
    struct calibration_bin bin[CALIBRATION_BINS_MAX];
    /* sum over bins of weight share * |mean score - positive rate| */
    double expected_error;
};

/*
 * `bins` (1 to CALIBRATION_BINS_MAX) bins of equal weight by rising score. Equal scores stay
 * together, in the bin where the middle of their weight falls; bins left empty by that are dropped.
 */
void calibration_build(struct calibration *out, const struct ranking *ranking, size_t bins);

/* The same in `bins` equal steps of [0, 1]; scores outside count in the outer bins. Bins without a
 * row are dropped. */
void calibration_build_steps(struct calibration *out, const struct ranking *ranking, size_t bins);

/*
 * Where the true share lies, 95 times in a hundred, when a share of `weight` rows was `rate`:
 * Wilson's interval (1927). A row of weight 2 counts as two rows. NaN without rows.
 */
void calibration_interval(double rate, double weight, double *low, double *high);

/*
 * Weight of positive and negative rows by score, in `bins` equal steps of [0, 1]; scores outside
 * count in the outer bins. Both outputs hold `bins` numbers.
 */
void calibration_histogram(const struct ranking *ranking, size_t bins, double *positive,
                           double *negative);

#endif
