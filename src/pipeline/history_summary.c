#include "pipeline/history_summary.h"

#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <string.h>

enum { DOCUMENT_BYTES_MAX = 256 << 20 };

static bool read_document(const char *out, const char *name, json_t **document, struct error *err)
{
    char *path = file_join(out, name);
    const bool ok = json_read(path, DOCUMENT_BYTES_MAX, document, err);

    free(path);
    return ok;
}

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

static void print_figure(const char *label, const json_t *value, FILE *to)
{
    if (json_is_number(value))
        fprintf(to, "  %-26s %.4f\n", label, json_number_value(value));
    else
        fprintf(to, "  %-26s -\n", label);
}

static void print_figures(const json_t *evaluation, const json_t *data, FILE *to)
{
    static const struct {
        const char *key, *label;
    } shown[] = {
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
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        print_figure(shown[i].label,
                     json_object_get(json_object_get(metrics, shown[i].key), "value"), to);
    snprintf(label, sizeof label, "precision of %.0f a day", number(top, "k"));
    print_figure(label, json_object_get(top, "value"), to);
}

static void print_path(const char *out, const char *shown, const char *label, const char *name,
                       FILE *to)
{
    char *path = file_join(out, name), *told = file_join(shown, name);

    if (file_exists(path))
        fprintf(to, "%s: %s\n", label, told);
    free(path);
    free(told);
}

bool history_summary_print(const char *out, const char *shown, FILE *to, struct error *err)
{
    json_t *data = NULL, *training = NULL, *evaluation = NULL;
    bool ok = read_document(out, "data.json", &data, err) &&
              read_document(out, "training.json", &training, err) &&
              read_document(out, "evaluation.json", &evaluation, err);

    if (ok) {
        print_parts(data, to);
        fprintf(to, "\nepochs: %.0f, best %.0f\n", number(training, "epochs_run"),
                number(training, "best_epoch"));
        print_figures(evaluation, data, to);
        fputs("\n", to);
        print_path(out, shown, "bundle", "bundle", to);
        print_path(out, shown, "report", "report.html", to);
        if (fflush(to) != 0)
            ok = error_set(err, ERR_IO, "cannot write to stdout: %s", strerror(errno));
    }
    json_decref(data);
    json_decref(training);
    json_decref(evaluation);
    return ok;
}
