/* A stock-out lowers its own month and raises the next, in which it is made up for. */
#include "forecast/feature.h"

static bool distorted(const struct panel *panel, size_t item, size_t month)
{
    return panel_stock_out(panel, item, month) ||
           (month > 0 && panel_stock_out(panel, item, month - 1));
}

const struct feature feature_stock = {
    .name = "stock",
    .needs = PANEL_STOCK,
    .distorted = distorted,
    .most = panel_stock,
};
