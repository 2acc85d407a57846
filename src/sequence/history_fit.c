/* history_fit — vocabulary and scaling from training rows. */
#include "sequence/history_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *copy_text(struct arena *memory, const char *text)
{
    return text ? arena_string(memory, text, strlen(text)) : NULL;
}

static struct history_feature *copy_features(const struct history_feature *feature, size_t count,
                                             struct arena *memory)
{
    struct history_feature *out = ARENA_ZERO(memory, struct history_feature, count + 1);

    for (size_t i = 0; i < count; i++) {
        out[i] = feature[i];
        out[i].name = copy_text(memory, feature[i].name);
        out[i].column = copy_text(memory, feature[i].column);
        out[i].by = copy_text(memory, feature[i].by);
        out[i].missing = copy_text(memory, feature[i].missing);
    }
    return out;
}

/* Without where the orders came from: that is not part of what was learned. */
void history_config_copy(struct history_config *out, const struct history_config *config,
                         struct arena *memory)
{
    const struct history_recipe *recipe = &config->histories;

    *out = *config;
    out->source.path = out->source.query = NULL;
    out->source.time = copy_text(memory, config->source.time);
    out->source.outcome = copy_text(memory, config->source.outcome);
    out->source.positive = copy_text(memory, config->source.positive);
    for (size_t i = 0; i < recipe->sequences; i++)
        out->histories.by[i] = copy_text(memory, recipe->by[i]);
    out->histories.feature = copy_features(recipe->feature, recipe->feature_count, memory);
    out->histories.engineered = copy_features(recipe->engineered, recipe->engineered_count, memory);
}

static void number_init(struct history_number *number, const struct history_feature *feature)
{
    *number = (struct history_number){.factor = 1};
    if (feature->missing)
        text_to_double(feature->missing, strlen(feature->missing), &number->missing);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct history_name *)a)->name, ((const struct history_name *)b)->name);
}

static struct history_name *sort_names(const struct history_feature *feature, size_t count,
                                       struct arena *memory)
{
    struct history_name *name = ARENA_NEW(memory, struct history_name, count + 1);

    for (size_t i = 0; i < count; i++)
        name[i] = (struct history_name){feature[i].name, i};
    qsort(name, count, sizeof *name, compare_names);
    return name;
}

size_t history_name_find(const struct history_name *list, size_t count, const char *name)
{
    const struct history_name key = {name, 0};
    const struct history_name *found = bsearch(&key, list, count, sizeof *list, compare_names);

    return found ? found->at : SIZE_MAX;
}

void history_fitted_layout(struct history_fitted *fitted)
{
    const struct history_recipe *recipe = &fitted->config.histories;
    struct arena *memory = &fitted->memory;
    const size_t count = recipe->feature_count;

    fitted->n_cat = fitted->n_num = 0;
    fitted->n_engineered = recipe->engineered_count;
    fitted->categorical = ARENA_NEW(memory, const struct history_feature *, count + 1);
    fitted->numeric = ARENA_NEW(memory, const struct history_feature *, count + 1);
    fitted->category = ARENA_ZERO(memory, struct history_category, count + 1);
    fitted->number = ARENA_ZERO(memory, struct history_number, count + 1);
    fitted->engineered = ARENA_ZERO(memory, struct history_number, fitted->n_engineered + 1);
    fitted->feature_name = sort_names(recipe->feature, count, memory);
    fitted->engineered_name = sort_names(recipe->engineered, recipe->engineered_count, memory);
    for (size_t i = 0; i < count; i++)
        if (recipe->feature[i].type == HISTORY_CATEGORY) {
            fitted->categorical[fitted->n_cat++] = &recipe->feature[i];
        } else {
            number_init(&fitted->number[fitted->n_num], &recipe->feature[i]);
            fitted->numeric[fitted->n_num++] = &recipe->feature[i];
        }
    for (size_t i = 0; i < fitted->n_engineered; i++)
        number_init(&fitted->engineered[i], &recipe->engineered[i]);
}

bool history_fitted_number(struct history_fitted *fitted, struct error *err)
{
    size_t row = 1;

    for (size_t c = 0; c < fitted->n_cat; c++) {
        fitted->category[c].first = (int32_t)row;
        row += 1 + fitted->category[c].count;
        if (row > HISTORY_VALUES_MAX)
            return error_set(err, ERR_LIMIT, "there are more than %d categories",
                             HISTORY_VALUES_MAX);
    }
    fitted->n_embedding = row - 1 + fitted->n_num;
    return true;
}

static int compare_text(const struct table_string *a, const struct table_string *b)
{
    const size_t both = a->length < b->length ? a->length : b->length;
    const int order = both ? memcmp(a->bytes, b->bytes, both) : 0;

    return order ? order : (a->length > b->length) - (a->length < b->length);
}

int32_t history_category_row(const struct history_feature *feature,
                             const struct history_category *category, struct table_string text)
{
    size_t from = 0, to = category->count;

    if (!text.bytes)
        text = (struct table_string){feature->missing ? feature->missing : "",
                                     feature->missing ? strlen(feature->missing) : 0};
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const int order = compare_text(&text, &category->text[middle]);
        if (order == 0)
            return category->first + 1 + (int32_t)middle;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return category->first;
}

struct table_string history_category_text(double value, char room[32])
{
    if (isnan(value))
        return (struct table_string){0};
    return (struct table_string){room, (size_t)snprintf(room, 32, "%.15g", value)};
}

/* A value with how often training has it. */
struct seen {
    struct table_string text;
    size_t count;
};

static int by_text(const void *a, const void *b)
{
    return compare_text(&((const struct seen *)a)->text, &((const struct seen *)b)->text);
}

static int by_count(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;

    return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : by_text(a, b);
}

/* Sorts and joins equal texts: the missing value may be spelled out as well. */
static size_t join_equal(struct seen *seen, size_t count)
{
    size_t kept = 0;

    qsort(seen, count, sizeof *seen, by_text);
    for (size_t i = 0; i < count; i++)
        if (kept && by_text(&seen[kept - 1], &seen[i]) == 0)
            seen[kept - 1].count += seen[i].count;
        else
            seen[kept++] = seen[i];
    return kept;
}

static void choose_values(struct history_category *category, const struct history_feature *feature,
                          struct seen *seen, size_t count, struct arena *memory)
{
    size_t kept = 0;

    count = join_equal(seen, count);
    qsort(seen, count, sizeof *seen, by_count);
    while (kept < count && kept < feature->values_max && seen[kept].count &&
           seen[kept].count >= feature->min_count)
        kept++;
    qsort(seen, kept, sizeof *seen, by_text);
    struct table_string *text = ARENA_NEW(memory, struct table_string, kept + 1);
    for (size_t i = 0; i < kept; i++)
        text[i] = (struct table_string){
            arena_string(memory, seen[i].text.bytes, seen[i].text.length), seen[i].text.length};
    category->text = text;
    category->count = kept;
}

struct fit {
    struct history_fitted *fitted;
    const struct history_orders *orders;
    const struct history_rows *train;
    int64_t last; /* time of the last training row */
    struct history_values values;
};

static void fit_codes(struct fit *fit, struct history_category *category,
                      const struct history_feature *feature, const int32_t *code,
                      const struct names *names)
{
    const char *missing = feature->missing ? feature->missing : "";
    struct seen *seen = memory_take_zeroed(names->count + 1, sizeof *seen);

    for (size_t i = 0; i < names->count; i++)
        seen[i].text = names->text[i];
    seen[names->count].text = (struct table_string){missing, strlen(missing)};
    for (size_t i = 0; i < fit->orders->rows; i++)
        if (fit->orders->time[i] <= fit->last)
            seen[code[i] < 0 ? names->count : (size_t)code[i]].count++;
    choose_values(category, feature, seen, names->count + 1, &fit->fitted->memory);
    free(seen);
}

/* Of values that are computed: their texts, as if they were a column. */
static bool fit_computed(struct fit *fit, struct history_category *category,
                         const struct history_feature *feature, struct error *err)
{
    const size_t rows = fit->orders->rows;
    int32_t *code = memory_take(rows + 1, sizeof *code);
    struct name_cache cache;
    struct names names;
    char room[32];
    bool ok = true;

    names_init(&names);
    name_cache_init(&cache, &names);
    history_values_compute(&fit->values, feature, 0);
    for (size_t i = 0; i < rows && ok; i++) {
        /* Whole numbers in order of time often repeat. */
        if (i && fit->values.value[i] == fit->values.value[i - 1]) {
            code[i] = code[i - 1];
            continue;
        }
        const struct table_string text = history_category_text(fit->values.value[i], room);
        code[i] = -1;
        ok = !text.bytes || name_cache_code(&cache, &text, &code[i], err);
    }
    if (ok)
        fit_codes(fit, category, feature, code, &names);
    name_cache_clear(&cache);
    names_clear(&names);
    free(code);
    return ok;
}

static bool fit_category(struct fit *fit, struct history_category *category,
                         const struct history_feature *feature, struct error *err)
{
    if (feature->value != HISTORY_COLUMN)
        return fit_computed(fit, category, feature, err);
    const struct history_column *column = history_orders_column(fit->orders, feature->column);
    fit_codes(fit, category, feature, column->code, &column->names);
    return true;
}

static int fit_exponent(const struct fit *fit, const struct history_feature *feature)
{
    double largest = 0;
    int exponent = 0;

    if (feature->value < HISTORY_SUM)
        return 0;
    const double *x = history_values_column(&fit->values, feature->column);
    for (size_t i = 0; i < fit->orders->rows; i++)
        if (fit->orders->time[i] <= fit->last && fabs(x[i]) > largest)
            largest = fabs(x[i]);
    frexp(largest, &exponent);
    return exponent;
}

/* The i-th value that a number learns from; false after the last. */
static bool learn_from(const struct fit *fit, bool engineered, size_t *i, double *value)
{
    const struct history_orders *orders = fit->orders;

    if (engineered) {
        if (*i == fit->train->count)
            return false;
        *value = fit->values.value[fit->train->row[(*i)++]];
        return true;
    }
    while (*i < orders->rows && orders->time[*i] > fit->last)
        ++*i;
    if (*i == orders->rows)
        return false;
    *value = fit->values.value[(*i)++];
    return true;
}

static bool fit_number(struct fit *fit, struct history_number *number,
                       const struct history_feature *feature, bool engineered, struct error *err)
{
    double low = INFINITY, high = -INFINITY, sum = 0, squares = 0, value;
    size_t count = 0;

    number->exponent = fit_exponent(fit, feature);
    history_values_compute(&fit->values, feature, number->exponent);
    for (size_t i = 0; learn_from(fit, engineered, &i, &value); count++) {
        value = history_squashed(feature, isnan(value) ? number->missing : value);
        low = fmin(low, value);
        high = fmax(high, value);
        sum += value;
    }
    const double mean = sum / (double)count;
    for (size_t i = 0; learn_from(fit, engineered, &i, &value);) {
        value = history_squashed(feature, isnan(value) ? number->missing : value);
        squares += (value - mean) * (value - mean);
    }
    const double width =
        feature->scale == HISTORY_STANDARD ? sqrt(squares / (double)count) : high - low;
    if (feature->scale != HISTORY_UNSCALED) {
        number->shift = feature->scale == HISTORY_STANDARD ? mean : low;
        number->factor = width > 0 ? 1 / width : 1;
    }
    return (isfinite(number->factor) && isfinite(number->shift) && number->factor > 0) ||
           error_set(err, ERR_DATA,
                     "feature '%s': its values are too large or too near each other "
                     "to be scaled",
                     feature->name);
}

static bool fit_features(struct fit *fit, struct error *err)
{
    struct history_fitted *f = fit->fitted;

    for (size_t i = 0; i < f->n_cat; i++)
        if (!fit_category(fit, &f->category[i], f->categorical[i], err))
            return false;
    for (size_t i = 0; i < f->n_num; i++)
        if (!fit_number(fit, &f->number[i], f->numeric[i], false, err))
            return false;
    for (size_t i = 0; i < f->n_engineered; i++)
        if (!fit_number(fit, &f->engineered[i], &f->config.histories.engineered[i], true, err))
            return false;
    return history_fitted_number(f, err);
}

bool history_fit(struct history_fitted *fitted, const struct history_config *config,
                 const struct history_orders *orders, const struct history_rows *train,
                 struct error *err)
{
    struct fit fit = {.fitted = fitted, .orders = orders, .train = train, .last = INT64_MIN};

    *fitted = (struct history_fitted){0};
    if (train->count == 0)
        return error_set(err, ERR_DATA, "there are no orders to train on");
    history_config_copy(&fitted->config, config, &fitted->memory);
    if (!history_config_check(&fitted->config, err)) {
        history_fitted_clear(fitted);
        return false;
    }
    fitted->config.source.time_unit = orders->time_unit;
    history_fitted_layout(fitted);
    for (size_t i = 0; i < train->count; i++)
        if (orders->time[train->row[i]] > fit.last)
            fit.last = orders->time[train->row[i]];
    history_values_init(&fit.values, orders);
    const bool ok = fit_features(&fit, err);
    history_values_clear(&fit.values);
    if (!ok)
        history_fitted_clear(fitted);
    return ok;
}

void history_fitted_clear(struct history_fitted *fitted)
{
    arena_clear(&fitted->memory);
    *fitted = (struct history_fitted){0};
}
