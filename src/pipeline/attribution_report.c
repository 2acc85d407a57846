/*
 * attribution_report — report.json, its page report.html, and the pipeline as it ran.
 */
#include "pipeline/attribution_run.h"

#include "base/file.h"
#include "pipeline/stage_key.h"
#include "report/report.h"

#include <inttypes.h>

enum { DOCUMENT_BYTES_MAX = 256 << 20 };

static bool read_part(const char *folder, const char *name, json_t **part, struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = json_read(path, DOCUMENT_BYTES_MAX, part, err);

    free(path);
    return ok;
}

static json_t *headline(const struct journey_file *journeys)
{
    const struct journey_summary *summary = &journeys->summary;

    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "impressions", (json_int_t)summary->impressions,
                     "users", (json_int_t)summary->entities, "journeys",
                     (json_int_t)summary->journeys, "conversions", (json_int_t)summary->conversions,
                     "campaigns", (json_int_t)journeys->set.campaigns);
}

static json_t *journey_lengths(const struct journey_file *journeys)
{
    const struct journey_summary *summary = &journeys->summary;
    size_t longest = JOURNEY_LENGTH_EXACT;
    json_t *counts = json_array();

    while (longest > 1 && summary->length[longest] == 0)
        longest--;
    for (size_t l = 1; l <= longest; l++)
        json_array_append_new(counts, json_integer((json_int_t)summary->length[l]));
    return json_pack("{s:o, s:I, s:f, s:I}", "journeys", counts, "keeps_whole",
                     (json_int_t)journey_summary_length(summary, 0.8), "whole_share", 0.8,
                     "max_length", (json_int_t)journeys->set.max_length);
}

static json_t *provenance(const struct attribution_run *run)
{
    struct text pipeline = {0};
    char hash[17];

    pipeline_config_write(run->config, &pipeline);
    snprintf(hash, sizeof hash, "%016" PRIx64, run->data_key);
    json_t *part =
        json_pack("{s:s, s:s, s:I, s:I, s:s}", "version", "quern " QUERN_VERSION, "data_hash", hash,
                  "split_seed", (json_int_t)run->config->split.seed, "train_seed",
                  (json_int_t)run->config->train.seed, "pipeline", pipeline.bytes);
    text_clear(&pipeline);
    return part;
}

static const char *source_name(const struct pipeline_config *config)
{
    return config->source.path ? config->source.path : config->source.query;
}

static bool make_document(const struct attribution_run *run, json_t **document, struct error *err)
{
    json_t *training = NULL, *evaluation = NULL, *credit = NULL;
    char note[64];
    const bool ok = read_part(run->train, "training.json", &training, err) &&
                    read_part(run->evaluate, "evaluation.json", &evaluation, err) &&
                    read_part(run->credit, "attribution.json", &credit, err);

    if (ok) {
        if (run->options->folds)
            snprintf(note, sizeof note, "%zu folds by entity", run->options->folds);
        else
            snprintf(note, sizeof note, "the test split");
        *document =
            json_pack("{s:s, s:s, s:s, s:o}", "report", "attribution", "title", run->config->name,
                      "subtitle", source_name(run->config), "headline", headline(&run->journeys));
        json_object_update(*document, credit);
        json_object_set(*document, "incremental", run->caused);
        json_object_set_new(*document, "journey_lengths", journey_lengths(&run->journeys));
        json_object_set(*document, "training", json_object_get(training, "epochs"));
        json_object_set(*document, "evaluation", evaluation);
        json_object_set_new(*document, "evaluation_note", json_string(note));
        json_object_set_new(*document, "provenance", provenance(run));
    }
    json_decref(training);
    json_decref(evaluation);
    json_decref(credit);
    return ok;
}

static bool write_text(const char *folder, const char *name, const struct text *text,
                       struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = file_write(path, text->bytes, text->length, err);

    free(path);
    return ok;
}

static bool make_report(const struct attribution_run *run, const char *folder, struct error *err)
{
    json_t *document = NULL;
    struct text pipeline = {0};
    bool ok = make_document(run, &document, err);

    if (ok && run->config->report == PIPELINE_REPORT_ATTRIBUTION)
        ok = report_write(folder, document, err);
    pipeline_config_write(run->config, &pipeline);
    ok = ok && write_text(folder, "pipeline.yaml", &pipeline, err);
    text_clear(&pipeline);
    json_decref(document);
    return ok;
}

bool attribution_run_report(struct attribution_run *run, struct error *err)
{
    uint64_t key = stage_key_number(stage_key_new("report"), run->evaluate_key);
    struct text pipeline = {0};
    char *folder, *credits = file_join(run->credit, "attribution.json");
    const bool ok = stage_key_content(&key, credits, err);

    free(credits);
    if (!ok)
        return false;
    pipeline_config_write(run->config, &pipeline);
    key = stage_key_number(stage_key_text(key, pipeline.bytes), run->credit_key);
    text_clear(&pipeline);
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
