/* The settings of histories: tables of fields, and the sections that are more than one. */
#include "sequence/history_config.h"

#include "sequence/history_internal.h"
#include "sequence/journeys.h"

#include <math.h>
#include <string.h>

static const char *const kinds[] = {"number", "category", NULL};
static const char *const scales[] = {"min_max", "standard", "none", NULL};
const char *const history_value_names[] = {
    [HISTORY_COLUMN] = "column",
    [HISTORY_HOUR] = "hour",
    [HISTORY_WEEKDAY] = "weekday",
    [HISTORY_NIGHT] = "night",
    [HISTORY_WEEKEND] = "weekend",
    [HISTORY_SINCE] = "since",
    [HISTORY_COUNT] = "count",
    [HISTORY_SUM] = "sum",
    [HISTORY_MEAN] = "mean",
    [HISTORY_MIN] = "min",
    [HISTORY_MAX] = "max",
    [HISTORY_RATIO] = "ratio",
    NULL,
};

const struct config_field history_source_fields[] = {
    CONFIG_TEXT(struct history_source, path, NULL,
                "the orders: .parquet, .csv, .csv.gz, .jsonl, or a glob"),
    CONFIG_TEXT(struct history_source, query, NULL, "a SQL query (DuckDB) instead of `path`"),
    CONFIG_TEXT(struct history_source, time, NULL, "column of the time of an order; required"),
    CONFIG_TEXT(struct history_source, outcome, NULL,
                "column of what is to be predicted; required"),
    CONFIG_TEXT(struct history_source, positive, NULL,
                "the outcome that counts as true, as text; without it the column is true or false"),
    CONFIG_CHOICE(struct history_source, time_unit, TIME_UNIT_AUTO, time_unit_names,
                  "unit of integer times; auto tells by the size of the first"),
    CONFIG_END,
};

const struct config_field history_recipe_fields[] = {
    CONFIG_SIZE(struct history_recipe, seq_len, 51, 1, HISTORY_LENGTH_MAX,
                "orders of a history at most, the order itself included"),
    CONFIG_END,
};

const struct config_field history_split_fields[] = {
    CONFIG_TEXT(struct history_split, drop_known, NULL,
                "column; rows after training are left out when an order of the same value is known "
                "to have had a true outcome"),
    CONFIG_END,
};

const struct config_field history_feature_fields[] = {
    CONFIG_TEXT(struct history_feature, name, NULL, "made of the rest when not given"),
    CONFIG_TEXT(struct history_feature, column, NULL, "column that the value is taken from"),
    CONFIG_TEXT(struct history_feature, by, NULL,
                "column whose equal values make a window's orders"),
    CONFIG_CHOICE(struct history_feature, type, HISTORY_NUMBER, kinds,
                  "of a sequence: a number, or one row of the embedding table for each value"),
    CONFIG_CHOICE(struct history_feature, scale, HISTORY_MIN_MAX, scales,
                  "of numbers, learned from training rows"),
    CONFIG_BOOL(struct history_feature, log, false, "sign(x) log(1 + |x|) before scaling"),
    CONFIG_TEXT(struct history_feature, missing, NULL,
                "what a missing value reads as: a category (empty text) or a number (0)"),
    CONFIG_SIZE(struct history_feature, min_count, 1, 1, 1e15,
                "categories seen less often in training count as unknown"),
    CONFIG_SIZE(struct history_feature, values_max, 100000, 1, 10000000,
                "the most frequent categories that are kept"),
    CONFIG_END,
};

static char *copy(struct arena *memory, const char *text)
{
    return arena_string(memory, text, strlen(text));
}

static bool read_duration(const struct yaml_node *map, const char *key, int64_t *value,
                          struct error *err)
{
    const struct yaml_node *node = yaml_find(map, key);
    char path[YAML_PATH_MAX];

    if (yaml_is_null(node))
        return true;
    if (node->kind != YAML_SCALAR || !history_duration(node->text, value))
        return yaml_fail(err, node,
                         "key '%s': must be a duration such as '7 days' of at most 100 "
                         "years",
                         yaml_path(node, path));
    return true;
}

bool history_source_read(const struct yaml_node *section, void *settings, struct arena *memory,
                         struct error *err)
{
    static const char *const others[] = {"outcome_after", NULL};
    struct history_source *source = settings;
    const struct config_part part[] = {{history_source_fields, source}, {NULL, NULL}};

    source->outcome_after = -1;
    return config_read(section, part, others, memory, err) &&
           read_duration(section, "outcome_after", &source->outcome_after, err);
}

static void write_duration(struct text *out, const char *key, int64_t value, size_t indent)
{
    char text[32];

    history_duration_text(text, value);
    text_add_format(out, "%*s%s: %s\n", (int)indent, "", key, text);
}

void history_source_write(struct text *out, const void *settings, size_t indent)
{
    const struct history_source *source = settings;

    config_write(out, history_source_fields, source, indent);
    if (source->outcome_after >= 0)
        write_duration(out, "outcome_after", source->outcome_after, indent);
}

void history_source_reference(struct text *out)
{
    text_add_format(out, "| `outcome_after` | duration | 0 seconds | how long after an order its "
                         "outcome is known |\n");
}

/* The items of a list, or a single scalar as a list of one. */
static size_t items(const struct yaml_node *node, const struct yaml_node **first)
{
    if (yaml_is_null(node))
        return 0;
    *first = node->kind == YAML_LIST ? node->first : node;
    return node->kind == YAML_LIST ? node->count : 1;
}

static bool read_value(const struct yaml_node *node, int *value, struct error *err)
{
    char path[YAML_PATH_MAX], list[256] = "";

    for (int i = 0; history_value_names[i]; i++) {
        if (node->kind == YAML_SCALAR && strcmp(node->text, history_value_names[i]) == 0) {
            *value = i;
            return true;
        }
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "",
                 history_value_names[i]);
    }
    return yaml_fail(err, node, "key '%s': must be one of %s", yaml_path(node, path), list);
}

struct list {
    struct history_feature *feature;
    size_t count, room;
};

static bool add_feature(struct list *list, const struct yaml_node *node,
                        const struct history_feature *feature, struct arena *memory,
                        struct error *err)
{
    char path[YAML_PATH_MAX];
    struct error why = {0};

    if (list->count == HISTORY_FEATURES_MAX)
        return yaml_fail(err, node, "there are more than %d features", HISTORY_FEATURES_MAX);
    if (list->count == list->room) {
        const size_t room = list->room ? 2 * list->room : 16;
        struct history_feature *grown = ARENA_NEW(memory, struct history_feature, room);
        if (list->count)
            memcpy(grown, list->feature, list->count * sizeof *grown);
        list->feature = grown;
        list->room = room;
    }
    struct history_feature *new = &list->feature[list->count++];
    *new = *feature;
    if (!history_feature_check(new, &why))
        return yaml_fail(err, node, "key '%s': %s", yaml_path(node, path), why.text);
    if (!new->name)
        new->name = history_feature_name(new, memory);
    return true;
}

/* One entry stands for each of its values with each of its windows. */
static bool read_feature(struct list *list, const struct yaml_node *node, struct arena *memory,
                         struct error *err)
{
    static const char *const others[] = {"value", "window", "delay", "outcome_after", NULL};
    struct history_feature f = {.outcome_after = -1, .delay = -1};
    const struct config_part part[] = {{history_feature_fields, &f}, {NULL, NULL}};
    const struct yaml_node *value = NULL, *window = NULL;
    char path[YAML_PATH_MAX];

    config_defaults(&f, history_feature_fields);
    if (!config_read(node, part, others, memory, err) ||
        !read_duration(node, "delay", &f.delay, err) ||
        !read_duration(node, "outcome_after", &f.outcome_after, err))
        return false;
    const size_t values = items(yaml_find(node, "value"), &value);
    const size_t windows = items(yaml_find(node, "window"), &window);
    for (size_t w = 0; w < windows + !windows; w++, window = window ? window->next : NULL) {
        if (window && (window->kind != YAML_SCALAR || !history_duration(window->text, &f.window)))
            return yaml_fail(err, window, "key '%s': must be a duration such as '7 days'",
                             yaml_path(window, path));
        const struct yaml_node *v = value;
        for (size_t i = 0; i < values + !values; i++, v = v ? v->next : NULL) {
            struct history_feature one = f;
            if (v && !read_value(v, &one.value, err))
                return false;
            if (values > 1 && !history_uses_column(one.value))
                one.column = NULL; /* of the others in the list */
            if (!add_feature(list, node, &one, memory, err))
                return false;
        }
    }
    return true;
}

static bool read_features(const struct yaml_node *section, const char *key,
                          struct history_feature **feature, size_t *count, struct arena *memory,
                          struct error *err)
{
    const struct yaml_node *node = yaml_find(section, key);
    struct list list = {0};
    char path[YAML_PATH_MAX];

    if (yaml_is_null(node))
        return true;
    if (node->kind != YAML_LIST)
        return yaml_fail(err, node, "key '%s': must be a list of features", yaml_path(node, path));
    for (const struct yaml_node *n = node->first; n; n = n->next)
        if (!read_feature(&list, n, memory, err))
            return false;
    *feature = list.feature;
    *count = list.count;
    return true;
}

bool history_recipe_read(const struct yaml_node *section, void *settings, struct arena *memory,
                         struct error *err)
{
    static const char *const others[] = {"by", "features", "engineered", NULL};
    struct history_recipe *recipe = settings;
    const struct config_part part[] = {{history_recipe_fields, recipe}, {NULL, NULL}};
    const struct yaml_node *by = NULL;
    char path[YAML_PATH_MAX];

    if (!config_read(section, part, others, memory, err))
        return false;
    const size_t keys = items(yaml_find(section, "by"), &by);
    if (keys > HISTORY_SEQUENCES_MAX)
        return yaml_fail(err, by, "key 'histories.by': must be one or two columns");
    recipe->sequences = keys;
    for (size_t i = 0; i < keys; i++, by = by->next) {
        if (by->kind != YAML_SCALAR || !by->text[0])
            return yaml_fail(err, by, "key '%s': must be the name of a column",
                             yaml_path(by, path));
        recipe->by[i] = copy(memory, by->text);
    }
    return read_features(section, "features", &recipe->feature, &recipe->feature_count, memory,
                         err) &&
           read_features(section, "engineered", &recipe->engineered, &recipe->engineered_count,
                         memory, err);
}

static void write_features(struct text *out, const char *key, const struct history_feature *feature,
                           size_t count, size_t indent)
{
    if (count)
        text_add_format(out, "%*s%s:\n", (int)indent, "", key);
    for (size_t i = 0; i < count; i++) {
        const struct history_feature *f = &feature[i];
        text_add_format(out, "%*s- value: %s\n", (int)indent + 2, "",
                        history_value_names[f->value]);
        config_write(out, history_feature_fields, f, indent + 4);
        if (f->window)
            write_duration(out, "window", f->window, indent + 4);
        if (f->delay >= 0)
            write_duration(out, "delay", f->delay, indent + 4);
        if (f->outcome_after >= 0)
            write_duration(out, "outcome_after", f->outcome_after, indent + 4);
    }
}

void history_recipe_write(struct text *out, const void *settings, size_t indent)
{
    const struct history_recipe *recipe = settings;

    config_write(out, history_recipe_fields, recipe, indent);
    text_add_format(out, "%*sby: [", (int)indent, "");
    for (size_t i = 0; i < recipe->sequences; i++) {
        text_add(out, ", ", i ? 2 : 0);
        config_write_text(out, recipe->by[i]);
    }
    text_add_format(out, "]\n");
    write_features(out, "features", recipe->feature, recipe->feature_count, indent);
    write_features(out, "engineered", recipe->engineered, recipe->engineered_count, indent);
}

void history_recipe_reference(struct text *out)
{
    text_add_format(out, "| `by` | one or two columns | required | the keys: a sequence of earlier "
                         "orders for each |\n"
                         "| `features` | list of features | required | of each order of a sequence "
                         "|\n"
                         "| `engineered` | list of features | none | of the order itself |\n");
    config_write_reference(out, NULL, history_feature_fields);
}

/* A day is the whole of it; a time is that instant. */
static bool read_end(const struct yaml_node *node, bool last, int64_t *time)
{
    const size_t length = node->kind == YAML_SCALAR ? strlen(node->text) : 0;

    if (!length || !text_to_time(node->text, length, time) || *time < 0 || *time > HISTORY_YEAR_MAX)
        return false;
    if (last && length == strlen("2018-07-31"))
        *time += HISTORY_DAY;
    return true;
}

static bool read_range(const struct yaml_node *section, const char *key,
                       struct history_range *range, struct error *err)
{
    const struct yaml_node *node = yaml_find(section, key);
    char path[YAML_PATH_MAX];

    if (yaml_is_null(node))
        return true;
    if (node->kind != YAML_LIST || node->count != 2 ||
        !read_end(node->first, false, &range->from) || !read_end(node->last, true, &range->to) ||
        range->from >= range->to)
        return yaml_fail(err, node,
                         "key '%s': must be [FROM, TO], two days or times (UTC) such as "
                         "[2018-07-25, 2018-07-31], FROM not after TO",
                         yaml_path(node, path));
    return true;
}

bool history_split_read(const struct yaml_node *section, void *settings, struct arena *memory,
                        struct error *err)
{
    static const char *const others[] = {"train", "validation",  "calibration",
                                         "test",  "known_after", NULL};
    struct history_split *split = settings;
    const struct config_part part[] = {{history_split_fields, split}, {NULL, NULL}};

    split->known_after = -1;
    if (!config_read(section, part, others, memory, err) ||
        !read_duration(section, "known_after", &split->known_after, err))
        return false;
    for (size_t p = 0; p < HISTORY_PARTS; p++)
        if (!read_range(section, history_part_names[p], &split->range[p], err))
            return false;
    return true;
}

void history_split_write(struct text *out, const void *settings, size_t indent)
{
    const struct history_split *split = settings;
    char from[40], to[40];

    for (size_t p = 0; p < HISTORY_PARTS; p++) {
        const struct history_range *range = &split->range[p];
        if (range->from == range->to)
            continue;
        history_time_text(from, range->from);
        history_time_text(to, range->to);
        text_add_format(out, "%*s%s: [\"%s\", \"%s\"]\n", (int)indent, "", history_part_names[p],
                        from, to);
    }
    config_write(out, history_split_fields, split, indent);
    if (split->known_after >= 0)
        write_duration(out, "known_after", split->known_after, indent);
}

void history_split_reference(struct text *out)
{
    for (size_t p = 0; p < HISTORY_PARTS; p++)
        text_add_format(out,
                        "| `%s` | [FROM, TO] | %s | orders of these days (both included) or "
                        "times (TO not included), UTC |\n",
                        history_part_names[p], p == HISTORY_TRAIN ? "required" : "none");
    text_add_format(out, "| `known_after` | duration | source.outcome_after | how long until an "
                         "outcome counts for `drop_known` |\n");
}
