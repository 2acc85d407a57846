/* fit_category — the categories of a column, in scikit-learn's order. */
#include "transform/fit.h"

#include "base/config.h"

#include <xxhash.h>

#include <math.h>
#include <string.h>

struct value {
    struct table_string text;
    size_t count;
    double number;
};

/* The distinct texts of a column and how often each stands there. */
struct distinct {
    struct arena memory;
    struct value *value; /* [count] */
    uint32_t *slot;      /* [slots], index + 1 of a value; 0: free */
    size_t count, slots, room;
};

static size_t slot_of(const struct distinct *d, const struct table_string *text)
{
    size_t at = (size_t)XXH3_64bits(text->bytes, text->length) & (d->slots - 1);

    for (; d->slot[at]; at = (at + 1) & (d->slots - 1)) {
        const struct table_string *here = &d->value[d->slot[at] - 1].text;
        if (here->length == text->length && memcmp(here->bytes, text->bytes, text->length) == 0)
            break;
    }
    return at;
}

static void grow(struct distinct *d)
{
    d->slots = d->slots ? d->slots * 4 : 64;
    d->room = d->slots / 2;
    d->slot = memory_resize(d->slot, d->slots, sizeof *d->slot);
    memset(d->slot, 0, d->slots * sizeof *d->slot);
    d->value = memory_resize(d->value, d->room, sizeof *d->value);
    for (size_t i = 0; i < d->count; i++)
        d->slot[slot_of(d, &d->value[i].text)] = (uint32_t)i + 1;
}

static void add_value(struct distinct *d, const struct table_string *text, size_t times)
{
    if (d->count == d->room)
        grow(d);
    const size_t at = slot_of(d, text);
    if (!d->slot[at]) {
        d->value[d->count] = (struct value){.text = *text};
        d->slot[at] = (uint32_t)++d->count;
    }
    d->value[d->slot[at] - 1].count += times;
}

static void distinct_clear(struct distinct *d)
{
    arena_clear(&d->memory);
    free(d->value);
    free(d->slot);
}

static int by_number(const void *left, const void *right)
{
    const double a = ((const struct value *)left)->number;
    const double b = ((const struct value *)right)->number;

    return (a > b) - (a < b);
}

static int by_text(const void *left, const void *right)
{
    const struct table_string *a = &((const struct value *)left)->text;
    const struct table_string *b = &((const struct value *)right)->text;
    const int order = memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);

    return order ? order : (a->length > b->length) - (a->length < b->length);
}

static bool all_numbers(struct distinct *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (!text_to_double(d->value[i].text.bytes, d->value[i].text.length, &d->value[i].number))
            return false;
    return d->count > 0;
}

/* Values in order become one per number, spelled the shortest way. */
static void merge_numbers(struct distinct *d)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->count; i++) {
        if (kept > 0 && d->value[kept - 1].number == d->value[i].number) {
            d->value[kept - 1].count += d->value[i].count;
            continue;
        }
        struct text spelled = {0};
        struct value *value = &d->value[kept++];
        *value = d->value[i];
        value->number += 0.0; /* not -0 */
        config_write_number(&spelled, value->number);
        value->text.bytes = arena_string(&d->memory, spelled.bytes, spelled.length);
        value->text.length = spelled.length;
        text_clear(&spelled);
    }
    d->count = kept;
}

/* A category is part of a feature's name, and that of JSON documents. */
static bool check_value(const struct table_string *text, const char *column, struct error *err)
{
    if (strlen(column) + 1 + text->length > SCHEMA_NAME_MAX)
        return error_set(err, ERR_DATA,
                         "column '%.200s' has a value of %zu bytes, too long for a category",
                         column, text->length);
    json_t *string = json_stringn(text->bytes, text->length);
    const bool fine = string && !memchr(text->bytes, '\0', text->length);
    json_decref(string);
    return fine ||
           error_set(err, ERR_DATA, "column '%.200s' has a value that is not UTF-8 text", column);
}

static bool count_values(struct distinct *d, size_t *missing, const struct table_string *x,
                         size_t rows, const char *column, struct error *err)
{
    *missing = 0;
    for (size_t i = 0; i < rows; i++) {
        const size_t before = d->count;
        if (!x[i].bytes) {
            ++*missing;
            continue;
        }
        add_value(d, &x[i], 1);
        if (d->count > TRANSFORM_FEATURES_MAX)
            return error_set(err, ERR_LIMIT, "column '%.200s' has more than %d categories", column,
                             TRANSFORM_FEATURES_MAX);
        if (d->count > before && !check_value(&x[i], column, err))
            return false;
    }
    return true;
}

/* The first of the most frequent values, which are in order. */
static const struct table_string *most_frequent(const struct distinct *d)
{
    size_t best = 0;

    for (size_t i = 1; i < d->count; i++)
        if (d->value[i].count > d->value[best].count)
            best = i;
    return &d->value[best].text;
}

static void make_categories(struct column_op *op, const struct distinct *d, bool numbers,
                            bool missing, struct arena *memory)
{
    struct table_string *text = memory_take(d->count, sizeof *text);
    double *number = memory_take(d->count, sizeof *number);

    for (size_t i = 0; i < d->count; i++) {
        text[i] = d->value[i].text;
        number[i] = d->value[i].number;
    }
    categories_make(&op->categories, text, numbers ? number : NULL, d->count, missing, memory);
    free(text);
    free(number);
}

/* An unknown value must not look like a known one. */
static bool check_unknown(const struct column_op *op, const char *column, struct error *err)
{
    const double value = op->unknown_value;

    if (op->kind == COLUMN_ORDINAL && op->unknown == UNKNOWN_VALUE && value >= 0 &&
        value < (double)op->categories.count && value == floor(value))
        return error_set(err, ERR_DATA,
                         "column '%.200s': the code %.17g for unknown values is that of a category",
                         column, value);
    return true;
}

static bool learn(struct column_op *op, const struct step *step, struct distinct *d, size_t missing,
                  const char *column, struct arena *memory, struct error *err)
{
    const struct table_string constant = {step->constant,
                                          step->constant ? strlen(step->constant) : 0};

    if (step->impute == IMPUTE_MOST_FREQUENT && d->count == 0)
        return error_set(err, ERR_DATA,
                         "column '%.200s' has no value in the training rows to "
                         "impute from",
                         column);
    if (step->impute == IMPUTE_CONSTANT && !check_value(&constant, column, err))
        return false;
    if (step->impute == IMPUTE_CONSTANT && missing > 0)
        add_value(d, &constant, missing);
    const bool numbers = all_numbers(d);
    if (d->count > 1)
        qsort(d->value, d->count, sizeof *d->value, numbers ? by_number : by_text);
    if (numbers)
        merge_numbers(d);
    const struct table_string *fill = step->impute == IMPUTE_MOST_FREQUENT ? most_frequent(d)
                                      : step->impute == IMPUTE_CONSTANT    ? &constant
                                                                           : NULL;
    make_categories(op, d, numbers, missing > 0 && !fill, memory);
    op->constant = fill ? arena_string(memory, fill->bytes, fill->length) : NULL;
    fitted_set_missing(op);
    return check_unknown(op, column, err);
}

bool fit_category(struct column_op *op, const struct step *step, const struct table_string *x,
                  size_t rows, const char *column, struct arena *memory, struct error *err)
{
    struct distinct d = {0};
    size_t missing;

    *op = (struct column_op){
        .kind = step->encode == ENCODE_ONE_HOT ? COLUMN_ONE_HOT : COLUMN_ORDINAL,
        .column = op->column,
        .unknown = step->unknown,
        .unknown_value = step->unknown_value,
    };
    const bool ok = count_values(&d, &missing, x, rows, column, err) &&
                    learn(op, step, &d, missing, column, memory, err);
    distinct_clear(&d);
    return ok;
}
