#include "pipeline/bundle_describe.h"

#include "base/file.h"
#include "base/text.h"
#include "pipeline/bundle_internal.h"
#include "pipeline/registry.h"

#include <math.h>
#include <string.h>

/* An object in a remote store that no table's name fits is a folder. */
static bool is_remote_folder(const char *path)
{
    const size_t length = strlen(path);

    return place_is_remote(path) &&
           (path[length - 1] == '/' || !strpbrk(file_base_name(path), ".*?["));
}

bool bundle_is_named(const char *path)
{
    return registry_is_address(path) || text_ends_with(path, ".tar.gz") ||
           text_ends_with(path, ".tgz") || file_is_folder(path) || is_remote_folder(path);
}

static json_t *model_json(const struct bundle *b)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:I}", "file", b->model_file, "objective",
                     trees_objective(b->trees), "trees", (json_int_t)trees_count(b->trees),
                     "outputs", (json_int_t)trees_outputs(b->trees), "depth",
                     (json_int_t)trees_depth(b->trees));
}

/* Settings of temporal attention, and what it reads. */
static json_t *history_model_json(const struct bundle *b)
{
    const struct history_recipe *recipe = &bundle_history_fitted(b->history)->config.histories;
    json_t *keys = json_array();

    for (size_t s = 0; s < recipe->sequences; s++)
        json_array_append_new(keys, json_string(recipe->by[s]));
    return json_pack("{s:s, s:s, s:o, s:o, s:s}", "file", "model.safetensors", "kind",
                     "temporal_attention", "sequences", keys, "config",
                     temporal_attention_config_json(
                         temporal_attention_settings(bundle_history_model(b->history))),
                     "calibrator",
                     calibrator_names[bundle_history_answer(b->history)->calibrator.kind]);
}

/* decision.json without the knots of a calibrator. */
static json_t *short_decision(const struct bundle *b)
{
    json_t *document = decision_json(&b->decision);

    if (json_object_get(document, "calibrator"))
        json_object_set_new(document, "calibrator",
                            json_string(calibrator_names[b->decision.calibrator.kind]));
    return document;
}

/* Metrics without the curves: numbers, what has a value, and the confusion matrix. */
static json_t *short_metrics(const json_t *metrics)
{
    json_t *kept = json_object(), *value;
    const char *key;

    json_object_foreach((json_t *)(uintptr_t)metrics, key,
                        value) if (json_is_number(value) || json_object_get(value, "value") ||
                                   strcmp(key, "confusion_matrix") == 0)
        json_object_set(kept, key, value);
    return kept;
}

static json_t *short_evaluation(const json_t *evaluation)
{
    json_t *kept = json_object(), *group;
    const char *key;

    json_object_foreach((json_t *)(uintptr_t)evaluation, key, group) if (json_is_object(group))
        json_object_set_new(kept, key, short_metrics(group));
    return kept;
}

/* A file that need not be there; *document stays NULL then. */
static bool read_optional(const char *folder, const char *name, json_t **document,
                          struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = !file_exists(path) || json_read(path, BUNDLE_JSON_MAX, document, err);

    free(path);
    return ok;
}

static void copy_key(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);

    if (value)
        json_object_set(to, key, value);
}

static json_t *parts_json(const struct bundle *b)
{
    json_t *document = json_object();

    json_object_set_new(document, "name", json_string(b->name));
    json_object_set_new(document, "hash", json_string(b->hash));
    copy_key(document, b->document, "format");
    copy_key(document, b->document, "created_by");
    json_object_set_new(document, "input", schema_json(&b->input));
    if (b->history)
        json_object_set_new(document, "model", history_model_json(b));
    if (b->transform)
        json_object_set_new(document, "features",
                            json_pack("{s:I, s:I}", "before",
                                      (json_int_t)transform_width_before_pca(b->transform), "after",
                                      (json_int_t)transform_width(b->transform)));
    if (b->trees)
        json_object_set_new(document, "model", model_json(b));
    if (b->decides)
        json_object_set_new(document, "decision", short_decision(b));
    json_object_set_new(document, "output", schema_json(&b->output));
    copy_key(document, b->document, "csv");
    copy_key(document, b->document, "target");
    return document;
}

static bool describe_folder(json_t **document, const char *folder, struct error *err)
{
    json_t *evaluation = NULL, *lineage = NULL;
    struct bundle *bundle;

    if (!bundle_open_folder(&bundle, folder, err))
        return false;
    const bool ok = read_optional(folder, "evaluation.json", &evaluation, err) &&
                    read_optional(folder, "lineage.json", &lineage, err);
    if (ok) {
        *document = parts_json(bundle);
        if (evaluation)
            json_object_set_new(*document, "evaluation", short_evaluation(evaluation));
        if (lineage)
            json_object_set(*document, "lineage", lineage);
    }
    json_decref(evaluation);
    json_decref(lineage);
    bundle_close(bundle);
    return ok;
}

static bool describe_place(json_t **document, const char *path, struct error *err)
{
    struct bundle_place place;
    bool ok = bundle_place_open(&place, path, err);

    if (ok) {
        ok = describe_folder(document, place.folder, err);
        bundle_place_close(&place);
    }
    return ok || error_wrap(err, "bundle '%s'", path);
}

bool bundle_describe(json_t **document, const char *path, const char *registry, struct error *err)
{
    struct registry_version version = {0};

    if (!registry_is_address(path))
        return describe_place(document, path, err);
    if (!registry_resolve(&version, registry, path, err))
        return false;
    const bool ok = describe_place(document, version.bundle, err);
    if (ok)
        json_object_set_new(*document, "version", json_integer((json_int_t)version.version));
    registry_version_clear(&version);
    return ok;
}
