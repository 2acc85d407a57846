#include "base/arena.h"
#include "model/nonnegative.h"
#include "model/platt.h"
#include "model/spline_basis.h"

#include <math.h>
#include <string.h>

enum { NEWTON_STEPS = 100, HALVINGS = 40 };

static const double quantiles[] = {0.1,  0.2,  0.3,  0.4,  0.5,  0.6,   0.7,    0.8,  0.9,
                                   0.92, 0.94, 0.96, 0.98, 0.99, 0.995, 0.9975, 0.999};
enum { QUANTILES = sizeof quantiles / sizeof *quantiles };
_Static_assert(QUANTILES + 2 <= SPLINE_KNOTS_MAX, "room for every knot");
_Static_assert((size_t)SPLINE_COEFFICIENTS_MAX <= (size_t)NONNEGATIVE_MAX, "room in the solver");

/* One distinct score. */
struct spline_row {
    size_t first; /* coefficient of value[0] */
    double value[SPLINE_DEGREE + 1];
    double positive, weight;
};

struct spline_problem {
    size_t count, coefficients;
    struct spline_row *row;               /* [count] by rising score */
    double line[SPLINE_COEFFICIENTS_MAX]; /* Platt's */
};

static bool check_rows(const struct ranking *ranking, struct error *err)
{
    const double rows = ranking->positives + ranking->negatives;

    if (rows < SPLINE_ROWS_MIN)
        return error_set(err, ERR_DATA, "spline calibration needs at least %d rows, there are %g",
                         SPLINE_ROWS_MIN, rows);
    for (size_t g = 0; g < ranking->count; g++)
        if (ranking->score[g] < 0 || ranking->score[g] > 1)
            return error_set(err, ERR_DATA,
                             "spline calibration needs scores from 0 to 1, one is %g",
                             ranking->score[g]);
    const double high = platt_logit(ranking->score[0]),
                 low = platt_logit(ranking->score[ranking->count - 1]);
    if (high - low < 2 * SPLINE_GAP_MIN)
        return error_set(err, ERR_DATA,
                         "spline calibration needs different scores, but all rows have %g",
                         ranking->score[0]);
    return true;
}

/* The lowest score, the quantiles that have enough rows on both sides, the highest score. */
static void place_knots(struct spline_calibrator *spline, const struct ranking *ranking)
{
    const double total = ranking->positives + ranking->negatives;
    const double high = platt_logit(ranking->score[0]);
    double below = 0, last = 0;
    size_t q = 0;

    spline->knots = 0;
    spline->knot[spline->knots++] = platt_logit(ranking->score[ranking->count - 1]);
    for (size_t g = ranking->count; g-- > 0;) {
        const double x = platt_logit(ranking->score[g]);
        below += ranking->positive[g] + ranking->negative[g];
        if (q == QUANTILES || below < quantiles[q] * total)
            continue;
        while (q < QUANTILES && below >= quantiles[q] * total)
            q++;
        if (below - last < SPLINE_ROWS_PER_KNOT || total - below < SPLINE_ROWS_PER_KNOT ||
            x - spline->knot[spline->knots - 1] < SPLINE_GAP_MIN || high - x < SPLINE_GAP_MIN)
            continue;
        spline->knot[spline->knots++] = x;
        last = below;
    }
    spline->knot[spline->knots++] = high;
}

static void build_problem(struct spline_problem *problem, const struct spline_calibrator *spline,
                          const struct ranking *ranking)
{
    double a, b;

    *problem = (struct spline_problem){
        .count = ranking->count,
        .coefficients = spline->knots + SPLINE_DEGREE - 1,
        .row = memory_take(ranking->count, sizeof *problem->row),
    };
    for (size_t i = 0; i < problem->count; i++) {
        const size_t g = ranking->count - 1 - i;
        struct spline_row *row = &problem->row[i];
        row->first = spline_basis(spline, platt_logit(ranking->score[g]), row->value);
        row->positive = ranking->positive[g];
        row->weight = ranking->positive[g] + ranking->negative[g];
    }
    platt_fit(&a, &b, ranking);
    for (size_t j = 0; j < problem->coefficients; j++)
        problem->line[j] =
            fmin(fmax(-(a * spline_middle(spline, j) + b), platt_logit(0)), platt_logit(1));
}

static double row_odds(const struct spline_row *row, const double *c)
{
    double z = 0;

    for (size_t k = 0; k <= SPLINE_DEGREE; k++)
        z += row->value[k] * c[row->first + k];
    return z;
}

/* The objective of the header. */
static double loss(const struct spline_problem *problem, const double *c)
{
    double sum = 0, ridge = 0;

    for (size_t i = 0; i < problem->count; i++) {
        const struct spline_row *row = &problem->row[i];
        const double z = row_odds(row, c);
        const double softplus = z >= 0 ? z + log1p(exp(-z)) : log1p(exp(z));
        sum += row->weight * softplus - row->positive * z;
    }
    for (size_t j = 0; j < problem->coefficients; j++)
        ridge += (c[j] - problem->line[j]) * (c[j] - problem->line[j]);
    return sum + SPLINE_RIDGE / 2 * ridge;
}

struct slope {
    double first[SPLINE_COEFFICIENTS_MAX];
    double second[SPLINE_COEFFICIENTS_MAX][SPLINE_COEFFICIENTS_MAX];
};

static void derive(struct slope *slope, const struct spline_problem *problem, const double *c)
{
    memset(slope, 0, sizeof *slope);
    for (size_t i = 0; i < problem->count; i++) {
        const struct spline_row *row = &problem->row[i];
        const double p = platt_sigmoid(row_odds(row, c));
        const double pull = row->weight * p - row->positive;
        const double curve = row->weight * p * (1 - p);
        for (size_t k = 0; k <= SPLINE_DEGREE; k++) {
            slope->first[row->first + k] += pull * row->value[k];
            for (size_t l = 0; l <= SPLINE_DEGREE; l++)
                slope->second[row->first + k][row->first + l] +=
                    curve * row->value[k] * row->value[l];
        }
    }
    for (size_t j = 0; j < problem->coefficients; j++) {
        slope->first[j] += SPLINE_RIDGE * (c[j] - problem->line[j]);
        slope->second[j][j] += SPLINE_RIDGE;
    }
}

/*
 * The best coefficients, in order, of the parabola through c. In increments d, c = L d with L all
 * ones below and on the diagonal: L' H L sums H over rows and columns from i and j on.
 */
static void newton_target(double *target, const struct slope *slope, const double *c, size_t n)
{
    struct nonnegative q = {.count = n, .free = 1};
    double d[NONNEGATIVE_MAX];

    for (size_t i = n; i-- > 0;) {
        double along = -slope->first[i];
        for (size_t j = 0; j < n; j++)
            along += slope->second[i][j] * c[j];
        q.r[i] = along + (i + 1 < n ? q.r[i + 1] : 0);
        double row = 0;
        for (size_t j = n; j-- > 0;) {
            row += slope->second[i][j];
            q.h[i][j] = row + (i + 1 < n ? q.h[i + 1][j] : 0);
        }
    }
    nonnegative_solve(d, &q);
    for (size_t j = 0; j < n; j++)
        target[j] = d[j] + (j > 0 ? target[j - 1] : 0);
}

/* Newton's method with step halving; between two ordered lists every mean is ordered. */
static void solve(const struct spline_problem *problem, double *c)
{
    const size_t n = problem->coefficients;
    double target[SPLINE_COEFFICIENTS_MAX], next[SPLINE_COEFFICIENTS_MAX];
    double value = loss(problem, c);
    struct slope slope;

    for (size_t step = 0; step < NEWTON_STEPS; step++) {
        double fall = 0, size = 1, reached = value;
        derive(&slope, problem, c);
        newton_target(target, &slope, c, n);
        for (size_t j = 0; j < n; j++)
            fall += slope.first[j] * (target[j] - c[j]);
        if (!(fall < -1e-13 * (1 + value)))
            return;
        for (size_t h = 0; h < HALVINGS; h++, size /= 2) {
            for (size_t j = 0; j < n; j++)
                next[j] = c[j] + size * (target[j] - c[j]);
            reached = loss(problem, next);
            if (reached < value + 1e-4 * size * fall)
                break;
        }
        if (!(reached < value))
            return;
        for (size_t j = 0; j < n; j++)
            c[j] = j > 0 ? fmax(next[j], c[j - 1]) : next[j];
        value = reached;
    }
}

bool spline_calibrator_fit(struct spline_calibrator *spline, const struct ranking *ranking,
                           struct error *err)
{
    struct spline_calibrator made = {.knots = 0};
    struct spline_problem problem;

    BUG_ON(!ranking->complete || !(ranking->positives > 0) || !(ranking->negatives > 0));
    if (!check_rows(ranking, err))
        return false;
    place_knots(&made, ranking);
    build_problem(&problem, &made, ranking);
    for (size_t j = 0; j < problem.coefficients; j++)
        made.coefficient[j] = problem.line[j];
    solve(&problem, made.coefficient);
    free(problem.row);
    *spline = made;
    return true;
}
