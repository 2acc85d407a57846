#include "report/forecast_section.h"

#include "report/chart.h"
#include "report/html.h"
#include "report/read.h"

#include <math.h>

enum {
    SHOWN_MONTHS = 60,
    SHOWN_ITEMS = 20,
    SHOWN_PARAMETERS = 50,
    SHOWN_CHARTS = 50,
    CHART_MONTHS = 120,
    CHART_PAST = 24, /* of them before the first predicted one */
};

static size_t at_most(size_t count, size_t most)
{
    return count < most ? count : most;
}

/* "2023-07" of "2023-07-01". */
static void month_cell(struct text *out, const char *month)
{
    char text[8];

    snprintf(text, sizeof text, "%s", month);
    html_row_name(out, text);
}

static void months_table(struct text *out, const json_t *months, size_t count)
{
    html_open_table_open(out, "All items together, by month");
    html_add(out, "<thead><tr><th scope=\"col\">Month</th><th scope=\"col\" class=\"n\">Predicted"
                  "</th><th scope=\"col\" class=\"n\">Sold</th><th scope=\"col\" class=\"n\">Miss"
                  "</th><th scope=\"col\" class=\"n\">R2 over items</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count; i++) {
        const json_t *month = json_array_get(months, i);
        const double sold = read_number(month, "sales"),
                     predicted = read_number(month, "prediction");
        html_add(out, "<tr>");
        month_cell(out, read_text(month, "month"));
        html_cell(out, figure_count(predicted));
        html_cell(out, figure_count(sold));
        html_cell(out, figure_share(predicted / sold - 1));
        html_cell(out, figure_score(read_number(
                           json_object_get(json_object_get(month, "regression_metrics"), "r2"),
                           "value")));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
}

void forecast_section_months(struct text *out, const json_t *document, struct arena *memory)
{
    const json_t *months = json_object_get(document, "months");
    const size_t all = json_array_size(months), count = at_most(all, SHOWN_MONTHS);

    (void)memory;
    if (count == 0)
        return;
    html_section_open(out, "months", "What will be sold",
                      "Totals over all items; where sales are known, over the items that have "
                      "them.");
    if (all > count)
        text_add_format(out, "<p class=\"note\">The first %zu of %zu months.</p>\n", count, all);
    months_table(out, months, count);
    html_section_close(out);
}

/* One line of a chart, from a month on, counted from the first predicted one. */
static struct chart_series series_of(const json_t *chart, const char *key, const char *label,
                                     size_t from, size_t start, struct arena *memory)
{
    const json_t *values = json_object_get(chart, key);
    const size_t all = json_array_size(json_object_get(chart, "months"));
    const size_t count = at_most(all - from, CHART_MONTHS);
    double *x = ARENA_NEW(memory, double, count + 1), *y = ARENA_NEW(memory, double, count + 1);

    for (size_t i = 0; i < count; i++) {
        x[i] = (double)(from + i) - (double)start;
        y[i] = read_item(values, from + i);
    }
    return (struct chart_series){.label = label, .x = x, .y = y, .count = count};
}

/* The place of the first month with a prediction. */
static size_t first_predicted(const json_t *chart)
{
    const json_t *values = json_object_get(chart, "prediction");
    size_t i = 0;

    while (i < json_array_size(values) && !isfinite(read_item(values, i)))
        i++;
    return at_most(i, json_array_size(json_object_get(chart, "months")));
}

static void item_chart(struct text *out, const json_t *chart, struct arena *memory)
{
    const size_t start = first_predicted(chart);
    const size_t from = start > CHART_PAST ? start - CHART_PAST : 0;
    const struct chart_series series[] = {
        series_of(chart, "sales", "Sold", from, start, memory),
        series_of(chart, "prediction", "Predicted", from, start, memory),
        series_of(chart, "lower", "Lower end of the interval", from, start, memory),
        series_of(chart, "upper", "Upper end of the interval", from, start, memory),
    };

    html_add(out, "<figure><h3>");
    html_text(out, read_text(chart, "item"), HTML_NAME_COLUMNS);
    html_add(out, "</h3>\n");
    chart_line(out, &(struct chart_line){
                        .words = {.title = "Sales and prediction",
                                  .description = "Sales of the item by month, and what was "
                                                 "predicted with its interval; predictions.csv "
                                                 "and intervals.csv have the numbers.",
                                  .x_label = "months since the first predicted one",
                                  .y_label = ""},
                        .series = series,
                        .count = sizeof series / sizeof *series,
                        .x_kind = FIGURE_COUNT,
                        .y_kind = FIGURE_AMOUNT,
                        .mark = NAN});
    html_add(out, "</figure>\n");
}

void forecast_section_charts(struct text *out, const json_t *document, struct arena *memory)
{
    const json_t *charts = json_object_get(document, "charts");
    const size_t count = at_most(json_array_size(charts), SHOWN_CHARTS);

    if (count == 0)
        return;
    html_section_open(out, "charts", "Items",
                      "Those that forecast.charts names, or else the ones with the largest error.");
    html_add(out, "<div class=\"pair\">\n");
    for (size_t i = 0; i < count; i++)
        if (json_array_size(json_object_get(json_array_get(charts, i), "months")) > 1)
            item_chart(out, json_array_get(charts, i), memory);
    html_add(out, "</div>\n");
    html_section_close(out);
}

static void worst_table(struct text *out, const json_t *worst, size_t count)
{
    html_table_open(out, "Errors as a table", "Sums over the months whose sales are known");
    html_add(out, "<thead><tr><th scope=\"col\">Item</th><th scope=\"col\" class=\"n\">Sum of "
                  "misses</th><th scope=\"col\" class=\"n\">Sold</th><th scope=\"col\" "
                  "class=\"n\">Predicted</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(worst, i);
        html_add(out, "<tr>");
        html_row_name(out, read_text(item, "item"));
        html_cell(out, figure_count(read_number(item, "error")));
        html_cell(out, figure_count(read_number(item, "sales")));
        html_cell(out, figure_count(read_number(item, "prediction")));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void forecast_section_worst(struct text *out, const json_t *document, struct arena *memory)
{
    const json_t *worst = json_object_get(document, "worst");
    const size_t count = at_most(json_array_size(worst), SHOWN_ITEMS);
    const char **name = ARENA_NEW(memory, const char *, count + 1);
    double *error = ARENA_NEW(memory, double, count + 1);

    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        name[i] = read_text(json_array_get(worst, i), "item");
        error[i] = read_number(json_array_get(worst, i), "error");
    }
    html_section_open(out, "worst", "Where it is wrong",
                      "The items with the largest sum of misses, however small or large they "
                      "sell.");
    chart_bars(out, &(struct chart_bars){.description = "Sum of misses by item",
                                         .count = count,
                                         .name = name,
                                         .value = error,
                                         .kind = FIGURE_COUNT,
                                         .best = SIZE_MAX});
    worst_table(out, worst, count);
    html_section_close(out);
}

static void features_line(struct text *out, const json_t *model)
{
    const json_t *features = json_object_get(model, "features");

    html_add(out, "<p><b>");
    html_text(out, read_text(model, "model"), HTML_NAME_COLUMNS);
    html_add(out, "</b>");
    for (size_t i = 0; i < at_most(json_array_size(features), SHOWN_PARAMETERS); i++) {
        html_add(out, i ? ", " : " on ");
        html_text(out, read_text_item(features, i), HTML_NAME_COLUMNS);
    }
    html_add(out, ". ");
    html_text(out, read_text(model, "fit"), HTML_LINE_COLUMNS);
    html_add(out, "</p>\n");
}

void forecast_section_model(struct text *out, const json_t *document, struct arena *memory)
{
    const json_t *model = json_object_get(document, "model"),
                 *parameters = json_object_get(model, "parameters");
    const size_t count = at_most(json_array_size(parameters), SHOWN_PARAMETERS);

    (void)memory;
    if (!read_text(model, "model")[0])
        return;
    html_section_open(out, "model", "The model", "What it learned from the months before.");
    features_line(out, model);
    if (count > 0) {
        html_open_table_open(out, "Parameters");
        html_add(out, "<thead><tr><th scope=\"col\">Parameter</th><th scope=\"col\" class=\"n\">"
                      "Value</th><th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n");
        for (size_t i = 0; i < count; i++) {
            const json_t *p = json_array_get(parameters, i);
            html_add(out, "<tr>");
            html_row_name(out, read_text(p, "name"));
            html_cell(out, figure_score(read_number(p, "value")));
            html_add(out, "<td>");
            html_text(out, read_text(p, "meaning"), HTML_LINE_COLUMNS);
            html_add(out, "</td></tr>\n");
        }
        html_add(out, "</tbody>\n");
        html_open_table_close(out);
    }
    html_section_close(out);
}

static double figure_value(const json_t *evaluation, const char *key)
{
    return read_number(json_object_get(json_object_get(evaluation, "regression_metrics"), key),
                       "value");
}

void forecast_section_evaluation(struct text *out, const json_t *document, struct arena *memory)
{
    static const struct {
        const char *key, *label;
        enum figure_kind kind;
    } shown[] = {
        {"r2", "R2: 1 is perfect, 0 always says the mean", FIGURE_SCORE},
        {"mae", "Mean miss", FIGURE_AMOUNT},
        {"rmse", "Root of the mean squared miss", FIGURE_AMOUNT},
        {"mape", "Mean miss as a share of sales", FIGURE_SHARE},
        {"smape", "Mean miss as a share of sales and prediction", FIGURE_SHARE},
        {"mase", "Mean miss over that of \"as last year\"", FIGURE_SCORE},
    };
    const json_t *evaluation = json_object_get(document, "evaluation"),
                 *backtest = json_object_get(evaluation, "backtest"),
                 *interval = json_object_get(evaluation, "interval");

    (void)memory;
    if (json_object_size(json_object_get(evaluation, "regression_metrics")) == 0)
        return;
    html_section_open(
        out, "evaluation", "How good the model is",
        "Of the predicted months whose sales are known, and of the backtest, in which "
        "the model was fitted to earlier months only.");
    html_open_table_open(out, "In numbers");
    html_add(out, "<thead><tr><th scope=\"col\">Figure</th><th scope=\"col\" class=\"n\">Predicted "
                  "months</th><th scope=\"col\" class=\"n\">Backtest</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        html_add(out, "<tr>");
        html_row_name(out, shown[i].label);
        html_cell(out, figure_of_kind(figure_value(evaluation, shown[i].key), shown[i].kind));
        html_cell(out, figure_of_kind(figure_value(backtest, shown[i].key), shown[i].kind));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
    if (isfinite(read_number(interval, "covered")))
        text_add_format(out,
                        "<p class=\"note\">Intervals are made to hold %s of the backtest's misses; "
                        "they held %s of the predicted months' sales.</p>\n",
                        figure_share(read_number(interval, "share")).text,
                        figure_share(read_number(interval, "covered")).text);
    html_section_close(out);
}
