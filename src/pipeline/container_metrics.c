#include "pipeline/container_metrics.h"

static const char *const measured[] = {"loss", "auc", "logloss",  "error", "aucpr",
                                       "rmse", "mae", "mlogloss", "merror"};
static const char *const evaluated[] = {"auc",       "f1",     "accuracy",
                                        "precision", "recall", "average_precision"};

#define COUNT(list) (sizeof(list) / sizeof *(list))
_Static_assert(2 * COUNT(measured) + COUNT(evaluated) + 1 <= CONTAINER_METRICS_MAX,
               "a tuning job takes no more metrics");

static void add(json_t *list, const char *part, const char *metric)
{
    json_array_append_new(
        list, json_pack("{s:s++, s:s++}", "Name", part, ":", metric, "Regex", part, "_", metric));
}

static void add_regex(json_t *list)
{
    size_t i;
    json_t *entry;

    json_array_foreach(list, i, entry)
    {
        const char *start = json_string_value(json_object_get(entry, "Regex"));
        json_object_set_new(entry, "Regex", json_sprintf("%s=([-+.0-9eE]+);", start));
    }
}

json_t *container_metric_definitions(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < COUNT(measured); i++)
        add(list, "train", measured[i]);
    for (size_t i = 0; i < COUNT(measured); i++)
        add(list, "validation", measured[i]);
    add(list, "test", "loss");
    for (size_t i = 0; i < COUNT(evaluated); i++)
        add(list, "test", evaluated[i]);
    add_regex(list);
    return list;
}

void container_print_evaluation(const json_t *evaluation, FILE *to)
{
    const json_t *metrics = json_object_get(evaluation, "binary_classification_metrics");
    size_t printed = 0;

    for (size_t i = 0; i < COUNT(evaluated); i++) {
        const json_t *value = json_object_get(json_object_get(metrics, evaluated[i]), "value");
        if (json_is_number(value))
            fprintf(to, "%stest_%s=%.6f;", printed++ ? " " : "", evaluated[i],
                    json_number_value(value));
    }
    if (printed)
        fputc('\n', to);
    fflush(to);
}
