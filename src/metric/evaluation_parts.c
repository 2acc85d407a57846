#include "metric/evaluation_parts.h"

#include "base/arena.h"
#include "base/text.h"
#include "metric/calibration.h"
#include "metric/curve.h"
#include "metric/daily_top.h"
#include "metric/top.h"

#include <math.h>

enum { HISTOGRAM_BINS = 20 };

json_t *evaluation_number(double value)
{
    return isfinite(value) ? json_real(value) : json_string("NaN");
}

json_t *evaluation_amount(double value)
{
    if (isfinite(value) && value == floor(value) && fabs(value) < 0x1p53)
        return json_integer((json_int_t)value);
    return evaluation_number(value);
}

static json_t *numbers(const double *value, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, evaluation_number(value[i]));
    return list;
}

static json_t *amounts(const double *value, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, evaluation_amount(value[i]));
    return list;
}

void evaluation_add_curves(json_t *metrics, const struct ranking *pooled, size_t points)
{
    struct curve curve;

    curve_roc(&curve, pooled, points);
    json_object_set_new(metrics, "receiver_operating_characteristic_curve",
                        json_pack("{s:o,s:o}", "false_positive_rates",
                                  numbers(curve.x, curve.count), "true_positive_rates",
                                  numbers(curve.y, curve.count)));
    curve_clear(&curve);
    curve_precision_recall(&curve, pooled, points);
    json_object_set_new(metrics, "precision_recall_curve",
                        json_pack("{s:o,s:o}", "precisions", numbers(curve.y, curve.count),
                                  "recalls", numbers(curve.x, curve.count)));
    curve_clear(&curve);
}

static json_t *bins_document(const struct calibration *calibration)
{
    json_t *list = json_array();

    for (size_t b = 0; b < calibration->count; b++) {
        const struct calibration_bin *bin = &calibration->bin[b];
        json_array_append_new(list, json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "low",
                                              evaluation_number(bin->low), "high",
                                              evaluation_number(bin->high), "weight",
                                              evaluation_amount(bin->weight), "mean_score",
                                              evaluation_number(bin->mean_score), "positive_rate",
                                              evaluation_number(bin->positive_rate), "rate_low",
                                              evaluation_number(bin->rate_low), "rate_high",
                                              evaluation_number(bin->rate_high)));
    }
    return list;
}

static void add_histogram(json_t *metrics, const struct ranking *pooled)
{
    double edge[HISTOGRAM_BINS + 1], positive[HISTOGRAM_BINS], negative[HISTOGRAM_BINS];

    calibration_histogram(pooled, HISTOGRAM_BINS, positive, negative);
    for (size_t b = 0; b <= HISTOGRAM_BINS; b++)
        edge[b] = (double)b / HISTOGRAM_BINS;
    json_object_set_new(metrics, "score_histogram",
                        json_pack("{s:o,s:o,s:o}", "edges", numbers(edge, HISTOGRAM_BINS + 1),
                                  "positives", amounts(positive, HISTOGRAM_BINS), "negatives",
                                  amounts(negative, HISTOGRAM_BINS)));
}

void evaluation_add_calibration(json_t *metrics, const struct ranking *pooled, size_t bins)
{
    struct calibration equal, steps;

    calibration_build(&equal, pooled, bins);
    calibration_build_steps(&steps, pooled, bins);
    json_object_set_new(metrics, "calibration",
                        json_pack("{s:o,s:o,s:o,s:o}", "bins", bins_document(&equal),
                                  "expected_error", evaluation_number(equal.expected_error),
                                  "step_bins", bins_document(&steps), "step_expected_error",
                                  evaluation_number(steps.expected_error)));
    add_histogram(metrics, pooled);
}

void evaluation_add_top(json_t *metrics, const struct ranking *pooled)
{
    double k[TOP_STEPS_MAX], precision[TOP_STEPS_MAX], recall[TOP_STEPS_MAX];
    const size_t count = pooled->complete ? top_steps(k, pooled->positives + pooled->negatives) : 0;

    for (size_t i = 0; i < count; i++) {
        precision[i] = top_precision(pooled, k[i]);
        recall[i] = top_recall(pooled, k[i]);
    }
    json_object_set_new(metrics, "top",
                        json_pack("{s:o,s:o,s:o}", "k", amounts(k, count), "precisions",
                                  numbers(precision, count), "recalls", numbers(recall, count)));
}

/* "2018-08-08", or the number where the day is none of 1970 to 9999. */
static json_t *day_document(int64_t day)
{
    const int64_t last = 2932896; /* 9999-12-31 */
    char text[TEXT_TIME_SIZE];

    if (day < 0 || day > last)
        return json_integer(day);
    text_from_time(text, day * INT64_C(86400000000));
    return json_stringn(text, 10);
}

static json_t *daily_document(const struct daily_top *top, const struct evaluation_daily *daily)
{
    json_t *list = json_array();

    for (size_t d = 0; d < top->count; d++) {
        const struct daily_day *day = &top->day[d];
        json_array_append_new(list,
                              json_pack("{s:o,s:I,s:I,s:I,s:o}", "day", day_document(day->day),
                                        "entities", (json_int_t)day->entities, "positives",
                                        (json_int_t)day->positive, "found", (json_int_t)day->found,
                                        "precision", evaluation_number(day->precision)));
    }
    return json_pack("{s:I,s:b,s:o,s:o,s:o}", "k", (json_int_t)daily->settings.k, "keep_found",
                     daily->settings.keep_found, "value", evaluation_number(top->precision), "best",
                     evaluation_number(top->best), "days", list);
}

/* Rows of weight 0 do not exist; other weights do not matter to a check of entities. */
void evaluation_add_daily(json_t *metrics, const struct scored *pooled,
                          const struct evaluation_daily *daily)
{
    int64_t *day = memory_take(pooled->count + 1, sizeof *day);
    int64_t *entity = memory_take(pooled->count + 1, sizeof *entity);
    uint8_t *truth = memory_take(pooled->count + 1, 1);
    double *score = memory_take(pooled->count + 1, sizeof *score);
    struct daily_rows rows = {0, day, entity, truth, score};
    struct daily_top top;

    for (size_t i = 0; i < pooled->count; i++) {
        if (pooled->weight && pooled->weight[i] == 0)
            continue;
        day[rows.count] = daily->day[i];
        entity[rows.count] = daily->entity[i];
        truth[rows.count] = pooled->truth[i];
        score[rows.count++] = pooled->score[i];
    }
    daily_top_build(&top, &rows, &daily->settings);
    json_object_set_new(metrics, "daily_top", daily_document(&top, daily));
    daily_top_clear(&top);
    free(day);
    free(entity);
    free(truth);
    free(score);
}
