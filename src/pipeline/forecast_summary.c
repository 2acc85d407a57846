#include "pipeline/forecast_summary.h"

#include "base/file.h"
#include "pipeline/stage_document.h"
#include "pipeline/summary_text.h"

enum { LABEL_WIDTH = 6 };

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
    static const struct summary_figure shown[] = {
        {"r2", "R2"}, {"mae", "MAE"}, {"mape", "MAPE"}, {"smape", "sMAPE"}, {"mase", "MASE"}};
    const json_t *metrics = json_object_get(evaluation, "regression_metrics");

    if (json_integer_value(json_object_get(metrics, "samples")) == 0)
        return;
    fprintf(to, "\n%s\n", title);
    summary_figures(metrics, shown, sizeof shown / sizeof *shown, LABEL_WIDTH, to);
}

bool forecast_summary_print(const char *out, const char *shown, FILE *to, struct error *err)
{
    json_t *model = NULL, *evaluation = NULL;
    char *path = file_join(out, "evaluation.json"); /* without known sales there is none */
    bool ok = stage_document_read(&model, out, "model.json", err) &&
              (!file_exists(path) || stage_document_read(&evaluation, out, "evaluation.json", err));

    if (ok) {
        print_model(model, to);
        if (evaluation) {
            print_figures(json_object_get(evaluation, "backtest"), "in the backtest", to);
            print_figures(evaluation, "from start_test on, where sales are known", to);
        }
        fputs("\n", to);
        summary_path(out, shown, "predictions", "predictions.csv", to);
        summary_path(out, shown, "report", "report.html", to);
        ok = summary_end(to, err);
    }
    json_decref(model);
    json_decref(evaluation);
    free(path);
    return ok;
}
