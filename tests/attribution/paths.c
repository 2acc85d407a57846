#include "paths.h"

#include <string.h>

void paths_make(struct path_set *paths, size_t channels, const struct path_row *rows, size_t count)
{
    *paths = (struct path_set){.count = count, .channels = channels};
    struct arena *mem = &paths->memory;
    const char **channel = ARENA_NEW(mem, const char *, channels);
    uint64_t *offset = ARENA_NEW(mem, uint64_t, count + 1);
    int32_t *token = ARENA_NEW(mem, int32_t, count * 64);
    double *conversions = ARENA_NEW(mem, double, count), *value = ARENA_NEW(mem, double, count);
    double *null = ARENA_NEW(mem, double, count);

    offset[0] = 0;
    for (size_t c = 0; c < channels; c++)
        channel[c] = arena_format(mem, "%c", (char)('a' + c));
    for (size_t p = 0; p < count; p++) {
        offset[p + 1] = offset[p] + strlen(rows[p].path);
        for (size_t i = 0; rows[p].path[i]; i++)
            token[offset[p] + i] = rows[p].path[i] - 'a';
        conversions[p] = rows[p].conversions;
        value[p] = rows[p].value;
        null[p] = rows[p].null;
        if (value[p] != 0)
            paths->value = value;
    }
    paths->channel = channel;
    paths->offset = offset;
    paths->token = token;
    paths->conversions = conversions;
    paths->null = null;
}

void paths_random(struct path_set *paths, const struct random_paths *shape, struct rng *rng)
{
    *paths = (struct path_set){.count = shape->count, .channels = shape->channels};
    struct arena *mem = &paths->memory;
    const char **channel = ARENA_NEW(mem, const char *, shape->channels);
    uint64_t *offset = ARENA_NEW(mem, uint64_t, shape->count + 1);
    int32_t *token = ARENA_NEW(mem, int32_t, shape->count * shape->longest);
    int64_t *age = ARENA_NEW(mem, int64_t, shape->count * shape->longest);
    double *conversions = ARENA_NEW(mem, double, shape->count);
    double *value = ARENA_NEW(mem, double, shape->count);
    double *null = ARENA_NEW(mem, double, shape->count);

    offset[0] = 0;
    for (size_t c = 0; c < shape->channels; c++)
        channel[c] = arena_format(mem, "c%zu", c);
    for (size_t p = 0; p < shape->count; p++) {
        const size_t length = 1 + (size_t)rng_below(rng, shape->longest);
        int32_t *path = token + offset[p];
        offset[p + 1] = offset[p] + length;
        for (size_t i = 0; i < length; i++) {
            const double u = rng_uniform(rng);
            path[i] = (int32_t)(u * u * (double)shape->channels); /* some channels are rare */
            if (i > 0 && rng_uniform(rng) < 0.2)
                path[i] = path[i - 1];
        }
        age[offset[p + 1] - 1] = 0;
        for (size_t i = length - 1; i-- > 0;)
            age[offset[p] + i] = age[offset[p] + i + 1] + (int64_t)(rng_exponential(rng) * 86400e6);
        conversions[p] = p == 0 ? 1 : (double)rng_below(rng, 3);
        value[p] = conversions[p] * (double)(1 + rng_below(rng, 100));
        null[p] = shape->null ? (double)rng_below(rng, 4) : 0;
    }
    paths->channel = channel;
    paths->offset = offset;
    paths->token = token;
    paths->age = shape->age ? age : NULL;
    paths->conversions = conversions;
    paths->value = shape->value ? value : NULL;
    paths->null = null;
}
