/*
 * attribution_evaluate — evaluation.json: of the test split, or over K folds.
 *
 * A fold is a seeded hash of the entity modulo K, so no user is on two sides. Fold k is scored by a
 * model that was trained on the others and has never seen it. With early stopping a share of those,
 * by another hash and as large as that of the pipeline's val in its train + val, decides when
 * training stops.
 */
#include "pipeline/attribution_run.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/rng.h"
#include "metric/evaluation.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"

#include <inttypes.h>

enum { FOLDS_MAX = 100 };

struct fold_rows {
    struct journey_rows train, val, test;
};

static size_t fold_of(uint64_t entity, uint64_t seed, size_t folds)
{
    return (size_t)(rng_mix(seed ^ 0x666f6c64 /* "fold" */, entity) % folds);
}

static bool is_val(const struct split_config *split, uint64_t entity, uint64_t seed)
{
    const double share = split->val / (split->train + split->val);
    const uint64_t draw = rng_mix(seed ^ 0x76616c /* "val" */, entity) >> 11;

    return (double)draw * 0x1p-53 < share;
}

static struct fold_rows fold_rows_new(const struct attribution_run *run, size_t fold, size_t folds)
{
    const struct journey_set *set = &run->journeys.set;
    const struct split_config *split = &run->config->split;
    uint32_t *train = memory_take(set->count, sizeof *train);
    uint32_t *val = memory_take(set->count, sizeof *val);
    uint32_t *test = memory_take(set->count, sizeof *test);
    const bool stops_early = run->config->train.early_stopping.patience > 0;
    size_t trains = 0, vals = 0, tests = 0;

    for (size_t j = 0; j < set->count; j++) {
        if (fold_of(set->entity[j], split->seed, folds) == fold)
            test[tests++] = (uint32_t)j;
        else if (stops_early && is_val(split, set->entity[j], split->seed + fold))
            val[vals++] = (uint32_t)j;
        else
            train[trains++] = (uint32_t)j;
    }
    return (struct fold_rows){{train, trains}, {val, vals}, {test, tests}};
}

static void fold_rows_clear(struct fold_rows *rows)
{
    free((void *)rows->train.row);
    free((void *)rows->val.row);
    free((void *)rows->test.row);
}

static bool run_fold(struct attribution_run *run, size_t fold, const char *folder,
                     struct attribution_scores *scores, struct error *err)
{
    const struct pipeline_config *config = run->config;
    const struct journey_set *set = &run->journeys.set;
    struct fold_rows rows = fold_rows_new(run, fold, run->options->folds);
    struct journey_attention *model = NULL;
    struct train_config train = config->train;
    char key[17], name[32];

    train.seed = (size_t)(rng_mix(config->train.seed, fold) >> 12);
    snprintf(key, sizeof key, "%016" PRIx64, run->evaluate_key);
    snprintf(name, sizeof name, ".fold-%zu", fold);
    char *checkpoint = file_join(folder, name);
    const struct journey_fit fit = {
        .set = set,
        .train = rows.train,
        .val = rows.val,
        .pool = run->pool,
        .checkpoint = checkpoint,
        .key = key,
    };
    const bool ok =
        journey_attention_fit(&model, &config->model.journey_attention, &train, &fit, NULL, err);
    if (ok)
        attribution_scores_fill(scores, model, set, rows.test, run->pool);
    journey_attention_free(model);
    fold_rows_clear(&rows);
    free(checkpoint);
    return ok;
}

static bool score_folds(struct attribution_run *run, const char *folder,
                        struct attribution_scores *scores, struct error *err)
{
    const size_t folds = run->options->folds;
    struct progress progress;
    char note[48];

    progress_begin(&progress, "folds", folds, run->options->quiet);
    for (size_t k = 0; k < folds; k++) {
        snprintf(note, sizeof note, "fold %zu of %zu", k + 1, folds);
        progress_update(&progress, k, note);
        if (!run_fold(run, k, folder, &scores[k], err)) {
            progress_cancel(&progress);
            return error_wrap(err, "fold %zu of %zu", k + 1, folds);
        }
    }
    progress_end(&progress, "done");
    return true;
}

/*
 * Conversions are rare, so hardly any probability is above one half. A journey counts as predicted
 * to convert when it is likelier to than the average one; for a model trained on balanced batches
 * that is one half before its probabilities were corrected.
 */
static double conversion_share(const struct journey_set *set)
{
    size_t converted = 0;

    for (size_t j = 0; j < set->count; j++)
        converted += set->converted[j] != 0;
    return set->count ? (double)converted / (double)set->count : 0.5;
}

static bool write_evaluation(const struct attribution_run *run, const char *folder,
                             const struct attribution_scores *scores, size_t folds,
                             struct error *err)
{
    struct scored rows[FOLDS_MAX];
    struct evaluation_settings settings = evaluation_defaults();
    json_t *document = NULL;
    char *path = file_join(folder, "evaluation.json");

    for (size_t k = 0; k < folds; k++)
        rows[k] = (struct scored){
            .count = scores[k].count, .truth = scores[k].truth, .score = scores[k].score};
    settings.seed = run->config->split.seed;
    settings.threshold = conversion_share(&run->journeys.set);
    const bool ok =
        evaluation_json(&document, rows, folds, &settings, err) && json_write(path, document, err);
    json_decref(document);
    free(path);
    return ok;
}

static bool evaluate(void *context, const char *folder, struct error *err)
{
    struct attribution_run *run = context;
    const size_t folds = run->options->folds;
    struct attribution_scores scores[FOLDS_MAX] = {{0}};
    bool ok = true;

    if (folds > 0) {
        ok = score_folds(run, folder, scores, err);
    } else {
        struct journey_rows rows = attribution_split_rows(&run->journeys.set, SPLIT_TEST);
        attribution_scores_fill(&scores[0], run->model, &run->journeys.set, rows, run->pool);
        free((void *)rows.row);
    }
    ok = ok && write_evaluation(run, folder, scores, folds ? folds : 1, err);
    for (size_t k = 0; k < FOLDS_MAX; k++)
        attribution_scores_clear(&scores[k]);
    return ok;
}

bool attribution_run_evaluate(struct attribution_run *run, struct error *err)
{
    if (run->options->folds > FOLDS_MAX)
        return error_set(err, ERR_ARG, "--folds: at most %d", FOLDS_MAX);
    run->evaluate_key = stage_key_number(
        stage_key_number(stage_key_new("evaluate"), run->train_key), run->options->folds);
    const struct stage stage = {
        .space = run->space,
        .name = "evaluate",
        .key = run->evaluate_key,
        .quiet = run->options->quiet,
        .run = run,
        .make = evaluate,
    };

    return stage_run(&stage, &run->evaluate, err);
}
