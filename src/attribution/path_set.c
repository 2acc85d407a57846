#include "attribution/path_set.h"

#include <string.h>

static bool wanted(const struct journey_set *journeys, size_t j, enum path_split split)
{
    return split == PATH_SPLIT_ALL || journeys->split[j] == SPLIT_TRAIN;
}

/* Journeys of one split are copied together; all of them are borrowed where they stand. */
static void take_impressions(struct path_set *paths, const struct journey_set *journeys,
                             enum path_split split)
{
    const size_t all = (size_t)journeys->offset[journeys->count];
    uint64_t *offset = ARENA_NEW(&paths->memory, uint64_t, paths->count + 1);
    int32_t *token = ARENA_NEW(&paths->memory, int32_t, all);
    size_t next = 0, used = 0;

    for (size_t j = 0; j < journeys->count; j++) {
        if (!wanted(journeys, j, split))
            continue;
        const size_t from = (size_t)journeys->offset[j];
        const size_t length = journey_length(journeys, j);
        offset[next++] = used;
        memcpy(token + used, journeys->token + from, length * sizeof *token);
        used += length;
    }
    offset[next] = used;
    paths->offset = offset;
    paths->token = token;
}

static void take_journeys(struct path_set *paths, const struct journey_set *journeys,
                          enum path_split split)
{
    double *conversions = ARENA_NEW(&paths->memory, double, paths->count);
    double *null = ARENA_NEW(&paths->memory, double, paths->count);
    int64_t *age = ARENA_NEW(&paths->memory, int64_t, paths->offset[paths->count]);
    size_t next = 0;

    for (size_t j = 0; j < journeys->count; j++) {
        if (!wanted(journeys, j, split))
            continue;
        const size_t from = (size_t)journeys->offset[j];
        const size_t length = journey_length(journeys, j);
        int64_t *path_age = age + paths->offset[next];
        conversions[next] = journeys->converted[j] ? 1 : 0;
        null[next++] = journeys->converted[j] ? 0 : 1;
        for (size_t i = 0; i < length; i++)
            path_age[i] = journeys->time[from + length - 1] - journeys->time[from + i];
    }
    paths->conversions = conversions;
    paths->null = null;
    paths->age = age;
}

void path_set_from_journeys(struct path_set *paths, const struct journey_set *journeys,
                            enum path_split split)
{
    *paths = (struct path_set){
        .channels = journeys->campaigns,
        .channel = journeys->campaign,
        .offset = journeys->offset,
        .token = journeys->token,
    };
    for (size_t j = 0; j < journeys->count; j++)
        paths->count += wanted(journeys, j, split);
    if (paths->count < journeys->count)
        take_impressions(paths, journeys, split);
    take_journeys(paths, journeys, split);
}

void path_set_totals(const struct path_set *paths, double *conversions, double *value)
{
    *conversions = *value = 0;
    for (size_t p = 0; p < paths->count; p++) {
        *conversions += paths->conversions[p];
        if (paths->value)
            *value += paths->value[p];
    }
}

bool path_set_check(const struct path_set *paths, struct error *err)
{
    double conversions, value;

    if (paths->count == 0)
        return error_set(err, ERR_DATA, "there are no paths to attribute");
    if (paths->channels > PATH_CHANNELS_MAX)
        return error_set(err, ERR_LIMIT, "%zu channels are more than the limit of %d",
                         paths->channels, PATH_CHANNELS_MAX);
    path_set_totals(paths, &conversions, &value);
    if (!(conversions > 0))
        return error_set(err, ERR_DATA,
                         "none of %zu paths has a conversion, so there is nothing to attribute",
                         paths->count);
    return true;
}

void path_set_clear(struct path_set *paths)
{
    arena_clear(&paths->memory);
    *paths = (struct path_set){0};
}
