#include "forecast/feature.h"

#include <math.h>

double past_sales_growth(const struct panel *panel, size_t item, size_t month)
{
    double quarter = 0, year_before = 0;

    for (size_t back = 1; back <= 3; back++) {
        quarter += panel_sold(panel, item, month, back);
        year_before += panel_sold(panel, item, month, back + 12);
    }
    return year_before == 0 ? NAN : quarter / year_before;
}

static void compute(const struct panel *panel, size_t item, size_t month, double *out)
{
    out[0] = past_sales_growth(panel, item, month);
}

const struct feature feature_growth = {
    .name = "growth",
    .columns = 1,
    .column = {"growth"},
    .compute = compute,
};
