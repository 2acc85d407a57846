#include "pipeline/decision.h"

#include <math.h>
#include <string.h>

static const char *const kinds[] = {
    [DECISION_VALUE] = "value", [DECISION_BINARY] = "binary", [DECISION_CLASSES] = "classes", NULL};

size_t decision_inputs(const struct decision *decision)
{
    return decision->kind == DECISION_CLASSES ? decision->labels : 1;
}

void decision_output(const struct decision *decision, struct schema *output, struct arena *memory)
{
    const size_t more = decision->kind == DECISION_CLASSES ? decision->labels : 0;
    struct schema_column *column = ARENA_NEW(memory, struct schema_column, 2 + more);
    size_t count = 0;

    if (decision->kind != DECISION_VALUE)
        column[count++] = (struct schema_column){"label", SCHEMA_TEXT, SCHEMA_REQUIRED};
    column[count++] = (struct schema_column){"score", SCHEMA_NUMBER, SCHEMA_REQUIRED};
    for (size_t k = 0; k < more; k++) {
        const struct table_string label = decision->label[k];
        const char *name = arena_format(memory, "score_%.*s", (int)label.length, label.bytes);
        column[count++] = (struct schema_column){name, SCHEMA_NUMBER, SCHEMA_REQUIRED};
    }
    *output = (struct schema){count, column};
}

static void apply_binary(const struct decision *d, const double *scores, size_t rows,
                         struct table_string *label, double *score)
{
    for (size_t i = 0; i < rows; i++) {
        const double p = calibrator_apply(&d->calibrator, scores[i]);
        score[i] = p;
        label[i] = isnan(p) ? (struct table_string){NULL, 0} : d->label[p >= d->threshold];
    }
}

static void apply_classes(const struct decision *d, const double *scores, size_t first, size_t rows,
                          const struct decision_column *column)
{
    const size_t classes = d->labels;

    for (size_t i = 0; i < rows; i++) {
        const double *row = scores + i * classes;
        size_t best = 0;
        bool missing = false;
        for (size_t k = 0; k < classes; k++) {
            missing |= isnan(row[k]);
            if (row[k] > row[best])
                best = k;
            column[2 + k].number[first + i] = row[k];
        }
        column[0].text[first + i] = missing ? (struct table_string){NULL, 0} : d->label[best];
        column[1].number[first + i] = missing ? (double)NAN : row[best];
    }
}

void decision_apply(const struct decision *decision, const double *scores, size_t first,
                    size_t rows, const struct decision_column *column)
{
    switch (decision->kind) {
    case DECISION_VALUE:
        memcpy(column[0].number + first, scores, rows * sizeof *scores);
        break;
    case DECISION_BINARY:
        apply_binary(decision, scores, rows, column[0].text + first, column[1].number + first);
        break;
    case DECISION_CLASSES:
        apply_classes(decision, scores, first, rows, column);
        break;
    }
}

json_t *decision_json(const struct decision *decision)
{
    json_t *document = json_pack("{s:s}", "kind", kinds[decision->kind]);

    if (decision->kind != DECISION_VALUE) {
        json_t *labels = json_array();
        for (size_t k = 0; k < decision->labels; k++)
            json_array_append_new(
                labels, json_stringn(decision->label[k].bytes, decision->label[k].length));
        json_object_set_new(document, "labels", labels);
    }
    if (decision->kind == DECISION_BINARY) {
        json_object_set_new(document, "threshold", json_real(decision->threshold));
        json_object_set_new(document, "calibrator", calibrator_json(&decision->calibrator));
    }
    return document;
}

static bool parse_labels(struct decision *d, const json_t *document, struct arena *memory,
                         struct error *err)
{
    const json_t *list = json_object_get(document, "labels");
    const size_t count = json_array_size(list);

    if (d->kind == DECISION_BINARY && count != 2)
        return error_set(err, ERR_DATA, "'labels' must be a list of two texts");
    if (count < 2 || count > DECISION_LABELS_MAX)
        return error_set(err, ERR_DATA, "'labels' must be a list of 2 to %d texts",
                         DECISION_LABELS_MAX);
    struct table_string *label = ARENA_NEW(memory, struct table_string, count);
    for (size_t k = 0; k < count; k++) {
        const json_t *item = json_array_get(list, k);
        const size_t length = json_string_length(item);
        if (!json_is_string(item) || length > DECISION_LABEL_BYTES_MAX)
            return error_set(err, ERR_DATA, "'labels[%zu]' must be a text of at most %d bytes", k,
                             DECISION_LABEL_BYTES_MAX);
        label[k] =
            (struct table_string){arena_string(memory, json_string_value(item), length), length};
        for (size_t j = 0; j < k; j++)
            if (label[j].length == length && memcmp(label[j].bytes, label[k].bytes, length) == 0)
                return error_set(err, ERR_DATA, "'labels' holds '%.60s' twice", label[k].bytes);
    }
    d->labels = count;
    d->label = label;
    return true;
}

static bool parse(struct decision *d, const json_t *document, struct arena *memory,
                  struct error *err)
{
    const char *kind = json_string_value(json_object_get(document, "kind"));

    while (kind && kinds[d->kind] && strcmp(kinds[d->kind], kind) != 0)
        d->kind++;
    if (!kind || !kinds[d->kind])
        return error_set(err, ERR_DATA, "'kind' must be value, binary or classes");
    if (d->kind == DECISION_VALUE)
        return true;
    if (!parse_labels(d, document, memory, err) || d->kind == DECISION_CLASSES)
        return d->labels != 0;
    const json_t *threshold = json_object_get(document, "threshold");
    d->threshold = json_number_value(threshold);
    if (!json_is_number(threshold) || !isfinite(d->threshold))
        return error_set(err, ERR_DATA, "'threshold' must be a number");
    return calibrator_parse(&d->calibrator, json_object_get(document, "calibrator"), memory, err);
}

bool decision_parse(struct decision *decision, const json_t *document, struct arena *memory,
                    struct error *err)
{
    struct decision made = {.kind = DECISION_VALUE};

    if (!parse(&made, document, memory, err))
        return false;
    *decision = made;
    return true;
}
