/* Wholesalers know a change in advance: they buy before a rise, and less once it is there. */
#include "forecast/feature.h"

static void compute(const struct panel *panel, size_t item, size_t month, double *out)
{
    out[0] = panel_price_change(panel, item, month + 1);
    out[1] = panel_price_change(panel, item, month);
}

const struct feature feature_price = {
    .name = "price",
    .needs = PANEL_PRICE,
    .columns = 2,
    .column = {"price change next month", "price change this month"},
    .compute = compute,
};
