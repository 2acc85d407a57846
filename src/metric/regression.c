#include "metric/regression.h"

#include <math.h>

struct sums {
    double absolute, squared, share, symmetric, scaled, truth;
    double shares, scales; /* rows that count for the two */
};

static void add_row(struct sums *s, const struct amounts *rows, size_t i)
{
    const double truth = rows->truth[i], miss = fabs(truth - rows->prediction[i]);
    const double size = fabs(truth) + fabs(rows->prediction[i]);

    s->absolute += miss;
    s->squared += miss * miss;
    s->truth += truth;
    s->symmetric += size > 0 ? 2 * miss / size : 0;
    if (truth != 0) {
        s->share += miss / fabs(truth);
        s->shares++;
    }
    if (rows->naive && rows->naive[i] > 0) {
        s->scaled += miss / rows->naive[i];
        s->scales++;
    }
}

static double ratio(double above, double below)
{
    return below > 0 ? above / below : NAN;
}

struct regression regression_compute(const struct amounts *rows)
{
    const double count = (double)rows->count;
    struct sums s = {0};
    struct regression r;
    double spread = 0;

    for (size_t i = 0; i < rows->count; i++)
        add_row(&s, rows, i);
    for (size_t i = 0; i < rows->count; i++) {
        const double far = rows->truth[i] - s.truth / count;
        spread += far * far;
    }
    r.value[REGRESSION_r2] = 1 - ratio(s.squared, spread);
    r.value[REGRESSION_mae] = ratio(s.absolute, count);
    r.value[REGRESSION_mse] = ratio(s.squared, count);
    r.value[REGRESSION_rmse] = sqrt(ratio(s.squared, count));
    r.value[REGRESSION_mape] = ratio(s.share, s.shares);
    r.value[REGRESSION_smape] = ratio(s.symmetric, count);
    r.value[REGRESSION_mase] = ratio(s.scaled, s.scales);
    return r;
}

json_t *regression_json(const struct amounts *rows)
{
    static const char *const names[] = {
#define X(name) #name,
        REGRESSION_METRICS(X)
#undef X
    };
    const struct regression r = regression_compute(rows);
    json_t *metrics = json_pack("{s:I}", "samples", (json_int_t)rows->count);

    for (size_t k = 0; k < REGRESSION_COUNT; k++)
        json_object_set_new(
            metrics, names[k],
            json_pack("{s:o, s:s}", "value",
                      isfinite(r.value[k]) ? json_real(r.value[k]) : json_string("NaN"),
                      "standard_deviation", "NaN"));
    return metrics;
}
