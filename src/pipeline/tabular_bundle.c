/* tabular_bundle — bundle/: everything scoring needs, from what the earlier stages wrote. */
#include "pipeline/tabular_run.h"

#include "base/file.h"
#include "pipeline/bundle_write.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"

#include <string.h>

enum { EXTRA_BYTES_MAX = 256 << 20 };

static const char *const names[] = {"pipeline.yaml", "lineage.json", "evaluation.json",
                                    "reference.json"};
enum { EXTRAS = 4 };

static json_t *lineage_json(const struct tabular_run *run, const struct text *pipeline)
{
    const struct pipeline_config *config = run->config;
    char hash[17];

    tabular_hash_text(stage_key_text(0, pipeline->bytes), hash);
    return json_pack("{s:s, s:s, s:s, s:I, s:I}", "program", "quern " QUERN_VERSION, "data_hash",
                     run->data_hash, "pipeline_hash", hash, "seed",
                     (json_int_t)config->model.trees.seed, "split_seed",
                     (json_int_t)config->tabular.split.seed);
}

static char *dump(json_t *document)
{
    char *text = json_dumps(document, JSON_INDENT(2));

    json_decref(document);
    BUG_ON(!text);
    return text;
}

/* Texts in the order of `names`; the caller frees each. */
static bool read_extras(const struct tabular_run *run, struct bundle_extra extra[EXTRAS],
                        struct error *err)
{
    struct text pipeline = {0};
    bool ok = true;

    pipeline_config_write(run->config, &pipeline);
    char *lineage = dump(lineage_json(run, &pipeline));
    extra[0] = (struct bundle_extra){names[0], pipeline.bytes, pipeline.length};
    extra[1] = (struct bundle_extra){names[1], lineage, strlen(lineage)};
    for (size_t i = 2; ok && i < EXTRAS; i++) {
        char *path = file_join(run->evaluate, names[i]), *bytes;
        size_t size;
        ok = file_read(path, EXTRA_BYTES_MAX, &bytes, &size, err);
        if (ok)
            extra[i] = (struct bundle_extra){names[i], bytes, size};
        free(path);
    }
    return ok;
}

static bool read_decision(const struct tabular_run *run, struct decision *decision,
                          struct arena *memory, struct error *err)
{
    char *path = file_join(run->evaluate, "decision.json");
    json_t *document = NULL;
    const bool ok = json_read(path, BUNDLE_JSON_MAX, &document, err) &&
                    decision_parse(decision, document, memory, err);

    json_decref(document);
    free(path);
    return ok;
}

/* What `quern evaluate` needs to read the truth from a table. */
static bool read_target(const struct tabular_run *run, struct bundle_target *target,
                        struct arena *memory, struct error *err)
{
    char *path = file_join(run->prepare, "data.json");
    json_t *document = NULL;
    const bool ok = json_read(path, BUNDLE_JSON_MAX, &document, err);

    if (ok) {
        const json_t *labels = json_object_get(document, "labels");
        struct table_string *value =
            ARENA_NEW(memory, struct table_string, json_array_size(labels));
        for (size_t k = 0; k < json_array_size(labels); k++) {
            const json_t *label = json_array_get(labels, k);
            const size_t length = json_string_length(label);
            const char *bytes = json_is_string(label) ? json_string_value(label) : "";
            value[k] = (struct table_string){arena_string(memory, bytes, length), length};
        }
        *target = (struct bundle_target){.column = run->config->tabular.source.label,
                                         .weight = run->config->tabular.source.weight,
                                         .values = json_array_size(labels),
                                         .value = value};
    }
    json_decref(document);
    free(path);
    return ok;
}

static bool write_bundle(struct tabular_run *run, const char *folder, struct arena *memory,
                         const struct bundle_extra extra[EXTRAS], struct error *err)
{
    const struct output_config *output = &run->config->tabular.output;
    const char *const plain[] = {NULL, "label", "score"};
    struct decision decision;
    struct bundle_target target;

    if (!read_decision(run, &decision, memory, err) || !read_target(run, &target, memory, err) ||
        !tabular_run_open_model(run, err))
        return false;
    char *model = file_join(run->train, "model/model.ubj");
    const struct bundle_plan plan = {
        .name = run->config->name,
        .input = transform_schema(run->transform),
        .transform = run->transform,
        .trees = run->trees,
        .model = model,
        .decision = &decision,
        .target = &target,
        .csv_count = output->columns.count ? output->columns.count : 1,
        .csv = output->columns.count ? output->columns.name
                                     : &plain[decision.kind == DECISION_VALUE ? 2 : 1],
        .extras = EXTRAS,
        .extra = extra,
    };
    const bool ok = bundle_write(&plan, folder, err);
    free(model);
    return ok;
}

static bool make(void *context, const char *folder, struct error *err)
{
    struct tabular_run *run = context;
    struct bundle_extra extra[EXTRAS] = {{0}};
    struct arena memory = {0};
    char *path = file_join(folder, "bundle");
    const bool ok = read_extras(run, extra, err) && write_bundle(run, path, &memory, extra, err);

    for (size_t i = 0; i < EXTRAS; i++)
        free((char *)extra[i].bytes);
    arena_clear(&memory);
    free(path);
    return ok;
}

bool tabular_run_bundle(struct tabular_run *run, struct error *err)
{
    uint64_t key = stage_key_number(stage_key_new("bundle"), run->evaluate_key);
    struct text pipeline = {0};

    pipeline_config_write(run->config, &pipeline);
    run->bundle_key = stage_key_text(key, pipeline.bytes);
    text_clear(&pipeline);
    const struct stage stage = {
        .space = run->space,
        .name = "bundle",
        .key = run->bundle_key,
        .quiet = run->options->quiet,
        .run = run,
        .make = make,
    };

    return stage_run(&stage, &run->bundle, err);
}
