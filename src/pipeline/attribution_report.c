/*
 * attribution_report — report.json, its page report.html, and the pipeline as it ran.
 */
#include "pipeline/attribution_run.h"

#include "base/file.h"
#include "pipeline/report_stage.h"
#include "pipeline/stage_document.h"
#include "pipeline/stage_key.h"

#include <inttypes.h>

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
    char hash[17];

    snprintf(hash, sizeof hash, "%016" PRIx64, run->data_key);
    return json_pack("{s:s, s:s, s:I, s:I, s:o}", "version", "quern " QUERN_VERSION, "data_hash",
                     hash, "split_seed", (json_int_t)run->config->split.seed, "train_seed",
                     (json_int_t)run->config->train.seed, "pipeline",
                     report_stage_pipeline(run->config));
}

static const char *source_name(const struct pipeline_config *config)
{
    return config->source.path ? config->source.path : config->source.query;
}

static bool make_document(const void *context, json_t **document, struct error *err)
{
    const struct attribution_run *run = context;
    json_t *training = NULL, *evaluation = NULL, *credit = NULL;
    char note[64];
    const bool ok = stage_document_read(&training, run->train, "training.json", err) &&
                    stage_document_read(&evaluation, run->evaluate, "evaluation.json", err) &&
                    stage_document_read(&credit, run->credit, "attribution.json", err);

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

bool attribution_run_report(struct attribution_run *run, struct error *err)
{
    uint64_t inputs = stage_key_number(run->evaluate_key, run->credit_key);
    struct text pipeline = {0};
    char *credits = file_join(run->credit, "attribution.json");
    const bool ok = stage_key_content(&inputs, credits, err);

    free(credits);
    if (!ok)
        return false;
    pipeline_config_write(run->config, &pipeline);
    struct report_stage stage = {
        .space = run->space,
        .config = run->config,
        .page = PIPELINE_REPORT_ATTRIBUTION,
        .inputs = stage_key_text(inputs, pipeline.bytes),
        .run = run,
        .document = make_document,
    };
    text_clear(&pipeline);
    return report_stage_run(&stage, err);
}
