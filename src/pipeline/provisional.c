#include "pipeline/provisional.h"
static const char *const keeps[] = {"last", "first", NULL};
const struct config_field journey_fields[] = {
    CONFIG_SIZE(struct journey_config, max_length, 10, 1, 10000, "longest"),
    CONFIG_CHOICE(struct journey_config, keep, 0, keeps, "keep"),
    CONFIG_BOOL(struct journey_config, one_hot, false, "one hot"),
    CONFIG_SIZE(struct journey_config, memory_mib, 1024, 1, 1e6, "MiB"),
    CONFIG_END};
const struct config_field split_fields[] = {
    CONFIG_NUMBER(struct split_config, train, 0.8, 0, 1, "share"),
    CONFIG_NUMBER(struct split_config, test, 0.1, 0, 1, "share"),
    CONFIG_NUMBER(struct split_config, val, 0.1, 0, 1, "share"),
    CONFIG_SIZE(struct split_config, seed, 24, 0, 9007199254740992.0, "seed"),
    CONFIG_END};
