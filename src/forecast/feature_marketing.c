/* Spending multiplies what would have been sold, so a linear model needs the products. */
#include "forecast/feature.h"

static void compute(const struct panel *panel, size_t item, size_t month, double *out)
{
    const double spend = panel->marketing[item * panel->months + month];

    past_sales_terms(panel, item, month, out);
    for (size_t i = 0; i < PAST_SALES_TERMS; i++)
        out[i] *= spend;
}

const struct feature feature_marketing = {
    .name = "marketing",
    .needs = PANEL_MARKETING,
    .columns = PAST_SALES_TERMS,
    .column = {"marketing * same_month_last_year", "marketing * last_year_average",
               "marketing * same_month_last_year * growth"},
    .compute = compute,
};
