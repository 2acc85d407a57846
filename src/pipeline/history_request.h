/*
 * history_request — orders as requests and files bring them, for bundles of temporal attention.
 *
 * A row is one of two things:
 *
 *   an order of a table      the columns that the configuration names, as they are in the table;
 *                            its histories are the earlier rows of the same file or request
 *   an order with its lists  for each sequence KEY the column "KEY.TIME" and for each feature a
 *                            column "KEY.FEATURE", lists (SCHEMA_LIST) from the oldest order to
 *                            the order itself, which is last; and engineered features by name
 *
 * KEY and TIME are names of columns in the pipeline file (`histories.by`, `source.time`), FEATURE
 * is the name of a feature. A row with a list that is not empty is of the second kind; a sequence
 * without lists is then the order alone.
 */
#ifndef QUERN_PIPELINE_HISTORY_REQUEST_H
#define QUERN_PIPELINE_HISTORY_REQUEST_H

#include "sequence/history.h"
#include "transform/frame.h"

/* Columns of the lists of one sequence, as indices into the schema. */
struct history_lists {
    const char *key;
    size_t time;
    size_t *feature; /* [feature_count] in the order of the configuration */
};

/* What a row may have; lives in the arena given to history_request_init(). */
struct history_request {
    const struct history_fitted *fitted;
    struct schema schema;
    size_t own; /* the first columns are those of an order of a table, time first */
    struct history_lists sequence[HISTORY_SEQUENCES_MAX];
    size_t *engineered; /* [engineered_count] */
};

/* ERR_LIMIT  too many columns, or a name is too long; two columns would have one name */
MUST_CHECK bool history_request_init(struct history_request *request,
                                     const struct history_fitted *fitted, struct arena *memory,
                                     struct error *err);

/* Whether the row has a list that is not empty. */
bool history_request_has_lists(const struct history_request *request, const struct frame *rows,
                               size_t row);

/*
 * Append the orders of a table among the rows, but those that are in `errors`. `place` [rows] gets
 * where each went, SIZE_MAX where it did not. Orders that cannot be read are added to `errors`, or
 * end it where that is NULL.
 */
MUST_CHECK bool history_request_orders(const struct history_request *request,
                                       const struct frame *rows, struct history_orders *orders,
                                       size_t *place, struct row_errors *errors,
                                       struct arena *scratch, struct error *err);

/*
 * One order with its lists. `out` points into the buffers.
 *
 * ERR_DATA  the sentence for the row, without its place; *column is the column or NULL
 */
MUST_CHECK bool history_request_row(const struct history_request *request, const struct frame *rows,
                                    size_t row, const struct history_buffers *buffers,
                                    struct history_row *out, const char **column,
                                    struct arena *scratch, struct error *err);

#endif
