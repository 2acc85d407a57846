#include "incremental/synergy.h"

#include "base/config.h"
#include "base/text.h"

#include <jansson.h>
#include <string.h>

enum { NAMES_SHOWN = 8 };

/* A pair as it is written: both names, or a text that holds them. */
struct item {
    const char *name[2], *both;
};

static bool read_item(const json_t *json, size_t number, struct item *item, struct error *err)
{
    *item = (struct item){.both = json_string_value(json)};
    if (item->both)
        return strchr(item->both, '+') ||
               error_set(err, ERR_CONFIG, "'%s' is no pair: write [a, b] or a+b", item->both);
    for (size_t i = 0; i < 2; i++)
        item->name[i] = json_string_value(json_array_get(json, i));
    if (json_array_size(json) != 2 || !item->name[0] || !item->name[1])
        return error_set(err, ERR_CONFIG, "item %zu is not a pair of campaigns, [a, b]", number);
    return strcmp(item->name[0], item->name[1]) != 0 ||
           error_set(err, ERR_CONFIG, "the pair [%s, %s] is of one campaign", item->name[0],
                     item->name[1]);
}

static bool is_same(const struct item *a, const struct item *b)
{
    if (a->both || b->both)
        return a->both && b->both && strcmp(a->both, b->both) == 0;
    return (strcmp(a->name[0], b->name[0]) == 0 && strcmp(a->name[1], b->name[1]) == 0) ||
           (strcmp(a->name[0], b->name[1]) == 0 && strcmp(a->name[1], b->name[0]) == 0);
}

/* Items of a list into `item` [INCREMENTAL_PAIRS_MAX], which borrow from `json`. */
static bool read_items(const json_t *json, struct item *item, size_t *count, struct error *err)
{
    *count = json_array_size(json);
    if (!json_is_array(json))
        return error_set(err, ERR_CONFIG,
                         "must be a list of pairs of campaigns, such as "
                         "[[tv, search]], or auto");
    if (*count > INCREMENTAL_PAIRS_MAX)
        return error_set(err, ERR_CONFIG, "%zu pairs are more than the limit of %d", *count,
                         INCREMENTAL_PAIRS_MAX);
    for (size_t i = 0; i < *count; i++) {
        if (!read_item(json_array_get(json, i), i + 1, &item[i], err))
            return false;
        for (size_t j = 0; j < i; j++)
            if (is_same(&item[j], &item[i]))
                return error_set(err, ERR_CONFIG, "pair %zu is pair %zu again", i + 1, j + 1);
    }
    return true;
}

bool incremental_pairs_auto(const char *list)
{
    return list && strcmp(list, "auto") == 0;
}

bool incremental_pairs_check(const char *list, struct error *err)
{
    struct item item[INCREMENTAL_PAIRS_MAX];
    size_t count;

    if (!list || incremental_pairs_auto(list))
        return true;
    json_t *json = json_loads(list, 0, NULL);
    const bool ok = read_items(json, item, &count, err);
    json_decref(json);
    return ok;
}

static bool find_name(const struct exposure_log *log, const char *name, size_t length, uint16_t *k)
{
    for (size_t i = 0; i < log->campaigns; i++)
        if (strlen(log->name[i]) == length && memcmp(log->name[i], name, length) == 0) {
            *k = (uint16_t)i;
            return true;
        }
    return false;
}

static bool fail_name(const struct exposure_log *log, const char *name, size_t length,
                      struct error *err)
{
    struct text known = {0};

    for (size_t i = 0; i < log->campaigns && i < NAMES_SHOWN; i++)
        text_add_format(&known, "%s%s", i ? ", " : "", log->name[i]);
    error_set(err, ERR_CONFIG, "there is no campaign '%.*s'; there is: %s%s",
              (int)(length < 256 ? length : 256), name, known.bytes,
              log->campaigns > NAMES_SHOWN ? ", ..." : "");
    text_clear(&known);
    return false;
}

/* A text with a '+' between two names, either of which may hold others. */
static bool split_both(const struct exposure_log *log, const char *both, uint16_t k[2],
                       struct error *err)
{
    size_t ways = 0;

    for (const char *plus = strchr(both, '+'); plus; plus = strchr(plus + 1, '+')) {
        uint16_t found[2];
        if (find_name(log, both, (size_t)(plus - both), &found[0]) &&
            find_name(log, plus + 1, strlen(plus + 1), &found[1])) {
            memcpy(k, found, sizeof found);
            ways++;
        }
    }
    if (ways == 1)
        return true;
    if (ways > 1)
        return error_set(err, ERR_CONFIG,
                         "'%s' can be read as %zu pairs of campaigns: write [a, b]", both, ways);
    const size_t left = strcspn(both, "+"); /* the side that is wrong, if it is one */
    uint16_t k0;
    return find_name(log, both, left, &k0)
               ? fail_name(log, both + left + 1, strlen(both + left + 1), err)
               : fail_name(log, both, left, err);
}

static bool find_pair(const struct exposure_log *log, const struct item *item,
                      struct incremental_pair *pair, struct error *err)
{
    uint16_t k[2];

    if (item->both && !split_both(log, item->both, k, err))
        return false;
    for (size_t i = 0; i < 2 && !item->both; i++)
        if (!find_name(log, item->name[i], strlen(item->name[i]), &k[i]))
            return fail_name(log, item->name[i], strlen(item->name[i]), err);
    if (k[0] == k[1])
        return error_set(err, ERR_CONFIG, "the pair '%s' is of one campaign", item->both);
    *pair = k[0] < k[1] ? (struct incremental_pair){{k[0], k[1]}}
                        : (struct incremental_pair){{k[1], k[0]}};
    return true;
}

static bool find_pairs(struct incremental_pair *pair, size_t *count, const json_t *json,
                       const struct exposure_log *log, struct error *err)
{
    struct item item[INCREMENTAL_PAIRS_MAX];

    if (!read_items(json, item, count, err))
        return false;
    for (size_t i = 0; i < *count; i++) {
        if (!find_pair(log, &item[i], &pair[i], err))
            return false;
        for (size_t j = 0; j < i; j++)
            if (memcmp(&pair[i], &pair[j], sizeof *pair) == 0)
                return error_set(err, ERR_CONFIG, "pair %zu is pair %zu again", i + 1, j + 1);
    }
    return true;
}

bool incremental_pairs_find(struct incremental_pair *pair, size_t *count, const char *list,
                            const struct exposure_log *log, struct error *err)
{
    *count = 0;
    if (!list || incremental_pairs_auto(list))
        return true;
    json_t *json = json_loads(list, 0, NULL);
    const bool ok = find_pairs(pair, count, json, log, err);
    json_decref(json);
    return ok;
}

void incremental_pairs_write(struct text *out, const struct incremental_pair *pair, size_t count,
                             const struct exposure_log *log)
{
    text_add(out, "[", 1);
    for (size_t i = 0; i < count; i++) {
        text_add_format(out, "%s[", i ? ", " : "");
        config_write_quoted(out, log->name[pair[i].campaign[0]]);
        text_add(out, ", ", 2);
        config_write_quoted(out, log->name[pair[i].campaign[1]]);
        text_add(out, "]", 1);
    }
    text_add(out, "]", 1);
}
