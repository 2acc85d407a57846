/*
 * path_set — the paths that attribution divides conversions over, as columns.
 *
 *   offset      [count + 1]      path p owns impressions offset[p] .. offset[p + 1] - 1, in order
 *   token       [offset[count]]  index into channel[]
 *   age         [offset[count]]  microseconds from the impression to the path's last one; NULL
 *                                when times are unknown
 *   conversions [count]          how often the path was walked to a conversion
 *   value       [count]          what those conversions were worth; NULL when not given
 *   null        [count]          how often it was walked without one
 *   channel     [channels]       names
 *
 * A path may stand for many people (a table of paths) or for one journey. What a set does not own
 * it borrows from the journey set it was made of. Paths are never empty.
 */
#ifndef QUERN_ATTRIBUTION_PATH_SET_H
#define QUERN_ATTRIBUTION_PATH_SET_H

#include "base/arena.h"
#include "base/error.h"
#include "sequence/journey_set.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A state of a Markov chain packs three channels into 63 bits. */
enum { PATH_CHANNELS_MAX = (1 << 21) - 2 };
/* Of a path in a table of paths. */
enum { PATH_LENGTH_MAX = 10000 };

struct path_set {
    size_t count, channels;
    const uint64_t *offset;
    const int32_t *token;
    const int64_t *age;
    const double *conversions, *value, *null;
    const char *const *channel;
    struct arena memory;
};

enum path_split { PATH_SPLIT_ALL, PATH_SPLIT_TRAIN };

/*
 * One path per journey: conversions 1 and null 0, or the other way round. `journeys` must outlive
 * the set. With PATH_SPLIT_TRAIN only journeys of the training split are taken.
 */
void path_set_from_journeys(struct path_set *paths, const struct journey_set *journeys,
                            enum path_split split);

/* Sums over all paths; *value is 0 when values are not given. */
void path_set_totals(const struct path_set *paths, double *conversions, double *value);

/*
 * ERR_DATA  no path has a conversion, or there is no path
 * ERR_LIMIT more than PATH_CHANNELS_MAX channels
 */
MUST_CHECK bool path_set_check(const struct path_set *paths, struct error *err);

void path_set_clear(struct path_set *paths);

#endif
