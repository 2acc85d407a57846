/*
 * predict — several months with a model that predicts one, and how wrong it was before.
 *
 * Month after month, the first being `first`. A month whose sales are not known, or must not be
 * known, stands with its prediction in the past of the months after it.
 */
#ifndef QUERN_FORECAST_PREDICT_H
#define QUERN_FORECAST_PREDICT_H

#include "forecast/model.h"

/* What a month may know of the sales since `first`. */
enum forecast_known {
    FORECAST_KNOWS_SALES, /* those of the months before it, where there are any */
    FORECAST_KNOWS_START, /* none: everything is predicted at `first` */
};

/*
 * Months first .. end - 1 of every item into out [items, end - first]; NaN where not possible.
 * `most` (may be NULL) gets what could be sold at most, infinite where that is not known.
 */
void forecast_predict(const struct forecast_model *model, const struct panel *panel, size_t first,
                      size_t end, enum forecast_known known, double *out, double *most);

/*
 * Rolling origin: fit before an origin, predict the `length` months from it, compare. The origins
 * are `length` apart, the last one `length` before task->end; only sales before task->end count.
 */
struct backtest_row {
    size_t item, month, step; /* step 0 is the first month after the origin */
    double prediction, truth;
    double scale; /* mean sales of the item over the year before the origin */
};

struct backtest {
    size_t origins; /* that could be made: each needs months enough to fit on */
    size_t first;   /* month of the earliest origin */
    size_t count, room;
    struct backtest_row *row; /* by origin, newest first, then item, then step */
};

MUST_CHECK bool backtest_run(struct backtest *backtest, const struct forecast_kind *kind,
                             const struct forecast_task *task, size_t origins, size_t length,
                             enum forecast_known known, struct error *err);
/* No-op on a zeroed struct. */
void backtest_clear(struct backtest *backtest);

/*
 * How far sales were from their predictions, as a share of the item's scale: the middle `share` of
 * the backtest's rows lies between the two. All rows count, or those of one step where that has
 * INTERVAL_ROWS_LEAST of them. False without any row.
 */
enum { INTERVAL_ROWS_LEAST = 30 };
bool backtest_interval(const struct backtest *backtest, size_t step, double share, double *lower,
                       double *upper);

/* Mean sales of an item over the (up to) twelve known months before `month`; NaN without any. */
double forecast_scale(const struct panel *panel, size_t item, size_t month);

#endif
