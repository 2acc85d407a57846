/*
 * bundle — everything scoring needs, in a folder (or the same folder as .tar.gz).
 *
 *   rows -> transform -> model -> decision -> answer
 *
 * Each part may be absent: a whole pipeline has all, a part cut off by bundle_split() has one.
 * A bundle is immutable once open; bundle_apply() is thread-safe and is the only way rows are
 * scored, in batch and over HTTP. docs/bundle-format.md describes the files byte by byte.
 *
 *   bundle.json        format, name, created by, input schema, parts, output columns
 *   transform.json, transform.safetensors    transform/transform.h
 *   model.json | model.ubj                   model/trees.h
 *   decision.json      calibrator, threshold, labels
 *   history.json, model.json, model.safetensors, calibration.json    in place of the parts above:
 *                      temporal attention, bundle_history.h
 *   pipeline.yaml, evaluation.json, reference.json, lineage.json    for people and monitors
 *   manifest.json      size and hash of each of these files; checked when a bundle is opened
 *
 * bundle_write.h makes one.
 */
#ifndef QUERN_PIPELINE_BUNDLE_H
#define QUERN_PIPELINE_BUNDLE_H

#include "base/arena.h"
#include "base/json.h"
#include "base/pool.h"
#include "transform/frame.h"

enum { BUNDLE_FORMAT = 1, BUNDLE_FILES_MAX = 64, BUNDLE_JSON_MAX = 64 << 20 };

struct bundle;

/*
 * Open a folder, a .tar.gz, or s3://... of either.
 *
 * ERR_DATA  not a bundle, a newer format, a file missing or not as the manifest says
 */
MUST_CHECK bool bundle_open(struct bundle **bundle, const char *path, struct error *err);
void bundle_close(struct bundle *bundle);

const char *bundle_name(const struct bundle *bundle);
/* Content hash, 16 hex digits: equal bundles answer equally. */
const char *bundle_hash(const struct bundle *bundle);
/* What a row must have, and what an answer has: e.g. `label` (text), `score` (number). */
const struct schema *bundle_input(const struct bundle *bundle);
const struct schema *bundle_output(const struct bundle *bundle);
/* Columns of the answer that a bare CSV answer shows, as indices into bundle_output(). */
size_t bundle_csv_columns(const struct bundle *bundle, const size_t **column);

/*
 * Score a block of rows. The answer's arrays live in `scratch` (of the caller's thread; the caller
 * resets it). Rows at fault are in `errors`, those of decoding included; their answers are missing
 * values. A row's answer does not depend on the rows beside it, unless they are earlier orders of a
 * bundle with histories.
 */
void bundle_apply(const struct bundle *bundle, const struct frame *rows, struct frame *answer,
                  struct row_errors *errors, struct arena *scratch);

/* Whether orders are scored with the orders before them, and can be explained. */
bool bundle_has_histories(const struct bundle *bundle);
/* With bundle_call.explain; the same as bundle_output() for a bundle without histories. */
const struct schema *bundle_explained(const struct bundle *bundle);

/* What a call may ask of a bundle with histories; others do not look at it. */
struct bundle_call {
    const struct frame *before; /* earlier orders, or NULL; rows that cannot be read fail all */
    struct pool *pool;          /* NULL: the calling thread alone */
    bool explain;               /* attention too: bundle_explained() */
};

/* bundle_apply() with a call, which may be NULL. In a bundle with histories a row's answer depends
 * on the orders of the same call that were before it, and on nothing else beside it. */
void bundle_apply_call(const struct bundle *bundle, const struct frame *rows,
                       const struct bundle_call *call, struct frame *answer,
                       struct row_errors *errors, struct arena *scratch);

/*
 * Cut the bundle at `path` into bundles that one after the other do what it does, each in a folder
 * of its own below `folder` (which must not exist yet), named in order of use:
 *
 *   1-preprocessing, 2-pca, 3-trees, 4-post-processing    those it has, numbered without a gap
 *
 * What one answers, body for body, is what the next takes, and the last answers with the same bits
 * as the whole.
 *
 * ERR_ARG  `folder` exists, or the bundle has a single part
 */
MUST_CHECK bool bundle_split(const char *path, const char *folder, struct error *err);

#endif
