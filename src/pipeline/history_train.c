/* history_train — fit the model; training.json says how it went. */
#include "pipeline/history_run.h"

#include "base/file.h"
#include "base/progress.h"
#include "model/temporal_attention_fit.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"

#include <inttypes.h>
#include <math.h>

/* What is seen and kept while a model is fitted. */
struct fit_log {
    const struct run_options *options;
    struct progress progress;
    json_t *epochs;
};

static void add_epoch(void *context, const struct temporal_attention_epoch *epoch)
{
    struct fit_log *log = context;
    char line[192];

    json_array_append_new(log->epochs,
                          json_pack("{s:I, s:o, s:o, s:o, s:b}", "epoch", (json_int_t)epoch->epoch,
                                    "train_loss", json_number(epoch->train_loss), "val_loss",
                                    json_number(epoch->val_loss), "val_auc",
                                    json_number(epoch->val_auc), "best", epoch->best));
    snprintf(line, sizeof line,
             "epoch=%zu; train_loss=%.6f; validation_loss=%.6f; validation_auc=%.6f;", epoch->epoch,
             epoch->train_loss, epoch->val_loss, epoch->val_auc);
    progress_update(&log->progress, epoch->epoch, line);
    if (log->options->on_metrics)
        log->options->on_metrics(log->options->context, line);
}

static struct temporal_attention_config model_config(const struct history_run *run)
{
    struct temporal_attention_config config = run->config->model.temporal_attention;

    config.n_cat_features = run->fitted.n_cat;
    config.n_num_features = run->fitted.n_num;
    config.n_embedding = run->fitted.n_embedding;
    config.n_engineered_num_features = run->fitted.n_engineered;
    config.n_classes = 2;
    config.seq_len = run->fitted.config.histories.seq_len;
    config.two_sequences = run->fitted.config.histories.sequences == 2;
    return config;
}

static bool write_training(const char *folder, const struct fit_log *log,
                           const struct temporal_attention_fit_result *result, struct error *err)
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

/* With a folder the model goes there; without, this process only helps. */
static bool fit(struct history_run *run, const char *checkpoint, struct fit_log *log,
                struct temporal_attention_fit_result *result, struct error *err)
{
    const struct temporal_attention_config config = model_config(run);
    char key[17];

    snprintf(key, sizeof key, "%016" PRIx64, run->train_key);
    const struct temporal_attention_fit fit = {
        .set = &run->set,
        .train = run->part[HISTORY_TRAIN],
        .val = run->part[HISTORY_VALIDATION],
        .pool = run->pool,
        .ranks = run->options->ranks,
        .checkpoint = checkpoint,
        .key = key,
        .on_epoch = log ? add_epoch : NULL,
        .context = log,
    };
    return temporal_attention_check(&config, err) &&
           temporal_attention_fit(&run->model, &config, &run->config->train, &fit, result, err);
}

static bool save(const struct history_run *run, const char *folder, struct error *err)
{
    char *path = file_join(folder, "model/model.safetensors");
    const bool ok = file_make_parents(path, err) && temporal_attention_save(run->model, path, err);

    free(path);
    return ok;
}

static bool make(void *context, const char *folder, struct error *err)
{
    struct history_run *run = context;
    struct temporal_attention_fit_result result = {0};
    struct fit_log log = {.options = run->options, .epochs = json_array()};
    char summary[128], *checkpoint = file_join(folder, ".checkpoint");

    progress_begin(&log.progress, "train", run->config->train.epochs, run->options->quiet);
    bool ok = history_run_load(run, err) && fit(run, checkpoint, &log, &result, err);
    if (ok) {
        snprintf(summary, sizeof summary, "%zu epochs, best %zu, %.0f rows/s", result.epochs,
                 result.best_epoch,
                 result.seconds > 0 ? (double)result.rows / result.seconds : 0.0);
        progress_end(&log.progress, summary);
        ok = save(run, folder, err) && write_training(folder, &log, &result, err);
    } else {
        progress_cancel(&log.progress);
    }
    json_decref(log.epochs);
    free(checkpoint);
    return ok;
}

/* Whether there is anything to train is for rank 0 to know, and for all to do. */
static bool tell_ranks(const struct history_run *run, bool *needed, struct error *err)
{
    unsigned char byte = *needed;

    if (!run->options->ranks)
        return true;
    if (!ranks_pass(run->options->ranks, &byte, sizeof byte, err))
        return false;
    *needed = byte != 0;
    return true;
}

bool history_run_train(struct history_run *run, struct error *err)
{
    uint64_t key = stage_key_text(stage_key_new("train"), run->data_hash);

    key = pipeline_config_key(run->config, PIPELINE_SECTION_SPLIT, key);
    key = pipeline_config_key(run->config, PIPELINE_SECTION_HISTORIES, key);
    key = pipeline_config_key(run->config, PIPELINE_SECTION_MODEL, key);
    run->train_key = pipeline_config_key(run->config, PIPELINE_SECTION_TRAIN, key);
    const struct stage stage = {
        .space = run->space,
        .name = "train",
        .key = run->train_key,
        .resumes = true,
        .quiet = run->options->quiet,
        .run = run,
        .make = make,
    };
    char *done = workspace_find(run->space, "train", run->train_key);
    bool needed = !done;

    free(done);
    if (!tell_ranks(run, &needed, err))
        return error_wrap(err, "train");
    return stage_run(&stage, &run->train, err);
}

bool history_run_assist(struct history_run *run, struct error *err)
{
    bool needed = false;

    if (!tell_ranks(run, &needed, err))
        return false;
    return !needed || ((history_run_load(run, err) && fit(run, NULL, NULL, NULL, err)) ||
                       error_wrap(err, "train"));
}

bool history_run_open_model(struct history_run *run, struct error *err)
{
    char *path = file_join(run->train, "model/model.safetensors");
    const bool ok = run->model || temporal_attention_load(&run->model, path, err);

    free(path);
    return ok;
}
