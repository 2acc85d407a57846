#include "metric/evaluation.h"

#include "base/arena.h"
#include "base/rng.h"
#include "metric/calibration.h"
#include "metric/confusion.h"
#include "metric/curve.h"
#include "metric/evaluation_parts.h"
#include "metric/spread.h"

#include <math.h>

enum { RESAMPLES = 5, RESAMPLE_ROWS_MIN = 200 };

static const char *const metric_names[] = {
#define X(name) #name,
    EVALUATION_METRICS(X)
#undef X
};

struct evaluation_settings evaluation_defaults(void)
{
    return (struct evaluation_settings){.threshold = 0.5, .bins = 10, .curve_points = CURVE_POINTS};
}

static void fill_from_confusion(struct evaluation *out, const struct confusion *c)
{
    double *v = out->value;

    v[EVALUATION_accuracy] = confusion_accuracy(c);
    v[EVALUATION_precision] = confusion_precision(c);
    v[EVALUATION_recall] = confusion_true_positive_rate(c);
    v[EVALUATION_f0_5] = confusion_f(c, 0.5);
    v[EVALUATION_f1] = confusion_f(c, 1);
    v[EVALUATION_f2] = confusion_f(c, 2);
    v[EVALUATION_true_positive_rate] = confusion_true_positive_rate(c);
    v[EVALUATION_true_negative_rate] = confusion_true_negative_rate(c);
    v[EVALUATION_false_positive_rate] = confusion_false_positive_rate(c);
    v[EVALUATION_false_negative_rate] = confusion_false_negative_rate(c);
}

struct evaluation evaluation_compute(const struct ranking *ranking,
                                     const struct evaluation_settings *settings)
{
    const struct confusion confusion = confusion_at(ranking, settings->threshold);
    struct calibration calibration;
    struct evaluation out = {{0}};

    calibration_build(&calibration, ranking, settings->bins);
    out.value[EVALUATION_auc] = ranking_auc(ranking);
    out.value[EVALUATION_average_precision] = ranking_average_precision(ranking);
    out.value[EVALUATION_log_loss] = calibration_log_loss(ranking);
    out.value[EVALUATION_brier_score] = calibration_brier(ranking);
    out.value[EVALUATION_expected_calibration_error] = calibration.expected_error;
    fill_from_confusion(&out, &confusion);
    return out;
}

static struct evaluation best_constant(const struct ranking *ranking)
{
    const struct confusion confusion = confusion_all_positive(ranking);
    const double total = ranking->positives + ranking->negatives;
    const double share = ranking->positives / total;
    struct evaluation out = {{0}};
    double one[1] = {share}, positive[1] = {ranking->positives}, negative[1] = {ranking->negatives};
    const struct ranking constant = {.count = total > 0,
                                     .score = one,
                                     .positive = positive,
                                     .negative = negative,
                                     .positives = ranking->positives,
                                     .negatives = ranking->negatives,
                                     .complete = true};

    fill_from_confusion(&out, &confusion);
    out.value[EVALUATION_accuracy] = fmax(share, 1 - share);
    out.value[EVALUATION_auc] = ranking_auc(&constant);
    out.value[EVALUATION_average_precision] = ranking_average_precision(&constant);
    out.value[EVALUATION_log_loss] = calibration_log_loss(&constant);
    out.value[EVALUATION_brier_score] = calibration_brier(&constant);
    out.value[EVALUATION_expected_calibration_error] = total > 0 ? 0 : NAN;
    return out;
}

static json_t *confusion_document(const struct confusion *c)
{
    return json_pack("{s:{s:o,s:o},s:{s:o,s:o}}", "0", "0", evaluation_amount(c->true_negative),
                     "1", evaluation_amount(c->false_positive), "1", "0",
                     evaluation_amount(c->false_negative), "1",
                     evaluation_amount(c->true_positive));
}

/* Rows copied one after the other. */
struct rows_copy {
    size_t count;
    uint8_t *truth;
    double *score, *weight;
};

static struct rows_copy rows_copy_new(size_t room)
{
    return (struct rows_copy){.truth = memory_take(room + 1, 1),
                              .score = memory_take(room + 1, sizeof(double)),
                              .weight = memory_take(room + 1, sizeof(double))};
}

static void rows_copy_add(struct rows_copy *copy, const struct scored *rows, size_t row)
{
    copy->truth[copy->count] = rows->truth[row];
    copy->score[copy->count] = rows->score[row];
    copy->weight[copy->count++] = rows->weight ? rows->weight[row] : 1;
}

static struct scored rows_copy_view(const struct rows_copy *copy)
{
    return (struct scored){copy->count, copy->truth, copy->score, copy->weight};
}

static void rows_copy_clear(struct rows_copy *copy)
{
    free(copy->truth);
    free(copy->score);
    free(copy->weight);
}

/*
 * Evaluations of RESAMPLES draws of 80 % of the rows without replacement, by selection sampling
 * (Knuth, TAOCP 2, 3.4.2, algorithm S). Draw r reads stream r.
 */
static void evaluate_resamples(struct evaluation *out, const struct scored *rows,
                               const struct evaluation_settings *settings)
{
    struct rows_copy draw = rows_copy_new(rows->count);

    for (size_t r = 0; r < RESAMPLES; r++) {
        struct rng rng = rng_new(settings->seed, r);
        struct ranking ranking;
        size_t wanted = rows->count - rows->count / 5;

        draw.count = 0;
        for (size_t i = 0; wanted > 0; i++)
            if (rng_below(&rng, rows->count - i) < wanted) {
                rows_copy_add(&draw, rows, i);
                wanted--;
            }
        const struct scored view = rows_copy_view(&draw);
        ranking_build(&ranking, &view);
        out[r] = evaluation_compute(&ranking, settings);
        ranking_clear(&ranking);
    }
    rows_copy_clear(&draw);
}

/* spread_mean() or spread_deviation() of one metric over repeats. */
static double spread(double (*of)(const double *value, size_t count),
                     const struct evaluation *repeat, size_t count, size_t metric)
{
    double *value = memory_take(count, sizeof *value);

    for (size_t r = 0; r < count; r++)
        value[r] = repeat[r].value[metric];
    const double result = of(value, count);
    free(value);
    return result;
}

/* "NAME": {"value", "standard_deviation"} for every metric; repeats may be none. */
static void add_metrics(json_t *document, const struct evaluation *value,
                        const struct evaluation *repeat, size_t repeats, const char *suffix)
{
    for (size_t m = 0; m < EVALUATION_COUNT; m++) {
        char name[96];
        snprintf(name, sizeof name, "%s%s", metric_names[m], suffix);
        json_object_set_new(
            document, name,
            json_pack(
                "{s:o,s:o}", "value", evaluation_number(value->value[m]), "standard_deviation",
                evaluation_number(repeats ? spread(spread_deviation, repeat, repeats, m) : NAN)));
    }
}

/* Every row of every fold, one fold after the other. */
static struct rows_copy pool_rows(const struct scored *rows, size_t folds)
{
    size_t total = 0;

    for (size_t f = 0; f < folds; f++)
        total += rows[f].count;
    struct rows_copy all = rows_copy_new(total);
    for (size_t f = 0; f < folds; f++)
        for (size_t i = 0; i < rows[f].count; i++)
            rows_copy_add(&all, &rows[f], i);
    return all;
}

static json_t *fold_document(size_t fold, const struct scored *rows, const struct ranking *ranking,
                             const struct evaluation *evaluation)
{
    json_t *document =
        json_pack("{s:I,s:I,s:o}", "fold", (json_int_t)fold, "samples", (json_int_t)rows->count,
                  "positives", evaluation_amount(ranking->positives));

    for (size_t m = 0; m < EVALUATION_COUNT; m++)
        json_object_set_new(document, metric_names[m], evaluation_number(evaluation->value[m]));
    return document;
}

/* Metrics and baselines as means over folds with deviations; returns the list of folds. */
static json_t *add_folds(json_t *document, const struct scored *rows, size_t folds,
                         const struct evaluation_settings *settings)
{
    struct evaluation *value = memory_take(2 * folds, sizeof *value), *constant = value + folds;
    struct evaluation average, average_constant;
    json_t *list = json_array();

    for (size_t f = 0; f < folds; f++) {
        struct ranking ranking;
        ranking_build(&ranking, &rows[f]);
        value[f] = evaluation_compute(&ranking, settings);
        constant[f] = best_constant(&ranking);
        json_array_append_new(list, fold_document(f, &rows[f], &ranking, &value[f]));
        ranking_clear(&ranking);
    }
    for (size_t m = 0; m < EVALUATION_COUNT; m++) {
        average.value[m] = spread(spread_mean, value, folds, m);
        average_constant.value[m] = spread(spread_mean, constant, folds, m);
    }
    add_metrics(document, &average, value, folds, "");
    add_metrics(document, &average_constant, constant, folds, "_best_constant_classifier");
    free(value);
    return list;
}

static void add_single(json_t *document, const struct scored *rows, const struct ranking *ranking,
                       const struct evaluation_settings *settings)
{
    struct evaluation repeat[RESAMPLES];
    const struct evaluation value = evaluation_compute(ranking, settings);
    const struct evaluation constant = best_constant(ranking);
    const size_t repeats = rows->count >= RESAMPLE_ROWS_MIN ? RESAMPLES : 0;

    if (repeats)
        evaluate_resamples(repeat, rows, settings);
    add_metrics(document, &value, repeat, repeats, "");
    add_metrics(document, &constant, NULL, 0, "_best_constant_classifier");
}

bool evaluation_json(json_t **document, const struct scored *rows, size_t folds,
                     const struct evaluation_settings *settings, struct error *err)
{
    const struct evaluation_settings defaults = evaluation_defaults();
    struct ranking pooled;
    json_t *list = NULL;

    if (!settings)
        settings = &defaults;
    for (size_t f = 0; f < folds; f++)
        if (!scored_check(&rows[f], err))
            return folds > 1 ? error_wrap(err, "fold %zu", f) : false;
    struct rows_copy all = pool_rows(rows, folds);
    const struct scored view = rows_copy_view(&all);
    ranking_build(&pooled, &view);
    const struct confusion confusion = confusion_at(&pooled, settings->threshold);

    json_t *metrics = json_pack("{s:I,s:o,s:o,s:o}", "samples", (json_int_t)view.count, "positives",
                                evaluation_amount(pooled.positives), "threshold",
                                evaluation_number(settings->threshold), "confusion_matrix",
                                confusion_document(&confusion));
    if (folds > 1)
        list = add_folds(metrics, rows, folds, settings);
    else
        add_single(metrics, &view, &pooled, settings);
    evaluation_add_curves(metrics, &pooled, settings->curve_points);
    evaluation_add_calibration(metrics, &pooled, settings->bins);
    evaluation_add_top(metrics, &pooled);
    if (settings->daily)
        evaluation_add_daily(metrics, &view, settings->daily);
    ranking_clear(&pooled);
    rows_copy_clear(&all);

    *document = json_pack("{s:o}", "binary_classification_metrics", metrics);
    if (list)
        json_object_set_new(*document, "folds", list);
    return true;
}
