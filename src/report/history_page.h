/*
 * history_page — what a run on histories of entities found, as a page. The document (report.json):
 *
 *   "report"      "history"
 *   "title"       heading; "subtitle" a line under it (the source)
 *   "words"       {"one", "many", "yes", "no"}: what rows and outcomes are called ("payment",
 *                 "payments", "Fraud", "Genuine"); words that need escaping are not used
 *   "comparison"  [{"name", "auc", "average_precision", "daily_top", "this": true}]: this model
 *                 and others on the same rows
 *   "evaluation"  the object of evaluation.json; "evaluation_note" which rows it is about
 *   "calibration" {"percentile": {"scores": [], "percentiles": []}}, as calibration.json has it
 *   "attention"   {"sequences": [{"key", "itself", "places": [{"mean", "positives", "orders"}],
 *                 "ages": [{"to": seconds, "share"}]}]}: places count back from the row itself
 *   "training"    {"epochs": [{"epoch", "train_loss", "val_loss", "val_auc", "best": true}]}
 *   "split"       {"train": ["2018-07-25", "2018-07-31"], "validation", "calibration", "test"}
 *   "data"        {"orders": rows of the source, "parts": {"train": {"rows", "positives"}, ...},
 *                 "sequences": [{"column", "values"}]}
 *   "provenance"  {"pipeline": the text of the pipeline file}; every other key is a line
 *
 * Everything is optional: a section without data is left out. A number that is missing, null or
 * "NaN" is shown as "–". Shown at most: 20 models, 200 steps of k, 62 days, 4 sequences of 100
 * places, 200 epochs.
 */
#ifndef QUERN_REPORT_HISTORY_PAGE_H
#define QUERN_REPORT_HISTORY_PAGE_H

#include "base/text.h"

#include <jansson.h>

void history_page_html(struct text *out, const json_t *document);

#endif
