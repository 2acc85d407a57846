#include "metric/curve.h"

#include "base/arena.h"

#include <math.h>

/* Nearer than this to the line through its neighbours, a point says nothing. */
static const double on_the_line = 1e-9;

/* A stretch between two kept points, and the point in it that is furthest from the line. */
struct stretch {
    size_t first, last, furthest;
    double distance;
};

static struct stretch measure(const struct curve *curve, size_t first, size_t last)
{
    const double dx = curve->x[last] - curve->x[first], dy = curve->y[last] - curve->y[first];
    const double length = sqrt(dx * dx + dy * dy);
    struct stretch stretch = {.first = first, .last = last, .furthest = first};

    for (size_t i = first + 1; i < last; i++) {
        const double px = curve->x[i] - curve->x[first], py = curve->y[i] - curve->y[first];
        const double distance =
            length > 0 ? fabs(dx * py - dy * px) / length : sqrt(px * px + py * py);
        if (distance > stretch.distance) {
            stretch.distance = distance;
            stretch.furthest = i;
        }
    }
    return stretch;
}

void curve_thin(struct curve *curve, size_t limit)
{
    if (curve->count < 3)
        return;
    struct stretch *stretches = memory_take(limit, sizeof *stretches);
    unsigned char *kept = memory_take_zeroed(curve->count, 1);
    size_t count = 1, points = 2, out = 0;

    stretches[0] = measure(curve, 0, curve->count - 1);
    kept[0] = kept[curve->count - 1] = 1;
    for (; points < limit; points++) {
        size_t worst = 0;
        for (size_t s = 1; s < count; s++)
            if (stretches[s].distance > stretches[worst].distance)
                worst = s;
        const struct stretch split = stretches[worst];
        if (!(split.distance > on_the_line))
            break;
        kept[split.furthest] = 1;
        stretches[worst] = measure(curve, split.first, split.furthest);
        stretches[count++] = measure(curve, split.furthest, split.last);
    }
    for (size_t i = 0; i < curve->count; i++)
        if (kept[i]) {
            curve->x[out] = curve->x[i];
            curve->y[out++] = curve->y[i];
        }
    curve->count = out;
    free(kept);
    free(stretches);
}

static void curve_start(struct curve *curve, size_t groups, double x, double y)
{
    curve->x = memory_take(groups + 1, sizeof(double));
    curve->y = memory_take(groups + 1, sizeof(double));
    curve->x[0] = x;
    curve->y[0] = y;
    curve->count = 1;
}

void curve_roc(struct curve *curve, const struct ranking *ranking, size_t limit)
{
    double hits = 0, alarms = 0;

    *curve = (struct curve){0};
    if (!ranking->complete || !(ranking->positives > 0) || !(ranking->negatives > 0))
        return;
    curve_start(curve, ranking->count, 0, 0);
    for (size_t g = 0; g < ranking->count; g++) {
        hits += ranking->positive[g];
        alarms += ranking->negative[g];
        curve->x[curve->count] = fmin(alarms / ranking->negatives, 1);
        curve->y[curve->count++] = fmin(hits / ranking->positives, 1);
    }
    /* Sums of weights in another order may miss the total by a rounding. */
    curve->x[curve->count - 1] = curve->y[curve->count - 1] = 1;
    curve_thin(curve, limit);
}

void curve_precision_recall(struct curve *curve, const struct ranking *ranking, size_t limit)
{
    double hits = 0, taken = 0;

    *curve = (struct curve){0};
    if (!ranking->complete || !(ranking->positives > 0))
        return;
    curve_start(curve, ranking->count, 0, 1);
    for (size_t g = 0; g < ranking->count; g++) {
        hits += ranking->positive[g];
        taken += ranking->positive[g] + ranking->negative[g];
        curve->x[curve->count] = fmin(hits / ranking->positives, 1);
        curve->y[curve->count++] = hits / taken;
    }
    curve_thin(curve, limit);
}

void curve_clear(struct curve *curve)
{
    free(curve->x);
    free(curve->y);
    *curve = (struct curve){0};
}
