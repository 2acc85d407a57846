/*
 * tabular_report — report.json, its page report.html, and the pipeline as it ran.
 */
#include "pipeline/tabular_run.h"

#include "base/file.h"
#include "pipeline/stage_key.h"
#include "report/report.h"

#include <string.h>

enum { DOCUMENT_BYTES_MAX = 256 << 20 };

static bool read_part(const char *folder, const char *name, json_t **part, struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = json_read(path, DOCUMENT_BYTES_MAX, part, err);

    free(path);
    return ok;
}

/* What the four earlier stages wrote. */
struct parts {
    json_t *data, *training, *evaluation, *decision, *reference;
};

static bool read_parts(const struct tabular_run *run, struct parts *parts, struct error *err)
{
    return read_part(run->prepare, "data.json", &parts->data, err) &&
           read_part(run->train, "training.json", &parts->training, err) &&
           read_part(run->evaluate, "evaluation.json", &parts->evaluation, err) &&
           read_part(run->evaluate, "decision.json", &parts->decision, err) &&
           read_part(run->evaluate, "reference.json", &parts->reference, err);
}

static void clear_parts(struct parts *parts)
{
    json_decref(parts->data);
    json_decref(parts->training);
    json_decref(parts->evaluation);
    json_decref(parts->decision);
    json_decref(parts->reference);
}

static json_t *provenance(const struct tabular_run *run)
{
    struct text pipeline = {0};

    pipeline_config_write(run->config, &pipeline);
    json_t *part = json_pack("{s:s, s:s, s:I, s:I, s:s}", "version", "quern " QUERN_VERSION,
                             "data_hash", run->data_hash, "split_seed",
                             (json_int_t)run->config->tabular.split.seed, "model_seed",
                             (json_int_t)run->config->model.trees.seed, "pipeline", pipeline.bytes);
    text_clear(&pipeline);
    return part;
}

static const char *source_name(const struct pipeline_config *config)
{
    const struct tabular_source *s = &config->tabular.source;

    return s->train ? s->train : s->path ? s->path : s->query;
}

static json_t *model_json(const struct tabular_run *run, const struct parts *parts)
{
    json_t *model = json_pack("{s:s}", "objective", run->config->model.trees.objective);
    static const char *const keys[] = {"features_before_pca", "features", "rounds_run",
                                       "best_round"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        json_object_set(model, keys[i], json_object_get(parts->training, keys[i]));
    return model;
}

static bool make_document(const struct tabular_run *run, json_t **document, struct error *err)
{
    struct parts parts = {0};
    const bool ok = read_parts(run, &parts, err);

    if (ok) {
        json_t *page = json_pack("{s:s, s:s, s:s, s:s}", "report", "tabular", "title",
                                 run->config->name, "subtitle", source_name(run->config), "label",
                                 run->config->tabular.source.label);
        json_object_set_new(page, "model", model_json(run, &parts));
        json_object_set(page, "splits", json_object_get(parts.data, "splits"));
        json_object_set(page, "labels", json_object_get(parts.data, "labels"));
        json_object_set(page, "decision", parts.decision);
        json_object_set(page, "evaluation", parts.evaluation);
        const size_t folds = json_array_size(json_object_get(parts.evaluation, "folds"));
        json_object_set_new(page, "evaluation_note",
                            folds ? json_sprintf("%zu folds of all rows", folds)
                                  : json_string("the test split"));
        json_object_set(page, "importance", json_object_get(parts.training, "importance"));
        json_object_set_new(page, "training",
                            json_pack("{s:O, s:O, s:O}", "metric",
                                      json_object_get(parts.training, "metric"), "best_round",
                                      json_object_get(parts.training, "best_round"), "rounds",
                                      json_object_get(parts.training, "rounds")));
        json_object_set(page, "columns", json_object_get(parts.reference, "columns"));
        json_object_set_new(page, "provenance", provenance(run));
        *document = page;
    }
    clear_parts(&parts);
    return ok;
}

static bool make_report(const struct tabular_run *run, const char *folder, struct error *err)
{
    json_t *document = NULL;
    struct text pipeline = {0};
    char *path = file_join(folder, "pipeline.yaml");
    bool ok = make_document(run, &document, err);

    if (ok && run->config->report == PIPELINE_REPORT_TABULAR)
        ok = report_write(folder, document, err);
    pipeline_config_write(run->config, &pipeline);
    ok = ok && file_write(path, pipeline.bytes, pipeline.length, err);
    text_clear(&pipeline);
    json_decref(document);
    free(path);
    return ok;
}

bool tabular_run_report(struct tabular_run *run, struct error *err)
{
    uint64_t key = stage_key_number(stage_key_new("report"), run->bundle_key);
    char *folder;

    key = stage_key_number(key, (uint64_t)run->config->report);
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
