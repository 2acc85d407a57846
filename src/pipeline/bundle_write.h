/*
 * bundle_write — make a bundle's folder from its parts.
 *
 * The same parts give the same bytes. manifest.json is written last: a folder without it is not a
 * bundle.
 */
#ifndef QUERN_PIPELINE_BUNDLE_WRITE_H
#define QUERN_PIPELINE_BUNDLE_WRITE_H

#include "pipeline/bundle.h"
#include "pipeline/bundle_history.h"
#include "pipeline/decision.h"
#include "pipeline/scorer.h"

/* A file that goes into the bundle as it is: pipeline.yaml, evaluation.json, ... */
struct bundle_extra {
    const char *name, *bytes;
    size_t size;
};

/* Where labelled rows have the truth, and what its values are: for `quern evaluate`. */
struct bundle_target {
    const char *column, *weight; /* weight may be NULL */
    size_t values;               /* 0 where the truth is a number */
    const struct table_string *value;
};

struct bundle_plan {
    const char *name;
    const struct bundle_history_plan *history; /* or NULL; then none of the parts below */
    const struct schema *input;
    const struct transform *transform;  /* or NULL */
    const struct trees *trees;          /* or NULL; then `model` too */
    const char *model;                  /* its file, .json or .ubj, to be copied */
    const struct decision *decision;    /* or NULL */
    const struct bundle_target *target; /* or NULL */
    size_t csv_count;                   /* columns of a bare CSV answer; 0 for all */
    const char *const *csv;
    size_t extras;
    const struct bundle_extra *extra;
};

/*
 * `folder` is created, or is empty.
 *
 * ERR_CONFIG  a column of `csv` is none of the answer's; the sentence lists those
 */
MUST_CHECK bool bundle_write(const struct bundle_plan *plan, const char *folder, struct error *err);

#endif
