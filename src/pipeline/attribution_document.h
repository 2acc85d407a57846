/*
 * attribution_document — credits as the parts of report.json that hold them (see
 * report/attribution_page.h for the keys).
 */
#ifndef QUERN_PIPELINE_ATTRIBUTION_DOCUMENT_H
#define QUERN_PIPELINE_ATTRIBUTION_DOCUMENT_H

#include "attribution/credit.h"
#include "attribution/truth.h"
#include "base/json.h"

enum { ATTRIBUTION_STATES_SHOWN = 20 };

/* {"credits", "removal_effects", "transition_matrix"}; json_decref() it. */
json_t *attribution_document_credits(const struct credit_table *credits);

/* {"label", "credits", "distances"}: how far each method is from the truth; json_decref() it. */
json_t *attribution_document_truth(const struct truth_scores *scores);

#endif
