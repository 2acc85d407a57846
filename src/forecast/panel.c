#include "forecast/panel.h"

#include <math.h>

enum { YEAR = 12 };

const char *const panel_file_names[PANEL_FILES] = {
    [PANEL_SALES] = "sales", [PANEL_MARKETING] = "marketing",   [PANEL_PRICE] = "price",
    [PANEL_STOCK] = "stock", [PANEL_OBJECTIVES] = "objectives",
};

void panel_clear(struct panel *panel)
{
    arena_clear(&panel->memory);
    *panel = (struct panel){0};
}

double panel_year_mean(const struct panel *panel, size_t item, size_t month)
{
    double sum = 0;

    for (size_t back = 1; back <= YEAR; back++)
        sum += panel_sold(panel, item, month, back);
    return sum / YEAR;
}

double panel_price_change(const struct panel *panel, size_t item, size_t month)
{
    if (!panel->price || month == 0 || month >= panel->months)
        return 0;
    const double *price = panel->price + item * panel->months + month;

    return isfinite(price[0]) && isfinite(price[-1]) ? price[0] / price[-1] - 1 : 0;
}

double panel_stock(const struct panel *panel, size_t item, size_t month)
{
    const size_t row = item * panel->months;
    double stock = 0;

    if (!panel->refill || month >= panel->stock_end)
        return INFINITY;
    for (size_t m = 0; m <= month; m++)
        stock += panel->refill[row + m];
    for (size_t m = 0; m < month; m++)
        stock -= isfinite(panel->sales[row + m]) ? panel->sales[row + m] : 0;
    return stock;
}

/* The files hold rounded numbers, so "nothing" is less than a millionth of what there was. */
bool panel_stock_out(const struct panel *panel, size_t item, size_t month)
{
    const double sold = panel->sales[item * panel->months + month];
    const double stock = panel_stock(panel, item, month);

    return isfinite(sold) && isfinite(stock) && stock - sold <= 1e-6 * fmax(1, stock);
}

double panel_objective_left(const struct panel *panel, size_t item, size_t month)
{
    const size_t row = item * panel->months;

    if (!panel->objective || calendar_of_year(panel->first + (int)month) != CALENDAR_JUNE ||
        !isfinite(panel->objective[row + month]))
        return NAN;
    const double objective = panel->objective[row + month];
    double left = objective;
    for (size_t back = 1; back < YEAR && back <= month; back++) {
        const double sold = panel_sold(panel, item, month, back);
        left -= isfinite(sold) ? sold : 0;
    }
    return left > 0 && left < PANEL_OBJECTIVE_REACH * objective ? left : NAN;
}
