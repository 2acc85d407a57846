/* tabular_prepare — read and check the rows once; data.json says what they are. */
#include "pipeline/tabular_run.h"

#include "base/file.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "pipeline/stage.h"
#include "pipeline/stage_document.h"
#include "pipeline/stage_key.h"
#include "table/source.h"

#include <inttypes.h>
#include <string.h>

void tabular_hash_text(uint64_t hash, char text[17])
{
    snprintf(text, 17, "%016" PRIx64, hash);
}

static size_t sources_of(const struct pipeline_config *config, const char *source[TABULAR_PARTS])
{
    const struct tabular_source *s = &config->tabular.source;

    source[0] = s->train ? s->train : s->path ? s->path : s->query;
    source[1] = s->validation;
    source[2] = s->test;
    return s->train ? TABULAR_PARTS : 1;
}

/* What a query reads cannot be known, so its result is never taken for up to date. */
static bool key_of(const struct pipeline_config *config, uint64_t *key)
{
    const char *source[TABULAR_PARTS];
    const size_t count = sources_of(config, source);
    bool known = true;

    *key = stage_key_new("prepare");
    *key = pipeline_config_key(config, PIPELINE_SECTION_SOURCE, *key);
    *key = pipeline_config_key(config, PIPELINE_SECTION_SPLIT, *key);
    *key = pipeline_config_key(config, PIPELINE_SECTION_STEPS, *key);
    *key = stage_key_text(*key, config->model.trees.objective);
    for (size_t i = 0; i < count; i++) {
        known = known && !table_source_is_query(source[i]);
        *key = stage_key_files(*key, source[i]);
    }
    return known;
}

static json_t *part_json(const struct tabular_data *data, const struct tabular_table *table)
{
    json_t *part = json_pack("{s:I}", "rows", (json_int_t)table->rows);

    if (data->labels.task == TABULAR_VALUE)
        return part;
    json_t *counts = json_array();
    for (size_t k = 0; k < data->labels.count; k++) {
        json_int_t count = 0;
        for (size_t i = 0; i < table->rows; i++)
            count += table->label[i] == (float)k;
        json_array_append_new(counts, json_integer(count));
    }
    json_object_set_new(part, "labels", counts);
    return part;
}

static json_t *data_json(const struct tabular_data *data)
{
    json_t *document = json_object(), *splits = json_object(), *labels = json_array();
    char hash[17];

    tabular_hash_text(data->hash, hash);
    for (size_t k = 0; k < data->labels.count; k++)
        json_array_append_new(
            labels, json_stringn(data->labels.value[k].bytes, data->labels.value[k].length));
    for (size_t p = 0; p < TABULAR_PARTS; p++)
        json_object_set_new(splits, tabular_part_names[p], part_json(data, &data->part[p]));
    json_object_set_new(document, "hash", json_string(hash));
    json_object_set_new(document, "input", schema_json(&data->schema));
    json_object_set_new(document, "labels", labels);
    json_object_set_new(document, "splits", splits);
    return document;
}

bool tabular_run_load(struct tabular_run *run, struct error *err)
{
    char hash[17];

    if (run->loaded)
        return true;
    if (!tabular_data_load(&run->data, run->config, err))
        return false;
    run->loaded = true;
    tabular_hash_text(run->data.hash, hash);
    if (run->data_hash[0] && strcmp(hash, run->data_hash) != 0)
        return error_set(err, ERR_DATA, "the source has changed while it was being used");
    memcpy(run->data_hash, hash, sizeof hash);
    return true;
}

static bool make(void *context, const char *folder, struct error *err)
{
    struct tabular_run *run = context;
    struct progress progress;
    char summary[96];
    bool ok;

    progress_begin(&progress, "prepare", 0, run->options->quiet);
    ok = interrupt_check("reading the source", err) && tabular_run_load(run, err);
    if (ok) {
        const struct tabular_table *part = run->data.part;
        snprintf(summary, sizeof summary, "%zu rows to train on, %zu to validate, %zu to test",
                 part[0].rows, part[1].rows, part[2].rows);
        progress_end(&progress, summary);
        char *path = file_join(folder, "data.json");
        json_t *document = data_json(&run->data);
        ok = json_write(path, document, err);
        json_decref(document);
        free(path);
    } else {
        progress_cancel(&progress);
    }
    return ok;
}

bool tabular_run_prepare(struct tabular_run *run, struct error *err)
{
    uint64_t key;

    enum tabular_task task;

    if (run->options->folds > TABULAR_FOLDS_MAX)
        return error_set(err, ERR_ARG, "--folds: at most %d", TABULAR_FOLDS_MAX);
    if (run->options->folds && tabular_task_of(run->config->model.trees.objective, &task) &&
        task != TABULAR_BINARY)
        return error_set(err, ERR_ARG, "--folds: is for two classes, not for the objective '%s'",
                         run->config->model.trees.objective);
    const bool known = key_of(run->config, &key);
    const struct stage stage = {
        .space = run->space,
        .name = "prepare",
        .key = key,
        .untrusted = !known,
        .quiet = run->options->quiet,
        .run = run,
        .make = make,
    };
    return stage_run(&stage, &run->prepare, err) &&
           stage_document_hash(run->data_hash, run->prepare, err);
}

void tabular_run_clear(struct tabular_run *run)
{
    transform_free(run->transform);
    trees_free(run->trees);
    tabular_data_clear(&run->data);
    free(run->prepare);
    free(run->train);
    free(run->evaluate);
    free(run->bundle);
    *run = (struct tabular_run){0};
}
