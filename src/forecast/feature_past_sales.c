#include "forecast/feature.h"

void past_sales_terms(const struct panel *panel, size_t item, size_t month,
                      double out[PAST_SALES_TERMS])
{
    const double year_ago = panel_sold(panel, item, month, 12);

    out[0] = year_ago;
    out[1] = panel_year_mean(panel, item, month);
    out[2] = year_ago * past_sales_growth(panel, item, month);
}

const struct feature feature_past_sales = {
    .name = "past_sales",
    .columns = PAST_SALES_TERMS,
    .column = {"same_month_last_year", "last_year_average", "same_month_last_year * growth"},
    .compute = past_sales_terms,
};
