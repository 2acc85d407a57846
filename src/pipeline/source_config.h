/*
 * source_config — where the events come from and which column plays which role: the `source`
 * section of a pipeline file.
 */
#ifndef QUERN_PIPELINE_SOURCE_CONFIG_H
#define QUERN_PIPELINE_SOURCE_CONFIG_H

#include "base/config.h"

struct source_config {
    const char *path, *query;                    /* exactly one is set */
    const char *entity, *time, *token, *outcome; /* names of columns, all different */
    const char *value, *cost;                    /* the same, or NULL */
    int time_unit;                               /* enum time_unit */
};

#endif
