/* evaluation_parts — what evaluation.json holds beside single numbers; inside this folder only. */
#ifndef QUERN_METRIC_EVALUATION_PARTS_H
#define QUERN_METRIC_EVALUATION_PARTS_H

#include "metric/evaluation.h"

json_t *evaluation_number(double value); /* "NaN" where it is not finite */
json_t *evaluation_amount(double value); /* a weight: whole numbers stay whole */

/* Each sets keys of "binary_classification_metrics"; `pooled` are the rows of all folds. */
void evaluation_add_curves(json_t *metrics, const struct ranking *pooled, size_t points);
void evaluation_add_calibration(json_t *metrics, const struct ranking *pooled, size_t bins);
void evaluation_add_top(json_t *metrics, const struct ranking *pooled);
void evaluation_add_daily(json_t *metrics, const struct scored *pooled,
                          const struct evaluation_daily *daily);

#endif
