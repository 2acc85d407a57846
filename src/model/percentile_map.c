#include "model/percentile_map.h"

#include "metric/ranking.h"

#include <math.h>
#include <string.h>

/* Fixed percentiles of either part, and where the upper one begins. */
enum { STEPS = 1000 };
static const double upper_part = 0.9;

/* Distinct scores ascending, and the percentile of each. */
struct ladder {
    size_t count;
    double *score, *percentile;
};

static bool check_scores(const double *score, size_t count, struct error *err)
{
    if (count == 0)
        return error_set(err, ERR_DATA,
                         "a percentile map needs scores, but the calibration split has no rows");
    for (size_t i = 0; i < count; i++)
        if (!isfinite(score[i]))
            return error_set(err, ERR_DATA, "calibration row %zu has no score (%g)", i + 1,
                             score[i]);
    return true;
}

static struct ladder build_ladder(const double *score, size_t count)
{
    uint8_t *truth = memory_take_zeroed(count, 1);
    struct ranking ranking;
    double below = 0;

    ranking_build(&ranking, &(struct scored){.count = count, .truth = truth, .score = score});
    struct ladder ladder = {ranking.count, memory_take(ranking.count, sizeof(double)),
                            memory_take(ranking.count, sizeof(double))};
    for (size_t i = 0; i < ladder.count; i++) {
        const size_t g = ranking.count - 1 - i; /* rankings begin at the highest */
        ladder.score[i] = ranking.score[g];
        ladder.percentile[i] = (below + 0.5 * ranking.negative[g]) / (double)count;
        below += ranking.negative[g];
    }
    ranking_clear(&ranking);
    free(truth);
    return ladder;
}

/* Fixed percentile t of 2 STEPS, ascending; `rows` decides how near 1 the last comes. */
static double fixed_percentile(size_t t, size_t rows)
{
    const double nearest = 0.5 / (double)rows, widest = 1 - upper_part;

    if (t < STEPS)
        return upper_part * (double)t / STEPS;
    return 1 - widest * pow(nearest / widest, (double)(t - STEPS) / (STEPS - 1));
}

/*
 * The rungs on either side of each fixed percentile. Between two knots nothing was left out, or
 * both lie between the same two fixed percentiles: so ties, however many, cost no accuracy.
 */
static size_t choose_knots(const struct ladder *ladder, size_t rows, size_t *knot)
{
    size_t knots = 0, at = 0;

    knot[knots++] = 0;
    for (size_t t = 0; t < 2 * STEPS; t++) {
        const double wanted = fixed_percentile(t, rows);
        while (at + 1 < ladder->count && ladder->percentile[at] < wanted)
            at++;
        if (at > 0 && at - 1 > knot[knots - 1])
            knot[knots++] = at - 1;
        if (at > knot[knots - 1])
            knot[knots++] = at;
    }
    if (knot[knots - 1] + 1 < ladder->count)
        knot[knots++] = ladder->count - 1;
    return knots;
}

bool percentile_map_fit(struct percentile_map *map, const double *score, size_t count,
                        struct arena *memory, struct error *err)
{
    size_t knot[PERCENTILE_KNOTS_MAX];

    if (!check_scores(score, count, err))
        return false;
    struct ladder ladder = build_ladder(score, count);
    const bool exact = ladder.count <= PERCENTILE_EXACT;
    const size_t knots = exact ? ladder.count : choose_knots(&ladder, count, knot);
    double *s = ARENA_NEW(memory, double, knots), *p = ARENA_NEW(memory, double, knots);

    for (size_t k = 0; k < knots; k++) {
        s[k] = ladder.score[exact ? k : knot[k]];
        p[k] = ladder.percentile[exact ? k : knot[k]];
    }
    *map = (struct percentile_map){knots, s, p};
    free(ladder.score);
    free(ladder.percentile);
    return true;
}

double percentile_map_apply(const struct percentile_map *map, double score)
{
    size_t low = 0, high = map->knots - 1;

    if (isnan(score))
        return NAN;
    if (score < map->score[low])
        return 0;
    if (score > map->score[high])
        return 1;
    while (high - low > 1) { /* score[low] <= score <= score[high] */
        const size_t middle = low + (high - low) / 2;
        if (map->score[middle] <= score)
            low = middle;
        else
            high = middle;
    }
    if (score == map->score[high])
        return map->percentile[high];
    const double width = map->score[high] - map->score[low];
    const double share = isfinite(width) ? (score - map->score[low]) / width
                                         : (score / 2 - map->score[low] / 2) /
                                               (map->score[high] / 2 - map->score[low] / 2);
    return fmin(map->percentile[low] + share * (map->percentile[high] - map->percentile[low]),
                map->percentile[high]);
}

static json_t *numbers_json(const double *value, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_real(value[i]));
    return list;
}

json_t *percentile_map_json(const struct percentile_map *map)
{
    return json_pack("{s:s,s:o,s:o}", "kind", "percentile", "scores",
                     numbers_json(map->score, map->knots), "percentiles",
                     numbers_json(map->percentile, map->knots));
}

static const double *parse_list(const json_t *document, const char *key, size_t *count,
                                struct arena *memory, struct error *err)
{
    const json_t *list = json_object_get(document, key);

    *count = json_array_size(list);
    if (*count == 0 || *count > PERCENTILE_KNOTS_MAX) {
        error_set(err, ERR_DATA, "percentile map: '%s' must be a list of 1 to %d numbers", key,
                  PERCENTILE_KNOTS_MAX);
        return NULL;
    }
    double *value = ARENA_NEW(memory, double, *count);
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(list, i);
        value[i] = json_number_value(item);
        if (!json_is_number(item) || !isfinite(value[i])) {
            error_set(err, ERR_DATA, "percentile map: '%s[%zu]' must be a number", key, i);
            return NULL;
        }
        if (i > 0 && value[i] <= value[i - 1]) {
            error_set(err, ERR_DATA, "percentile map: '%s[%zu]' is not above the one before", key,
                      i);
            return NULL;
        }
    }
    return value;
}

bool percentile_map_parse(struct percentile_map *map, const json_t *document, struct arena *memory,
                          struct error *err)
{
    const char *kind = json_string_value(json_object_get(document, "kind"));
    struct percentile_map made;
    size_t percentiles;

    if (!kind || strcmp(kind, "percentile") != 0)
        return error_set(err, ERR_DATA, "percentile map: 'kind' must be percentile");
    made.score = parse_list(document, "scores", &made.knots, memory, err);
    if (!made.score)
        return false;
    made.percentile = parse_list(document, "percentiles", &percentiles, memory, err);
    if (!made.percentile)
        return false;
    if (percentiles != made.knots)
        return error_set(err, ERR_DATA, "percentile map: %zu scores and %zu percentiles",
                         made.knots, percentiles);
    if (made.percentile[0] < 0 || made.percentile[made.knots - 1] > 1)
        return error_set(err, ERR_DATA, "percentile map: 'percentiles' must lie between 0 and 1");
    *map = made;
    return true;
}
