/* forecast_document — the JSON documents of a forecast. */
#include "pipeline/forecast_run.h"

#include "metric/regression.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { YEAR = 12, CHARTS = 5, WORST_ITEMS = 20 };

/* Pairs of prediction and sales, with the error of the naive forecast of their item. */
struct pairs {
    size_t count;
    double *truth, *prediction, *naive;
};

static struct pairs new_pairs(size_t room)
{
    return (struct pairs){0, memory_take(room + 1, sizeof(double)),
                          memory_take(room + 1, sizeof(double)),
                          memory_take(room + 1, sizeof(double))};
}

static void clear_pairs(struct pairs *pairs)
{
    free(pairs->truth);
    free(pairs->prediction);
    free(pairs->naive);
}

static void add_pair(struct pairs *pairs, double truth, double prediction, double naive)
{
    if (!isfinite(truth) || !isfinite(prediction))
        return;
    pairs->truth[pairs->count] = truth;
    pairs->prediction[pairs->count] = prediction;
    pairs->naive[pairs->count++] = naive;
}

static json_t *metrics_of(const struct pairs *pairs)
{
    return regression_json(
        &(struct amounts){pairs->count, pairs->truth, pairs->prediction, pairs->naive});
}

/* Mean error of "as in the same month last year" before the test, or NaN. */
static double naive_error(const struct panel *panel, size_t item, size_t end)
{
    double sum = 0;
    size_t count = 0;

    for (size_t month = YEAR; month < end; month++) {
        const double miss =
            fabs(panel_sold(panel, item, month, 0) - panel_sold(panel, item, month, YEAR));
        sum += isfinite(miss) ? miss : 0;
        count += isfinite(miss);
    }
    return count ? sum / (double)count : NAN;
}

/* The pairs of items first .. end - 1 and months from .. to - 1. */
static struct pairs pairs_of(const struct forecast_result *r, size_t first, size_t end, size_t from,
                             size_t to)
{
    struct pairs pairs = new_pairs((end - first) * (to - from));

    for (size_t i = first; i < end; i++) {
        const double naive = naive_error(&r->panel, i, r->start);
        for (size_t month = from; month < to; month++)
            add_pair(&pairs, panel_sold(&r->panel, i, month, 0),
                     r->prediction[i * (r->end - r->start) + (month - r->start)], naive);
    }
    return pairs;
}

/* The sum of what is predicted for a month, NaN where nothing is. */
static double all_predicted(const struct forecast_result *r, size_t month)
{
    const size_t width = r->end - r->start;
    double sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < r->panel.items; i++) {
        const double prediction = r->prediction[i * width + (month - r->start)];
        sum += isfinite(prediction) ? prediction : 0;
        count += isfinite(prediction);
    }
    return count ? sum : NAN;
}

static json_t *months_json(const struct forecast_result *r)
{
    json_t *list = json_array();
    char text[CALENDAR_TEXT_SIZE];

    for (size_t month = r->start; month < r->end; month++) {
        struct pairs pairs = pairs_of(r, 0, r->panel.items, month, month + 1);
        double sold = pairs.count ? 0 : NAN, predicted = pairs.count ? 0 : all_predicted(r, month);
        for (size_t k = 0; k < pairs.count; k++) {
            sold += pairs.truth[k];
            predicted += pairs.prediction[k];
        }
        calendar_text(r->panel.first + (int)month, text);
        json_t *entry = json_pack("{s:s, s:o, s:o}", "month", text, "sales", json_number(sold),
                                  "prediction", json_number(predicted));
        if (pairs.count > 0)
            json_object_set_new(entry, "regression_metrics", metrics_of(&pairs));
        json_array_append_new(list, entry);
        clear_pairs(&pairs);
    }
    return list;
}

static json_t *backtest_json(const struct forecast_result *r)
{
    const struct backtest *b = &r->backtest;
    struct pairs pairs = new_pairs(b->count);
    char text[CALENDAR_TEXT_SIZE];

    for (size_t k = 0; k < b->count; k++)
        add_pair(&pairs, b->row[k].truth, b->row[k].prediction,
                 naive_error(&r->panel, b->row[k].item, b->row[k].month - b->row[k].step));
    calendar_text(r->panel.first + (int)b->first, text);
    json_t *document =
        json_pack("{s:I, s:s, s:o}", "origins", (json_int_t)b->origins, "first_origin",
                  b->origins ? text : "", "regression_metrics", metrics_of(&pairs));
    clear_pairs(&pairs);
    return document;
}

json_t *forecast_evaluation_json(const struct forecast_result *r)
{
    struct pairs all = pairs_of(r, 0, r->panel.items, r->start, r->end);
    json_t *document = NULL;
    size_t inside = 0, intervals = 0;

    for (size_t i = 0; i < r->panel.items; i++)
        for (size_t month = r->start; month < r->end; month++) {
            const size_t at = i * (r->end - r->start) + (month - r->start);
            const double sold = panel_sold(&r->panel, i, month, 0);
            if (!isfinite(sold) || !isfinite(r->lower[at]))
                continue;
            intervals++;
            inside += sold >= r->lower[at] && sold <= r->upper[at];
        }
    if (all.count > 0) {
        document = json_pack(
            "{s:o, s:o, s:o, s:o}", "regression_metrics", metrics_of(&all), "months",
            months_json(r), "interval",
            json_pack("{s:f, s:o}", "share", r->config->forecast.settings.interval, "covered",
                      json_number(intervals ? (double)inside / (double)intervals : NAN)),
            "backtest", backtest_json(r));
    }
    clear_pairs(&all);
    return document;
}

json_t *forecast_model_json(const struct forecast_result *r)
{
    json_t *features = json_array();
    char start[CALENDAR_TEXT_SIZE];

    for (size_t f = 0; f < r->model.features; f++)
        json_array_append_new(features, json_string(r->model.feature[f]->name));
    calendar_text(r->panel.first + (int)r->start, start);
    json_t *document =
        json_pack("{s:s, s:o, s:s, s:I, s:o}", "model", r->model.kind->name, "features", features,
                  "start_test", start, "rows", (json_int_t)r->model.rows, "parameters",
                  forecast_parameters(&r->model));
    if (r->model.note)
        json_object_set_new(document, "fit", json_string(r->model.note));
    return document;
}

struct item_error {
    size_t item;
    double error, sold, predicted; /* sum of |miss| and of both sides */
};

static int by_error(const void *a, const void *b)
{
    const struct item_error *x = a, *y = b;

    if (x->error != y->error)
        return x->error < y->error ? 1 : -1;
    return (x->item > y->item) - (x->item < y->item);
}

/* Items by the sum of their misses; where no sales are known, by what is predicted. */
static struct item_error *worst_items(const struct forecast_result *r)
{
    struct item_error *list = memory_take_zeroed(r->panel.items + 1, sizeof *list);

    for (size_t i = 0; i < r->panel.items; i++) {
        struct pairs pairs = pairs_of(r, i, i + 1, r->start, r->end);
        list[i].item = i;
        for (size_t k = 0; k < pairs.count; k++) {
            list[i].error += fabs(pairs.truth[k] - pairs.prediction[k]);
            list[i].sold += pairs.truth[k];
            list[i].predicted += pairs.prediction[k];
        }
        clear_pairs(&pairs);
    }
    qsort(list, r->panel.items, sizeof *list, by_error);
    return list;
}

static json_t *series_json(const struct forecast_result *r, size_t item)
{
    json_t *months = json_array(), *sales = json_array(), *prediction = json_array(),
           *lower = json_array(), *upper = json_array();
    char text[CALENDAR_TEXT_SIZE];

    for (size_t month = 0; month < r->end; month++) {
        const size_t at = item * (r->end - r->start) + (month - r->start);
        const bool predicted = month >= r->start;
        calendar_text(r->panel.first + (int)month, text);
        json_array_append_new(months, json_string(text));
        json_array_append_new(sales, json_number(panel_sold(&r->panel, item, month, 0)));
        json_array_append_new(prediction, json_number(predicted ? r->prediction[at] : NAN));
        json_array_append_new(lower, json_number(predicted ? r->lower[at] : NAN));
        json_array_append_new(upper, json_number(predicted ? r->upper[at] : NAN));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "item", r->panel.item[item], "months",
                     months, "sales", sales, "prediction", prediction, "lower", lower, "upper",
                     upper);
}

static json_t *charts_json(const struct forecast_result *r, const struct item_error *worst)
{
    const struct forecast_settings *s = &r->config->forecast.settings;
    json_t *list = json_array();

    for (size_t k = 0; s->charts == 0 && k < CHARTS && k < r->panel.items; k++)
        json_array_append_new(list, series_json(r, worst[k].item));
    for (size_t k = 0; k < s->charts; k++)
        for (size_t i = 0; i < r->panel.items; i++)
            if (strcmp(r->panel.item[i], s->chart[k]) == 0)
                json_array_append_new(list, series_json(r, i));
    return list;
}

json_t *forecast_document_json(const struct forecast_result *r)
{
    struct item_error *worst = worst_items(r);
    json_t *document = json_object(), *items = json_array(),
           *evaluation = forecast_evaluation_json(r);

    for (size_t k = 0; k < WORST_ITEMS && k < r->panel.items && worst[k].error > 0; k++)
        json_array_append_new(items,
                              json_pack("{s:s, s:f, s:f, s:f}", "item",
                                        r->panel.item[worst[k].item], "sales", worst[k].sold,
                                        "prediction", worst[k].predicted, "error", worst[k].error));
    json_object_set_new(document, "items", json_integer((json_int_t)r->panel.items));
    json_object_set_new(document, "model", forecast_model_json(r));
    json_object_set_new(document, "months", months_json(r));
    json_object_set_new(document, "worst", items);
    json_object_set_new(document, "charts", charts_json(r, worst));
    if (evaluation)
        json_object_set_new(document, "evaluation", evaluation);
    free(worst);
    return document;
}
