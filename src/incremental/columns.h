/*
 * incremental_columns — what campaigns caused, as columns of a credit table.
 *
 *   incremental_conversions  with incremental_low_ and incremental_high_, and _value of each
 *   incremental_without_experiments_conversions  where experiments were given
 *   cost                     of the campaign's impressions
 *   cost_per_incremental_conversion  cost / incremental_conversions; none where nothing was caused
 *   incremental_return       incremental_value / cost; none where nothing was paid
 */
#ifndef QUERN_INCREMENTAL_COLUMNS_H
#define QUERN_INCREMENTAL_COLUMNS_H

#include "attribution/credit.h"

/* [channels + 1] each, the last of the baseline. */
struct incremental_amounts {
    size_t channels;
    const double *credit;
    const double *low, *high; /* NULL: no intervals */
    const double *before;     /* without what experiments measured; NULL: there are none */
    const double *value;      /* NULL: no values */
    const double *cost;       /* [channels]; NULL: no costs */
};

struct incremental_columns {
    struct credit_column column[4];
    struct credit_figure figure[3];
    size_t columns, figures;
};

/*
 * The ends of a value are those of the conversions, at the value of a caused conversion (of any,
 * for a campaign that caused none): chance in who converted, not in what it was worth. Names and
 * numbers live in `memory` or in `amounts`.
 */
void incremental_columns_make(struct incremental_columns *columns,
                              const struct incremental_amounts *amounts, struct arena *memory);

/* What a credit request needs of them. */
void incremental_columns_give(const struct incremental_columns *columns,
                              struct credit_request *request);

#endif
