#include "pipeline/tabular_summary.h"

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

static void print_training(const json_t *training, FILE *to)
{
    const double before = number(training, "features_before_pca"),
                 features = number(training, "features");

    if (before > features)
        fprintf(to, "features: %.0f, reduced to %.0f\n", before, features);
    else
        fprintf(to, "features: %.0f\n", features);
    fprintf(to, "trees: %.0f rounds, best %.0f\n", number(training, "rounds_run"),
            number(training, "best_round"));
}

static void print_metric(const json_t *metrics, const char *key, const char *label, FILE *to)
{
    const json_t *value = json_object_get(json_object_get(metrics, key), "value");

    if (json_is_number(value))
        fprintf(to, "  %-18s %.4f\n", label, json_number_value(value));
    else
        fprintf(to, "  %-18s -\n", label);
}

static void print_confusion(const json_t *metrics, FILE *to)
{
    const json_t *matrix = json_object_get(metrics, "confusion_matrix");
    const json_t *no = json_object_get(matrix, "0"), *yes = json_object_get(matrix, "1");

    fprintf(to, "\nat threshold %.4g     predicted no  predicted yes\n",
            number(metrics, "threshold"));
    fprintf(to, "  negative         %12.6g  %13.6g\n", number(no, "0"), number(no, "1"));
    fprintf(to, "  positive         %12.6g  %13.6g\n", number(yes, "0"), number(yes, "1"));
}

static void print_figures(const json_t *evaluation, FILE *to)
{
    static const struct {
        const char *group, *key, *label;
    } shown[] = {
        {"binary_classification_metrics", "auc", "AUC"},
        {"binary_classification_metrics", "average_precision", "average precision"},
        {"binary_classification_metrics", "f1", "F1"},
        {"binary_classification_metrics", "precision", "precision"},
        {"binary_classification_metrics", "recall", "recall"},
        {"multiclass_classification_metrics", "accuracy", "accuracy"},
        {"multiclass_classification_metrics", "macro_f1", "macro F1"},
        {"multiclass_classification_metrics", "log_loss", "log loss"},
        {"regression_metrics", "rmse", "RMSE"},
        {"regression_metrics", "mae", "MAE"},
        {"regression_metrics", "r2", "R2"},
    };

    const size_t folds = json_array_size(json_object_get(evaluation, "folds"));

    if (folds)
        fprintf(to, "\nover %zu folds\n", folds);
    else
        fprintf(to, "\non the test split\n");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const json_t *metrics = json_object_get(evaluation, shown[i].group);
        if (metrics)
            print_metric(metrics, shown[i].key, shown[i].label, to);
    }
    const json_t *binary = json_object_get(evaluation, "binary_classification_metrics");
    if (binary)
        print_confusion(binary, to);
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

bool tabular_summary_print(const char *out, const char *shown, FILE *to, struct error *err)
{
    json_t *training = NULL, *evaluation = NULL;
    bool ok = read_document(out, "training.json", &training, err) &&
              read_document(out, "evaluation.json", &evaluation, err);

    if (ok) {
        print_training(training, to);
        print_figures(evaluation, to);
        fputs("\n", to);
        print_path(out, shown, "bundle", "bundle", to);
        print_path(out, shown, "report", "report.html", to);
        if (fflush(to) != 0)
            ok = error_set(err, ERR_IO, "cannot write to stdout: %s", strerror(errno));
    }
    json_decref(training);
    json_decref(evaluation);
    return ok;
}
