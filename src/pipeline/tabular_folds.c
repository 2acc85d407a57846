/* tabular_folds — evaluation.json over K folds: every row scored by a model that never saw it. */
#include "pipeline/tabular_run.h"

#include "base/file.h"
#include "base/progress.h"
#include "metric/evaluation.h"
#include "pipeline/bundle_evaluate.h"

#include <string.h>

/* Truth, scores and weights of one fold's rows. */
struct fold {
    uint8_t *truth;
    double *score, *weight;
    size_t rows;
};

static void fold_clear(struct fold *fold)
{
    free(fold->truth);
    free(fold->score);
    free(fold->weight);
}

static void keep_truth(struct fold *fold, const struct tabular_table *rows)
{
    fold->rows = rows->rows;
    fold->truth = memory_take(rows->rows, 1);
    for (size_t i = 0; i < rows->rows; i++)
        fold->truth[i] = rows->label[i] != 0;
    if (!rows->weight)
        return;
    fold->weight = memory_take(rows->rows, sizeof *fold->weight);
    memcpy(fold->weight, rows->weight, rows->rows * sizeof *fold->weight);
}

/* Fitted, stopped and calibrated on the training and validation rows of `run`, which are a fold's.
 */
static bool score_fold(struct tabular_run *run, const char *folder, struct fold *fold,
                       struct error *err)
{
    const struct tabular_data *data = &run->data;
    const struct tabular_table *test = &data->part[TABULAR_TEST];
    double *validation = NULL;
    struct arena memory = {0};
    struct decision decision;
    char summary[96];

    bool ok = tabular_run_fit(run, folder, summary, sizeof summary, err);
    const struct scorer scorer = {run->transform, run->trees, data->schema.count};
    ok =
        ok &&
        tabular_scores(&scorer, &data->part[TABULAR_VALIDATION], &data->schema, &validation, err) &&
        tabular_scores(&scorer, test, &data->schema, &fold->score, err) &&
        tabular_run_decide(run, validation, &decision, &memory, err);
    for (size_t i = 0; ok && i < test->rows; i++)
        fold->score[i] = calibrator_apply(&decision.calibrator, fold->score[i]);
    if (ok)
        keep_truth(fold, test);
    free(validation);
    arena_clear(&memory);
    return ok;
}

static bool run_fold(const struct tabular_run *whole, const char *folder, size_t number,
                     struct fold *fold, struct error *err)
{
    const struct run_options options = {.threads = whole->options->threads, .quiet = true};
    struct tabular_run run = {.config = whole->config, .options = &options, .loaded = true};
    struct error ignored = {0};
    char *scratch = file_join(folder, ".fold");

    const bool ok = tabular_data_fold(&run.data, &whole->data, whole->config, number,
                                      whole->options->folds, err) &&
                    score_fold(&run, scratch, fold, err);
    tabular_run_clear(&run);
    if (!file_remove_tree(scratch, &ignored) && ok)
        *err = ignored;
    free(scratch);
    return ok && ignored.code == ERR_NONE;
}

static bool run_folds(const struct tabular_run *run, const char *folder, struct fold *fold,
                      struct error *err)
{
    const size_t folds = run->options->folds;
    struct progress progress;
    char note[48];

    progress_begin(&progress, "folds", folds, run->options->quiet);
    for (size_t k = 0; k < folds; k++) {
        snprintf(note, sizeof note, "fold %zu of %zu", k + 1, folds);
        progress_update(&progress, k, note);
        if (!run_fold(run, folder, k, &fold[k], err)) {
            progress_cancel(&progress);
            return error_wrap(err, "fold %zu of %zu", k + 1, folds);
        }
    }
    progress_end(&progress, "done");
    return true;
}

bool tabular_run_folds(const struct tabular_run *run, const char *folder, double threshold,
                       json_t **document, struct error *err)
{
    const size_t folds = run->options->folds;
    struct evaluation_settings settings = evaluation_defaults();
    struct fold fold[TABULAR_FOLDS_MAX] = {{0}};
    struct scored rows[TABULAR_FOLDS_MAX];

    settings.threshold = threshold;
    settings.seed = EVALUATION_SEED;
    bool ok = run_folds(run, folder, fold, err);
    for (size_t k = 0; k < folds; k++)
        rows[k] = (struct scored){fold[k].rows, fold[k].truth, fold[k].score, fold[k].weight};
    ok = ok && evaluation_json(document, rows, folds, &settings, err);
    for (size_t k = 0; k < folds; k++)
        fold_clear(&fold[k]);
    return ok;
}
