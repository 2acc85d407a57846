/* How good the scores are: the curves and numbers of evaluation.json. */
#include "report/evaluation_section.h"

#include "metric/curve.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/read.h"
#include "report/reliability.h"

#include <math.h>

enum { SHOWN_FOLDS = 50, SHOWN_STEPS = 60 };

/* The numbers shown, in reading order; keys of evaluation.json. */
static const struct shown_metric {
    const char *key, *label;
} shown_metrics[] = {
    {"auc", "AUC (ROC)"},
    {"average_precision", "Average precision"},
    {"log_loss", "Log loss"},
    {"brier_score", "Brier score"},
    {"expected_calibration_error", "Calibration error"},
    {"accuracy", "Accuracy"},
    {"precision", "Precision"},
    {"recall", "Recall"},
    {"f0_5", "F0.5"},
    {"f1", "F1"},
    {"f2", "F2"},
    {"true_negative_rate", "True negative rate"},
};
enum { SHOWN_METRICS = sizeof shown_metrics / sizeof *shown_metrics };

/* A curve of two lists, without points that are not numbers, thinned. */
static struct curve read_curve(const json_t *object, const char *x_key, const char *y_key,
                               struct arena *memory)
{
    const json_t *x = json_object_get(object, x_key), *y = json_object_get(object, y_key);
    const size_t count =
        json_array_size(x) < json_array_size(y) ? json_array_size(x) : json_array_size(y);
    struct curve curve = {.x = ARENA_NEW(memory, double, count + 1),
                          .y = ARENA_NEW(memory, double, count + 1)};

    for (size_t i = 0; i < count; i++) {
        const double px = read_item(x, i), py = read_item(y, i);
        if (!isfinite(px) || !isfinite(py))
            continue;
        curve.x[curve.count] = px;
        curve.y[curve.count++] = py;
    }
    curve_thin(&curve, CURVE_POINTS);
    return curve;
}

static void draw_curve(struct text *out, const struct curve *curve, const struct chart_words *words,
                       bool diagonal)
{
    const struct chart_series series = {
        .label = words->title, .x = curve->x, .y = curve->y, .count = curve->count};

    if (curve->count < 2)
        return;
    text_add_format(out, "<figure><h3>%s</h3>\n<figcaption>%s</figcaption>\n", words->title,
                    diagonal ? "dotted: chance" : "over all thresholds");
    chart_line(out, &(struct chart_line){.words = *words,
                                         .series = &series,
                                         .count = 1,
                                         .square = 1,
                                         .diagonal = diagonal,
                                         .x_kind = FIGURE_SHARE,
                                         .y_kind = FIGURE_SHARE,
                                         .mark = NAN});
    html_add(out, "</figure>\n");
}

static void draw_histogram(struct text *out, const json_t *metrics,
                           const struct evaluation_words *words, struct arena *memory)
{
    const json_t *object = json_object_get(metrics, "score_histogram");
    const json_t *yes = json_object_get(object, "positives"),
                 *no = json_object_get(object, "negatives");
    const json_t *edges = json_object_get(object, "edges");
    const size_t places =
        json_array_size(yes) < SHOWN_STEPS ? json_array_size(yes) : (size_t)SHOWN_STEPS;
    double *value = ARENA_NEW(memory, double, 2 * places + 1);
    const char **place = ARENA_NEW(memory, const char *, places + 1);

    if (places == 0)
        return;
    for (size_t p = 0; p < places; p++) {
        value[p] = read_item(yes, p);
        value[places + p] = read_item(no, p);
        place[p] =
            isfinite(read_item(edges, p)) ? arena_format(memory, "%.2g", read_item(edges, p)) : "";
    }
    text_add_format(out,
                    "<figure><h3>Scores</h3>\n<figcaption>how many %s got which score"
                    "</figcaption>\n",
                    words->many);
    const char *const labels[] = {words->yes, words->no};
    static const size_t colours[] = {0, SVG_GREY};
    chart_columns(out, &(struct chart_columns){
                           .words = {.title = arena_format(memory, "%s by score", words->title),
                                     .description = "Histogram of scores, by what happened.",
                                     .x_label = "score, from",
                                     .y_label = words->many},
                           .series_label = labels,
                           .colour = colours,
                           .series = 2,
                           .places = places,
                           .place = place,
                           .value = value,
                           .stacked = true,
                           .kind = FIGURE_COUNT});
    html_add(out, "</figure>\n");
}

static void metrics_table(struct text *out, const json_t *metrics,
                          const struct evaluation_words *words, struct arena *memory)
{
    html_open_table_open(
        out, arena_format(memory, "Constant: the best answer that looks at no %s", words->one));
    html_add(out, "<thead><tr><th scope=\"col\">Metric</th><th scope=\"col\" class=\"n\">Value</th>"
                  "<th scope=\"col\" class=\"n\">Std. deviation</th>"
                  "<th scope=\"col\" class=\"n\">Constant</th></tr></thead>\n<tbody>\n");
    for (size_t m = 0; m < SHOWN_METRICS; m++) {
        char constant[96];
        const json_t *metric = json_object_get(metrics, shown_metrics[m].key);
        if (!metric)
            continue;
        snprintf(constant, sizeof constant, "%s_best_constant_classifier", shown_metrics[m].key);
        html_add(out, "<tr>");
        html_row_name(out, shown_metrics[m].label);
        html_cell(out, figure_score(read_number(metric, "value")));
        html_cell(out, figure_score(read_number(metric, "standard_deviation")));
        html_cell(out, figure_score(read_number(json_object_get(metrics, constant), "value")));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
}

static void confusion_table(struct text *out, const json_t *metrics,
                            const struct evaluation_words *words, struct arena *memory)
{
    const json_t *matrix = json_object_get(metrics, "confusion_matrix");
    const char *const truth[] = {words->no, words->yes};
    static const char *const keys[] = {"0", "1"};

    if (!json_is_object(matrix))
        return;
    text_add_format(out, "<h3>Right and wrong at a score of %s</h3>\n",
                    figure_amount(read_number(metrics, "threshold")).text);
    html_open_table_open(
        out, arena_format(memory, "%s by what happened and what was predicted", words->title));
    text_add_format(out,
                    "<thead><tr><th scope=\"col\"></th><th scope=\"col\" class=\"n\">Predicted: %s"
                    "</th><th scope=\"col\" class=\"n\">Predicted: %s</th></tr></thead>\n<tbody>\n",
                    words->calls_no, words->calls_yes);
    for (size_t t = 0; t < 2; t++) {
        const json_t *row = json_object_get(matrix, keys[t]);
        html_add(out, "<tr>");
        html_row_name(out, truth[t]);
        html_cell(out, figure_count(read_number(row, "0")));
        html_cell(out, figure_count(read_number(row, "1")));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
}

static void folds_table(struct text *out, const json_t *folds, const struct evaluation_words *words)
{
    const json_t *fold;
    size_t index;

    if (json_array_size(folds) == 0)
        return;
    html_table_open(out, "Fold by fold", "Each fold is scored by a model that never saw it");
    text_add_format(
        out,
        "<thead><tr><th scope=\"col\">Fold</th><th scope=\"col\" class=\"n\">%s</th>"
        "<th scope=\"col\" class=\"n\">%s</th><th scope=\"col\" class=\"n\">AUC</th>"
        "<th scope=\"col\" class=\"n\">Log loss</th><th scope=\"col\" class=\"n\">Average "
        "precision</th></tr></thead>\n<tbody>\n",
        words->title, words->yes);
    json_array_foreach(folds, index, fold)
    {
        if (index == SHOWN_FOLDS)
            break;
        text_add_format(out, "<tr><th scope=\"row\">%zu</th>", index + 1);
        html_cell(out, figure_count(read_number(fold, "samples")));
        html_cell(out, figure_count(read_number(fold, "positives")));
        html_cell(out, figure_score(read_number(fold, "auc")));
        html_cell(out, figure_score(read_number(fold, "log_loss")));
        html_cell(out, figure_score(read_number(fold, "average_precision")));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void evaluation_section(struct text *out, const json_t *document,
                        const struct evaluation_words *words, struct arena *memory)
{
    const json_t *evaluation = json_object_get(document, "evaluation");
    const json_t *metrics = json_object_get(evaluation, "binary_classification_metrics");
    const json_t *roc = json_object_get(metrics, "receiver_operating_characteristic_curve");
    const json_t *pr = json_object_get(metrics, "precision_recall_curve");
    const char *note = read_text(document, "evaluation_note");

    if (json_object_size(metrics) == 0)
        return;
    html_section_open(out, "evaluation", "How good the model is", words->lead);
    if (note[0]) {
        html_add(out, "<p class=\"lead\">Measured on: ");
        html_text(out, note, HTML_LINE_COLUMNS);
        html_add(out, "</p>\n");
    }
    const struct curve roc_curve =
        read_curve(roc, "false_positive_rates", "true_positive_rates", memory);
    struct curve pr_curve = read_curve(pr, "recalls", "precisions", memory);
    /*
     * Precision at recall 0 is 1 by convention only. Where the first threshold already takes many
     * rows, a line from there would show precision that no threshold has.
     */
    if (pr_curve.count > 1 && pr_curve.x[0] == 0)
        pr_curve.y[0] = pr_curve.y[1];
    html_add(out, "<div class=\"pair\">\n");
    draw_curve(out, &roc_curve,
               &(struct chart_words){"ROC curve",
                                     "True positive rate against false positive rate over all "
                                     "thresholds; the dotted line is chance.",
                                     "false positive rate", "true positive rate"},
               true);
    draw_curve(out, &pr_curve,
               &(struct chart_words){"Precision and recall",
                                     "Precision against recall over all thresholds.", "recall",
                                     "precision"},
               false);
    reliability_figures(out, metrics, words, memory);
    draw_histogram(out, metrics, words, memory);
    html_add(out, "</div>\n");
    html_add(out, "<div class=\"pair\" style=\"margin-top:20px\"><div>\n<h3>In numbers</h3>\n");
    metrics_table(out, metrics, words, memory);
    html_add(out, "</div><div>\n");
    confusion_table(out, metrics, words, memory);
    folds_table(out, json_object_get(evaluation, "folds"), words);
    reliability_tables(out, metrics, words, memory);
    html_add(out, "</div></div>\n");
    html_section_close(out);
}
