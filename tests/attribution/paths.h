/* paths — small path sets for tests, written as text. */
#ifndef QUERN_TESTS_ATTRIBUTION_PATHS_H
#define QUERN_TESTS_ATTRIBUTION_PATHS_H

#include "attribution/path_set.h"
#include "base/rng.h"

struct path_row {
    const char *path; /* one letter per impression: 'a' is channel 0 */
    double conversions, value, null;
};

/* A set with `channels` channels named "a", "b", ...; values where any is not 0. */
void paths_make(struct path_set *paths, size_t channels, const struct path_row *rows, size_t count);

struct random_paths {
    size_t count, channels, longest;
    bool value, null, age;
};

/* Random paths; at least the first one converts. Channel names are "c0", "c1", ... */
void paths_random(struct path_set *paths, const struct random_paths *shape, struct rng *rng);

#endif
