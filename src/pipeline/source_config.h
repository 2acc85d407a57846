/*
 * source_config — where the events come from and which column plays which role: the `source`
 * section of a pipeline file.
 */
#ifndef QUERN_PIPELINE_SOURCE_CONFIG_H
#define QUERN_PIPELINE_SOURCE_CONFIG_H

#include "base/config.h"

enum source_time_unit {
    SOURCE_TIME_AUTO, /* from the type and size of the values */
    SOURCE_TIME_SECONDS,
    SOURCE_TIME_MILLISECONDS,
    SOURCE_TIME_MICROSECONDS,
    SOURCE_TIME_ISO,
};

struct source_config {
    const char *path, *query;                    /* exactly one is set */
    const char *entity, *time, *token, *outcome; /* names of columns, all different */
    int time_unit;                               /* enum source_time_unit */
};

extern const struct config_field source_fields[];

#endif
