/*
 * history_section — the parts of the page of models on histories (history_page.h has the document).
 *
 * Each writes one section, or nothing when its data is missing.
 */
#ifndef QUERN_REPORT_HISTORY_SECTION_H
#define QUERN_REPORT_HISTORY_SECTION_H

#include "report/evaluation_section.h"

void history_section_comparison(struct text *out, const json_t *document);
void history_section_attention(struct text *out, const json_t *document,
                               const struct evaluation_words *words, struct arena *memory);
void history_section_data(struct text *out, const json_t *document,
                          const struct evaluation_words *words);

#endif
