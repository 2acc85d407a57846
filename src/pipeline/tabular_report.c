/* tabular_report — what the report of this system holds. */
#include "pipeline/tabular_run.h"

#include "pipeline/report_stage.h"
#include "pipeline/stage_document.h"

/* What the four earlier stages wrote. */
struct parts {
    json_t *data, *training, *evaluation, *decision, *reference;
};

static bool read_parts(const struct tabular_run *run, struct parts *parts, struct error *err)
{
    return stage_document_read(&parts->data, run->prepare, "data.json", err) &&
           stage_document_read(&parts->training, run->train, "training.json", err) &&
           stage_document_read(&parts->evaluation, run->evaluate, "evaluation.json", err) &&
           stage_document_read(&parts->decision, run->evaluate, "decision.json", err) &&
           stage_document_read(&parts->reference, run->evaluate, "reference.json", err);
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
    return json_pack("{s:s, s:s, s:I, s:I, s:o}", "version", "quern " QUERN_VERSION, "data_hash",
                     run->data_hash, "split_seed", (json_int_t)run->config->tabular.split.seed,
                     "model_seed", (json_int_t)run->config->model.trees.seed, "pipeline",
                     report_stage_pipeline(run->config));
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

static bool make_document(const void *context, json_t **document, struct error *err)
{
    const struct tabular_run *run = context;
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

bool tabular_run_report(struct tabular_run *run, struct error *err)
{
    struct report_stage stage = {
        .space = run->space,
        .config = run->config,
        .page = PIPELINE_REPORT_TABULAR,
        .inputs = run->bundle_key,
        .run = run,
        .document = make_document,
    };

    return report_stage_run(&stage, err);
}
