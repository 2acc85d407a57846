/* tabular_labels — the values of a label column, and the numbers that stand for them. */
#include "pipeline/tabular_table.h"

#include <string.h>

static int compare(const void *a, const void *b)
{
    const struct table_string *x = a, *y = b;
    const size_t both = x->length < y->length ? x->length : y->length;
    const int order = memcmp(x->bytes, y->bytes, both);

    return order ? order : (x->length > y->length) - (x->length < y->length);
}

static bool equal(const struct table_string *a, const struct table_string *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* The distinct values, sorted. */
static bool find_values(struct tabular_labels *labels, const struct tabular_table *table,
                        struct arena *memory, struct error *err)
{
    struct table_string *value = ARENA_NEW(memory, struct table_string, TABULAR_CLASSES_MAX);
    size_t count = 0;

    for (size_t i = 0; i < table->rows; i++) {
        const struct table_string *text = &table->label_text[i];
        if (bsearch(text, value, count, sizeof *value, compare))
            continue;
        if (count == TABULAR_CLASSES_MAX)
            return error_set(err, ERR_LIMIT,
                             "row %zu of '%s': the label has more than %d different values", i + 1,
                             table->source, TABULAR_CLASSES_MAX);
        size_t at = count++;
        for (; at > 0 && compare(text, &value[at - 1]) < 0; at--)
            value[at] = value[at - 1];
        value[at] = *text;
    }
    labels->count = count;
    labels->value = value;
    return count >= 2 ||
           error_set(err, ERR_DATA,
                     "all %zu training rows of '%s' have the label '%.*s': there is "
                     "nothing to learn",
                     table->rows, table->source, (int)value[0].length, value[0].bytes);
}

static bool order_binary(struct tabular_labels *labels, const char *positive,
                         const struct tabular_table *table, struct arena *memory, struct error *err)
{
    const struct table_string wanted = {positive, strlen(positive)};
    struct table_string *value = ARENA_NEW(memory, struct table_string, 2);
    size_t negative = SIZE_MAX, found = SIZE_MAX;

    for (size_t k = 0; k < labels->count; k++)
        if (equal(&labels->value[k], &wanted))
            found = k;
        else if (negative == SIZE_MAX)
            negative = k;
    const struct table_string *first = &labels->value[0], *second = &labels->value[1];
    if (found == SIZE_MAX)
        return error_set(err, ERR_DATA,
                         "no training row of '%s' has the label '%.60s' (source.positive); there "
                         "are '%.*s', '%.*s'%s",
                         table->source, positive, (int)first->length, first->bytes,
                         (int)second->length, second->bytes, labels->count > 2 ? ", ..." : "");
    if (labels->count > 2)
        return error_set(err, ERR_DATA,
                         "the label of '%s' has %zu values; binary:logistic needs two (use "
                         "multi:softprob without source.positive)",
                         table->source, labels->count);
    value[0] = labels->value[negative];
    value[1] = labels->value[found];
    labels->value = value;
    return true;
}

bool tabular_labels_learn(struct tabular_labels *labels, enum tabular_task task,
                          const char *positive, const struct tabular_table *table,
                          struct arena *memory, struct error *err)
{
    *labels = (struct tabular_labels){.task = task};
    if (task == TABULAR_VALUE)
        return true;
    return find_values(labels, table, memory, err) &&
           (task == TABULAR_CLASSES || order_binary(labels, positive, table, memory, err));
}

bool tabular_labels_apply(const struct tabular_labels *labels, const char *column,
                          struct tabular_table *table, struct arena *memory, struct error *err)
{
    table->label = ARENA_NEW(memory, float, table->rows);
    for (size_t i = 0; i < table->rows; i++) {
        size_t k = 0;
        if (labels->task == TABULAR_VALUE) {
            table->label[i] = (float)table->label_number[i];
            continue;
        }
        while (k < labels->count && !equal(&labels->value[k], &table->label_text[i]))
            k++;
        if (k == labels->count)
            return error_set(
                err, ERR_DATA,
                "row %zu of '%s': column '%s': the label '%.*s' is none of the "
                "training rows'",
                i + 1, table->source, column,
                (int)(table->label_text[i].length < 60 ? table->label_text[i].length : 60),
                table->label_text[i].bytes);
        table->label[i] = (float)k;
    }
    return true;
}
