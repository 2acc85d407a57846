/*
 * transform — fitted steps from raw rows to features, with scikit-learn's meaning.
 *
 *   steps:
 *     - {columns: [Day Mins, Day Calls], impute: median, scale: standard}
 *     - {columns: [State], impute: {constant: missing}, encode: one_hot}
 *     - {pca: 25}
 *
 * Steps with `columns` make features side by side, in the order of the steps and of their columns;
 * a step without columns works on all features made so far. Columns no step names are dropped.
 * docs/pipeline-file.md has every key. Fitted on training rows only; then immutable, and applied
 * by the same code to a million rows and to one. A row's features depend on that row alone, so it
 * does not matter how rows are blocked.
 *
 * Arithmetic is double, without fused multiply-add: equal bits on every processor.
 */
#ifndef QUERN_TRANSFORM_TRANSFORM_H
#define QUERN_TRANSFORM_TRANSFORM_H

#include "base/text.h"
#include "base/yaml.h"
#include "transform/frame.h"

enum {
    TRANSFORM_FEATURES_MAX = 100000,
    TRANSFORM_PCA_MAX = 5000, /* features a PCA works on: its matrix has the square of them */
};

struct transform_config; /* the `steps` of a pipeline file, checked against nothing yet */
struct transform;        /* fitted */

/*
 * Read the list `steps` of a pipeline file; NULL or an absent list means that every column passes:
 * numbers as they are, texts ordinal. Lives in `memory`.
 *
 * ERR_CONFIG  "FILE:LINE: key 'steps[2].scale': ..."
 */
MUST_CHECK bool transform_config_read(const struct transform_config **config,
                                      const struct yaml_node *steps, struct arena *memory,
                                      struct error *err);
/* As YAML that reads back equal: a block list, each line indented by `indent`. */
void transform_config_write(const struct transform_config *config, struct text *out, size_t indent);
/* The reference tables for docs/pipeline-file.md. */
void transform_config_reference(struct text *out);

/*
 * How a column must be read: numbers where a step imputes, scales or passes it, text where it
 * encodes it, SCHEMA_IGNORED where no step uses it. `inferred` is what the source has, number or
 * text: it decides for columns that only `columns: numeric` or `columns: text` reach.
 */
enum schema_kind transform_config_kind(const struct transform_config *config, const char *column,
                                       enum schema_kind inferred);
/* Every column that the steps name exists. ERR_CONFIG names the step, the column, and lists those
 * there are. */
MUST_CHECK bool transform_config_check(const struct transform_config *config,
                                       const struct schema *schema, struct error *err);

/*
 * Fit on training rows.
 *
 * ERR_DATA  nothing to fit: no rows, a column without a single value, more components than columns
 */
MUST_CHECK bool transform_fit(struct transform **transform, const struct transform_config *config,
                              const struct frame *rows, struct error *err);
void transform_free(struct transform *transform);

/* The columns a fitted transform reads, as in the frame it was fitted on. */
const struct schema *transform_schema(const struct transform *transform);
/* Features of a row, and their names ("Day Mins", "State=KS", "pca_0"). */
size_t transform_width(const struct transform *transform);
const char *transform_name(const struct transform *transform, size_t feature);
/* Features before the last step that reduces them (the 69 of 69 -> 25); the width if none does. */
size_t transform_width_before_pca(const struct transform *transform);

/*
 * features [rows, width], row-major. Rows that cannot be transformed (an unknown category under
 * `unknown: error`, a missing value where PCA needs one) go to `errors`; their features are NaN.
 */
void transform_apply(const struct transform *transform, const struct frame *rows, double *features,
                     struct row_errors *errors, struct arena *scratch);

/*
 * Two transforms that one after the other do what this one does: all before the PCA, and the PCA
 * on columns of numbers named like the features. ERR_ARG: there is no PCA.
 */
MUST_CHECK bool transform_cut(const struct transform *transform, struct transform **front,
                              struct transform **back, struct error *err);

/*
 * transform.json and, for matrices, transform.safetensors in `folder`: docs/bundle-format.md.
 *
 * ERR_DATA  not a transform; loading checks every size and index once
 */
MUST_CHECK bool transform_save(const struct transform *transform, const char *folder,
                               struct error *err);
MUST_CHECK bool transform_load(struct transform **transform, const char *folder, struct error *err);

#endif
