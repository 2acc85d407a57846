/*
 * bundle_describe — what a bundle is, for a person who has one: `quern describe BUNDLE`.
 *
 *   {"name", "hash", "format", "created_by",
 *    "input": as in bundle.json, "output": the same, "csv": [names], "target": as in bundle.json,
 *    "features": {"before": 69, "after": 25},
 *    "model": {"file", "objective", "trees", "outputs", "depth"},
 *    "decision": {"kind", "labels", "threshold", "calibrator"},
 *    "evaluation": {"binary_classification_metrics": {"samples": n, "auc": {"value", ...}, ...}},
 *    "lineage": as in lineage.json}
 *
 * Parts and files that a bundle does not have are absent; curves are left out of the evaluation,
 * and of the calibrator all but its kind.
 */
#ifndef QUERN_PIPELINE_BUNDLE_DESCRIBE_H
#define QUERN_PIPELINE_BUNDLE_DESCRIBE_H

#include "base/error.h"
#include "base/json.h"

#include <stdio.h>

/* Whether a name is that of a bundle rather than of a table: registry:..., .tar.gz, a folder. */
bool bundle_is_named(const char *path);

/* `path` as bundle_open() takes it, or an address of `registry`. json_decref() the document. */
MUST_CHECK bool bundle_describe(json_t **document, const char *path, const char *registry,
                                struct error *err);

/* As lines, cut to `columns` of a terminal; 0: whole. */
void bundle_describe_print(const json_t *document, FILE *to, size_t columns);

#endif
