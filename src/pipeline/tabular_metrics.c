#include "pipeline/tabular_metrics.h"

#include "metric/evaluation.h"

#include <math.h>

static double weight_of(const struct tabular_table *table, size_t row)
{
    return table->weight ? table->weight[row] : 1;
}

/* evaluation.json writes a number that does not exist as "NaN". */
static json_t *figure(double value)
{
    return json_pack("{s:o, s:s}", "value", isfinite(value) ? json_real(value) : json_string("NaN"),
                     "standard_deviation", "NaN");
}

static bool evaluate_binary(json_t **document, const struct tabular_table *table,
                            const double *scores, double threshold, size_t seed, struct error *err)
{
    struct evaluation_settings settings = evaluation_defaults();
    uint8_t *truth = memory_take(table->rows, 1);

    for (size_t i = 0; i < table->rows; i++)
        truth[i] = table->label[i] != 0;
    const struct scored rows = {table->rows, truth, scores, table->weight};
    settings.threshold = threshold;
    settings.seed = seed;
    const bool ok = evaluation_json(document, &rows, 1, &settings, err);
    free(truth);
    return ok;
}

struct class_counts {
    size_t classes;
    double *matrix; /* [truth, answer] weights */
    double log_loss, weight;
};

static void count_classes(struct class_counts *c, const struct tabular_table *table,
                          const double *scores)
{
    for (size_t i = 0; i < table->rows; i++) {
        const double *row = scores + i * c->classes, weight = weight_of(table, i);
        const size_t truth = (size_t)table->label[i];
        size_t best = 0;
        for (size_t k = 1; k < c->classes; k++)
            if (row[k] > row[best])
                best = k;
        c->matrix[truth * c->classes + best] += weight;
        c->log_loss -= weight * log(fmin(fmax(row[truth], 0x1p-52), 1 - 0x1p-52));
        c->weight += weight;
    }
}

static void add_class_figures(json_t *metrics, const struct class_counts *c)
{
    double correct = 0, precision = 0, recall = 0, f1 = 0, macro = 0;

    for (size_t k = 0; k < c->classes; k++) {
        const double hit = c->matrix[k * c->classes + k];
        double truth = 0, answer = 0;
        for (size_t j = 0; j < c->classes; j++) {
            truth += c->matrix[k * c->classes + j];
            answer += c->matrix[j * c->classes + k];
        }
        const double f = truth + answer > 0 ? 2 * hit / (truth + answer) : 0;
        correct += hit;
        precision += truth * (answer > 0 ? hit / answer : 0);
        recall += hit;
        f1 += truth * f;
        macro += f;
    }
    json_object_set_new(metrics, "accuracy", figure(correct / c->weight));
    json_object_set_new(metrics, "log_loss", figure(c->log_loss / c->weight));
    json_object_set_new(metrics, "weighted_precision", figure(precision / c->weight));
    json_object_set_new(metrics, "weighted_recall", figure(recall / c->weight));
    json_object_set_new(metrics, "weighted_f1", figure(f1 / c->weight));
    json_object_set_new(metrics, "macro_f1", figure(macro / (double)c->classes));
}

static json_t *evaluate_classes(const struct tabular_labels *labels,
                                const struct tabular_table *table, const double *scores)
{
    struct class_counts c = {.classes = labels->count};
    json_t *metrics = json_object(), *matrix = json_object(), *names = json_array();
    char from[24], to[24];

    c.matrix = memory_take_zeroed(c.classes * c.classes, sizeof *c.matrix);
    count_classes(&c, table, scores);
    for (size_t k = 0; k < c.classes; k++) {
        json_t *row = json_object();
        snprintf(from, sizeof from, "%zu", k);
        for (size_t j = 0; j < c.classes; j++) {
            snprintf(to, sizeof to, "%zu", j);
            json_object_set_new(row, to, json_real(c.matrix[k * c.classes + j]));
        }
        json_object_set_new(matrix, from, row);
        json_array_append_new(names, json_stringn(labels->value[k].bytes, labels->value[k].length));
    }
    json_object_set_new(metrics, "samples", json_integer((json_int_t)table->rows));
    json_object_set_new(metrics, "labels", names);
    json_object_set_new(metrics, "confusion_matrix", matrix);
    add_class_figures(metrics, &c);
    free(c.matrix);
    return json_pack("{s:o}", "multiclass_classification_metrics", metrics);
}

static json_t *evaluate_values(const struct tabular_table *table, const double *scores)
{
    double absolute = 0, squared = 0, weight = 0, mean = 0, spread = 0;
    json_t *metrics = json_pack("{s:I}", "samples", (json_int_t)table->rows);

    for (size_t i = 0; i < table->rows; i++) {
        const double w = weight_of(table, i), miss = scores[i] - table->label_number[i];
        absolute += w * fabs(miss);
        squared += w * miss * miss;
        mean += w * table->label_number[i];
        weight += w;
    }
    mean /= weight;
    for (size_t i = 0; i < table->rows; i++) {
        const double far = table->label_number[i] - mean;
        spread += weight_of(table, i) * far * far;
    }
    json_object_set_new(metrics, "mae", figure(absolute / weight));
    json_object_set_new(metrics, "mse", figure(squared / weight));
    json_object_set_new(metrics, "rmse", figure(sqrt(squared / weight)));
    json_object_set_new(metrics, "r2", figure(1 - squared / spread));
    return json_pack("{s:o}", "regression_metrics", metrics);
}

bool tabular_evaluation(json_t **document, const struct tabular_labels *labels,
                        const struct tabular_table *table, const double *scores, double threshold,
                        size_t seed, struct error *err)
{
    if (labels->task == TABULAR_BINARY)
        return evaluate_binary(document, table, scores, threshold, seed, err);
    if (labels->task == TABULAR_CLASSES)
        *document = evaluate_classes(labels, table, scores);
    else
        *document = evaluate_values(table, scores);
    return true;
}
