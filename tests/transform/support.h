/* support — frames and transforms for tests, from CSV and YAML texts. */
#ifndef QUERN_TESTS_TRANSFORM_SUPPORT_H
#define QUERN_TESTS_TRANSFORM_SUPPORT_H

#include "support/test.h"
#include "transform/transform.h"

/* A frame and what it points to. Empty fields are missing. */
struct sample {
    struct arena memory;
    struct frame frame;
};

/*
 * Rows of CSV without quotes, read as a configuration wants them; a column whose values are all
 * numbers is inferred to be a number.
 */
struct sample sample_csv(const char *csv, const struct transform_config *config);
/* The same rows as another schema has them, as a server would read them. */
struct sample sample_like(const char *csv, const struct schema *schema);
/* Puts a frame together; everything in `memory` of the sample. */
void sample_set(struct sample *sample, size_t columns, size_t rows,
                const struct schema_column *schema, const struct frame_column *column);
void sample_clear(struct sample *sample);
/* Rows begin .. begin + count - 1 of a frame; `column` has room for its columns. */
struct frame sample_slice(const struct frame *frame, size_t begin, size_t count,
                          struct frame_column *column);

/* A configuration from the list under `steps:` in YAML; NULL after setting `err`. */
const struct transform_config *config_of(const char *steps, struct arena *memory,
                                         struct error *err);

/* A transform fitted on CSV rows, which must succeed. */
struct transform *fitted_on(const char *steps, const char *csv);
/* Features of CSV rows; free() them. `errors` may be NULL when there must be none. */
double *features_of(const struct transform *transform, const char *csv, struct row_errors *errors);
/* Features of a frame, `block` rows at a time; free() them. */
double *features_of_frame(const struct transform *transform, const struct frame *frame,
                          size_t block, struct row_errors *errors);

#endif
