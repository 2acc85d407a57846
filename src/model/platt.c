#include "model/platt.h"

#include "base/arena.h"

#include <math.h>

enum { NEWTON_STEPS = 100 };

double platt_logit(double score)
{
    const double clipped = fmin(fmax(score, 0x1p-52), 1 - 0x1p-52);

    return log(clipped / (1 - clipped));
}

double platt_sigmoid(double z)
{
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

/* Distinct scores, lowest first, as their logits with the weight of each class. */
struct platt_rows {
    size_t count;
    double *x, *positive, *negative;
    double high, low; /* the smoothed targets of the classes */
};

/* Negative log likelihood: sum of weight * (log(1 + exp(z)) - (1 - target) z), z = a x + b. */
static double platt_loss(const struct platt_rows *rows, double a, double b)
{
    double sum = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const double z = a * rows->x[i] + b;
        const double softplus = z >= 0 ? z + log1p(exp(-z)) : log1p(exp(z));
        sum += rows->positive[i] * (softplus - (1 - rows->high) * z);
        sum += rows->negative[i] * (softplus - (1 - rows->low) * z);
    }
    return sum;
}

struct platt_slope {
    double a, b, aa, ab, bb; /* gradient and second derivatives */
};

static struct platt_slope platt_derive(const struct platt_rows *rows, double a, double b)
{
    struct platt_slope s = {.aa = 1e-12, .bb = 1e-12};

    for (size_t i = 0; i < rows->count; i++) {
        const double x = rows->x[i], p = platt_sigmoid(-(a * x + b));
        const double d = rows->positive[i] * (rows->high - p) + rows->negative[i] * (rows->low - p);
        const double curve = (rows->positive[i] + rows->negative[i]) * p * (1 - p);
        s.a += d * x;
        s.b += d;
        s.aa += curve * x * x;
        s.ab += curve * x;
        s.bb += curve;
    }
    return s;
}

/* Newton's method with step halving: algorithm 1 of Lin, Lin and Weng (2007). */
static void platt_solve(const struct platt_rows *rows, double *a, double *b)
{
    double loss = platt_loss(rows, *a, *b);

    for (size_t step = 0; step < NEWTON_STEPS; step++) {
        const struct platt_slope s = platt_derive(rows, *a, *b);
        const double determinant = s.aa * s.bb - s.ab * s.ab;
        if (fabs(s.a) < 1e-10 && fabs(s.b) < 1e-10)
            return;
        if (!(determinant > 0))
            return;
        const double da = -(s.bb * s.a - s.ab * s.b) / determinant;
        const double db = -(s.aa * s.b - s.ab * s.a) / determinant;
        const double fall = s.a * da + s.b * db;
        double size = 1, next = 0;
        for (; size > 1e-10; size /= 2) {
            next = platt_loss(rows, *a + size * da, *b + size * db);
            if (next < loss + 1e-4 * size * fall)
                break;
        }
        if (size <= 1e-10)
            return;
        *a += size * da;
        *b += size * db;
        loss = next;
    }
}

void platt_fit(double *a, double *b, const struct ranking *ranking)
{
    struct platt_rows rows = {
        .count = ranking->count,
        .x = memory_take(ranking->count + 1, sizeof(double)),
        .positive = ranking->positive,
        .negative = ranking->negative,
        .high = (ranking->positives + 1) / (ranking->positives + 2),
        .low = 1 / (ranking->negatives + 2),
    };

    for (size_t i = 0; i < rows.count; i++)
        rows.x[i] = platt_logit(ranking->score[i]);
    *a = 0;
    *b = log((ranking->negatives + 1) / (ranking->positives + 1));
    platt_solve(&rows, a, b);
    free(rows.x);
    if (*a <= 0)
        return;
    /* Scores that rank the wrong way round say nothing: every row gets the smoothed share. */
    const double weight = ranking->positives + ranking->negatives;
    const double share = (ranking->positives * rows.high + ranking->negatives * rows.low) / weight;
    *a = 0;
    *b = -platt_logit(share);
}
