#ifndef QUERN_PIPELINE_PROVISIONAL_H
#define QUERN_PIPELINE_PROVISIONAL_H
#include "base/config.h"
struct journey_config {
    const char *path;
    const char *entity, *time, *token, *outcome;
    int time_unit;
    size_t max_length;
    int keep;
    bool one_hot;
    size_t memory_mib;
};
struct split_config {
    double train, test, val;
    size_t seed;
};
enum time_unit {
    TIME_UNIT_AUTO,
    TIME_UNIT_SECONDS,
    TIME_UNIT_MILLISECONDS,
    TIME_UNIT_MICROSECONDS,
    TIME_UNIT_NANOSECONDS,
    TIME_UNIT_ISO,
};
extern const struct config_field journey_fields[], split_fields[];
#endif
