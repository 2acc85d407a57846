/*
 * forecast_page — what a panel of items will sell, as a page. The document (report.json):
 *
 *   "report"     "forecast"
 *   "title"      heading; "subtitle" a line under it (the file of sales)
 *   "items"      number of items
 *   "model"      model.json: {"model", "features": [name], "start_test", "rows", "fit",
 *                "parameters": [{"name", "value", "meaning"}]}
 *   "months"     [{"month", "sales", "prediction", "regression_metrics"}]: totals over the items
 *                that have both; every prediction where no sales are known
 *   "worst"      [{"item", "sales", "prediction", "error"}]: the items with the largest error
 *   "charts"     [{"item", "months": [date], "sales", "prediction", "lower", "upper"}]
 *   "evaluation" evaluation.json: {"regression_metrics", "interval", "backtest"}
 *   "provenance" {"pipeline": the text of the pipeline file}; every other key is a line
 *
 * Everything is optional: a section without data is left out. Shown at most: 60 months, 20 items,
 * 50 parameters, 50 charts of 120 months, 24 of them before the first predicted one.
 */
#ifndef QUERN_REPORT_FORECAST_PAGE_H
#define QUERN_REPORT_FORECAST_PAGE_H

#include "base/text.h"

#include <jansson.h>

void forecast_page_html(struct text *out, const json_t *document);

#endif
