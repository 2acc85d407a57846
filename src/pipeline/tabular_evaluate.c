/*
 * tabular_evaluate — calibration and threshold from the validation rows, figures from the test
 * rows, or over folds of all rows.
 */
#include "pipeline/tabular_run.h"

#include "base/file.h"
#include "base/progress.h"
#include "metric/threshold.h"
#include "pipeline/bundle_evaluate.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"
#include "pipeline/tabular_metrics.h"

#include <string.h>

static void choose_labels(const struct tabular_run *run, struct decision *decision,
                          struct arena *memory)
{
    const struct name_list *names = &run->config->tabular.output.labels;
    const struct tabular_labels *labels = &run->data.labels;

    decision->labels = labels->count;
    decision->label = labels->value;
    if (names->count == 0 || labels->count == 0)
        return;
    struct table_string *label = ARENA_NEW(memory, struct table_string, names->count);
    for (size_t k = 0; k < names->count; k++)
        label[k] = (struct table_string){names->name[k], strlen(names->name[k])};
    decision->label = label;
}

static void calibrate(const struct calibrator *calibrator, double *scores, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        scores[i] = calibrator_apply(calibrator, scores[i]);
}

/* `scores` of the validation rows are calibrated in place. */
static bool decide_binary(const struct tabular_run *run, double *scores, struct decision *decision,
                          struct arena *memory, struct error *err)
{
    const struct output_config *output = &run->config->tabular.output;
    const struct tabular_table *rows = &run->data.part[TABULAR_VALIDATION];
    uint8_t *truth = ARENA_NEW(memory, uint8_t, rows->rows);
    struct ranking ranking;

    for (size_t i = 0; i < rows->rows; i++)
        truth[i] = rows->label[i] != 0;
    const struct scored scored = {rows->rows, truth, scores, rows->weight};
    if (!calibrator_fit(&decision->calibrator, (enum calibrator_kind)output->calibrate, &scored,
                        memory, err))
        return error_wrap(err, "output.calibrate");
    calibrate(&decision->calibrator, scores, rows->rows);
    ranking_build(&ranking, &scored);
    const bool ok =
        threshold_choose(&decision->threshold, output->rule, output->target, &ranking, err) ||
        error_wrap(err, "output.threshold");
    ranking_clear(&ranking);
    return ok;
}

bool tabular_run_decide(const struct tabular_run *run, double *scores, struct decision *decision,
                        struct arena *memory, struct error *err)
{
    const size_t labels = run->config->tabular.output.labels.count;
    const enum tabular_task task = run->data.labels.task;

    *decision = (struct decision){.kind = task == TABULAR_BINARY    ? DECISION_BINARY
                                          : task == TABULAR_CLASSES ? DECISION_CLASSES
                                                                    : DECISION_VALUE};
    if (labels != 0 && labels != run->data.labels.count)
        return error_set(err, ERR_CONFIG,
                         "key 'output.labels': there are %zu texts for %zu classes", labels,
                         run->data.labels.count);
    choose_labels(run, decision, memory);
    return task != TABULAR_BINARY || decide_binary(run, scores, decision, memory, err);
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

/* Both take over nothing; `validation` and `test` are scores. */
static bool write_results(const struct tabular_run *run, const char *folder,
                          const struct decision *decision, const double *validation,
                          const double *test, struct error *err)
{
    const struct tabular_data *data = &run->data;
    json_t *evaluation;

    return (run->options->folds
                ? tabular_run_folds(run, folder, decision->threshold, &evaluation, err)
                : tabular_evaluation(&evaluation, &data->labels, &data->part[TABULAR_TEST], test,
                                     decision->threshold, EVALUATION_SEED, err)) &&
           write_document(folder, "evaluation.json", evaluation, err) &&
           write_document(folder, "decision.json", decision_json(decision), err) &&
           write_document(folder, "reference.json", tabular_reference(data, validation), err);
}

static bool evaluate(struct tabular_run *run, const char *folder, struct error *err)
{
    const struct tabular_data *data = &run->data;
    double *validation = NULL, *test = NULL;
    struct arena memory = {0};
    struct decision decision;

    if (!tabular_run_load(run, err) || !tabular_run_open_model(run, err))
        return false;
    const struct scorer scorer = {run->transform, run->trees, data->schema.count};
    bool ok =
        tabular_scores(&scorer, &data->part[TABULAR_VALIDATION], &data->schema, &validation, err) &&
        tabular_scores(&scorer, &data->part[TABULAR_TEST], &data->schema, &test, err) &&
        tabular_run_decide(run, validation, &decision, &memory, err);
    if (ok && decision.kind == DECISION_BINARY)
        calibrate(&decision.calibrator, test, data->part[TABULAR_TEST].rows);
    ok = ok && write_results(run, folder, &decision, validation, test, err);
    free(validation);
    free(test);
    arena_clear(&memory);
    return ok;
}

static bool make(void *context, const char *folder, struct error *err)
{
    struct tabular_run *run = context;
    struct progress progress;

    /* Folds have a line of their own. */
    progress_begin(&progress, "evaluate", 0, run->options->quiet || run->options->folds);
    if (!evaluate(run, folder, err)) {
        progress_cancel(&progress);
        return false;
    }
    progress_end(&progress, "done");
    return true;
}

bool tabular_run_evaluate(struct tabular_run *run, struct error *err)
{
    const uint64_t train = stage_key_number(stage_key_new("evaluate"), run->train_key);
    const uint64_t key = stage_key_number(train, run->options->folds);

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
