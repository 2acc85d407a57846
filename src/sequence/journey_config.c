/* The settings of journey building, and the split of an entity. */
#include "sequence/journeys.h"

#include <math.h>

const char *const time_unit_names[] = {
    [TIME_UNIT_AUTO] = "auto",
    [TIME_UNIT_SECONDS] = "s",
    [TIME_UNIT_MILLISECONDS] = "ms",
    [TIME_UNIT_MICROSECONDS] = "us",
    [TIME_UNIT_NANOSECONDS] = "ns",
    [TIME_UNIT_ISO] = "iso",
    NULL,
};
static const char *const keeps[] = {"last", "first", NULL};

const struct config_field journey_source_fields[] = {
    CONFIG_TEXT(struct journey_config, path, NULL, "impressions: a file, a glob or a SQL query"),
    CONFIG_TEXT(struct journey_config, entity, "uid", "column that says whose impression it is"),
    CONFIG_TEXT(struct journey_config, time, "timestamp", "column of the time"),
    CONFIG_TEXT(struct journey_config, token, "campaign", "column of what was shown"),
    CONFIG_TEXT(struct journey_config, outcome, "conversion",
                "column that is true at a conversion"),
    CONFIG_TEXT(struct journey_config, value, NULL, "column of what a conversion is worth"),
    CONFIG_TEXT(struct journey_config, cost, NULL, "column of what an impression costs"),
    CONFIG_CHOICE(struct journey_config, time_unit, TIME_UNIT_AUTO, time_unit_names,
                  "unit of integer times; auto tells by their size"),
    CONFIG_END,
};

const struct config_field journey_fields[] = {
    CONFIG_SIZE(struct journey_config, max_length, 10, 1, 1000,
                "impressions of a journey that are kept"),
    CONFIG_CHOICE(struct journey_config, keep, JOURNEY_KEEP_LAST, keeps,
                  "which impressions a longer journey keeps"),
    CONFIG_BOOL(struct journey_config, one_hot, false,
                "also write feature_store_preprocessed/ with a column per place and campaign"),
    CONFIG_SIZE(struct journey_config, memory_mib, 1024, 1, 1 << 24,
                "MiB of impressions held in memory before a temporary file is used"),
    CONFIG_END,
};

const struct config_field split_fields[] = {
    CONFIG_NUMBER(struct split_config, train, 0.8, 0, 1, "share of entities to train on"),
    CONFIG_NUMBER(struct split_config, test, 0.1, 0, 1, "share of entities to test on"),
    CONFIG_NUMBER(struct split_config, val, 0.1, 0, 1, "share of entities to validate on"),
    CONFIG_SIZE(struct split_config, seed, 24, 0, 9007199254740991.0,
                "another seed is another split"),
    CONFIG_END,
};

bool split_check(const struct split_config *split, struct error *err)
{
    const double sum = split->train + split->test + split->val;

    if (fabs(sum - 1) > 1e-9)
        return error_set(err, ERR_CONFIG, "split: train, test and val add up to %g, not 1", sum);
    return true;
}

enum split split_of(const struct split_config *split, uint64_t hash)
{
    const double share = (double)(hash >> 11) * 0x1p-53;

    if (share < split->train)
        return SPLIT_TRAIN;
    /* Where shares do not add up to exactly 1 in binary, the last split there is takes the rest. */
    if (share < split->train + split->test || split->val <= 0)
        return split->test > 0 ? SPLIT_TEST : SPLIT_TRAIN;
    return SPLIT_VAL;
}
