/* forecast_report — what the report of this system holds. */
#include "pipeline/forecast_run.h"

#include "pipeline/report_stage.h"
#include "pipeline/stage_document.h"
#include "pipeline/stage_key.h"

static bool make_document(const void *context, json_t **document, struct error *err)
{
    const struct forecast_run *run = context;

    if (!stage_document_read(document, run->forecast, "forecast.json", err))
        return false;
    json_object_set_new(*document, "report", json_string("forecast"));
    json_object_set_new(*document, "title", json_string(run->config->name));
    json_object_set_new(*document, "subtitle", json_string(run->config->forecast.data.sales));
    json_object_set_new(*document, "provenance",
                        json_pack("{s:s, s:o}", "version", "quern " QUERN_VERSION, "pipeline",
                                  report_stage_pipeline(run->config)));
    return true;
}

bool forecast_run_report(struct forecast_run *run, struct error *err)
{
    struct report_stage stage = {
        .space = run->space,
        .config = run->config,
        .page = PIPELINE_REPORT_FORECAST,
        .inputs = stage_key_text(run->forecast_key, run->config->name),
        .run = run,
        .document = make_document,
    };

    return report_stage_run(&stage, err);
}
