/* tabular_train — fit the steps on the training rows, then the trees, stopped by the validation. */
#include "pipeline/tabular_run.h"

#include "base/file.h"
#include "base/interrupt.h"
#include "base/pool.h"
#include "base/progress.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"

#include <math.h>
#include <string.h>

#define VALUES_MAX ((size_t)1 << 33) /* of a feature matrix: 32 GiB */

bool tabular_scores(const struct scorer *scorer, const struct tabular_table *table,
                    const struct schema *schema, double **scores, struct error *err)
{
    const size_t outputs = scorer_outputs(scorer);
    const struct frame whole = tabular_frame(table, schema);
    struct arena scratch = {0}, memory = {0};
    bool ok = true;

    if (outputs > 0 && table->rows > VALUES_MAX / outputs)
        return error_set(err, ERR_LIMIT, "%zu rows with %zu numbers each are too many", table->rows,
                         outputs);
    double *out = memory_take(table->rows * outputs, sizeof *out);
    struct frame_column *column = ARENA_NEW(&memory, struct frame_column, schema->count);
    struct scorer_buffers buffers;
    scorer_prepare(scorer, SCORER_BLOCK, &buffers, &memory);
    for (size_t first = 0; ok && first < table->rows; first += SCORER_BLOCK) {
        const size_t left = table->rows - first;
        const struct frame rows =
            frame_slice(&whole, first, left < SCORER_BLOCK ? left : SCORER_BLOCK, column);
        struct row_errors errors = {.memory = &scratch};
        arena_reset(&scratch);
        scorer_run(scorer, &buffers, &rows, out + first * outputs, &errors, &scratch);
        ok = errors.count == 0 || tabular_row_fail(table, first, &errors, err);
        ok = ok && interrupt_check("scoring", err);
    }
    arena_clear(&scratch);
    arena_clear(&memory);
    if (ok)
        *scores = out;
    else
        free(out);
    return ok;
}

/* Features as float32, which is what the trees see, in training as in scoring. */
static bool make_features(const struct transform *transform, const struct tabular_table *table,
                          const struct schema *schema, struct tree_rows *rows, struct error *err)
{
    const struct scorer scorer = {.transform = transform};
    const size_t width = transform_width(transform), cells = table->rows * width;
    double *features;

    *rows = (struct tree_rows){0};
    if (!tabular_scores(&scorer, table, schema, &features, err))
        return false;
    float *x = memory_take(cells, sizeof *x);
    size_t wide = SIZE_MAX;
    for (size_t i = 0; i < cells; i++) {
        x[i] = (float)features[i];
        if (isinf(x[i]) && wide == SIZE_MAX)
            wide = i;
    }
    const double value = wide < cells ? features[wide] : 0;
    free(features);
    if (wide < cells) {
        free(x);
        return error_set(
            err, ERR_DATA, "row %zu of '%s': feature '%s' is %g, too large to learn from",
            wide / width + 1, table->source, transform_name(transform, wide % width), value);
    }
    float *weight = table->weight ? memory_take(table->rows, sizeof *weight) : NULL;
    for (size_t i = 0; weight && i < table->rows; i++)
        weight[i] = (float)table->weight[i];
    *rows = (struct tree_rows){table->rows, width, x, table->label, weight};
    return true;
}

static void clear_features(struct tree_rows *rows)
{
    free((void *)rows->x);
    free((void *)rows->weight);
    *rows = (struct tree_rows){0};
}

static json_t *importance_json(const struct trees *trees, const struct transform *transform)
{
    const size_t count = trees_features(trees);
    double *gain = memory_take(count, sizeof *gain), *total = memory_take(count, sizeof *total),
           *splits = memory_take(count, sizeof *splits);
    json_t *list = json_array();

    trees_importance(trees, TREES_GAIN, gain);
    trees_importance(trees, TREES_TOTAL_GAIN, total);
    trees_importance(trees, TREES_WEIGHT, splits);
    for (size_t f = 0; f < count; f++)
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:o}", "feature", transform_name(transform, f), "gain",
                            json_number(gain[f]), "total_gain", json_number(total[f]), "splits",
                            json_number(splits[f])));
    free(gain);
    free(total);
    free(splits);
    return list;
}

static json_t *rounds_json(const struct tree_history *history)
{
    json_t *rounds = json_array();

    for (size_t r = 0; r < history->rounds; r++)
        json_array_append_new(
            rounds,
            json_pack("{s:I, s:o, s:o}", "round", (json_int_t)r + 1, "train",
                      history->train ? json_number(history->train[r]) : json_null(), "validation",
                      history->validation ? json_number(history->validation[r]) : json_null()));
    return rounds;
}

/* What a round measured, for who watches: "round=3; train_logloss=0.31; ...". */
static void tell_round(void *context, const struct tree_history *history, size_t round)
{
    const struct run_options *options = context;
    char line[160];
    int used = snprintf(line, sizeof line, "round=%zu; train_%s=%.6f;", round + 1, history->metric,
                        history->train[round]);

    if (history->validation)
        snprintf(line + used, sizeof line - (size_t)used, " validation_%s=%.6f;", history->metric,
                 history->validation[round]);
    options->on_metrics(options->context, line);
}

static bool write_training(const struct tabular_run *run, const char *folder,
                           const struct tree_history *history, struct error *err)
{
    const struct transform *t = run->transform;
    char *path = file_join(folder, "training.json");
    json_t *document =
        json_pack("{s:I, s:I, s:I, s:I, s:s, s:o, s:o}", "features_before_pca",
                  (json_int_t)transform_width_before_pca(t), "features",
                  (json_int_t)transform_width(t), "rounds_run", (json_int_t)history->rounds,
                  "best_round", (json_int_t)history->best + 1, "metric", history->metric, "rounds",
                  rounds_json(history), "importance", importance_json(run->trees, t));
    const bool ok = json_write(path, document, err);

    json_decref(document);
    free(path);
    return ok;
}

enum { THREAD_VALUES = 500000 };

/*
 * XGBoost's threads meet several times a level; for little data the meetings cost more than they
 * save, and very much more on a busy machine. The model does not depend on their number.
 */
static size_t useful_threads(const struct tabular_run *run, size_t values)
{
    const size_t wanted = run->options->threads ? run->options->threads : pool_processors();
    const size_t useful = 1 + values / THREAD_VALUES;

    return wanted < useful ? wanted : useful;
}

/* The classes are those of the training rows; who also counts them must count as many. */
static bool check_classes(const struct tabular_run *run, struct error *err)
{
    const size_t told = run->config->model.trees.num_class, found = run->data.labels.count;

    if (run->data.labels.task != TABULAR_CLASSES || told == 0 || told == found)
        return true;
    return error_set(err, ERR_CONFIG, "key 'model.num_class': is %zu, the label has %zu values",
                     told, found);
}

static bool fit_trees(struct tabular_run *run, const char *model, struct tree_history *history,
                      struct error *err)
{
    const struct tabular_data *data = &run->data;
    const size_t width = transform_width(run->transform);
    const size_t threads = useful_threads(run, data->part[TABULAR_TRAIN].rows * width);
    const char **names = memory_take(width, sizeof *names);
    struct tree_config config = run->config->model.trees;
    struct tree_rows train = {0}, validation = {0};

    for (size_t f = 0; f < width; f++)
        names[f] = transform_name(run->transform, f);
    if (data->labels.task == TABULAR_CLASSES)
        config.num_class = data->labels.count;
    const bool ok =
        check_classes(run, err) &&
        make_features(run->transform, &data->part[TABULAR_TRAIN], &data->schema, &train, err) &&
        make_features(run->transform, &data->part[TABULAR_VALIDATION], &data->schema, &validation,
                      err) &&
        tree_training_run(&config, &train, &validation, names, threads, model, history, err);
    clear_features(&train);
    clear_features(&validation);
    free(names);
    return ok;
}

bool tabular_run_fit(struct tabular_run *run, const char *folder, char *summary, size_t room,
                     struct error *err)
{
    const struct tabular_data *data = &run->data;
    char *model_folder = file_join(folder, "model");
    char *model = file_join(model_folder, "model.ubj");
    struct tree_history history = {.on_round = run->options->on_metrics ? tell_round : NULL,
                                   .context = (void *)run->options};

    bool ok = tabular_run_load(run, err);
    if (ok) {
        const struct frame train = tabular_frame(&data->part[TABULAR_TRAIN], &data->schema);
        ok = transform_fit(&run->transform, run->config->tabular.steps, &train, err) &&
             file_make_folders(model_folder, err) &&
             transform_save(run->transform, model_folder, err) &&
             interrupt_check("training", err) && fit_trees(run, model, &history, err) &&
             trees_load(&run->trees, model, err) && write_training(run, folder, &history, err);
    }
    if (ok)
        snprintf(summary, room, "%zu features, %zu rounds, best %zu",
                 transform_width(run->transform), history.rounds, history.best + 1);
    tree_history_clear(&history);
    free(model);
    free(model_folder);
    return ok;
}

bool tabular_run_open_model(struct tabular_run *run, struct error *err)
{
    char *folder = file_join(run->train, "model"), *model = file_join(folder, "model.ubj");
    const bool ok = (run->transform || transform_load(&run->transform, folder, err)) &&
                    (run->trees || trees_load(&run->trees, model, err));

    free(model);
    free(folder);
    return ok;
}

static bool make(void *context, const char *folder, struct error *err)
{
    struct tabular_run *run = context;
    struct progress progress;
    char summary[96];

    progress_begin(&progress, "train", 0, run->options->quiet);
    if (!tabular_run_fit(run, folder, summary, sizeof summary, err)) {
        progress_cancel(&progress);
        return false;
    }
    progress_end(&progress, summary);
    return true;
}

bool tabular_run_train(struct tabular_run *run, struct error *err)
{
    uint64_t key = stage_key_text(stage_key_new("train"), run->data_hash);

    key = pipeline_config_key(run->config, PIPELINE_SECTION_STEPS, key);
    run->train_key = pipeline_config_key(run->config, PIPELINE_SECTION_MODEL, key);
    const struct stage stage = {
        .space = run->space,
        .name = "train",
        .key = run->train_key,
        .quiet = run->options->quiet,
        .run = run,
        .make = make,
    };

    return stage_run(&stage, &run->train, err);
}
