#include "metric/threshold.h"

#include "metric/confusion.h"

#include <math.h>

/* Halfway to the next lower score; below the lowest, halfway to 0. */
static double candidate(const struct ranking *ranking, size_t i)
{
    const double high = ranking->score[i];
    const double low = i + 1 < ranking->count ? ranking->score[i + 1] : fmin(high, 0);
    const double middle = low + (high - low) / 2;

    return middle > low && middle <= high ? middle : high;
}

struct choice {
    double value;  /* of what is maximised */
    double target; /* the best seen of what must reach the target */
    double threshold;
};

/* Higher thresholds come first, so only a better value replaces one. */
static void consider(struct choice *best, enum threshold_rule rule, double target,
                     const struct confusion *c, double threshold)
{
    const double precision = confusion_precision(c), recall = confusion_true_positive_rate(c);
    const double must = rule == THRESHOLD_PRECISION ? precision : recall;
    const double value = rule == THRESHOLD_BEST_F1     ? confusion_f(c, 1)
                         : rule == THRESHOLD_PRECISION ? recall
                                                       : precision;

    if (rule != THRESHOLD_BEST_F1) {
        best->target = fmax(best->target, must);
        if (!(must >= target))
            return;
    }
    if (value > best->value) {
        best->value = value;
        best->threshold = threshold;
    }
}

bool threshold_choose(double *threshold, enum threshold_rule rule, double target,
                      const struct ranking *ranking, struct error *err)
{
    struct choice best = {.value = -1};
    struct confusion c = {.true_negative = ranking->negatives,
                          .false_negative = ranking->positives};

    if (rule == THRESHOLD_FIXED) {
        *threshold = target;
        return true;
    }
    if (!ranking->complete)
        return error_set(err, ERR_DATA, "a row has no score to choose a threshold on");
    if (ranking->positives <= 0 || ranking->negatives <= 0)
        return error_set(err, ERR_DATA, "a threshold needs rows of both classes; there are none %s",
                         ranking->positives <= 0 ? "of the positive class"
                                                 : "of the negative class");
    for (size_t i = 0; i < ranking->count; i++) {
        c.true_positive += ranking->positive[i];
        c.false_negative -= ranking->positive[i];
        c.false_positive += ranking->negative[i];
        c.true_negative -= ranking->negative[i];
        consider(&best, rule, target, &c, candidate(ranking, i));
    }
    if (best.value < 0)
        return error_set(err, ERR_DATA, "no threshold reaches a %s of %g; the best is %.4g",
                         rule == THRESHOLD_PRECISION ? "precision" : "recall", target, best.target);
    *threshold = best.threshold;
    return true;
}
