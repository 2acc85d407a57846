/*
 * history_file — the fitted part of histories as JSON, checked once when it is read.
 *
 *   {"source": {"time": "at", "outcome": "bad", "time_unit": "auto", "outcome_after":
 * 604800000000}, "seq_len": 51, "by": ["who", "shop"], "features": [{"value": "column", "name":
 * "shop", "column": "shop", "type": "category", ..., "values": ["x", "y"]},
 *                 {"value": "column", "name": "amount", ..., "shift": 0, "factor": 0.5,
 *                  "exponent": 0}],
 *    "engineered": [...]}
 *
 * Durations are microseconds. The keys of a feature are those of its settings.
 */
#include "sequence/history_internal.h"

#include <math.h>
#include <string.h>

/* Settings that the table of fields does not hold. */
static const struct duration {
    const char *name;
    size_t offset;
    int64_t absent;
} durations[] = {
    {"window", offsetof(struct history_feature, window), 0},
    {"delay", offsetof(struct history_feature, delay), -1},
    {"outcome_after", offsetof(struct history_feature, outcome_after), -1},
};
enum { DURATIONS = sizeof durations / sizeof *durations };

static const char *const feature_keys[] = {
    "value", "values", "shift", "factor", "exponent", "window", "delay", "outcome_after", NULL};

static void write_fields(json_t *object, const struct config_field *fields, const void *settings)
{
    for (const struct config_field *f = fields; f->type != CONFIG_TYPE_END; f++) {
        const char *at = (const char *)settings + f->offset;
        json_t *value = NULL;
        if (f->type == CONFIG_TYPE_SIZE)
            value = json_integer((json_int_t) * (const size_t *)(const void *)at);
        else if (f->type == CONFIG_TYPE_BOOL)
            value = json_boolean(*(const bool *)(const void *)at);
        else if (f->type == CONFIG_TYPE_CHOICE)
            value = json_string(f->choices[*(const int *)(const void *)at]);
        else if (f->type == CONFIG_TYPE_TEXT && *(const char *const *)(const void *)at)
            value = json_string(*(const char *const *)(const void *)at);
        if (value)
            json_object_set_new(object, f->name, value);
    }
}

static json_t *write_feature(const struct history_feature *feature,
                             const struct history_category *category,
                             const struct history_number *number)
{
    json_t *object = json_object();

    json_object_set_new(object, "value", json_string(history_value_names[feature->value]));
    write_fields(object, history_feature_fields, feature);
    for (size_t d = 0; d < DURATIONS; d++) {
        const int64_t *at = (const void *)((const char *)feature + durations[d].offset);
        if (*at != durations[d].absent)
            json_object_set_new(object, durations[d].name, json_integer(*at));
    }
    if (number) {
        json_object_set_new(object, "shift", json_number(number->shift));
        json_object_set_new(object, "factor", json_number(number->factor));
        json_object_set_new(object, "exponent", json_integer(number->exponent));
        return object;
    }
    json_t *values = json_array();
    for (size_t i = 0; i < category->count; i++)
        json_array_append_new(values,
                              json_stringn(category->text[i].bytes, category->text[i].length));
    json_object_set_new(object, "values", values);
    return object;
}

json_t *history_json(const struct history_fitted *fitted)
{
    const struct history_config *config = &fitted->config;
    const struct history_recipe *recipe = &config->histories;
    json_t *document = json_object(), *source = json_object(), *by = json_array(),
           *features = json_array(), *engineered = json_array();
    size_t cat = 0, num = 0;

    write_fields(source, history_source_fields, &config->source);
    if (config->source.outcome_after >= 0)
        json_object_set_new(source, "outcome_after", json_integer(config->source.outcome_after));
    for (size_t i = 0; i < recipe->sequences; i++)
        json_array_append_new(by, json_string(recipe->by[i]));
    for (size_t i = 0; i < recipe->feature_count; i++) {
        const struct history_feature *f = &recipe->feature[i];
        const bool category = f->type == HISTORY_CATEGORY;
        json_array_append_new(features, write_feature(f, category ? &fitted->category[cat] : NULL,
                                                      category ? NULL : &fitted->number[num]));
        cat += category;
        num += !category;
    }
    for (size_t i = 0; i < recipe->engineered_count; i++)
        json_array_append_new(engineered,
                              write_feature(&recipe->engineered[i], NULL, &fitted->engineered[i]));
    json_object_set_new(document, "source", source);
    json_object_set_new(document, "seq_len", json_integer((json_int_t)recipe->seq_len));
    json_object_set_new(document, "by", by);
    json_object_set_new(document, "features", features);
    json_object_set_new(document, "engineered", engineered);
    return document;
}

static bool in_list(const char *word, const char *const *list)
{
    size_t i = 0;

    while (list[i] && strcmp(list[i], word) != 0)
        i++;
    return list[i] != NULL;
}

static bool read_field(const struct config_field *f, const json_t *value, void *settings,
                       struct arena *memory, struct error *err)
{
    char digits[32];
    const char *text = json_string_value(value);

    if (json_is_boolean(value) && f->type == CONFIG_TYPE_BOOL) {
        text = json_is_true(value) ? "true" : "false";
    } else if (json_is_integer(value) && f->type == CONFIG_TYPE_SIZE) {
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
        text = digits;
    } else if (!text || f->type == CONFIG_TYPE_BOOL || f->type == CONFIG_TYPE_SIZE) {
        return error_set(err, ERR_DATA, "'%s' has the wrong type", f->name);
    }
    if (f->type == CONFIG_TYPE_TEXT)
        text = arena_string(memory, text, strlen(text));
    if (config_set(settings, f, text, err))
        return true;
    err->code = ERR_DATA;
    return error_wrap(err, "'%s'", f->name);
}

/* Sets what the object has; other keys must be in `others`. */
static bool read_fields(const json_t *object, const struct config_field *fields,
                        const char *const *others, void *settings, struct arena *memory,
                        struct error *err)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object))
        return error_set(err, ERR_DATA, "it is no object");
    config_defaults(settings, fields);
    json_object_foreach((json_t *)object, key, value)
    {
        const struct config_field *f = config_find(fields, key);
        if (f ? !read_field(f, value, settings, memory, err) : !in_list(key, others))
            return f ? false : error_set(err, ERR_DATA, "unknown key '%.100s'", key);
    }
    return true;
}

static bool read_duration(const json_t *object, const char *key, int64_t absent, int64_t *out,
                          struct error *err)
{
    const json_t *value = json_object_get(object, key);

    *out = value ? json_integer_value(value) : absent;
    return !value || (json_is_integer(value) && *out >= 0 && *out <= HISTORY_DURATION_MAX) ||
           error_set(err, ERR_DATA, "'%s' is no duration", key);
}

static bool read_feature(const json_t *object, struct history_feature *feature,
                         struct arena *memory, struct error *err)
{
    const char *word = json_string_value(json_object_get(object, "value"));

    if (!read_fields(object, history_feature_fields, feature_keys, feature, memory, err))
        return false;
    feature->value = 0;
    while (word && history_value_names[feature->value] &&
           strcmp(history_value_names[feature->value], word) != 0)
        feature->value++;
    if (!word || !history_value_names[feature->value] || !feature->name)
        return error_set(err, ERR_DATA, "'%s' is missing or unknown",
                         feature->name ? "value" : "name");
    for (size_t d = 0; d < DURATIONS; d++) {
        int64_t *at = (void *)((char *)feature + durations[d].offset);
        if (!read_duration(object, durations[d].name, durations[d].absent, at, err))
            return error_wrap(err, "feature '%.100s'", feature->name);
    }
    return true;
}

static bool read_features(const json_t *list, const char *key, struct history_feature **out,
                          size_t *count, struct arena *memory, struct error *err)
{
    *count = json_array_size(list);
    if (!json_is_array(list) || *count > HISTORY_FEATURES_MAX)
        return error_set(err, ERR_DATA, "'%s' is not a list of at most %d features", key,
                         HISTORY_FEATURES_MAX);
    *out = ARENA_ZERO(memory, struct history_feature, *count + 1);
    for (size_t i = 0; i < *count; i++)
        if (!read_feature(json_array_get(list, i), &(*out)[i], memory, err))
            return error_wrap(err, "'%s', entry %zu", key, i + 1);
    return true;
}

static bool read_config(struct history_config *config, const json_t *document, struct arena *memory,
                        struct error *err)
{
    static const char *const keys[] = {"source", "by", "features", "engineered", NULL};
    static const char *const source_keys[] = {"outcome_after", NULL};
    const json_t *source = json_object_get(document, "source"),
                 *by = json_object_get(document, "by");
    struct history_recipe *recipe = &config->histories;

    if (!read_fields(document, history_recipe_fields, keys, recipe, memory, err))
        return false;
    if (!read_fields(source, history_source_fields, source_keys, &config->source, memory, err) ||
        !read_duration(source, "outcome_after", -1, &config->source.outcome_after, err))
        return error_wrap(err, "'source'");
    config->source.path = config->source.query = NULL;
    recipe->sequences = json_array_size(by);
    if (recipe->sequences > HISTORY_SEQUENCES_MAX)
        return error_set(err, ERR_DATA, "'by' is not one or two columns");
    for (size_t i = 0; i < recipe->sequences; i++) {
        const char *name = json_string_value(json_array_get(by, i));
        recipe->by[i] = name ? arena_string(memory, name, strlen(name)) : NULL;
    }
    if (!read_features(json_object_get(document, "features"), "features", &recipe->feature,
                       &recipe->feature_count, memory, err) ||
        !read_features(json_object_get(document, "engineered"), "engineered", &recipe->engineered,
                       &recipe->engineered_count, memory, err))
        return false;
    if (history_config_check(config, err))
        return true;
    err->code = ERR_DATA;
    return false;
}

static bool read_number(struct history_number *number, const json_t *object, struct error *err)
{
    enum { EXPONENT_MAX = 1100 };
    const json_t *shift = json_object_get(object, "shift"),
                 *factor = json_object_get(object, "factor"),
                 *exponent = json_object_get(object, "exponent");

    number->shift = json_number_value(shift);
    number->factor = json_number_value(factor);
    if (!json_is_number(shift) || !json_is_number(factor) || !isfinite(number->shift) ||
        !isfinite(number->factor) || !(number->factor > 0))
        return error_set(err, ERR_DATA, "'shift' and 'factor' are not numbers to scale with");
    const json_int_t power = json_integer_value(exponent);
    if (!json_is_integer(exponent) || power > EXPONENT_MAX || power < -EXPONENT_MAX)
        return error_set(err, ERR_DATA, "'exponent' is not a whole number up to %d", EXPONENT_MAX);
    number->exponent = (int)power;
    return true;
}

static bool ascends(const struct table_string *a, const struct table_string *b)
{
    const size_t both = a->length < b->length ? a->length : b->length;
    const int order = both ? memcmp(a->bytes, b->bytes, both) : 0;

    return order ? order < 0 : a->length < b->length;
}

static bool read_category(struct history_category *category, const json_t *object,
                          struct arena *memory, struct error *err)
{
    const json_t *list = json_object_get(object, "values");
    const size_t count = json_array_size(list);

    if (!json_is_array(list) || count > HISTORY_VALUES_MAX)
        return error_set(err, ERR_DATA, "'values' is not a list of at most %d texts",
                         HISTORY_VALUES_MAX);
    struct table_string *text = ARENA_NEW(memory, struct table_string, count + 1);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_string(value))
            return error_set(err, ERR_DATA, "'values' holds something that is no text");
        text[i].length = json_string_length(value);
        text[i].bytes = arena_string(memory, json_string_value(value), text[i].length);
        if (i && !ascends(&text[i - 1], &text[i]))
            return error_set(err, ERR_DATA, "'values' are not in order");
    }
    category->text = text;
    category->count = count;
    return true;
}

static bool read_learned(struct history_fitted *f, const json_t *document, struct error *err)
{
    const struct history_recipe *recipe = &f->config.histories;
    const json_t *features = json_object_get(document, "features"),
                 *engineered = json_object_get(document, "engineered");
    size_t cat = 0, num = 0;

    for (size_t i = 0; i < recipe->feature_count; i++) {
        const json_t *object = json_array_get(features, i);
        const bool ok = recipe->feature[i].type == HISTORY_CATEGORY
                            ? read_category(&f->category[cat++], object, &f->memory, err)
                            : read_number(&f->number[num++], object, err);
        if (!ok)
            return error_wrap(err, "feature '%.100s'", recipe->feature[i].name);
    }
    for (size_t i = 0; i < recipe->engineered_count; i++)
        if (!read_number(&f->engineered[i], json_array_get(engineered, i), err))
            return error_wrap(err, "feature '%.100s'", recipe->engineered[i].name);
    return true;
}

bool history_parse(struct history_fitted *fitted, const json_t *document, struct error *err)
{
    struct history_fitted f = {0};

    *fitted = (struct history_fitted){0};
    if (read_config(&f.config, document, &f.memory, err)) {
        history_fitted_layout(&f);
        if (read_learned(&f, document, err) && history_fitted_number(&f, err)) {
            *fitted = f;
            return true;
        }
    }
    history_fitted_clear(&f);
    return false;
}

bool history_save(const struct history_fitted *fitted, const char *path, struct error *err)
{
    json_t *document = history_json(fitted);
    const bool ok = json_write(path, document, err);

    json_decref(document);
    return ok;
}

bool history_load(struct history_fitted *fitted, const char *path, struct error *err)
{
    json_t *document;

    *fitted = (struct history_fitted){0};
    if (!json_read(path, HISTORY_FILE_MAX, &document, err))
        return false;
    const bool ok = history_parse(fitted, document, err);
    json_decref(document);
    return ok || error_wrap(err, "'%s'", path);
}
