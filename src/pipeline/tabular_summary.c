#include "pipeline/tabular_summary.h"

#include "pipeline/stage_document.h"
#include "pipeline/summary_text.h"

enum { LABEL_WIDTH = 18 };

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
            summary_number(shown[i].label,
                           json_object_get(json_object_get(metrics, shown[i].key), "value"),
                           LABEL_WIDTH, to);
    }
    const json_t *binary = json_object_get(evaluation, "binary_classification_metrics");
    if (binary)
        print_confusion(binary, to);
}

bool tabular_summary_print(const char *out, const char *shown, FILE *to, struct error *err)
{
    json_t *training = NULL, *evaluation = NULL;
    bool ok = stage_document_read(&training, out, "training.json", err) &&
              stage_document_read(&evaluation, out, "evaluation.json", err);

    if (ok) {
        print_training(training, to);
        print_figures(evaluation, to);
        fputs("\n", to);
        summary_path(out, shown, "bundle", "bundle", to);
        summary_path(out, shown, "report", "report.html", to);
        ok = summary_end(to, err);
    }
    json_decref(training);
    json_decref(evaluation);
    return ok;
}
