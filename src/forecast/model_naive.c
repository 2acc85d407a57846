/* model_naive — an earlier month again: what every other model must beat. */
#include "forecast/model.h"

static void repeat(const struct panel *panel, size_t month, size_t back, double *out)
{
    for (size_t i = 0; i < panel->items; i++)
        out[i] = panel_sold(panel, i, month, back);
}

static void predict_month_before(const struct forecast_model *model, const struct panel *panel,
                                 size_t month, double *out)
{
    (void)model;
    repeat(panel, month, 1, out);
}

static void predict_year_before(const struct forecast_model *model, const struct panel *panel,
                                size_t month, double *out)
{
    (void)model;
    repeat(panel, month, 12, out);
}

const struct forecast_kind forecast_kind_prev_month = {
    .name = "PrevMonthSale",
    .predict = predict_month_before,
};

const struct forecast_kind forecast_kind_same_month_last_year = {
    .name = "SameMonthLastYearSales",
    .predict = predict_year_before,
};
