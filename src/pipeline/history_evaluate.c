/* history_evaluate — percentiles and probabilities from calibration rows, figures from test rows.
 */
#include "pipeline/history_run.h"

#include "base/file.h"
#include "base/progress.h"
#include "metric/evaluation.h"
#include "pipeline/bundle_evaluate.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"

#include <string.h>

void history_scores_fill(struct history_scores *scores, const struct temporal_attention *model,
                         const struct history_set *set, const struct history_rows *rows,
                         const struct history_column *entity, struct pool *pool)
{
    const size_t count = rows->count;
    float *score = memory_take(count + 1, sizeof *score);

    *scores = (struct history_scores){
        .count = count,
        .truth = memory_take(count + 1, 1),
        .score = memory_take(count + 1, sizeof(double)),
        .probability = memory_take(count + 1, sizeof(double)),
        .day = memory_take(count + 1, sizeof(int64_t)),
        .entity = memory_take(count + 1, sizeof(int64_t)),
    };
    temporal_attention_predict(model, set, rows->row, count,
                               &(struct temporal_attention_output){.score = score}, pool);
    for (size_t i = 0; i < count; i++) {
        const size_t row = rows->row[i];
        scores->truth[i] = set->outcome[row] == 1;
        scores->score[i] = scores->probability[i] = (double)score[i];
        scores->day[i] = daily_from_time(set->time[row]);
        scores->entity[i] = entity ? entity->code[row] : (int64_t)row;
    }
    free(score);
}

void history_scores_clear(struct history_scores *scores)
{
    free(scores->truth);
    free(scores->score);
    free(scores->probability);
    free(scores->day);
    free(scores->entity);
    *scores = (struct history_scores){0};
}

static bool measure(json_t **document, const struct history_scores *scores, const double *values,
                    const struct history_output *output, struct error *err)
{
    const struct scored rows = {scores->count, scores->truth, values, NULL};
    const struct evaluation_daily daily = {
        .settings = {output->daily_top.k, output->daily_top.keep_found},
        .day = scores->day,
        .entity = scores->entity};
    struct evaluation_settings settings = evaluation_defaults();

    settings.threshold = output->threshold;
    settings.seed = EVALUATION_SEED;
    settings.daily = &daily;
    return evaluation_json(document, &rows, 1, &settings, err);
}

bool history_evaluation(json_t **document, const struct history_scores *scores,
                        const struct history_output *output, struct error *err)
{
    /* A calibrator gives equal probabilities to scores that differ; what ranks uses the scores. */
    static const char *const ranked[] = {"auc",
                                         "average_precision",
                                         "receiver_operating_characteristic_curve",
                                         "precision_recall_curve",
                                         "top",
                                         "daily_top"};
    static const char group[] = "binary_classification_metrics";
    json_t *by_score;

    if (!measure(&by_score, scores, scores->score, output, err))
        return false;
    if (!measure(document, scores, scores->probability, output, err)) {
        json_decref(by_score);
        return false;
    }
    for (size_t i = 0; i < sizeof ranked / sizeof *ranked; i++)
        json_object_set(json_object_get(*document, group), ranked[i],
                        json_object_get(json_object_get(by_score, group), ranked[i]));
    json_decref(by_score);
    return true;
}

const struct history_rows *history_run_calibration(const struct history_run *run)
{
    return &run->part[run->part[HISTORY_CALIBRATION].count > 0 ? HISTORY_CALIBRATION
                                                               : HISTORY_VALIDATION];
}

static bool calibrate(const struct history_run *run, struct history_answer *answer,
                      struct arena *memory, struct error *err)
{
    struct history_scores scores;
    const enum calibrator_kind kind = (enum calibrator_kind)run->config->history.output.calibrate;

    history_scores_fill(&scores, run->model, &run->set, history_run_calibration(run), NULL,
                        run->pool);
    const struct scored rows = {scores.count, scores.truth, scores.score, NULL};
    const bool ok =
        (percentile_map_fit(&answer->percentile, scores.score, scores.count, memory, err) ||
         error_wrap(err, "the calibration rows")) &&
        (calibrator_fit(&answer->calibrator, kind, &rows, memory, err) ||
         error_wrap(err, "output.calibrate"));
    history_scores_clear(&scores);
    return ok;
}

/* The last part there is: nothing was chosen or fitted on test rows. */
static const struct history_rows *measured_rows(const struct history_run *run)
{
    return run->part[HISTORY_TEST].count > 0 ? &run->part[HISTORY_TEST]
                                             : history_run_calibration(run);
}

static bool evaluate(const struct history_run *run, const struct history_answer *answer,
                     json_t **document, struct error *err)
{
    const struct history_output *output = &run->config->history.output;
    const char *by =
        output->daily_top.by ? output->daily_top.by : run->config->history.data.histories.by[0];
    struct history_scores scores;

    history_scores_fill(&scores, run->model, &run->set, measured_rows(run),
                        history_orders_column(&run->orders, by), run->pool);
    for (size_t i = 0; i < scores.count; i++)
        scores.probability[i] = calibrator_apply(&answer->calibrator, scores.score[i]);
    const bool ok = history_evaluation(document, &scores, output, err);
    history_scores_clear(&scores);
    return ok;
}

static bool write_document(const char *folder, const char *name, json_t *document,
                           struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = json_write(path, document, err);

    json_decref(document);
    free(path);
    return ok;
}

static bool evaluate_test(struct history_run *run, const char *folder, struct error *err)
{
    struct history_answer answer;
    struct arena memory = {0};
    json_t *document = NULL;
    const bool ok =
        history_run_load(run, err) && history_run_open_model(run, err) &&
        calibrate(run, &answer, &memory, err) &&
        write_document(folder, "calibration.json", history_answer_json(&answer), err) &&
        evaluate(run, &answer, &document, err) &&
        write_document(folder, "evaluation.json", document, err) &&
        write_document(folder, "attention.json",
                       history_attention_json(run->model, &run->set, measured_rows(run), run->pool),
                       err);

    arena_clear(&memory);
    return ok && (!run->config->history.output.inputs || history_inputs_write(run, folder, err));
}

static bool make(void *context, const char *folder, struct error *err)
{
    struct history_run *run = context;
    struct progress progress;

    progress_begin(&progress, "evaluate", 0, run->options->quiet);
    if (!evaluate_test(run, folder, err)) {
        progress_cancel(&progress);
        return false;
    }
    progress_end(&progress, "done");
    return true;
}

bool history_run_evaluate(struct history_run *run, struct error *err)
{
    const uint64_t key = stage_key_number(stage_key_new("evaluate"), run->train_key);

    run->evaluate_key = pipeline_config_key(run->config, PIPELINE_SECTION_OUTPUT, key);
    const struct stage stage = {
        .space = run->space,
        .name = "evaluate",
        .key = run->evaluate_key,
        .quiet = run->options->quiet,
        .run = run,
        .make = make,
    };

    return stage_run(&stage, &run->evaluate, err);
}
