/* fit_number — impute and scale a column of numbers. */
#include "transform/fit.h"

#include <float.h>
#include <math.h>
#include <string.h>

double fit_deviation(double squares, double distances, double mean, size_t n)
{
    const double count = (double)n;
    const double variance = (squares - distances * distances / count) / count;
    const double rounding = count * mean * DBL_EPSILON;

    return variance <= count * DBL_EPSILON * variance + rounding * rounding ? 1 : sqrt(variance);
}

void fit_min_max(const struct step *step, double low, double high, double *factor, double *shift)
{
    const double range = high - low;

    *factor =
        isfinite(range) ? (step->high - step->low) / (range < 10 * DBL_EPSILON ? 1 : range) : NAN;
    *shift = step->low - low * *factor;
}

/* Bits that sort like the numbers do. */
static uint64_t sort_key(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

/* Radix sort, 16 bits at a time; `spare` has the same size. The result is in `x`. */
static void sort_numbers(double *x, double *spare, size_t n)
{
    enum { BUCKETS = 1 << 16, PASSES = 4 };
    size_t *at = memory_take(BUCKETS, sizeof *at);

    for (unsigned pass = 0; pass < PASSES; pass++) {
        size_t sum = 0;
        memset(at, 0, BUCKETS * sizeof *at);
        for (size_t i = 0; i < n; i++)
            at[sort_key(x[i]) >> 16 * pass & (BUCKETS - 1)]++;
        for (size_t b = 0; b < BUCKETS; b++) {
            const size_t here = at[b];
            at[b] = sum;
            sum += here;
        }
        for (size_t i = 0; i < n; i++)
            spare[at[sort_key(x[i]) >> 16 * pass & (BUCKETS - 1)]++] = x[i];
        double *keep = x;
        x = spare;
        spare = keep;
    }
    free(at);
}

static double median_of(const double *sorted, size_t n)
{
    if (n % 2)
        return sorted[n / 2];
    const double sum = sorted[n / 2 - 1] + sorted[n / 2];
    return isfinite(sum) ? sum / 2 : sorted[n / 2 - 1] / 2 + sorted[n / 2] / 2;
}

/* The smallest of the most frequent. */
static double mode_of(const double *sorted, size_t n)
{
    double mode = sorted[0];
    size_t most = 0;

    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && sorted[end] == sorted[i];)
            end++;
        if (end - i > most) {
            most = end - i;
            mode = sorted[i];
        }
    }
    return mode + 0.0; /* not -0 */
}

static double mean_of(const double *x, size_t n)
{
    struct exact_sum sum = {0};

    for (size_t i = 0; i < n; i++)
        exact_add(&sum, x[i]);
    return exact_total(&sum) / (double)n;
}

/* `present` [n] are the values that are there; they are put in order. */
static double fill_of(const struct step *step, double *present, double *spare, size_t n)
{
    switch (step->impute) {
    case IMPUTE_MEDIAN:
        sort_numbers(present, spare, n);
        return median_of(present, n);
    case IMPUTE_MOST_FREQUENT:
        sort_numbers(present, spare, n);
        return mode_of(present, n);
    case IMPUTE_MEAN:
        return mean_of(present, n);
    case IMPUTE_CONSTANT:
        return step->number;
    case IMPUTE_NONE:
        break;
    }
    return NAN;
}

static void fit_standard(struct column_op *op, const double *x, size_t n)
{
    struct exact_sum squares = {0}, distances = {0};

    op->a = mean_of(x, n);
    for (size_t i = 0; i < n; i++) {
        exact_add(&distances, x[i] - op->a);
        exact_add(&squares, (x[i] - op->a) * (x[i] - op->a));
    }
    op->b = fit_deviation(exact_total(&squares), exact_total(&distances), op->a, n);
}

static void fit_range(struct column_op *op, const struct step *step, const double *x, size_t n)
{
    double low = x[0], high = x[0];

    for (size_t i = 1; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    fit_min_max(step, low, high, &op->a, &op->b);
}

/* Copies the values that are there; false at the first that is infinite. */
static bool take_present(double *present, size_t *count, const double *x, size_t rows,
                         const char *column, struct error *err)
{
    size_t n = 0;

    for (size_t i = 0; i < rows; i++) {
        if (isinf(x[i]))
            return error_set(err, ERR_DATA, "column '%.200s', training row %zu: is not finite",
                             column, i + 1);
        if (!isnan(x[i]))
            present[n++] = x[i];
    }
    *count = n;
    return true;
}

/* Scale what imputing leaves: `room` holds `n` present values and has room for all rows. */
static bool fit_scale(struct column_op *op, const struct step *step, double *room, size_t n,
                      size_t rows, const char *column, struct error *err)
{
    if (step->impute)
        while (n < rows)
            room[n++] = op->fill;
    op->scale = step->scale;
    if (step->scale == SCALE_STANDARD)
        fit_standard(op, room, n);
    else if (step->scale == SCALE_MIN_MAX)
        fit_range(op, step, room, n);
    if (!isfinite(op->a) || !isfinite(op->b) || (step->impute && !isfinite(op->fill)))
        return error_set(err, ERR_DATA, "column '%.200s' has numbers too large to add up", column);
    return true;
}

bool fit_number(struct column_op *op, const struct step *step, const double *x, size_t rows,
                const char *column, struct error *err)
{
    const bool learns = step->scale || (step->impute && step->impute != IMPUTE_CONSTANT);
    double *room = memory_take(rows * 2, sizeof *room);
    size_t n = 0;

    *op = (struct column_op){.kind = COLUMN_NUMBER, .column = op->column, .fill = NAN};
    bool ok = take_present(room, &n, x, rows, column, err);
    if (ok && n == 0 && learns && step->impute != IMPUTE_CONSTANT)
        ok = error_set(err, ERR_DATA, "column '%.200s' has no value in the training rows to %s",
                       column, step->impute ? "impute from" : "scale by");
    if (ok) {
        op->fill = fill_of(step, room, room + rows, n);
        ok = fit_scale(op, step, room, n, rows, column, err);
    }
    free(room);
    return ok;
}
