/*
 * percentile_map — where a score stands among those of the calibration rows, from 0 to 1.
 *
 *   percentile(s) = (rows below s + half of the rows at s) / rows
 *
 * so that the rows it was made from have a mean of exactly one half, whatever their ties. The map
 * is non-decreasing: linear between knots, 0 below the lowest knot, 1 above the highest.
 *
 * With at most PERCENTILE_EXACT distinct scores every one is a knot and the map is exact on them.
 * Of more, those next to fixed percentiles are: 1,000 in equal steps over the lower nine tenths,
 * and 1,000 in the upper one whose distance from 1 falls by equal factors down to half a row. The
 * map is off by at most one such step: 0.0009 below 0.9, and above it one part in a hundred of
 * the distance from 1 (of a million rows; less of fewer).
 *
 * In JSON: {"kind": "percentile", "scores": [ascending], "percentiles": [ascending, in 0..1]}.
 */
#ifndef QUERN_MODEL_PERCENTILE_MAP_H
#define QUERN_MODEL_PERCENTILE_MAP_H

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>

enum { PERCENTILE_EXACT = 4096, PERCENTILE_KNOTS_MAX = 4096 };

struct percentile_map {
    size_t knots;                     /* 1 .. PERCENTILE_KNOTS_MAX */
    const double *score, *percentile; /* [knots] strictly ascending both */
};

/*
 * Of the scores of the calibration rows, in any order. Arrays live in `memory`.
 *
 * ERR_DATA  there are no rows, or a score is not finite; the message names the first such row
 */
MUST_CHECK bool percentile_map_fit(struct percentile_map *map, const double *score, size_t count,
                                   struct arena *memory, struct error *err);

/* NaN of NaN. At most a dozen comparisons. */
double percentile_map_apply(const struct percentile_map *map, double score);

json_t *percentile_map_json(const struct percentile_map *map);
/* ERR_DATA: not a percentile map; every number is checked. */
MUST_CHECK bool percentile_map_parse(struct percentile_map *map, const json_t *document,
                                     struct arena *memory, struct error *err);

#endif
