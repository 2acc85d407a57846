#include "pipeline/forecast_summary.h"

#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENT_BYTES_MAX = 256 << 20 };

static void print_parameters(const json_t *list, FILE *to)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *p = json_array_get(list, i);
        fprintf(to, "  %-42s %12.6g  %s\n", json_string_value(json_object_get(p, "name")),
                json_number_value(json_object_get(p, "value")),
                json_string_value(json_object_get(p, "meaning")));
    }
}

static void print_model(const json_t *model, FILE *to)
{
    const json_t *features = json_object_get(model, "features");

    fprintf(to, "model: %s", json_string_value(json_object_get(model, "model")));
    for (size_t i = 0; i < json_array_size(features); i++)
        fprintf(to, "%s%s", i ? ", " : " on ", json_string_value(json_array_get(features, i)));
    fputs("\n", to);
    if (json_integer_value(json_object_get(model, "rows")) > 0)
        fprintf(to, "fitted on: %lld months of items before %s\n",
                (long long)json_integer_value(json_object_get(model, "rows")),
                json_string_value(json_object_get(model, "start_test")));
    if (json_object_get(model, "fit"))
        fprintf(to, "fit: %s\n", json_string_value(json_object_get(model, "fit")));
    print_parameters(json_object_get(model, "parameters"), to);
}

static void print_figures(const json_t *evaluation, const char *title, FILE *to)
{
    static const char *const shown[][2] = {
        {"r2", "R2"}, {"mae", "MAE"}, {"mape", "MAPE"}, {"smape", "sMAPE"}, {"mase", "MASE"}};
    const json_t *metrics = json_object_get(evaluation, "regression_metrics");

    if (json_integer_value(json_object_get(metrics, "samples")) == 0)
        return;
    fprintf(to, "\n%s\n", title);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const json_t *value = json_object_get(json_object_get(metrics, shown[i][0]), "value");
        if (json_is_number(value))
            fprintf(to, "  %-6s %.4f\n", shown[i][1], json_number_value(value));
        else
            fprintf(to, "  %-6s -\n", shown[i][1]);
    }
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

/* Evaluation and report are not always there. */
static bool read_document(const char *out, const char *name, bool needed, json_t **document,
                          struct error *err)
{
    char *path = file_join(out, name);
    const bool ok =
        (!needed && !file_exists(path)) || json_read(path, DOCUMENT_BYTES_MAX, document, err);

    free(path);
    return ok;
}

bool forecast_summary_print(const char *out, const char *shown, FILE *to, struct error *err)
{
    json_t *model = NULL, *evaluation = NULL;
    bool ok = read_document(out, "model.json", true, &model, err) &&
              read_document(out, "evaluation.json", false, &evaluation, err);

    if (ok) {
        print_model(model, to);
        if (evaluation) {
            print_figures(json_object_get(evaluation, "backtest"), "in the backtest", to);
            print_figures(evaluation, "from start_test on, where sales are known", to);
        }
        fputs("\n", to);
        print_path(out, shown, "predictions", "predictions.csv", to);
        print_path(out, shown, "report", "report.html", to);
        if (fflush(to) != 0)
            ok = error_set(err, ERR_IO, "cannot write to stdout: %s", strerror(errno));
    }
    json_decref(model);
    json_decref(evaluation);
    return ok;
}
