#include "pipeline/report_stage.h"

#include "base/file.h"
#include "base/text.h"
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

static bool make(const struct report_stage *stage, const char *folder, struct error *err)
{
    json_t *document = NULL;
    bool ok = stage->document(stage->run, &document, err);

    if (ok && stage->config->report == (int)stage->page)
        ok = report_write(folder, document, err);
    json_decref(document);
    return ok && write_pipeline(stage->config, folder, err);
}

bool report_stage_run(const struct report_stage *stage, struct error *err)
{
    uint64_t key = stage_key_number(stage_key_new("report"), stage->inputs);
    char *folder;

    key = stage_key_number(key, (uint64_t)stage->config->report);
    folder = workspace_find(stage->space, "report", key);
    if (!folder) {
        if (!workspace_begin(stage->space, "report", &folder, err))
            return false;
        if (!make(stage, folder, err) || !workspace_finish(stage->space, "report", key, err)) {
            free(folder);
            return error_wrap(err, "report");
        }
    }
    free(folder);
    return true;
}
