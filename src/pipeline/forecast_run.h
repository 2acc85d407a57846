/*
 * forecast_run — the stages of a forecast, and what they hand on.
 *
 *   forecast  the files of `data` -> predictions.csv (dates, item_id, prediction), intervals.csv
 *             (with lower, upper), model.json, evaluation.json where there are sales to compare
 *             with, and forecast.json, what the report shows
 *   report    forecast.json -> report.json, report.html, pipeline.yaml
 */
#ifndef QUERN_PIPELINE_FORECAST_RUN_H
#define QUERN_PIPELINE_FORECAST_RUN_H

#include "base/json.h"
#include "pipeline/config.h"
#include "pipeline/run.h"
#include "pipeline/workspace.h"

struct forecast_run {
    const struct pipeline_config *config;
    const struct run_options *options;
    struct workspace *space;

    char *forecast; /* folder with the outputs of the first stage */
    uint64_t forecast_key;
};

MUST_CHECK bool forecast_run_forecast(struct forecast_run *run, struct error *err);
MUST_CHECK bool forecast_run_report(struct forecast_run *run, struct error *err);

/* No-op on a zeroed struct. */
void forecast_run_clear(struct forecast_run *run);

/* Everything a forecast came to. */
struct forecast_result {
    const struct pipeline_config *config;
    struct pool *pool;
    struct panel panel;
    size_t start, end; /* predicted months */
    struct forecast_model model;
    struct backtest backtest;
    double *prediction, *lower, *upper; /* [items, end - start], NaN where there is none */
};

/* The documents of a result; json_decref() them. `evaluation` is NULL where no sales are known. */
json_t *forecast_model_json(const struct forecast_result *result);
json_t *forecast_evaluation_json(const struct forecast_result *result);
json_t *forecast_document_json(const struct forecast_result *result);

#endif
