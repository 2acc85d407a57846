#include "model/spline_calibrator.h"

#include "model/platt.h"
#include "model/spline_basis.h"

#include <math.h>
#include <string.h>

/* Logits of scores lie within +-37. */
static const double logit_max = 40, odds_max = 1e4;

/* Knot i of the list in which the outer ones are there four times. */
static double outer_knot(const struct spline_calibrator *spline, size_t i)
{
    if (i <= SPLINE_DEGREE)
        return spline->knot[0];
    i -= SPLINE_DEGREE;
    return spline->knot[i < spline->knots ? i : spline->knots - 1];
}

size_t spline_basis(const struct spline_calibrator *spline, double x,
                    double value[SPLINE_DEGREE + 1])
{
    size_t low = 0, high = spline->knots - 1;
    double left[SPLINE_DEGREE + 1], right[SPLINE_DEGREE + 1];

    x = fmin(fmax(x, spline->knot[low]), spline->knot[high]);
    while (high - low > 1) { /* knot[low] <= x <= knot[high] */
        const size_t middle = low + (high - low) / 2;
        if (spline->knot[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    value[0] = 1;
    for (size_t d = 1; d <= SPLINE_DEGREE; d++) {
        double carry = 0;
        left[d] = x - outer_knot(spline, low + SPLINE_DEGREE + 1 - d);
        right[d] = outer_knot(spline, low + SPLINE_DEGREE + d) - x;
        for (size_t r = 0; r < d; r++) {
            const double part = value[r] / (right[r + 1] + left[d - r]);
            value[r] = carry + right[r + 1] * part;
            carry = left[d - r] * part;
        }
        value[d] = carry;
    }
    return low;
}

double spline_middle(const struct spline_calibrator *spline, size_t j)
{
    return (outer_knot(spline, j + 1) + outer_knot(spline, j + 2) + outer_knot(spline, j + 3)) / 3;
}

double spline_calibrator_apply(const struct spline_calibrator *spline, double score)
{
    double value[SPLINE_DEGREE + 1], z = 0;

    if (isnan(score))
        return NAN;
    const size_t first = spline_basis(spline, platt_logit(score), value);
    for (size_t k = 0; k <= SPLINE_DEGREE; k++)
        z += value[k] * spline->coefficient[first + k];
    return platt_sigmoid(z);
}

static json_t *numbers_json(const double *value, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_real(value[i]));
    return list;
}

json_t *spline_calibrator_json(const struct spline_calibrator *spline)
{
    return json_pack("{s:s,s:o,s:o}", "kind", "spline", "knots",
                     numbers_json(spline->knot, spline->knots), "coefficients",
                     numbers_json(spline->coefficient, spline->knots + SPLINE_DEGREE - 1));
}

/* `count` numbers of at most `limit` in size, each at least `rise` above the one before. */
static bool parse_list(double *value, const json_t *list, size_t count, double limit, double rise,
                       struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        value[i] = json_number_value(item);
        if (!json_is_number(item) || !(fabs(value[i]) <= limit))
            return error_set(err, ERR_DATA, "[%zu] must be a number from %g to %g", i, -limit,
                             limit);
        if (i > 0 && value[i] - value[i - 1] < rise)
            return error_set(err, ERR_DATA, "[%zu] is %s the one before", i,
                             rise > 0 ? "not above" : "below");
    }
    return true;
}

bool spline_calibrator_parse(struct spline_calibrator *spline, const json_t *document,
                             struct error *err)
{
    const json_t *knots = json_object_get(document, "knots"),
                 *coefficients = json_object_get(document, "coefficients");
    const char *kind = json_string_value(json_object_get(document, "kind"));
    struct spline_calibrator made = {.knots = json_array_size(knots)};

    if (!kind || strcmp(kind, "spline") != 0)
        return error_set(err, ERR_DATA, "spline: 'kind' must be spline");
    if (made.knots < 2 || made.knots > SPLINE_KNOTS_MAX)
        return error_set(err, ERR_DATA, "spline: 'knots' must be a list of 2 to %d numbers",
                         SPLINE_KNOTS_MAX);
    if (json_array_size(coefficients) != made.knots + SPLINE_DEGREE - 1)
        return error_set(
            err, ERR_DATA,
            "spline: 'coefficients' must be a list of %zu numbers, two more than knots",
            made.knots + SPLINE_DEGREE - 1);
    if (!parse_list(made.knot, knots, made.knots, logit_max, SPLINE_GAP_MIN / 2, err))
        return error_wrap(err, "spline: 'knots'");
    if (!parse_list(made.coefficient, coefficients, made.knots + SPLINE_DEGREE - 1, odds_max, 0,
                    err))
        return error_wrap(err, "spline: 'coefficients'");
    *spline = made;
    return true;
}
