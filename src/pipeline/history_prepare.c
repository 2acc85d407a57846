/* history_prepare — read the orders and fit what scoring needs to know of them. */
#include "pipeline/history_run.h"

#include "base/file.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "pipeline/stage.h"
#include "pipeline/stage_document.h"
#include "pipeline/stage_key.h"
#include "table/source.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <xxhash.h>

static const char *source_name(const struct pipeline_config *config)
{
    const struct history_source *source = &config->history.data.source;

    return source->path ? source->path : source->query;
}

/* Times, outcomes and features of all orders: what training and evaluation depend on. */
static uint64_t hash_set(const struct history_set *set)
{
    const struct history_fitted *fitted = set->fitted;
    uint64_t hash = XXH3_64bits(set->time, set->rows * sizeof *set->time);

    hash = XXH3_64bits_withSeed(set->outcome, set->rows * sizeof *set->outcome, hash);
    hash = XXH3_64bits_withSeed(set->categorical,
                                set->rows * fitted->n_cat * sizeof *set->categorical, hash);
    hash =
        XXH3_64bits_withSeed(set->numeric, set->rows * fitted->n_num * sizeof *set->numeric, hash);
    hash = XXH3_64bits_withSeed(set->engineered,
                                set->rows * fitted->n_engineered * sizeof *set->engineered, hash);
    for (size_t s = 0; s < fitted->config.histories.sequences; s++)
        hash = XXH3_64bits_withSeed(set->key[s].end, set->rows * sizeof *set->key[s].end, hash);
    return hash;
}

static bool select_parts(struct history_run *run, struct error *err)
{
    const struct history_split *split = &run->config->history.split;

    for (int p = 0; p < HISTORY_PARTS; p++)
        if (split->range[p].from < split->range[p].to &&
            !history_select(&run->part[p], &run->orders, &run->config->history.data, split,
                            (enum history_part)p, err))
            return false;
    return true;
}

static bool read_orders(struct history_run *run, struct error *err)
{
    const struct pipeline_config *config = run->config;
    const char *more[] = {config->history.split.drop_known, config->history.output.daily_top.by,
                          NULL};
    struct table_source *source;

    if (!more[0]) {
        more[0] = more[1];
        more[1] = NULL;
    }
    if (!table_source_open(&source, source_name(config), err))
        return false;
    history_orders_init(&run->orders, &config->history.data, more);
    const bool ok = history_orders_read(&run->orders, source, true, err);
    table_source_close(source);
    return ok;
}

bool history_run_load(struct history_run *run, struct error *err)
{
    char hash[17];

    if (run->loaded)
        return true;
    if (!interrupt_check("reading the source", err) || !read_orders(run, err) ||
        !select_parts(run, err) ||
        !history_fit(&run->fitted, &run->config->history.data, &run->orders,
                     &run->part[HISTORY_TRAIN], err))
        return false;
    history_open(&run->set, &run->fitted, &run->orders);
    run->loaded = true;
    snprintf(hash, sizeof hash, "%016" PRIx64, hash_set(&run->set));
    if (run->data_hash[0] && strcmp(hash, run->data_hash) != 0)
        return error_set(err, ERR_DATA, "the source has changed while it was being used");
    memcpy(run->data_hash, hash, sizeof hash);
    return true;
}

static json_t *part_json(const struct history_run *run, const struct history_rows *rows)
{
    json_int_t positive = 0;

    for (size_t i = 0; i < rows->count; i++)
        positive += run->set.outcome[rows->row[i]] == 1;
    return json_pack("{s:I, s:I}", "rows", (json_int_t)rows->count, "positives", positive);
}

static json_t *data_json(const struct history_run *run)
{
    const struct history_recipe *recipe = &run->config->history.data.histories;
    json_t *parts = json_object(), *keys = json_array();

    for (int p = 0; p < HISTORY_PARTS; p++)
        if (run->part[p].count > 0)
            json_object_set_new(parts, history_part_names[p], part_json(run, &run->part[p]));
    for (size_t s = 0; s < recipe->sequences; s++) {
        const struct history_column *key = history_orders_column(&run->orders, recipe->by[s]);
        json_array_append_new(keys, json_pack("{s:s, s:I}", "column", recipe->by[s], "values",
                                              (json_int_t)(key ? key->names.count : 0)));
    }
    return json_pack("{s:s, s:I, s:o, s:o, s:I, s:I, s:I, s:I}", "hash", run->data_hash, "orders",
                     (json_int_t)run->orders.rows, "sequences", keys, "parts", parts,
                     "n_cat_features", (json_int_t)run->fitted.n_cat, "n_num_features",
                     (json_int_t)run->fitted.n_num, "n_engineered_num_features",
                     (json_int_t)run->fitted.n_engineered, "n_embedding",
                     (json_int_t)run->fitted.n_embedding);
}

static bool write_outputs(const struct history_run *run, const char *folder, struct error *err)
{
    char *data = file_join(folder, "data.json"), *history = file_join(folder, "history.json");
    json_t *document = data_json(run);
    const bool ok = json_write(data, document, err) && history_save(&run->fitted, history, err);

    json_decref(document);
    free(data);
    free(history);
    return ok;
}

static bool make(void *context, const char *folder, struct error *err)
{
    struct history_run *run = context;
    struct progress progress;
    char summary[128];

    progress_begin(&progress, "prepare", 0, run->options->quiet);
    if (!history_run_load(run, err) || !write_outputs(run, folder, err)) {
        progress_cancel(&progress);
        return false;
    }
    snprintf(summary, sizeof summary, "%zu orders: %zu to train on, %zu to test", run->orders.rows,
             run->part[HISTORY_TRAIN].count, run->part[HISTORY_TEST].count);
    progress_end(&progress, summary);
    return true;
}

bool history_run_prepare(struct history_run *run, struct error *err)
{
    /* What a query reads cannot be known, so its result is never taken for up to date. */
    const bool known = !table_source_is_query(source_name(run->config));
    uint64_t key = stage_key_new("prepare");

    if (run->options->folds)
        return error_set(err, ERR_ARG,
                         "--folds: is not for temporal_attention, whose parts follow "
                         "each other in time");
    key = pipeline_config_key(run->config, PIPELINE_SECTION_SOURCE, key);
    key = pipeline_config_key(run->config, PIPELINE_SECTION_HISTORIES, key);
    key = pipeline_config_key(run->config, PIPELINE_SECTION_SPLIT, key);
    run->data_key = stage_key_files(key, source_name(run->config));
    const struct stage stage = {
        .space = run->space,
        .name = "prepare",
        .key = run->data_key,
        .untrusted = !known,
        .quiet = run->options->quiet,
        .run = run,
        .make = make,
    };
    return stage_run(&stage, &run->prepare, err) &&
           stage_document_hash(run->data_hash, run->prepare, err);
}

void history_run_clear(struct history_run *run)
{
    if (run->loaded)
        history_close(&run->set);
    history_fitted_clear(&run->fitted);
    for (int p = 0; p < HISTORY_PARTS; p++)
        history_rows_clear(&run->part[p]);
    history_orders_clear(&run->orders);
    temporal_attention_free(run->model);
    free(run->prepare);
    free(run->train);
    free(run->evaluate);
    free(run->bundle);
    *run = (struct history_run){0};
}
