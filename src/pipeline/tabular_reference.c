/* tabular_reference — how inputs and scores are distributed, for those who watch for drift. */
#include "pipeline/tabular_run.h"

#include <math.h>
#include <string.h>

enum { DECILES = 11, CATEGORIES_MAX = 100 };

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The value at a share of sorted values, linear between neighbours. */
static double quantile(const double *sorted, size_t count, double share)
{
    const double place = share * (double)(count - 1);
    const size_t low = (size_t)place, high = low + 1 < count ? low + 1 : low;

    return sorted[low] + (place - (double)low) * (sorted[high] - sorted[low]);
}

static json_t *number_json(const double *value, size_t rows)
{
    double *sorted = memory_take(rows, sizeof *sorted), sum = 0, squares = 0;
    json_t *part = json_object(), *deciles = json_array();
    size_t count = 0;

    for (size_t i = 0; i < rows; i++)
        if (!isnan(value[i]))
            sorted[count++] = value[i];
    qsort(sorted, count, sizeof *sorted, ascending);
    for (size_t i = 0; i < count; i++)
        sum += sorted[i];
    const double mean = count ? sum / (double)count : (double)NAN;
    for (size_t i = 0; i < count; i++)
        squares += (sorted[i] - mean) * (sorted[i] - mean);
    for (size_t d = 0; count > 0 && d < DECILES; d++)
        json_array_append_new(deciles, json_number(quantile(sorted, count, (double)d / 10)));
    json_object_set_new(part, "count", json_integer((json_int_t)count));
    json_object_set_new(part, "missing", json_integer((json_int_t)(rows - count)));
    json_object_set_new(part, "mean", json_number(mean));
    json_object_set_new(part, "std",
                        json_number(count ? sqrt(squares / (double)count) : (double)NAN));
    json_object_set_new(part, "min", count ? json_number(sorted[0]) : json_null());
    json_object_set_new(part, "max", count ? json_number(sorted[count - 1]) : json_null());
    json_object_set_new(part, "deciles", deciles);
    free(sorted);
    return part;
}

static int by_bytes(const void *a, const void *b)
{
    const struct table_string *x = a, *y = b;
    const size_t both = x->length < y->length ? x->length : y->length;
    const int order = memcmp(x->bytes, y->bytes, both);

    return order ? order : (x->length > y->length) - (x->length < y->length);
}

struct category {
    struct table_string value;
    size_t count;
};

/* Most frequent first; equals by their bytes, so that the order is always the same. */
static int by_count(const void *a, const void *b)
{
    const struct category *x = a, *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return by_bytes(&x->value, &y->value);
}

static size_t count_categories(struct table_string *sorted, size_t count, struct category *category)
{
    size_t categories = 0;

    qsort(sorted, count, sizeof *sorted, by_bytes);
    for (size_t i = 0; i < count; i++) {
        if (categories == 0 || by_bytes(&category[categories - 1].value, &sorted[i]) != 0)
            category[categories++] = (struct category){sorted[i], 0};
        category[categories - 1].count++;
    }
    qsort(category, categories, sizeof *category, by_count);
    return categories;
}

static json_t *text_json(const struct table_string *value, size_t rows)
{
    struct table_string *sorted = memory_take(rows, sizeof *sorted);
    struct category *category = memory_take(rows, sizeof *category);
    json_t *part = json_object(), *list = json_array();
    size_t count = 0, other = 0;

    for (size_t i = 0; i < rows; i++)
        if (value[i].bytes)
            sorted[count++] = value[i];
    const size_t categories = count_categories(sorted, count, category);
    for (size_t k = 0; k < categories; k++) {
        if (k >= CATEGORIES_MAX)
            other += category[k].count;
        else
            json_array_append_new(
                list, json_pack("{s:o, s:I}", "value",
                                json_stringn(category[k].value.bytes, category[k].value.length),
                                "count", (json_int_t)category[k].count));
    }
    json_object_set_new(part, "count", json_integer((json_int_t)count));
    json_object_set_new(part, "missing", json_integer((json_int_t)(rows - count)));
    json_object_set_new(part, "distinct", json_integer((json_int_t)categories));
    json_object_set_new(part, "categories", list);
    json_object_set_new(part, "other", json_integer((json_int_t)other));
    free(sorted);
    free(category);
    return part;
}

/* One entry per number of a row: "score", or "score_LABEL" per class. */
static json_t *scores_json(const struct tabular_data *data, const double *scores)
{
    const size_t rows = data->part[TABULAR_VALIDATION].rows;
    const size_t outputs = data->labels.task == TABULAR_CLASSES ? data->labels.count : 1;
    double *column = memory_take(rows, sizeof *column);
    json_t *list = json_array();

    for (size_t k = 0; k < outputs; k++) {
        for (size_t i = 0; i < rows; i++)
            column[i] = scores[i * outputs + k];
        json_t *part = number_json(column, rows);
        if (outputs > 1)
            json_object_set_new(
                part, "label",
                json_stringn(data->labels.value[k].bytes, data->labels.value[k].length));
        json_array_append_new(list, part);
    }
    free(column);
    return list;
}

json_t *tabular_reference(const struct tabular_data *data, const double *scores)
{
    const struct tabular_table *train = &data->part[TABULAR_TRAIN];
    json_t *document = json_object(), *columns = json_array();

    for (size_t c = 0; c < data->schema.count; c++) {
        const struct frame_column *column = &train->column[c];
        json_t *part = column->number ? number_json(column->number, train->rows)
                       : column->text ? text_json(column->text, train->rows)
                                      : NULL;
        if (!part)
            continue;
        json_object_set_new(part, "name", json_string(data->schema.column[c].name));
        json_object_set_new(part, "type", json_string(column->number ? "number" : "text"));
        json_array_append_new(columns, part);
    }
    json_object_set_new(document, "rows", json_integer((json_int_t)train->rows));
    json_object_set_new(document, "columns", columns);
    if (scores)
        json_object_set_new(document, "scores", scores_json(data, scores));
    return document;
}
