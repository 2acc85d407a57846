/* history_report — report.json, its page report.html, and the pipeline as it ran. */
#include "pipeline/history_run.h"

#include "base/file.h"
#include "pipeline/stage_key.h"
#include "report/report.h"

enum { DOCUMENT_BYTES_MAX = 256 << 20, DAY_LENGTH = 10 };

/* A document of an earlier stage goes into the page under `key`. */
static bool add_part(json_t *page, const char *key, const char *folder, const char *name,
                     struct error *err)
{
    char *path = file_join(folder, name);
    json_t *part = NULL;
    const bool ok = json_read(path, DOCUMENT_BYTES_MAX, &part, err);

    if (ok)
        json_object_set_new(page, key, part);
    free(path);
    return ok;
}

static json_t *provenance(const struct history_run *run)
{
    struct text pipeline = {0};

    pipeline_config_write(run->config, &pipeline);
    json_t *part = json_pack("{s:s, s:s, s:I, s:s}", "version", "quern " QUERN_VERSION, "data_hash",
                             run->data_hash, "seed", (json_int_t)run->config->train.seed,
                             "pipeline", pipeline.bytes);
    text_clear(&pipeline);
    return part;
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

static bool make_document(const struct history_run *run, json_t **document, struct error *err)
{
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

static bool make_report(const struct history_run *run, const char *folder, struct error *err)
{
    json_t *document = NULL;
    struct text pipeline = {0};
    char *path = file_join(folder, "pipeline.yaml");
    bool ok = make_document(run, &document, err);

    if (ok && run->config->report == PIPELINE_REPORT_HISTORY)
        ok = report_write(folder, document, err);
    pipeline_config_write(run->config, &pipeline);
    ok = ok && file_write(path, pipeline.bytes, pipeline.length, err);
    text_clear(&pipeline);
    json_decref(document);
    free(path);
    return ok;
}

bool history_run_report(struct history_run *run, struct error *err)
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
