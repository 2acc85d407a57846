/* In June the sales force fills what a fiscal year lacks; customers buy that much less in July. */
#include "forecast/feature.h"

#include <math.h>

static void compute(const struct panel *panel, size_t item, size_t month, double *out)
{
    const double left = panel_objective_left(panel, item, month);
    const double before = month > 0 ? panel_objective_left(panel, item, month - 1) : NAN;

    out[0] = isnan(left) ? 0 : left - panel_year_mean(panel, item, month);
    out[1] = isnan(before)
                 ? 0
                 : panel_sold(panel, item, month, 1) - panel_year_mean(panel, item, month - 1);
}

const struct feature feature_objectives = {
    .name = "objectives",
    .needs = PANEL_OBJECTIVES,
    .columns = 2,
    .column = {"objective still missing in June", "pushed into June, seen in July"},
    .compute = compute,
};
