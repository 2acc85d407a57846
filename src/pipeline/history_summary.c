#include "pipeline/history_summary.h"

#include "pipeline/stage_document.h"
#include "pipeline/summary_text.h"

enum { LABEL_WIDTH = 26 };

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void print_parts(const json_t *data, FILE *to)
{
    static const char *const names[] = {"train", "validation", "calibration", "test"};
    const json_t *parts = json_object_get(data, "parts");

    fprintf(to, "%-12s %10s %10s\n", "part", "orders", "positive");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *part = json_object_get(parts, names[i]);
        if (part)
            fprintf(to, "%-12s %10.0f %10.0f\n", names[i], number(part, "rows"),
                    number(part, "positives"));
    }
}

static void print_figures(const json_t *evaluation, const json_t *data, FILE *to)
{
    static const struct summary_figure shown[] = {
        {"auc", "AUC"},
        {"average_precision", "average precision"},
        {"brier_score", "Brier score"},
        {"expected_calibration_error", "calibration error"},
    };
    const json_t *metrics = json_object_get(evaluation, "binary_classification_metrics");
    const json_t *top = json_object_get(metrics, "daily_top");
    const bool tested = json_object_get(json_object_get(data, "parts"), "test") != NULL;
    char label[64];

    fprintf(to, "\non the %s days\n", tested ? "test" : "calibration");
    summary_figures(metrics, shown, sizeof shown / sizeof *shown, LABEL_WIDTH, to);
    snprintf(label, sizeof label, "precision of %.0f a day", number(top, "k"));
    summary_number(label, json_object_get(top, "value"), LABEL_WIDTH, to);
}

bool history_summary_print(const char *out, const char *shown, FILE *to, struct error *err)
{
    json_t *data = NULL, *training = NULL, *evaluation = NULL;
    bool ok = stage_document_read(&data, out, "data.json", err) &&
              stage_document_read(&training, out, "training.json", err) &&
              stage_document_read(&evaluation, out, "evaluation.json", err);

    if (ok) {
        print_parts(data, to);
        fprintf(to, "\nepochs: %.0f, best %.0f\n", number(training, "epochs_run"),
                number(training, "best_epoch"));
        print_figures(evaluation, data, to);
        fputs("\n", to);
        summary_path(out, shown, "bundle", "bundle", to);
        summary_path(out, shown, "report", "report.html", to);
        ok = summary_end(to, err);
    }
    json_decref(data);
    json_decref(training);
    json_decref(evaluation);
    return ok;
}
