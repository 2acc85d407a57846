/* credit_time — how long each method took, in processor time over all threads. */
#ifndef QUERN_ATTRIBUTION_CREDIT_TIME_H
#define QUERN_ATTRIBUTION_CREDIT_TIME_H

#include "attribution/credit.h"

#include <jansson.h>

/* Of a method that was worked out elsewhere; nothing where it has no column. */
void credit_set_seconds(struct credit_table *credits, const char *method, double seconds);

/* [{"method": "shapley", "seconds": 0.004}, ...], in the order of the columns. */
json_t *credit_times_json(const struct credit_table *credits);

#endif
