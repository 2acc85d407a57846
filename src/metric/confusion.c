#include "metric/confusion.h"

#include <math.h>

struct confusion confusion_at(const struct ranking *ranking, double threshold)
{
    struct confusion c = {0};

    if (!ranking->complete)
        return (struct confusion){NAN, NAN, NAN, NAN};
    for (size_t g = 0; g < ranking->count; g++) {
        const bool called = ranking->score[g] >= threshold;
        *(called ? &c.true_positive : &c.false_negative) += ranking->positive[g];
        *(called ? &c.false_positive : &c.true_negative) += ranking->negative[g];
    }
    return c;
}

struct confusion confusion_all_positive(const struct ranking *ranking)
{
    return (struct confusion){.false_positive = ranking->negatives,
                              .true_positive = ranking->positives};
}

/* 0/0 is NaN by the rules of arithmetic, which is what the header promises. */
static double share(double part, double rest)
{
    return part / (part + rest);
}

double confusion_accuracy(const struct confusion *c)
{
    return share(c->true_positive + c->true_negative, c->false_positive + c->false_negative);
}

double confusion_precision(const struct confusion *c)
{
    return share(c->true_positive, c->false_positive);
}

double confusion_true_positive_rate(const struct confusion *c)
{
    return share(c->true_positive, c->false_negative);
}

double confusion_true_negative_rate(const struct confusion *c)
{
    return share(c->true_negative, c->false_positive);
}

double confusion_false_positive_rate(const struct confusion *c)
{
    return share(c->false_positive, c->true_negative);
}

double confusion_false_negative_rate(const struct confusion *c)
{
    return share(c->false_negative, c->true_positive);
}

double confusion_f(const struct confusion *c, double beta)
{
    const double b = beta * beta;

    return share((1 + b) * c->true_positive, b * c->false_negative + c->false_positive);
}
