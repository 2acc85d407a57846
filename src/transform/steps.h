/*
 * steps — the `steps` of a pipeline file as a struct: what transform_config_read() makes and
 * transform_fit() follows. Used inside this room only.
 */
#ifndef QUERN_TRANSFORM_STEPS_H
#define QUERN_TRANSFORM_STEPS_H

#include "transform/transform.h"

enum { STEPS_MAX = 1000 };

/* Which columns a step takes; STEP_MATRIX works on all features made so far. */
enum step_columns { STEP_MATRIX, STEP_LIST, STEP_NUMERIC, STEP_TEXT };

enum impute_kind {
    IMPUTE_NONE,
    IMPUTE_MEDIAN,
    IMPUTE_MEAN,
    IMPUTE_MOST_FREQUENT,
    IMPUTE_CONSTANT,
};

enum scale_kind { SCALE_NONE, SCALE_STANDARD, SCALE_MIN_MAX };

enum encode_kind { ENCODE_NONE, ENCODE_ONE_HOT, ENCODE_ORDINAL };

/* What a category that training rows did not have becomes: no feature set, an error of the row, a
 * number. Missing is the number NaN. */
enum unknown_kind { UNKNOWN_IGNORE, UNKNOWN_ERROR, UNKNOWN_VALUE };

struct step {
    const char *place; /* "FILE:LINE: key 'steps[2]'", for messages */
    enum step_columns columns;
    const char *const *column; /* [count] of STEP_LIST */
    size_t count;
    bool drop, passthrough;
    enum impute_kind impute;
    const char *constant; /* of IMPUTE_CONSTANT, as it was written */
    double number;        /* the same, where the column is a number */
    enum scale_kind scale;
    double low, high; /* of SCALE_MIN_MAX */
    enum encode_kind encode;
    enum unknown_kind unknown;
    double unknown_value;
    double pca; /* 0: none; below 1: share of the variance; else components */
};

struct transform_config {
    size_t count;
    const struct step *step; /* [count] */
};

/* Whether a step takes a column of the schema that no list names. */
bool step_reaches(const struct step *step, enum schema_kind kind);
/* The step whose list names a column, or NULL. */
const struct step *steps_naming(const struct transform_config *config, const char *column);

#endif
