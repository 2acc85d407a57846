/*
 * file — a fitted transform as a document and tensors.
 *
 *   {"format": "quern transform 1", "input": [schema],
 *    "stages": [{"columns": [
 *        {"column": "Day Mins", "impute": 179.4, "scale": "standard", "mean": ..., "deviation":
 * ...},
 *        {"column": "Fee", "scale": "min_max", "factor": ..., "shift": ...},
 *        {"column": "State", "impute": "missing", "encode": "one_hot", "unknown": "ignore",
 *         "categories": ["AK", ...]}],
 *      "pca": 25, "variance": [25 numbers], "variance_total": ...}]}
 *
 * A stage may have "scale": "standard" or "min_max" instead of "pca". Categories ascend; they are
 * numbers where they are compared as such; null, the last, is a missing value. Tensors, all F64:
 * stages.N.mean [features] and stages.N.components [pca, features]; stages.N.a and .b [features] of
 * a scale: (x - a) / b, or x * a + b.
 */
#ifndef QUERN_TRANSFORM_FILE_H
#define QUERN_TRANSFORM_FILE_H

#include "transform/fitted.h"

#include "base/safetensors.h"

#define TRANSFORM_FORMAT "quern transform 1"

enum { TRANSFORM_BYTES_MAX = 256 << 20 };

/* A new reference. */
json_t *transform_document(const struct transform *transform);

/*
 * `tensors` NULL: there is no such file. Everything is checked here, so that applying checks
 * nothing.
 *
 * ERR_DATA  with the stage and the column
 */
MUST_CHECK bool transform_parse(struct transform **transform, const json_t *document,
                                const struct safetensors *tensors, struct error *err);
/* Whether a document has a stage with tensors. */
bool transform_has_tensors(const json_t *document);

#endif
