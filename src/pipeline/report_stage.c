#include "pipeline/report_stage.h"

#include "base/file.h"
#include "base/text.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"
#include "report/report.h"

json_t *report_stage_pipeline(const struct pipeline_config *config)
{
    struct text pipeline = {0};

    pipeline_config_write(config, &pipeline);
    json_t *value = json_stringn(pipeline.bytes, pipeline.length);
    text_clear(&pipeline);
    return value;
}

static bool write_pipeline(const struct pipeline_config *config, const char *folder,
                           struct error *err)
{
    struct text pipeline = {0};
    char *path = file_join(folder, "pipeline.yaml");

    pipeline_config_write(config, &pipeline);
    const bool ok = file_write(path, pipeline.bytes, pipeline.length, err);
    text_clear(&pipeline);
    free(path);
    return ok;
}

static bool make(void *context, const char *folder, struct error *err)
{
    const struct report_stage *report = context;
    json_t *document = NULL;
    bool ok = report->document(report->run, &document, err);

    if (ok && report->config->report == (int)report->page)
        ok = report_write(folder, document, err);
    json_decref(document);
    return ok && write_pipeline(report->config, folder, err);
}

bool report_stage_run(struct report_stage *report, struct error *err)
{
    const uint64_t key = stage_key_number(stage_key_new("report"), report->inputs);
    const struct stage stage = {
        .space = report->space,
        .name = "report",
        .key = stage_key_number(key, (uint64_t)report->config->report),
        .quiet = true,
        .run = report,
        .make = make,
    };
    char *folder;
    const bool ok = stage_run(&stage, &folder, err);

    free(folder);
    return ok;
}
