/*
 * tabular_table — a labelled table whole in memory, as the frame that bundles take.
 *
 * Numbers are read as doubles (NaN where missing), text as views into the arena; columns that
 * nothing uses are not read at all. Labels are float as the trees want them:
 *
 *   TABULAR_BINARY    1 for the positive value, 0 for the one other value there is
 *   TABULAR_CLASSES   the index of the value among the sorted values of the training rows
 *   TABULAR_VALUE     the number
 */
#ifndef QUERN_PIPELINE_TABULAR_TABLE_H
#define QUERN_PIPELINE_TABULAR_TABLE_H

#include "base/arena.h"
#include "pipeline/tabular_config.h"
#include "pipeline/tabular_task.h"
#include "transform/transform.h"

enum { TABULAR_ROWS_MAX = 200000000, TABULAR_CLASSES_MAX = 5000 };

/* Which columns play which role. */
struct tabular_roles {
    const struct schema *schema; /* of the frame */
    enum tabular_task task;
    const char *label;
    const char *weight, *group; /* or NULL; group as text */
};

struct tabular_table {
    const char *source; /* for messages */
    size_t rows;
    struct frame_column *column;           /* [schema->count] */
    const struct table_string *label_text; /* [rows], of a class */
    const double *label_number;            /* [rows], of TABULAR_VALUE */
    const double *weight;                  /* [rows] or NULL */
    const struct table_string *group;      /* [rows] or NULL */
    float *label;                          /* [rows], by tabular_labels_apply() */
};

/* The values of a label that are classes; of TABULAR_BINARY negative, positive. */
struct tabular_labels {
    enum tabular_task task;
    size_t count;
    const struct table_string *value;
};

/*
 * The columns of a source but label, weight and group where it is no feature, in its order, each
 * of the kind that the steps want.
 *
 * ERR_DATA  no column for a role, or one that is ignored; a column twice
 */
MUST_CHECK bool tabular_schema_read(struct schema *schema, const char *source,
                                    const struct tabular_source *roles,
                                    const struct transform_config *steps, struct arena *memory,
                                    struct error *err);

/*
 * ERR_DATA  a missing column; a value that is no number, a missing label, a weight below 0: with
 *           row and column
 */
MUST_CHECK bool tabular_table_read(struct tabular_table *table, const struct tabular_roles *roles,
                                   const char *source, struct arena *memory, struct error *err);

struct frame tabular_frame(const struct tabular_table *table, const struct schema *schema);

/*
 * Rows that cannot be transformed end what works on whole tables only: ERR_DATA with the place of
 * the first, `first` rows into the table. Returns false.
 */
bool tabular_row_fail(const struct tabular_table *table, size_t first,
                      const struct row_errors *errors, struct error *err);

/* Learn the classes from training rows. ERR_DATA: fewer than two, or too many. */
MUST_CHECK bool tabular_labels_learn(struct tabular_labels *labels, enum tabular_task task,
                                     const char *positive, const struct tabular_table *table,
                                     struct arena *memory, struct error *err);
/* Fill table->label. ERR_DATA: a value that the training rows did not have, with its row. */
MUST_CHECK bool tabular_labels_apply(const struct tabular_labels *labels, const char *column,
                                     struct tabular_table *table, struct arena *memory,
                                     struct error *err);

#endif
