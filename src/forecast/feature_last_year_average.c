#include "forecast/feature.h"

static void compute(const struct panel *panel, size_t item, size_t month, double *out)
{
    out[0] = panel_year_mean(panel, item, month);
}

const struct feature feature_last_year_average = {
    .name = "last_year_average",
    .columns = 1,
    .column = {"last_year_average"},
    .compute = compute,
};
