/* config_check_forecast — what must hold between the keys of a forecast. */
#include "pipeline/config_internal.h"

#include <string.h>

static bool check_feature(const struct pipeline_config *config, const struct feature *feature,
                          struct error *err)
{
    const struct forecast_config *f = &config->forecast;

    if (feature->needs != PANEL_SALES && !forecast_data_file(&f->data, feature->needs))
        return pipeline_config_fail(config, "features", err, "'%s' needs 'data.%s'", feature->name,
                                    panel_file_names[feature->needs]);
    if (f->kind == &forecast_kind_custom && feature->needs == PANEL_SALES &&
        feature != &feature_past_sales)
        return pipeline_config_fail(config, "features", err,
                                    "'%s' has no place in the equation of CustomModel; it takes "
                                    "past_sales, marketing, price, stock and objectives",
                                    feature->name);
    return true;
}

bool pipeline_config_check_forecast(const struct pipeline_config *config, struct error *err)
{
    const struct forecast_config *f = &config->forecast;

    if (!f->data.sales)
        return pipeline_config_fail(config, "data.sales", err, "is missing; name a file");
    if (!f->start.text)
        return pipeline_config_fail(config, "start_test", err,
                                    "is missing; write a date such as 2023-07-01");
    for (size_t i = 0; f->kind->uses_features && i < f->features.count; i++)
        if (!check_feature(config, f->features.feature[i], err))
            return false;
    return true;
}
