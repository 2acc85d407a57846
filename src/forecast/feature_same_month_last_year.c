#include "forecast/feature.h"

static void compute(const struct panel *panel, size_t item, size_t month, double *out)
{
    out[0] = panel_sold(panel, item, month, 12);
}

const struct feature feature_same_month_last_year = {
    .name = "same_month_last_year",
    .columns = 1,
    .column = {"same_month_last_year"},
    .compute = compute,
};
