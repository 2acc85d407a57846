/*
 * incremental_section — what campaigns caused, as parts of the attribution page
 * (attribution_page.h has the document). Each writes one section, or nothing without data.
 */
#ifndef QUERN_REPORT_INCREMENTAL_SECTION_H
#define QUERN_REPORT_INCREMENTAL_SECTION_H

#include "report/attribution_section.h"

enum { SHOWN_CURVES = 12, SHOWN_SENTENCES = 15, SHOWN_EXPERIMENTS = 20, SHOWN_PAIRS = 20 };

/* "incremental" in arrays: [campaigns + 1], the last of the baseline; NaN is not known. */
struct incremental_amount {
    double credit, low, high, before, value, cost;
};

struct incremental_credits {
    const json_t *part; /* "incremental" */
    size_t campaigns;
    const char **campaign; /* [campaigns + 1] */
    struct incremental_amount *amount;
    size_t *order; /* [campaigns] by credit, largest first */
    bool has_ends, has_before, has_value, has_cost;
};

/* False when there is nothing to show. */
bool incremental_credits_read(struct incremental_credits *credits, const json_t *document,
                              struct arena *memory);

/* Cost by conversions caused, and value caused by cost; NaN where there is none. */
double incremental_cost_each(const struct incremental_amount *amount);
double incremental_return(const struct incremental_amount *amount);

void incremental_section_credits(struct text *out, struct attribution_page *page);
void incremental_section_pairs(struct text *out, struct attribution_page *page);
void incremental_section_weeks(struct text *out, struct attribution_page *page);
void incremental_section_curves(struct text *out, struct attribution_page *page);
void incremental_section_experiments(struct text *out, struct attribution_page *page);
void incremental_section_doubt(struct text *out, struct attribution_page *page);

/* <li> lines for the top of the page. */
void incremental_points(struct text *out, const struct attribution_page *page);

#endif
