/*
 * history_answer — from a score of temporal attention to what callers read.
 *
 *   score-percentile   where the score stands among those of the calibration rows, 0 to 1
 *   legacy-score       the score itself
 *   ProbabilityScore   the calibrated probability
 *   attention.KEY      when asked for: how much the model looked at each order of the sequence by
 *                      KEY, oldest first; a list
 *
 * All are texts: plain decimals without an exponent. In JSON (calibration.json):
 *
 *   {"percentile": percentile_map.h, "calibrator": calibrator.h}
 */
#ifndef QUERN_PIPELINE_HISTORY_ANSWER_H
#define QUERN_PIPELINE_HISTORY_ANSWER_H

#include "model/calibrator.h"
#include "model/percentile_map.h"
#include "sequence/history.h"
#include "transform/frame.h"

enum { HISTORY_ANSWERS = 3 }; /* columns before those of attention */

struct history_answer {
    struct percentile_map percentile;
    struct calibrator calibrator;
};

/* The columns; `keys` names the sequences for attention, 0 of them for none. */
void history_answer_schema(struct schema *schema, const char *const *key, size_t keys,
                           struct arena *memory);

/* One row into texts [HISTORY_ANSWERS] that live in `scratch`. */
void history_answer_row(const struct history_answer *answer, double score,
                        struct table_string *text, struct arena *scratch);
/* The list of `orders` weights. */
struct table_string history_answer_attention(const float *weight, size_t orders,
                                             struct arena *scratch);

json_t *history_answer_json(const struct history_answer *answer);
/* ERR_DATA: not that of temporal attention. Lives in `memory`. */
MUST_CHECK bool history_answer_parse(struct history_answer *answer, const json_t *document,
                                     struct arena *memory, struct error *err);

#endif
