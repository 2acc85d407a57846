#include "pipeline/attribution_run.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/progress.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"

#include <inttypes.h>
#include <math.h>

struct journey_rows attribution_split_rows(const struct journey_set *set, enum split split)
{
    uint32_t *row = memory_take(set->count, sizeof *row);
    size_t count = 0;

    for (size_t j = 0; j < set->count; j++)
        if (set->split[j] == split)
            row[count++] = (uint32_t)j;
    return (struct journey_rows){.row = row, .count = count};
}

void attribution_scores_fill(struct attribution_scores *scores,
                             const struct journey_attention *model, const struct journey_set *set,
                             struct journey_rows rows, struct pool *pool)
{
    float *score = memory_take(rows.count, sizeof *score);

    *scores = (struct attribution_scores){
        .count = rows.count,
        .truth = memory_take(rows.count, 1),
        .score = memory_take(rows.count, sizeof(double)),
    };
    journey_attention_predict(model, set, rows, score, NULL, pool);
    for (size_t i = 0; i < rows.count; i++) {
        scores->truth[i] = set->converted[rows.row[i]];
        scores->score[i] = (double)score[i];
    }
    free(score);
}

void attribution_scores_clear(struct attribution_scores *scores)
{
    free(scores->truth);
    free(scores->score);
    *scores = (struct attribution_scores){0};
}

/* What is seen and kept while a model is fitted. */
struct fit_log {
    const struct run_options *options;
    struct progress progress;
    json_t *epochs;
};

static void tell_epoch(const struct run_options *options, const struct journey_epoch *epoch)
{
    char line[256];

    if (!options->on_metrics)
        return;
    snprintf(line, sizeof line,
             "epoch=%zu; train_loss=%.6f; train_auc=%.6f; validation_loss=%.6f; "
             "validation_auc=%.6f; test_loss=%.6f; test_auc=%.6f;",
             epoch->epoch, epoch->train_loss, epoch->train_auc, epoch->val_loss, epoch->val_auc,
             epoch->test_loss, epoch->test_auc);
    options->on_metrics(options->context, line);
}

static void add_epoch(void *context, const struct journey_epoch *epoch)
{
    struct fit_log *log = context;
    char note[96];

    json_array_append_new(log->epochs, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
                                                 "epoch", (json_int_t)epoch->epoch, "running_loss",
                                                 json_number(epoch->running_loss), "train_loss",
                                                 json_number(epoch->train_loss), "train_auc",
                                                 json_number(epoch->train_auc), "test_loss",
                                                 json_number(epoch->test_loss), "test_auc",
                                                 json_number(epoch->test_auc), "val_loss",
                                                 json_number(epoch->val_loss), "val_auc",
                                                 json_number(epoch->val_auc), "best", epoch->best));
    snprintf(note, sizeof note, "epoch=%zu; train_loss=%.4f; train_auc=%.4f; test_auc=%.4f;",
             epoch->epoch, epoch->train_loss, epoch->train_auc, epoch->test_auc);
    progress_update(&log->progress, epoch->epoch, note);
    tell_epoch(log->options, epoch);
}

static bool write_training(const char *folder, const struct fit_log *log,
                           const struct journey_fit_result *result, struct error *err)
{
    char *path = file_join(folder, "training.json");
    json_t *document = json_pack("{s:I, s:I, s:b, s:O}", "epochs_run", (json_int_t)result->epochs,
                                 "best_epoch", (json_int_t)result->best_epoch, "stopped_early",
                                 result->stopped_early, "epochs", log->epochs);
    const bool ok = json_write(path, document, err);

    json_decref(document);
    free(path);
    return ok;
}

static bool fit_and_save(void *context, const char *folder, struct error *err)
{
    struct attribution_run *run = context;
    const struct journey_set *set = &run->journeys.set;
    const struct pipeline_config *config = run->config;
    struct journey_rows part[SPLIT_COUNT];
    struct journey_fit_result result = {0};
    struct journey_attention *model = NULL;
    struct fit_log log = {.options = run->options, .epochs = json_array()};
    char key[17], summary[96];
    char *checkpoint = file_join(folder, ".checkpoint");
    char *model_path = file_join(folder, "model/model.safetensors");

    for (int s = 0; s < SPLIT_COUNT; s++)
        part[s] = attribution_split_rows(set, (enum split)s);
    snprintf(key, sizeof key, "%016" PRIx64, run->train_key);
    const struct journey_fit fit = {
        .set = set,
        .train = part[SPLIT_TRAIN],
        .test = part[SPLIT_TEST],
        .val = part[SPLIT_VAL],
        .pool = run->pool,
        .checkpoint = checkpoint,
        .key = key,
        .on_epoch = add_epoch,
        .context = &log,
    };
    progress_begin(&log.progress, "train", config->train.epochs, run->options->quiet);
    bool ok = journey_attention_fit(&model, &config->model.journey_attention, &config->train, &fit,
                                    &result, err);
    if (ok) {
        snprintf(summary, sizeof summary, "%zu epochs, best %zu, %.0f journeys/s", result.epochs,
                 result.best_epoch,
                 result.seconds > 0 ? (double)result.journeys / result.seconds : 0.0);
        progress_end(&log.progress, summary);
        ok = file_make_parents(model_path, err) && journey_attention_save(model, model_path, err) &&
             write_training(folder, &log, &result, err);
    } else {
        progress_cancel(&log.progress);
    }
    journey_attention_free(model);
    json_decref(log.epochs);
    for (int s = 0; s < SPLIT_COUNT; s++)
        free((void *)part[s].row);
    free(checkpoint);
    free(model_path);
    return ok;
}

bool attribution_run_train(struct attribution_run *run, struct error *err)
{
    uint64_t key = stage_key_number(stage_key_new("train"), run->data_key);

    key = pipeline_config_key(run->config, PIPELINE_SECTION_MODEL, key);
    run->train_key = pipeline_config_key(run->config, PIPELINE_SECTION_TRAIN, key);
    const struct stage stage = {
        .space = run->space,
        .name = "train",
        .key = run->train_key,
        .resumes = true,
        .quiet = run->options->quiet,
        .run = run,
        .make = fit_and_save,
    };
    if (!stage_run(&stage, &run->train, err))
        return false;
    char *path = file_join(run->train, "model/model.safetensors");
    const bool ok = journey_attention_load(&run->model, path, err);
    free(path);
    return ok;
}
