/*
 * reliability — how far scores can be read as probabilities: the two sets of bins under
 * "calibration" of evaluation.json, as figures and as tables. Nothing where there are no bins.
 */
#ifndef QUERN_REPORT_RELIABILITY_H
#define QUERN_REPORT_RELIABILITY_H

#include "report/evaluation_section.h"

/* `metrics` is the object with the key "calibration". */
void reliability_figures(struct text *out, const json_t *metrics,
                         const struct evaluation_words *words, struct arena *memory);
void reliability_tables(struct text *out, const json_t *metrics,
                        const struct evaluation_words *words, struct arena *memory);

#endif
