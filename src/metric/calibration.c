#include "metric/calibration.h"

#include <float.h>
#include <math.h>

static bool nothing(const struct ranking *ranking)
{
    return !ranking->complete || ranking->count == 0;
}

double calibration_log_loss(const struct ranking *ranking)
{
    double sum = 0;

    if (nothing(ranking))
        return NAN;
    for (size_t g = 0; g < ranking->count; g++) {
        const double p = fmin(fmax(ranking->score[g], DBL_EPSILON), 1 - DBL_EPSILON);
        if (ranking->positive[g] > 0)
            sum -= ranking->positive[g] * log(p);
        if (ranking->negative[g] > 0)
            sum -= ranking->negative[g] * log(1 - p);
    }
    return sum / (ranking->positives + ranking->negatives);
}

double calibration_brier(const struct ranking *ranking)
{
    double sum = 0;

    if (nothing(ranking))
        return NAN;
    for (size_t g = 0; g < ranking->count; g++) {
        const double p = ranking->score[g];
        sum += ranking->positive[g] * (p - 1) * (p - 1) + ranking->negative[g] * p * p;
    }
    return sum / (ranking->positives + ranking->negatives);
}

void calibration_interval(double rate, double weight, double *low, double *high)
{
    const double z = 1.959963984540054; /* 97.5 % of the normal distribution lie below */
    const double middle = rate + z * z / (2 * weight);
    const double reach = z * sqrt(rate * (1 - rate) / weight + z * z / (4 * weight * weight));
    const double scale = 1 + z * z / weight;

    *low = *high = NAN;
    if (!(weight > 0))
        return;
    /* Of a share of 0 or 1 the interval begins there; rounding must not move it outside. */
    *low = rate > 0 ? (middle - reach) / scale : 0;
    *high = rate < 1 ? (middle + reach) / scale : 1;
}

/* The bin of a place in 0 .. bins. */
static size_t bin_at(double place, size_t bins)
{
    if (!(place > 0))
        return 0;
    return place < (double)bins ? (size_t)place : bins - 1;
}

static void add_group(struct calibration *out, const struct ranking *ranking, size_t g, bool opens)
{
    const double weight = ranking->positive[g] + ranking->negative[g];

    if (opens)
        out->bin[out->count++] = (struct calibration_bin){.low = ranking->score[g]};
    struct calibration_bin *bin = &out->bin[out->count - 1];
    bin->high = ranking->score[g];
    bin->weight += weight;
    bin->mean_score += weight * ranking->score[g];
    bin->positive_rate += ranking->positive[g];
}

/* From sums to means. */
static void finish_bins(struct calibration *out, double total)
{
    out->expected_error = 0;
    for (size_t b = 0; b < out->count; b++) {
        struct calibration_bin *bin = &out->bin[b];
        bin->mean_score /= bin->weight;
        bin->positive_rate /= bin->weight;
        calibration_interval(bin->positive_rate, bin->weight, &bin->rate_low, &bin->rate_high);
        out->expected_error += bin->weight / total * fabs(bin->mean_score - bin->positive_rate);
    }
}

void calibration_build(struct calibration *out, const struct ranking *ranking, size_t bins)
{
    const double total = ranking->positives + ranking->negatives;
    size_t last = SIZE_MAX;
    double before = 0;

    BUG_ON(bins < 1 || bins > CALIBRATION_BINS_MAX);
    *out = (struct calibration){.expected_error = NAN};
    if (nothing(ranking))
        return;
    for (size_t g = ranking->count; g-- > 0;) {
        const double weight = ranking->positive[g] + ranking->negative[g];
        const size_t b = bin_at((before + 0.5 * weight) / total * (double)bins, bins);
        add_group(out, ranking, g, b != last);
        before += weight;
        last = b;
    }
    finish_bins(out, total);
}

void calibration_build_steps(struct calibration *out, const struct ranking *ranking, size_t bins)
{
    size_t last = SIZE_MAX;

    BUG_ON(bins < 1 || bins > CALIBRATION_BINS_MAX);
    *out = (struct calibration){.expected_error = NAN};
    if (nothing(ranking))
        return;
    for (size_t g = ranking->count; g-- > 0;) {
        const size_t b = bin_at(ranking->score[g] * (double)bins, bins);
        add_group(out, ranking, g, b != last);
        last = b;
    }
    finish_bins(out, ranking->positives + ranking->negatives);
}

void calibration_histogram(const struct ranking *ranking, size_t bins, double *positive,
                           double *negative)
{
    for (size_t b = 0; b < bins; b++)
        positive[b] = negative[b] = 0;
    for (size_t g = 0; ranking->complete && g < ranking->count; g++) {
        const double place = fmin(fmax(ranking->score[g], 0), 1) * (double)bins;
        const size_t b = place < (double)bins ? (size_t)place : bins - 1;
        positive[b] += ranking->positive[g];
        negative[b] += ranking->negative[g];
    }
}
