/* history_report — what the report of this system holds. */
#include "pipeline/history_run.h"

#include "pipeline/report_stage.h"
#include "pipeline/stage_document.h"

enum { DAY_LENGTH = 10 };

/* A document of an earlier stage goes into the page under `key`. */
static bool add_part(json_t *page, const char *key, const char *folder, const char *name,
                     struct error *err)
{
    json_t *part = NULL;

    if (!stage_document_read(&part, folder, name, err))
        return false;
    json_object_set_new(page, key, part);
    return true;
}

static json_t *provenance(const struct history_run *run)
{
    return json_pack("{s:s, s:s, s:I, s:o}", "version", "quern " QUERN_VERSION, "data_hash",
                     run->data_hash, "seed", (json_int_t)run->config->train.seed, "pipeline",
                     report_stage_pipeline(run->config));
}

/* The first and the last day of each part. */
static json_t *split_json(const struct pipeline_config *config)
{
    json_t *split = json_object();
    char from[TEXT_TIME_SIZE], to[TEXT_TIME_SIZE];

    for (int p = 0; p < HISTORY_PARTS; p++) {
        const struct history_range *range = &config->history.split.range[p];
        if (range->from >= range->to)
            continue;
        text_from_time(from, range->from);
        text_from_time(to, range->to - 1);
        from[DAY_LENGTH] = to[DAY_LENGTH] = '\0';
        json_object_set_new(split, history_part_names[p], json_pack("[s, s]", from, to));
    }
    return split;
}

static bool make_document(const void *context, json_t **document, struct error *err)
{
    const struct history_run *run = context;
    const struct history_source *source = &run->config->history.data.source;
    const struct history_range *test = &run->config->history.split.range[HISTORY_TEST];
    json_t *page =
        json_pack("{s:s, s:s, s:s, s:s}", "report", "history", "title", run->config->name,
                  "subtitle", source->path ? source->path : source->query, "evaluation_note",
                  test->from < test->to ? "the test days" : "the calibration days");

    json_object_set_new(page, "words",
                        json_pack("{s:s, s:s, s:s, s:s}", "one", "order", "many", "orders", "yes",
                                  "Positive", "no", "Negative"));
    const bool ok = add_part(page, "data", run->prepare, "data.json", err) &&
                    add_part(page, "training", run->train, "training.json", err) &&
                    add_part(page, "evaluation", run->evaluate, "evaluation.json", err) &&
                    add_part(page, "calibration", run->evaluate, "calibration.json", err) &&
                    add_part(page, "attention", run->evaluate, "attention.json", err);
    if (!ok) {
        json_decref(page);
        return false;
    }
    json_object_set_new(page, "provenance", provenance(run));
    json_object_set_new(page, "split", split_json(run->config));
    *document = page;
    return true;
}

bool history_run_report(struct history_run *run, struct error *err)
{
    struct report_stage stage = {
        .space = run->space,
        .config = run->config,
        .page = PIPELINE_REPORT_HISTORY,
        .inputs = run->bundle_key,
        .run = run,
        .document = make_document,
    };

    return report_stage_run(&stage, err);
}
