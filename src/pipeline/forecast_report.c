/* forecast_report — report.json, its page report.html, and the pipeline as it ran. */
#include "pipeline/forecast_run.h"

#include "base/file.h"
#include "pipeline/stage_key.h"
#include "report/report.h"

enum { DOCUMENT_BYTES_MAX = 256 << 20 };

static bool make_document(const struct forecast_run *run, const char *pipeline, json_t **document,
                          struct error *err)
{
    char *path = file_join(run->forecast, "forecast.json");
    const bool ok = json_read(path, DOCUMENT_BYTES_MAX, document, err);

    free(path);
    if (!ok)
        return false;
    json_object_set_new(*document, "report", json_string("forecast"));
    json_object_set_new(*document, "title", json_string(run->config->name));
    json_object_set_new(*document, "subtitle", json_string(run->config->forecast.data.sales));
    json_object_set_new(
        *document, "provenance",
        json_pack("{s:s, s:s}", "version", "quern " QUERN_VERSION, "pipeline", pipeline));
    return true;
}

static bool make_report(const struct forecast_run *run, const char *folder, struct error *err)
{
    json_t *document = NULL;
    struct text pipeline = {0};
    char *path = file_join(folder, "pipeline.yaml");

    pipeline_config_write(run->config, &pipeline);
    bool ok = make_document(run, pipeline.bytes, &document, err);
    if (ok && run->config->report == PIPELINE_REPORT_FORECAST)
        ok = report_write(folder, document, err);
    ok = ok && file_write(path, pipeline.bytes, pipeline.length, err);
    text_clear(&pipeline);
    json_decref(document);
    free(path);
    return ok;
}

bool forecast_run_report(struct forecast_run *run, struct error *err)
{
    uint64_t key = stage_key_number(stage_key_new("report"), run->forecast_key);
    char *folder;

    key = stage_key_text(stage_key_number(key, (uint64_t)run->config->report), run->config->name);
    folder = workspace_find(run->space, "report", key);
    if (!folder) {
        if (!workspace_begin(run->space, "report", &folder, err))
            return false;
        if (!make_report(run, folder, err) || !workspace_finish(run->space, "report", key, err)) {
            free(folder);
            return error_wrap(err, "report");
        }
    }
    free(folder);
    return true;
}
