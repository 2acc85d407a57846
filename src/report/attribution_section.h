/*
 * attribution_section — the parts of the attribution page (attribution_page.h has the document).
 *
 * Each writes one section, or nothing when its data is missing.
 */
#ifndef QUERN_REPORT_ATTRIBUTION_SECTION_H
#define QUERN_REPORT_ATTRIBUTION_SECTION_H

#include "base/arena.h"
#include "base/text.h"
#include "report/chart.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    SHOWN_CAMPAIGNS = 30,
    SHOWN_EFFECTS = 20,
    SHOWN_METHODS = 16,
    SHOWN_STATES = 20,
    SHOWN_LENGTHS = 60,
    SHOWN_POSITIONS = 30,
};

/* "credits" and "truth" in arrays; see attribution_credits_read(). */
struct attribution_credits {
    size_t campaigns, methods, primary;
    const char **campaign; /* [campaigns] */
    const char **label;    /* [methods] */
    double *credit;        /* [methods, campaigns] conversions; not finite or negative is 0 */
    double *total;         /* [methods] */
    double *truth;         /* [campaigns], or NULL */
    double truth_total;
    const char *truth_label;
    double *distance; /* [methods] total variation to the truth; NaN when unknown; or NULL */
    size_t *order;    /* [campaigns] by credit of the primary method, largest first */
};

/* False when there is nothing to show. */
bool attribution_credits_read(struct attribution_credits *credits, const json_t *document,
                              struct arena *memory);

/* Part of a total; NaN of nothing. */
double attribution_share(double part, double total);

struct attribution_page {
    const json_t *document;
    struct attribution_credits credits; /* campaigns == 0: none */
    struct arena memory;
};

/* Columns of up to two series, converted journeys and others, in their names and colours. */
void attribution_outcome_columns(struct text *out, const struct chart_columns *chart);

void attribution_section_credits(struct text *out, struct attribution_page *page);
void attribution_section_truth(struct text *out, struct attribution_page *page);
void attribution_section_removal(struct text *out, struct attribution_page *page);
void attribution_section_matrix(struct text *out, struct attribution_page *page);
void attribution_section_journeys(struct text *out, struct attribution_page *page);
void attribution_section_attention(struct text *out, struct attribution_page *page);

#endif
