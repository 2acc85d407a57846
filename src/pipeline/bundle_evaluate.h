/*
 * bundle_evaluate — how good a bundle's answers are on a table that has the truth.
 *
 * Scored by bundle_apply(), as everything is. The document is that of tabular_metrics.h; with the
 * test rows of the run that made the bundle it is the run's own evaluation.json.
 */
#ifndef QUERN_PIPELINE_BUNDLE_EVALUATE_H
#define QUERN_PIPELINE_BUNDLE_EVALUATE_H

#include "base/error.h"
#include "base/json.h"

/* Of the draws behind the standard deviations; the same for every evaluation, so that two agree. */
enum { EVALUATION_SEED = 0 };

/*
 * `data` is a path, a glob or a query, as a pipeline's source. json_decref() the document.
 *
 * ERR_DATA  the bundle says nothing about the truth (it is a part, or was not made by a run), a
 *           missing column, a label the bundle does not know, a row that cannot be scored
 */
MUST_CHECK bool bundle_evaluate(const char *bundle, const char *data, json_t **document,
                                struct error *err);

/*
 * The same for a bundle with histories: every row of `data` with an outcome is scored with the rows
 * of `data` and of `history` (NULL: none) that were before it.
 *
 * ERR_ARG  the bundle has no histories
 */
MUST_CHECK bool bundle_evaluate_history(const char *bundle, const char *data, const char *history,
                                        json_t **document, struct error *err);

#endif
