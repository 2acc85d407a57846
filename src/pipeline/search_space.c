#include "pipeline/search_space.h"

#include "base/config.h"
#include "base/rng.h"

#include <xxhash.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
    [SEARCH_LOG] = "log",
    [SEARCH_LINEAR] = "linear",
    [SEARCH_INT] = "int",
    [SEARCH_CHOICE] = "choice",
    NULL,
};

static bool read_choices(const struct yaml_node *list, struct search_range *range,
                         struct arena *memory, struct error *err)
{
    char path[YAML_PATH_MAX];

    if (list->kind != YAML_LIST || list->count == 0 || list->count > SEARCH_CHOICES_MAX)
        return yaml_fail(err, list, "key '%s': must be a list of 1 to %d values",
                         yaml_path(list, path), SEARCH_CHOICES_MAX);
    const char **choice = ARENA_NEW(memory, const char *, list->count);
    for (const struct yaml_node *n = list->first; n; n = n->next) {
        if (n->kind != YAML_SCALAR || yaml_is_null(n))
            return yaml_fail(err, n, "key '%s': must be a value", yaml_path(n, path));
        choice[n->index] = arena_string(memory, n->text, strlen(n->text));
    }
    range->choice = choice;
    range->choices = list->count;
    return true;
}

static bool read_bound(const struct yaml_node *node, enum search_kind kind, double *value,
                       struct error *err)
{
    char path[YAML_PATH_MAX];
    int64_t whole;

    if (node->kind == YAML_SCALAR && !node->quoted) {
        if (kind == SEARCH_INT && text_to_int64(node->text, strlen(node->text), &whole) &&
            whole >= -1000000000000 && whole <= 1000000000000) {
            *value = (double)whole;
            return true;
        }
        if (kind != SEARCH_INT && text_to_double(node->text, strlen(node->text), value))
            return true;
    }
    return yaml_fail(err, node, "key '%s': must be %s%s%.60s%s", yaml_path(node, path),
                     kind == SEARCH_INT ? "a whole number" : "a number",
                     node->kind == YAML_SCALAR ? ", not '" : "",
                     node->kind == YAML_SCALAR ? node->text : "",
                     node->kind == YAML_SCALAR ? "'" : "");
}

static bool read_bounds(const struct yaml_node *list, struct search_range *range, struct error *err)
{
    char path[YAML_PATH_MAX];

    if (list->kind != YAML_LIST || list->count != 2)
        return yaml_fail(err, list, "key '%s': must be [lowest, highest]", yaml_path(list, path));
    if (!read_bound(list->first, range->kind, &range->low, err) ||
        !read_bound(list->last, range->kind, &range->high, err))
        return false;
    if (range->kind == SEARCH_LOG && range->low <= 0)
        return yaml_fail(err, list, "key '%s': a log range must be above 0, not from %.15g",
                         yaml_path(list, path), range->low);
    if (range->low > range->high)
        return yaml_fail(err, list,
                         "key '%s': the lowest value, %.15g, is above the highest, %.15g",
                         yaml_path(list, path), range->low, range->high);
    return true;
}

static bool read_range(const struct yaml_node *node, struct search_range *range,
                       struct arena *memory, struct error *err)
{
    char path[YAML_PATH_MAX];

    if (node->kind != YAML_MAP || node->count != 1)
        return yaml_fail(err, node,
                         "key '%s': must be one of {log: [a, b]}, {linear: [a, b]}, {int: [a, b]}, "
                         "{choice: [a, b, ...]}",
                         yaml_path(node, path));
    const char *name = arena_string(memory, node->key, strlen(node->key));
    *range = (struct search_range){.name = name, .key = name, .node = node};
    for (int kind = 0; kind_names[kind]; kind++) {
        if (strcmp(node->first->key, kind_names[kind]) != 0)
            continue;
        range->kind = (enum search_kind)kind;
        return range->kind == SEARCH_CHOICE ? read_choices(node->first, range, memory, err)
                                            : read_bounds(node->first, range, err);
    }
    return config_unknown(node->first, kind_names, err);
}

bool search_space_read(const struct yaml_node *space, struct search_range **range, size_t *ranges,
                       struct arena *memory, struct error *err)
{
    char path[YAML_PATH_MAX];

    if (space->kind != YAML_MAP || space->count == 0 || space->count > SEARCH_RANGES_MAX)
        return yaml_fail(err, space, "key '%s': must be a map of 1 to %d settings to search over",
                         yaml_path(space, path), SEARCH_RANGES_MAX);
    *ranges = space->count;
    *range = ARENA_ZERO(memory, struct search_range, space->count);
    for (const struct yaml_node *n = space->first; n; n = n->next)
        if (!read_range(n, &(*range)[n->index], memory, err))
            return false;
    return true;
}

void search_space_write(struct text *out, const struct search_range *range, size_t ranges,
                        size_t indent)
{
    for (const struct search_range *r = range; r < range + ranges; r++) {
        text_add_format(out, "%*s", (int)indent, "");
        config_write_text(out, r->name);
        text_add_format(out, ": {%s: [", kind_names[r->kind]);
        for (size_t i = 0; i < r->choices; i++) {
            text_add_format(out, "%s", i ? ", " : "");
            config_write_text(out, r->choice[i]);
        }
        if (r->kind != SEARCH_CHOICE) {
            config_write_number(out, r->low);
            text_add_format(out, ", ");
            config_write_number(out, r->high);
        }
        text_add_format(out, "]}\n");
    }
}

/* Bounds as trials.json holds them: 15 digits, so that they compare equal after reading. */
static json_t *bound_json(enum search_kind kind, double value)
{
    char digits[32];

    if (kind == SEARCH_INT)
        return json_integer((json_int_t)value);
    snprintf(digits, sizeof digits, "%.15g", value);
    return json_real(strtod(digits, NULL));
}

json_t *search_space_json(const struct search_range *range, size_t ranges)
{
    json_t *space = json_object();

    for (const struct search_range *r = range; r < range + ranges; r++) {
        json_t *list = json_array(), *entry = json_object();
        for (size_t i = 0; i < r->choices; i++)
            json_array_append_new(list, json_string(r->choice[i]));
        if (r->kind != SEARCH_CHOICE) {
            json_array_append_new(list, bound_json(r->kind, r->low));
            json_array_append_new(list, bound_json(r->kind, r->high));
        }
        json_object_set_new(entry, kind_names[r->kind], list);
        json_object_set_new(space, r->key, entry);
    }
    return space;
}

/* Six significant digits, kept inside the range that rounding might leave. */
static double rounded(const struct search_range *r, double value)
{
    char digits[32];

    snprintf(digits, sizeof digits, "%.6g", value);
    value = strtod(digits, NULL);
    return value < r->low ? r->low : value > r->high ? r->high : value;
}

static double draw_number(const struct search_range *r, struct rng *rng)
{
    switch (r->kind) {
    case SEARCH_LOG:
        return rounded(r, r->low * exp(rng_uniform(rng) * log(r->high / r->low)));
    case SEARCH_LINEAR:
        return rounded(r, r->low + rng_uniform(rng) * (r->high - r->low));
    case SEARCH_INT:
        return r->low + (double)rng_below(rng, (uint64_t)(r->high - r->low) + 1);
    case SEARCH_CHOICE:
        break;
    }
    return 0;
}

const struct search_value *search_space_draw(const struct search_range *range, size_t ranges,
                                             uint64_t seed, size_t trial, struct arena *memory)
{
    struct search_value *value = ARENA_ZERO(memory, struct search_value, ranges);

    for (size_t i = 0; i < ranges; i++) {
        const struct search_range *r = &range[i];
        struct rng rng = rng_new(rng_mix(seed, XXH3_64bits(r->key, strlen(r->key))), trial);
        value[i].key = r->key;
        if (r->kind == SEARCH_CHOICE) {
            value[i].text = r->choice[rng_below(&rng, r->choices)];
            continue;
        }
        struct text digits = {0};
        value[i].number = draw_number(r, &rng);
        value[i].is_number = true;
        config_write_number(&digits, value[i].number);
        value[i].text = arena_string(memory, digits.bytes, digits.length);
        text_clear(&digits);
    }
    return value;
}
