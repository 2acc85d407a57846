/*
 * top_section — what those find who look at the highest scores alone: precision and recall at k,
 * and day by day, from "top" and "daily_top" of evaluation.json (metric/evaluation.h) under the key
 * "evaluation" of a report document.
 */
#ifndef QUERN_REPORT_TOP_SECTION_H
#define QUERN_REPORT_TOP_SECTION_H

#include "report/evaluation_section.h"

/* Nothing when there are no numbers. */
void top_section(struct text *out, const json_t *document, const struct evaluation_words *words,
                 struct arena *memory);

/*
 * "Score percentiles", from the key "calibration" of a document: {"percentile": {"scores":
 * [ascending], "percentiles": [ascending, 0..1]}} (model/percentile_map.h). Nothing without.
 */
void percentile_section(struct text *out, const json_t *document,
                        const struct evaluation_words *words, struct arena *memory);

#endif
