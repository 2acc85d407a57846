/*
 * tabular_page — what a run with boosted trees found, as a page. The document (report.json):
 *
 *   "report"    "tabular"
 *   "title"     heading; "subtitle" a line under it (the source)
 *   "label"     name of the column that is predicted
 *   "labels"    [value]; of two the negative, then the positive
 *   "splits"    {"train": {"rows", "labels": [rows of each value]}, "validation", "test"}
 *   "model"     {"objective", "features_before_pca", "features", "rounds_run", "best_round"}
 *   "decision"  decision.json of the bundle: "threshold", "labels", "calibrator": {"kind"}
 *   "evaluation" the object of evaluation.json; "evaluation_note" which rows it is about
 *   "importance" [{"feature", "gain", "total_gain", "splits"}]
 *   "training"  {"metric", "best_round", "rounds": [{"round", "train", "validation"}]}
 *   "columns"   of reference.json: [{"name", "type", "count", "missing", "mean", "std", "min",
 *               "max"} or {..., "distinct", "categories": [{"value", "count"}]}]
 *   "provenance" {"pipeline": the text of the pipeline file}; every other key is a line
 *
 * Everything is optional: a section without data is left out. A number that is missing, null or
 * "NaN" is shown as "–". Shown at most: 30 features, 200 rounds, 20 classes, 100 columns.
 */
#ifndef QUERN_REPORT_TABULAR_PAGE_H
#define QUERN_REPORT_TABULAR_PAGE_H

#include "base/text.h"

#include <jansson.h>

void tabular_page_html(struct text *out, const json_t *document);

#endif
