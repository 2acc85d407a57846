/* history_arrays — one order with its histories as a caller sends them. */
#include "sequence/history_internal.h"

#include <math.h>
#include <string.h>

/* A number or its text; NaN is missing. */
static bool series_number(const struct history_series *series, size_t i, double *value,
                          struct error *err)
{
    const struct table_string *text = series->text ? &series->text[i] : NULL;

    *value = NAN;
    if (!text && series->number)
        *value = series->number[i];
    else if (text && text->bytes && !text_to_number(text->bytes, text->length, value))
        return error_set(err, ERR_DATA, "'%.100s', value %zu: '%.*s' is not a number", series->name,
                         i + 1, text->length < 60 ? (int)text->length : 60, text->bytes);
    return !isinf(*value) ||
           error_set(err, ERR_DATA, "'%.100s', value %zu: it is infinite", series->name, i + 1);
}

/* A number counts as the text that history_category_text() gives it; empty text is missing. */
static struct table_string series_text(const struct history_series *series, size_t i, char room[32])
{
    if (series->text)
        return series->text[i].length ? series->text[i] : (struct table_string){0};
    return history_category_text(series->number[i], room);
}

/* Features of a list, in the order of the configuration and by name. */
struct features {
    const struct history_feature *feature;
    const struct history_name *name;
    size_t count;
};

/* Most callers send the features in their order: look there first. */
static size_t find(const struct features *features, const char *name, size_t guess)
{
    if (guess < features->count && strcmp(features->feature[guess].name, name) == 0)
        return guess;
    return history_name_find(features->name, features->count, name);
}

/* The series of each feature in `sent`; NULL where there is none. */
static bool place_series(const struct history_series *series, size_t count,
                         const struct features *features, const struct history_series **sent,
                         struct error *err)
{
    size_t guess = 0;

    for (size_t i = 0; i < features->count; i++)
        sent[i] = NULL;
    for (size_t i = 0; i < count; i++) {
        const size_t at = find(features, series[i].name, guess);
        if (at == SIZE_MAX)
            return error_set(err, ERR_DATA, "there is no feature '%.100s'", series[i].name);
        if (sent[at])
            return error_set(err, ERR_DATA, "the feature '%.100s' is there twice", series[i].name);
        sent[at] = &series[i];
        guess = at + 1;
    }
    return true;
}

static bool check_arrays(const struct history_arrays *arrays, struct error *err)
{
    for (size_t i = 0; i < arrays->series_count; i++)
        if (arrays->series[i].count != arrays->times)
            return error_set(err, ERR_DATA, "'%.100s' has %zu values, but there are %zu times",
                             arrays->series[i].name, arrays->series[i].count, arrays->times);
    for (size_t i = 0; i < arrays->times; i++) {
        if (arrays->time[i] >= HISTORY_TIME_BOUND || arrays->time[i] <= -HISTORY_TIME_BOUND)
            return error_set(err, ERR_DATA, "time %zu is out of range", i + 1);
        if (i && arrays->time[i] < arrays->time[i - 1])
            return error_set(err, ERR_DATA, "time runs backwards: time %zu is before time %zu",
                             i + 1, i);
    }
    return true;
}

/* What was not sent; a value that depends on the time alone needs not be. */
static double absent(const struct history_feature *feature, int64_t time)
{
    return feature->value >= HISTORY_HOUR && feature->value <= HISTORY_WEEKEND
               ? history_calendar(feature->value, time)
               : NAN;
}

/* The orders of one sequence that count, `skipped` older ones left out. */
struct part {
    const struct history_fitted *fitted;
    const struct history_arrays *arrays;
    size_t skipped, orders;
};

/* A feature of all orders into column `c` of their rows. */
static void encode_category(const struct part *part, size_t c, const struct history_series *sent,
                            int32_t *to)
{
    const struct history_fitted *f = part->fitted;
    const struct history_feature *feature = f->categorical[c];
    const struct history_source *source = &f->config.source;
    const bool outcome = feature->column && strcmp(feature->column, source->outcome) == 0;
    char room[32];

    for (size_t i = 0; i < part->orders; i++) {
        const size_t from = part->skipped + i;
        struct table_string text =
            sent ? series_text(sent, from, room)
                 : history_category_text(absent(feature, part->arrays->time[from]), room);
        if (outcome)
            text = history_outcome_text(source, feature->column, text);
        to[i * f->n_cat + c] = history_category_row(feature, &f->category[c], text);
    }
}

static bool encode_number(const struct part *part, size_t c, const struct history_series *sent,
                          float *to, struct error *err)
{
    const struct history_fitted *f = part->fitted;
    const struct history_feature *feature = f->numeric[c];

    for (size_t i = 0; i < part->orders; i++) {
        const size_t from = part->skipped + i;
        double value = absent(feature, part->arrays->time[from]);
        if (sent && !series_number(sent, from, &value, err))
            return false;
        to[i * f->n_num + c] = history_scaled(feature, &f->number[c], value);
    }
    return true;
}

static bool fill_sequence(const struct history_fitted *f, const struct history_arrays *arrays,
                          size_t s, const struct history_buffers *buffers, struct history *out,
                          struct error *err)
{
    const struct history_feature *feature = f->config.histories.feature;
    const struct features features = {feature, f->feature_name, f->n_cat + f->n_num};
    const size_t most = f->config.histories.seq_len;
    const size_t skipped = arrays->times > most ? arrays->times - most : 0;
    const struct part part = {f, arrays, skipped, arrays->times - skipped};
    int32_t *categorical = buffers->categorical[s];
    float *numeric = buffers->numeric[s];

    if (!place_series(arrays->series, arrays->series_count, &features, buffers->sent, err) ||
        !check_arrays(arrays, err))
        return false;
    for (size_t c = 0; c < f->n_cat; c++)
        encode_category(&part, c, buffers->sent[f->categorical[c] - feature], categorical);
    for (size_t c = 0; c < f->n_num; c++)
        if (!encode_number(&part, c, buffers->sent[f->numeric[c] - feature], numeric, err))
            return false;
    for (size_t i = 0; i < part.orders; i++) {
        const int64_t age = arrays->time[arrays->times - 1] - arrays->time[skipped + i];
        history_hide_unknown(f, age, categorical + i * f->n_cat, numeric + i * f->n_num);
        buffers->time[s][i] = history_age(age);
        buffers->row[s][i] = (uint32_t)(skipped + i);
    }
    *out = (struct history){part.orders, categorical, numeric, buffers->time[s]};
    return true;
}

/* The last order of the first sequence, as the whole of the second. */
static void copy_current(const struct history_fitted *f, const struct history_buffers *buffers,
                         const struct history *from, struct history *out)
{
    const size_t last = from->orders - 1;

    memcpy(buffers->categorical[1], from->categorical + last * f->n_cat,
           f->n_cat * sizeof *buffers->categorical[1]);
    memcpy(buffers->numeric[1], from->numeric + last * f->n_num,
           f->n_num * sizeof *buffers->numeric[1]);
    buffers->time[1][0] = 0;
    buffers->row[1][0] = buffers->row[0][last];
    *out = (struct history){1, buffers->categorical[1], buffers->numeric[1], buffers->time[1]};
}

static bool fill_engineered(const struct history_fitted *f, const struct history_input *input,
                            const struct history_buffers *buffers, struct error *err)
{
    const struct history_feature *feature = f->config.histories.engineered;
    const struct features features = {feature, f->engineered_name, f->n_engineered};
    const struct history_arrays *first = &input->sequence[0];

    if (!place_series(input->engineered, input->engineered_count, &features, buffers->sent, err))
        return false;
    for (size_t i = 0; i < f->n_engineered; i++) {
        const struct history_series *series = buffers->sent[i];
        double value = absent(&feature[i], first->time[first->times - 1]);
        if (series && series->count != 1)
            return error_set(err, ERR_DATA, "'%.100s' has %zu values, not one", series->name,
                             series->count);
        if (series && !series_number(series, 0, &value, err))
            return false;
        buffers->engineered[i] = history_scaled(&feature[i], &f->engineered[i], value);
    }
    return true;
}

bool history_from_arrays(const struct history_fitted *fitted, const struct history_input *input,
                         const struct history_buffers *buffers, struct history_row *out,
                         struct error *err)
{
    const struct history_arrays *first = &input->sequence[0], *second = &input->sequence[1];
    const struct history_recipe *recipe = &fitted->config.histories;

    *out = (struct history_row){.engineered = buffers->engineered};
    if (first->times == 0)
        return error_set(err, ERR_DATA, "the order itself is missing");
    if (recipe->sequences == 1 && (second->times || second->series_count))
        return error_set(err, ERR_DATA, "there is a second history, the model has one");
    if (second->times && second->time[second->times - 1] != first->time[first->times - 1])
        return error_set(err, ERR_DATA, "the histories end at different times");
    if (!fill_sequence(fitted, first, 0, buffers, &out->sequence[0], err))
        return error_wrap(err, "history by '%s'", recipe->by[0]);
    if (second->times && !fill_sequence(fitted, second, 1, buffers, &out->sequence[1], err))
        return error_wrap(err, "history by '%s'", recipe->by[1]);
    if (recipe->sequences == 2 && !second->times)
        copy_current(fitted, buffers, &out->sequence[0], &out->sequence[1]);
    return fill_engineered(fitted, input, buffers, err);
}
