#include "pipeline/bundle_write.h"

#include "base/file.h"
#include "pipeline/bundle_internal.h"

#include <string.h>

static bool write_json(const char *folder, const char *name, const json_t *document,
                       struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = json_write(path, document, err);

    free(path);
    return ok;
}

static bool write_bytes(const char *folder, const char *name, const char *bytes, size_t size,
                        struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = file_write(path, bytes, size, err);

    free(path);
    return ok;
}

static const char *model_name(const char *path)
{
    return text_ends_with(path, ".json") ? "model.json" : "model.ubj";
}

static bool copy_model(const char *from, const char *folder, struct error *err)
{
    char *bytes;
    size_t size;

    if (!file_read(from, TREES_FILE_MAX, &bytes, &size, err))
        return false;
    const bool ok = write_bytes(folder, model_name(from), bytes, size, err);
    free(bytes);
    return ok;
}

static bool csv_json(const struct bundle_plan *plan, const struct schema *output, json_t *list,
                     struct error *err)
{
    for (size_t i = 0; i < plan->csv_count; i++) {
        char known[256] = "";
        if (schema_find(output, plan->csv[i], strlen(plan->csv[i])) != SIZE_MAX) {
            json_array_append_new(list, json_string(plan->csv[i]));
            continue;
        }
        for (size_t c = 0; c < output->count; c++) {
            const size_t used = strlen(known);
            snprintf(known + used, sizeof known - used, "%s%s", c ? ", " : "",
                     output->column[c].name);
        }
        return error_set(err, ERR_CONFIG, "the answer has no column '%.60s'; it has: %s",
                         plan->csv[i], known);
    }
    for (size_t c = 0; plan->csv_count == 0 && c < output->count; c++)
        json_array_append_new(list, json_string(output->column[c].name));
    return true;
}

static json_t *target_json(const struct bundle_target *target)
{
    json_t *values = json_array(), *document = json_pack("{s:s}", "column", target->column);

    if (target->weight)
        json_object_set_new(document, "weight", json_string(target->weight));
    for (size_t k = 0; k < target->values; k++)
        json_array_append_new(values,
                              json_stringn(target->value[k].bytes, target->value[k].length));
    json_object_set_new(document, "values", values);
    return document;
}

static bool describe(const struct bundle_plan *plan, json_t *document, struct error *err)
{
    struct arena memory = {0};
    struct schema output;
    json_t *parts = json_object(), *csv = json_array();
    const struct scorer scorer = {plan->transform, plan->trees, plan->input->count};
    bool ok = true;

    if (plan->transform)
        json_object_set_new(parts, "transform", json_string("transform.json"));
    if (plan->trees)
        json_object_set_new(parts, "model", json_string(model_name(plan->model)));
    if (plan->decision)
        json_object_set_new(parts, "decision", json_string("decision.json"));
    if (plan->decision)
        decision_output(plan->decision, &output, &memory);
    else
        ok = bundle_scorer_output(&scorer, &output, &memory, err);
    ok = ok && csv_json(plan, &output, csv, err);
    json_object_set_new(document, "format", json_integer(BUNDLE_FORMAT));
    json_object_set_new(document, "name", json_string(plan->name));
    json_object_set_new(document, "created_by", json_string("quern " QUERN_VERSION));
    json_object_set_new(document, "input", schema_json(plan->input));
    json_object_set_new(document, "parts", parts);
    json_object_set_new(document, "output", ok ? schema_json(&output) : json_null());
    json_object_set_new(document, "csv", csv);
    if (plan->target)
        json_object_set_new(document, "target", target_json(plan->target));
    arena_clear(&memory);
    return ok;
}

/* How `quern evaluate` measures. */
static json_t *history_target(const struct bundle_history_plan *history)
{
    const struct history_config *config = &history->fitted->config;
    const struct history_output *measured = history->output;
    const char *by = measured->daily_top.by ? measured->daily_top.by : config->histories.by[0];
    json_t *target =
        json_pack("{s:s, s:f, s:{s:s, s:I, s:b}}", "column", config->source.outcome, "threshold",
                  measured->threshold, "daily_top", "by", by, "k",
                  (json_int_t)measured->daily_top.k, "keep_found", measured->daily_top.keep_found);

    if (history->known.by)
        json_object_set_new(target, "drop_known",
                            json_pack("{s:s, s:I, s:I}", "by", history->known.by, "since",
                                      (json_int_t)history->known.since, "after",
                                      (json_int_t)history->known.after));
    return target;
}

static bool describe_history(const struct bundle_plan *plan, json_t *document, struct error *err)
{
    const struct bundle_history_plan *history = plan->history;
    struct history_request request;
    struct arena memory = {0};
    struct schema output;
    json_t *csv = json_array();

    history_answer_schema(&output, NULL, 0, &memory);
    const bool ok = history_request_init(&request, history->fitted, &memory, err) &&
                    csv_json(plan, &output, csv, err);
    json_object_set_new(document, "format", json_integer(BUNDLE_FORMAT));
    json_object_set_new(document, "name", json_string(plan->name));
    json_object_set_new(document, "created_by", json_string("quern " QUERN_VERSION));
    json_object_set_new(document, "input", ok ? schema_json(&request.schema) : json_null());
    json_object_set_new(document, "parts",
                        json_pack("{s:s, s:s, s:s}", "history", "history.json", "model",
                                  "model.safetensors", "calibration", "calibration.json"));
    json_object_set_new(document, "output", schema_json(&output));
    json_object_set_new(document, "csv", csv);
    json_object_set_new(document, "target", history_target(history));
    arena_clear(&memory);
    return ok;
}

bool bundle_write(const struct bundle_plan *plan, const char *folder, struct error *err)
{
    json_t *document = json_object(),
           *decision = plan->decision ? decision_json(plan->decision) : NULL;
    bool ok =
        (plan->history ? describe_history(plan, document, err) : describe(plan, document, err)) &&
        file_make_folders(folder, err) && write_json(folder, "bundle.json", document, err);

    if (ok && plan->history)
        ok = bundle_history_write(plan->history, folder, err);
    if (ok && plan->transform)
        ok = transform_save(plan->transform, folder, err);
    if (ok && plan->trees)
        ok = copy_model(plan->model, folder, err);
    if (ok && decision)
        ok = write_json(folder, "decision.json", decision, err);
    for (size_t i = 0; ok && i < plan->extras; i++)
        ok = write_bytes(folder, plan->extra[i].name, plan->extra[i].bytes, plan->extra[i].size,
                         err);
    ok = ok && bundle_manifest_write(folder, err);
    json_decref(decision);
    json_decref(document);
    return ok;
}
