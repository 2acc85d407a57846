/*
 * history_page — what a run on histories of entities found, as a page. The document (report.json):
 *
 *   "report"      "history"
 *   "title"       heading; "subtitle" a line under it (the source)
 *   "headline"    {"rows", "positives", "entities", "parameters"}: numbers; rows that were
 * evaluated, weights of the model "words"       {"one", "many", "yes", "no"}: what rows and
 * outcomes are called ("payment", "payments", "Fraud", "Genuine"); words that need escaping are not
 * used "comparison"  [{"name", "auc", "average_precision", "daily_top", "this": true}]: this model
 * and others on the same rows "evaluation"  the object of evaluation.json; "evaluation_note" which
 * rows it is about "percentiles" {"scores": [], "percentiles": []} (model/percentile_map.h)
 *   "training"    [{"epoch", "train_loss", "test_loss", "train_auc", "test_auc", "best": true}]
 *   "provenance"  {"pipeline": the text of the pipeline file}; every other key is a line
 *
 * Everything is optional: a section without data is left out. A number that is missing, null or
 * "NaN" is shown as "–". Shown at most: 20 models, 200 steps of k, 62 days, 200 epochs.
 */
#ifndef QUERN_REPORT_HISTORY_PAGE_H
#define QUERN_REPORT_HISTORY_PAGE_H

#include "base/text.h"

#include <jansson.h>

void history_page_html(struct text *out, const json_t *document);

#endif
