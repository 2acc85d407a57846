#include "forecast/feature.h"

static void compute(const struct panel *panel, size_t item, size_t month, double *out)
{
    out[0] = panel_sold(panel, item, month, 1);
}

const struct feature feature_last_month = {
    .name = "last_month",
    .columns = 1,
    .column = {"last_month"},
    .compute = compute,
};
