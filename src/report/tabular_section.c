#include "report/tabular_section.h"

#include "report/chart.h"
#include "report/html.h"
#include "report/read.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { SHOWN_FEATURES = 30, SHOWN_ROUNDS = 200, SHOWN_CLASSES = 20, SHOWN_COLUMNS = 100 };

struct feature {
    const char *name;
    double total_gain, gain, splits;
    size_t place; /* in the model, for an order that is always the same */
};

static int by_total_gain(const void *a, const void *b)
{
    const struct feature *x = a, *y = b;

    if (x->total_gain != y->total_gain)
        return x->total_gain < y->total_gain ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Features that trees use, most gain first. */
static size_t read_features(struct feature **features, const json_t *list, struct arena *memory)
{
    struct feature *feature = ARENA_NEW(memory, struct feature, json_array_size(list) + 1);
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const double total = read_number(entry, "total_gain");
        if (!(total > 0) || isinf(total))
            continue;
        feature[count++] =
            (struct feature){read_text(entry, "feature"), total, read_number(entry, "gain"),
                             read_number(entry, "splits"), i};
    }
    qsort(feature, count, sizeof *feature, by_total_gain);
    *features = feature;
    return count;
}

static void features_table(struct text *out, const struct feature *feature, size_t count,
                           double sum)
{
    html_table_open(out, "Importance as a table",
                    "Gain: mean fall of the loss at a split of the feature");
    html_add(out, "<thead><tr><th scope=\"col\">Feature</th><th scope=\"col\" class=\"n\">Share of "
                  "gain</th><th scope=\"col\" class=\"n\">Gain</th><th scope=\"col\" class=\"n\">"
                  "Splits</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count && i < SHOWN_FEATURES; i++) {
        html_add(out, "<tr>");
        html_row_name(out, feature[i].name);
        html_cell(out, figure_share(feature[i].total_gain / sum));
        html_cell(out, figure_amount(feature[i].gain));
        html_cell(out, figure_count(feature[i].splits));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void tabular_section_importance(struct text *out, const json_t *document, struct arena *memory)
{
    struct feature *feature;
    const size_t count = read_features(&feature, json_object_get(document, "importance"), memory);
    const size_t shown = count < SHOWN_FEATURES ? count : SHOWN_FEATURES;
    const char **name = ARENA_NEW(memory, const char *, shown + 1);
    double *share = ARENA_NEW(memory, double, shown + 1), sum = 0;

    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        sum += feature[i].total_gain;
    for (size_t i = 0; i < shown; i++) {
        name[i] = feature[i].name;
        share[i] = feature[i].total_gain / sum;
    }
    html_section_open(out, "importance", "What the trees look at",
                      "How much of the fall in loss each feature brought, over all its splits.");
    if (count > shown)
        text_add_format(out,
                        "<p class=\"note\">The %zu features with the most gain of %zu that "
                        "trees use.</p>\n",
                        shown, count);
    chart_bars(out, &(struct chart_bars){.description = "Share of the gain by feature",
                                         .count = shown,
                                         .name = name,
                                         .value = share,
                                         .kind = FIGURE_SHARE,
                                         .best = 0});
    features_table(out, feature, count, sum);
    html_section_close(out);
}

struct rounds {
    size_t count;
    double *round, *train, *validation;
};

/* With more than SHOWN_ROUNDS of them every n-th, and always the last. */
static void read_rounds(struct rounds *rounds, const json_t *list, struct arena *memory)
{
    const size_t all = json_array_size(list), every = 1 + all / SHOWN_ROUNDS;

    rounds->count = 0;
    rounds->round = ARENA_NEW(memory, double, all / every + 2);
    rounds->train = ARENA_NEW(memory, double, all / every + 2);
    rounds->validation = ARENA_NEW(memory, double, all / every + 2);
    for (size_t i = 0; i < all; i++) {
        const json_t *entry = json_array_get(list, i);
        if (i % every != 0 && i + 1 != all)
            continue;
        rounds->round[rounds->count] = read_number(entry, "round");
        rounds->train[rounds->count] = read_number(entry, "train");
        rounds->validation[rounds->count++] = read_number(entry, "validation");
    }
}

static void rounds_table(struct text *out, const struct rounds *rounds, double best)
{
    html_table_open(out, "Training as a table", "The metric after every round of boosting");
    html_add(out, "<thead><tr><th scope=\"col\">Round</th><th scope=\"col\" class=\"n\">Training"
                  "</th><th scope=\"col\" class=\"n\">Validation</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < rounds->count; i++) {
        text_add_format(out, "<tr%s><th scope=\"row\">%s</th>",
                        rounds->round[i] == best ? " class=\"sum\"" : "",
                        figure_count(rounds->round[i]).text);
        html_cell(out, figure_score(rounds->train[i]));
        html_cell(out, figure_score(rounds->validation[i]));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void tabular_section_training(struct text *out, const json_t *document, struct arena *memory)
{
    const json_t *training = json_object_get(document, "training");
    const double best = read_number(training, "best_round");
    struct rounds rounds;

    read_rounds(&rounds, json_object_get(training, "rounds"), memory);
    if (rounds.count == 0)
        return;
    const struct chart_series series[] = {
        {.label = "Training", .x = rounds.round, .y = rounds.train, .count = rounds.count},
        {.label = "Validation", .x = rounds.round, .y = rounds.validation, .count = rounds.count},
    };
    html_section_open(out, "training", "Training",
                      "The curves part where the trees begin to learn by heart; the mark is the "
                      "last round that the model keeps.");
    html_add(out, "<figure><h3>Metric by round: ");
    html_text(out, read_text(training, "metric"), HTML_NAME_COLUMNS);
    html_add(out, "</h3>\n");
    chart_line(out, &(struct chart_line){
                        .words = {.title = "Training",
                                  .description = "The metric after every round, on training and "
                                                 "validation rows; the same numbers are in the "
                                                 "table below.",
                                  .x_label = "round",
                                  .y_label = ""},
                        .series = series,
                        .count = 2,
                        .x_kind = FIGURE_COUNT,
                        .y_kind = FIGURE_SCORE,
                        .mark = best,
                        .mark_label = "kept"});
    html_add(out, "</figure>\n");
    rounds_table(out, &rounds, best);
    html_section_close(out);
}

static void figures_table(struct text *out, const json_t *metrics)
{
    const char *key;
    json_t *metric;

    html_open_table_open(out, "In numbers");
    html_add(out, "<thead><tr><th scope=\"col\">Metric</th><th scope=\"col\" class=\"n\">Value</th>"
                  "</tr></thead>\n<tbody>\n");
    json_object_foreach((json_t *)metrics, key, metric)
    {
        if (!json_object_get(metric, "standard_deviation"))
            continue;
        html_add(out, "<tr>");
        html_row_name(out, key);
        html_cell(out, figure_score(read_number(metric, "value")));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
}

void tabular_section_classes(struct text *out, const json_t *document, struct arena *memory)
{
    const json_t *metrics = json_object_get(json_object_get(document, "evaluation"),
                                            "multiclass_classification_metrics");
    const json_t *labels = json_object_get(metrics, "labels"),
                 *matrix = json_object_get(metrics, "confusion_matrix");
    const size_t all = json_array_size(labels), count = all < SHOWN_CLASSES ? all : SHOWN_CLASSES;
    const char **name = ARENA_NEW(memory, const char *, count + 1);
    double *share = ARENA_NEW(memory, double, count *count + 1);
    char key[24];

    if (json_object_size(metrics) == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        snprintf(key, sizeof key, "%zu", i);
        const json_t *row = json_object_get(matrix, key);
        name[i] = read_text_item(labels, i);
        for (size_t j = 0; j < all; j++) {
            snprintf(key, sizeof key, "%zu", j);
            const double here = read_number(row, key);
            sum += here;
            if (j < count)
                share[i * count + j] = here;
        }
        for (size_t j = 0; j < count; j++)
            share[i * count + j] = sum > 0 ? share[i * count + j] / sum : (double)NAN;
    }
    html_section_open(out, "evaluation", "How good the model is",
                      "A row is a class as it is, a column what was answered: shares of the row.");
    if (count > 0)
        chart_heat(out, &(struct chart_heat){.words = {.title = "Confusion",
                                                       .description = "Share of each class that "
                                                                      "got each answer",
                                                       .x_label = "answered",
                                                       .y_label = "true"},
                                             .rows = count,
                                             .columns = count,
                                             .row = name,
                                             .column = name,
                                             .value = share});
    figures_table(out, metrics);
    html_section_close(out);
}

void tabular_section_values(struct text *out, const json_t *document, struct arena *memory)
{
    const json_t *metrics =
        json_object_get(json_object_get(document, "evaluation"), "regression_metrics");

    if (json_object_size(metrics) == 0)
        return;
    html_section_open(out, "evaluation", "How good the model is",
                      "Errors in the units of the label; r2 is 1 for perfect answers and 0 for "
                      "always answering the mean.");
    figures_table(out, metrics);
    html_section_close(out);
}

static void splits_table(struct text *out, const json_t *document)
{
    static const char *const names[] = {"train", "validation", "test"}, *const titles[] = {
                                                                            "Training",
                                                                            "Validation", "Test"};
    const json_t *splits = json_object_get(document, "splits"),
                 *labels = json_object_get(document, "labels");
    const size_t all = json_array_size(labels), count = all < SHOWN_CLASSES ? all : SHOWN_CLASSES;

    html_open_table_open(out, "Rows of each split, by label");
    html_add(out, "<thead><tr><th scope=\"col\">Split</th><th scope=\"col\" class=\"n\">Rows</th>");
    for (size_t k = 0; k < count; k++)
        html_column_name(out, read_text_item(labels, k), true);
    html_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t s = 0; s < 3; s++) {
        const json_t *split = json_object_get(splits, names[s]);
        html_add(out, "<tr>");
        html_row_name(out, titles[s]);
        html_cell(out, figure_count(read_number(split, "rows")));
        for (size_t k = 0; k < count; k++)
            html_cell(out, figure_count(read_item(json_object_get(split, "labels"), k)));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
}

static void column_row(struct text *out, const json_t *column)
{
    const json_t *first = json_array_get(json_object_get(column, "categories"), 0);

    html_add(out, "<tr>");
    html_row_name(out, read_text(column, "name"));
    html_cell(out, figure_count(read_number(column, "missing")));
    html_cell(out, figure_amount(read_number(column, "mean")));
    html_cell(out, figure_amount(read_number(column, "std")));
    html_cell(out, figure_amount(read_number(column, "min")));
    html_cell(out, figure_amount(read_number(column, "max")));
    html_cell(out, figure_count(read_number(column, "distinct")));
    html_add(out, "<td>");
    html_text(out, first ? read_text(first, "value") : "", HTML_NAME_COLUMNS);
    html_add(out, "</td></tr>\n");
}

void tabular_section_data(struct text *out, const json_t *document, struct arena *memory)
{
    const json_t *columns = json_object_get(document, "columns");
    const size_t count = json_array_size(columns);

    (void)memory;
    if (json_object_size(json_object_get(document, "splits")) == 0)
        return;
    const bool folds = json_object_get(json_object_get(document, "evaluation"), "folds") != NULL;
    html_section_open(
        out, "data", "The data",
        folds ? "Trees learn from the training rows; early stopping, calibration and the threshold "
                "use the validation rows; figures are over folds of all rows."
              : "Trees learn from the training rows; early stopping, calibration and the threshold "
                "use the validation rows; figures are of the test rows.");
    splits_table(out, document);
    if (count > 0) {
        html_table_open(out, "Columns used", "Of the training rows");
        html_add(out,
                 "<thead><tr><th scope=\"col\">Column</th><th scope=\"col\" class=\"n\">Missing"
                 "</th><th scope=\"col\" class=\"n\">Mean</th><th scope=\"col\" class=\"n\">Std."
                 "</th><th scope=\"col\" class=\"n\">Min</th><th scope=\"col\" class=\"n\">Max</th>"
                 "<th scope=\"col\" class=\"n\">Values</th><th scope=\"col\">Most frequent</th>"
                 "</tr></thead>\n<tbody>\n");
        for (size_t c = 0; c < count && c < SHOWN_COLUMNS; c++)
            column_row(out, json_array_get(columns, c));
        html_add(out, "</tbody>\n");
        html_table_close(out);
    }
    html_section_close(out);
}
