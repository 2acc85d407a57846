#include "pipeline/bundle_evaluate.h"

#include "base/file.h"
#include "base/interrupt.h"
#include "pipeline/bundle_internal.h"
#include "pipeline/tabular_metrics.h"
#include "table/source.h"

#include <string.h>

enum { BLOCK_ROWS = 4096 };

/* What bundle.json says about the truth. */
static bool read_target(const struct bundle *b, struct tabular_roles *roles,
                        struct tabular_labels *labels, struct arena *memory, struct error *err)
{
    const json_t *target = json_object_get(b->document, "target");
    const json_t *values = json_object_get(target, "values");
    const size_t count = json_array_size(values);
    const char *column = json_string_value(json_object_get(target, "column"));
    static const enum tabular_task tasks[] = {[DECISION_VALUE] = TABULAR_VALUE,
                                              [DECISION_BINARY] = TABULAR_BINARY,
                                              [DECISION_CLASSES] = TABULAR_CLASSES};

    if (!b->decides || !column)
        return error_set(err, ERR_DATA, "the bundle does not say which column has the truth");
    *labels = (struct tabular_labels){.task = tasks[b->decision.kind], .count = count};
    if (labels->task != TABULAR_VALUE && count != b->decision.labels)
        return error_set(err, ERR_DATA,
                         "bundle.json: 'target.values' has %zu values for %zu labels", count,
                         b->decision.labels);
    struct table_string *value = ARENA_NEW(memory, struct table_string, count + 1);
    for (size_t k = 0; k < count; k++) {
        const json_t *item = json_array_get(values, k);
        if (!json_is_string(item))
            return error_set(err, ERR_DATA, "bundle.json: 'target.values[%zu]' must be a text", k);
        value[k] = (struct table_string){json_string_value(item), json_string_length(item)};
    }
    labels->value = value;
    *roles = (struct tabular_roles){
        .schema = &b->input,
        .task = labels->task,
        .label = column,
        .weight = json_string_value(json_object_get(target, "weight")),
    };
    return true;
}

/* The first number column of an answer; those of the classes follow it. */
static size_t first_score(const struct decision *decision)
{
    return decision->kind == DECISION_VALUE ? 0 : decision->kind == DECISION_BINARY ? 1 : 2;
}

static bool score_block(const struct bundle *b, const struct tabular_table *table, size_t first,
                        const struct frame *rows, double *scores, struct arena *scratch,
                        struct error *err)
{
    const size_t outputs = decision_inputs(&b->decision), at = first_score(&b->decision);
    struct row_errors errors = {.memory = scratch};
    struct frame answer;

    bundle_apply(b, rows, &answer, &errors, scratch);
    if (errors.count > 0)
        return tabular_row_fail(table, first, &errors, err);
    for (size_t k = 0; k < outputs; k++)
        for (size_t i = 0; i < rows->rows; i++)
            scores[(first + i) * outputs + k] = answer.column[at + k].number[i];
    return interrupt_check("scoring", err);
}

static bool score_table(const struct bundle *b, const struct tabular_table *table, double *scores,
                        struct error *err)
{
    const struct frame whole = tabular_frame(table, &b->input);
    struct frame_column *column = memory_take(b->input.count + 1, sizeof *column);
    struct arena scratch = {0};
    bool ok = true;

    for (size_t first = 0; ok && first < table->rows; first += BLOCK_ROWS) {
        const size_t left = table->rows - first;
        const struct frame rows =
            frame_slice(&whole, first, left < BLOCK_ROWS ? left : BLOCK_ROWS, column);
        arena_reset(&scratch);
        ok = score_block(b, table, first, &rows, scores, &scratch, err);
    }
    arena_clear(&scratch);
    free(column);
    return ok;
}

/* Requests may come without a header, so files without one are tried here too. */
static bool check_header(const char *data, const char *label, struct error *err)
{
    struct table_source *source;
    bool ok = table_source_open(&source, data, err);

    if (ok) {
        ok = table_source_column(source, label, err);
        table_source_close(source);
    }
    if (ok || err->code != ERR_DATA || !strstr(file_base_name(data), ".csv"))
        return ok;
    const struct error cause = *err;
    return error_set(err, ERR_DATA,
                     "'%s' needs a header line that names the label column '%s' and the others: %s",
                     data, label, cause.text);
}

static bool evaluate(const struct bundle *b, const char *data, json_t **document,
                     struct arena *memory, struct error *err)
{
    struct tabular_roles roles;
    struct tabular_labels labels;
    struct tabular_table table;

    if (!read_target(b, &roles, &labels, memory, err) || !check_header(data, roles.label, err) ||
        !tabular_table_read(&table, &roles, data, memory, err) ||
        !tabular_labels_apply(&labels, roles.label, &table, memory, err))
        return false;
    double *scores = memory_take(table.rows * decision_inputs(&b->decision), sizeof *scores);
    const bool ok = score_table(b, &table, scores, err) &&
                    tabular_evaluation(document, &labels, &table, scores, b->decision.threshold,
                                       EVALUATION_SEED, err);
    free(scores);
    return ok;
}

bool bundle_evaluate(const char *bundle, const char *data, json_t **document, struct error *err)
{
    struct arena memory = {0};
    struct bundle *b;

    if (!bundle_open(&b, bundle, err))
        return false;
    const bool ok = b->history ? bundle_evaluate_orders(b, data, NULL, document, err)
                               : evaluate(b, data, document, &memory, err);
    bundle_close(b);
    arena_clear(&memory);
    return ok;
}
