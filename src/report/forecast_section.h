/*
 * forecast_section — the parts of the forecast page (forecast_page.h has the document).
 *
 * Each writes one section, or nothing when its data is missing.
 */
#ifndef QUERN_REPORT_FORECAST_SECTION_H
#define QUERN_REPORT_FORECAST_SECTION_H

#include "base/arena.h"
#include "base/text.h"

#include <jansson.h>

void forecast_section_months(struct text *out, const json_t *document, struct arena *memory);
void forecast_section_charts(struct text *out, const json_t *document, struct arena *memory);
void forecast_section_worst(struct text *out, const json_t *document, struct arena *memory);
void forecast_section_model(struct text *out, const json_t *document, struct arena *memory);
void forecast_section_evaluation(struct text *out, const json_t *document, struct arena *memory);

#endif
