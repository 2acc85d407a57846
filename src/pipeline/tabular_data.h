/*
 * tabular_data — the three splits of a labelled source, in memory.
 *
 * A source names its splits itself, or is one table whose rows are dealt by a seeded hash: of the
 * column `split.by`, or of all that a row holds. Equal rows, or rows of one customer, are always on
 * one side.
 */
#ifndef QUERN_PIPELINE_TABULAR_DATA_H
#define QUERN_PIPELINE_TABULAR_DATA_H

#include "pipeline/config.h"
#include "pipeline/tabular_table.h"

enum tabular_part { TABULAR_TRAIN, TABULAR_VALIDATION, TABULAR_TEST, TABULAR_PARTS };
extern const char *const tabular_part_names[]; /* "train", "validation", "test" */

struct tabular_data {
    struct schema schema;
    struct tabular_labels labels;
    struct tabular_table part[TABULAR_PARTS];
    uint64_t hash; /* of everything that was read */
    struct arena memory;
};

/*
 * ERR_DATA    no such column, a bad value, an empty split, a split without one of the classes
 * ERR_CONFIG  the steps name a column that is not there
 */
MUST_CHECK bool tabular_data_load(struct tabular_data *data, const struct pipeline_config *config,
                                  struct error *err);
/*
 * Fold `fold` of `folds` of all three parts of `data`: its rows are the test part, the others are
 * dealt to training and validation in the shares of `split`. Folds are cut by a seeded hash as the
 * split is. Schema and labels are those of `data`, which must outlive the fold.
 *
 * ERR_DATA  a part without rows, or without one of the classes
 */
MUST_CHECK bool tabular_data_fold(struct tabular_data *fold, const struct tabular_data *data,
                                  const struct pipeline_config *config, size_t number, size_t folds,
                                  struct error *err);
/* No-op on a zeroed struct. */
void tabular_data_clear(struct tabular_data *data);

#endif
