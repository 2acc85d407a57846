/* config — settings of attribution, and their keys in a pipeline file. */
#ifndef QUERN_ATTRIBUTION_CONFIG_H
#define QUERN_ATTRIBUTION_CONFIG_H

#include "base/config.h"

struct attribution_config {
    double half_life_days; /* of time_decay; where times are unknown a step counts as a day */
    size_t markov_order;   /* chains of order 1 .. markov_order are solved; 0 leaves Markov out */
    bool self_loops;       /* false: repeats of a channel in a row count once in a chain */
    bool removal;          /* runs with a model also divide by what removing a campaign loses */
    int split;             /* enum path_split */
    const char *truth;     /* table of true credits to compare with, or NULL */
};

extern const struct config_field attribution_fields[];

#endif
