/*
 * tabular_metrics — evaluation.json of labelled rows and what was answered for them.
 *
 *   TABULAR_BINARY   metric/evaluation.h
 *   TABULAR_CLASSES  {"multiclass_classification_metrics": {"samples", "labels",
 *                     "confusion_matrix": {"0": {"0": n, ...}}  truth, then answer,
 *                     "accuracy", "log_loss", "weighted_precision", "weighted_recall",
 *                     "weighted_f1", "macro_f1": {"value", "standard_deviation": "NaN"}}}
 *   TABULAR_VALUE    {"regression_metrics": {"samples", "mae", "mse", "rmse", "r2": the same}}
 */
#ifndef QUERN_PIPELINE_TABULAR_METRICS_H
#define QUERN_PIPELINE_TABULAR_METRICS_H

#include "base/json.h"
#include "pipeline/tabular_table.h"

/*
 * scores [rows], of TABULAR_CLASSES [rows, classes], as bundles answer them; `table` has its labels
 * applied. json_decref() the document.
 */
MUST_CHECK bool tabular_evaluation(json_t **document, const struct tabular_labels *labels,
                                   const struct tabular_table *table, const double *scores,
                                   double threshold, size_t seed, struct error *err);

#endif
