/*
 * bundle_history — the parts of a bundle that hold temporal attention, and scoring with them.
 *
 *   history.json        columns, vocabulary, scaling (sequence/history.h)
 *   model.json          {"kind": "temporal_attention", "config": {...}}
 *   model.safetensors   weights (model/temporal_attention.h)
 *   calibration.json    percentiles and calibrator (pipeline/history_answer.h)
 *
 * Immutable once open but for its scorers, which calls borrow: one for each call under way is kept
 * for the next.
 */
#ifndef QUERN_PIPELINE_BUNDLE_HISTORY_H
#define QUERN_PIPELINE_BUNDLE_HISTORY_H

#include "base/pool.h"
#include "model/temporal_attention.h"
#include "pipeline/bundle.h"
#include "pipeline/history_answer.h"
#include "pipeline/history_output.h"
#include "pipeline/history_request.h"

struct bundle_history;

/* The files of a folder. ERR_DATA  one is damaged, or they do not fit each other. */
MUST_CHECK bool bundle_history_open(struct bundle_history **history, const char *folder,
                                    struct error *err);
void bundle_history_close(struct bundle_history *history);

/* What a row may have; what an answer has, and what with attention. */
const struct schema *bundle_history_input(const struct bundle_history *history);
const struct schema *bundle_history_output(const struct bundle_history *history, bool explain);
const struct history_fitted *bundle_history_fitted(const struct bundle_history *history);
const struct temporal_attention *bundle_history_model(const struct bundle_history *history);
const struct history_answer *bundle_history_answer(const struct bundle_history *history);

/* Parts given by a run, into a folder. ERR_DATA: the model is not of these histories. */
struct bundle_history_plan {
    const struct history_fitted *fitted;
    const char *model; /* its file, to be copied */
    const struct history_answer *answer;
    const struct history_output *output; /* how `quern evaluate` measures */
    struct history_known known;          /* rows that it leaves out */
};
MUST_CHECK bool bundle_history_write(const struct bundle_history_plan *plan, const char *folder,
                                     struct error *err);

/* As bundle_apply_call(). */
void bundle_history_apply(const struct bundle_history *history, const struct frame *rows,
                          const struct bundle_call *call, struct frame *answer,
                          struct row_errors *errors, struct arena *scratch);

#endif
