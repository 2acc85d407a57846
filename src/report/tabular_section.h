/*
 * tabular_section — the parts of the tabular page (tabular_page.h has the document).
 *
 * Each writes one section, or nothing when its data is missing.
 */
#ifndef QUERN_REPORT_TABULAR_SECTION_H
#define QUERN_REPORT_TABULAR_SECTION_H

#include "base/arena.h"
#include "base/text.h"

#include <jansson.h>

void tabular_section_importance(struct text *out, const json_t *document, struct arena *memory);
void tabular_section_training(struct text *out, const json_t *document, struct arena *memory);
void tabular_section_classes(struct text *out, const json_t *document, struct arena *memory);
void tabular_section_values(struct text *out, const json_t *document, struct arena *memory);
void tabular_section_data(struct text *out, const json_t *document, struct arena *memory);

#endif
