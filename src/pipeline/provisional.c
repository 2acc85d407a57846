#include "pipeline/provisional.h"
static const char *const ends[] = {"outcome", NULL}, *const keeps[] = {"last", "first", NULL}, *const bys[] = {"entity", NULL}, *const metrics[] = {"auc", "loss", NULL};
const struct config_field journey_fields[] = {
    CONFIG_CHOICE(struct journey_config, ends_at, 0, ends, "end"),
    CONFIG_SIZE(struct journey_config, max_length, 10, 1, 10000, "longest"),
    CONFIG_CHOICE(struct journey_config, keep, 0, keeps, "keep"),
    CONFIG_BOOL(struct journey_config, one_hot, false, "one hot"),
    CONFIG_SIZE(struct journey_config, memory, 1024, 1, 1e6, "MiB"),
    CONFIG_END};
const struct config_field split_fields[] = {
    CONFIG_CHOICE(struct split_config, by, 0, bys, "by"),
    CONFIG_NUMBER(struct split_config, train, 0.8, 0, 1, "share"),
    CONFIG_NUMBER(struct split_config, test, 0.1, 0, 1, "share"),
    CONFIG_NUMBER(struct split_config, val, 0.1, 0, 1, "share"),
    CONFIG_SIZE(struct split_config, seed, 24, 0, 9007199254740992.0, "seed"),
    CONFIG_END};
const struct config_field journey_attention_fields[] = {
    CONFIG_SIZE(struct journey_attention_config, embedding, 20, 1, 4096, "e"),
    CONFIG_SIZE(struct journey_attention_config, lstm, 64, 1, 4096, "u"),
    CONFIG_NUMBER(struct journey_attention_config, dropout, 0.1, 0, 0.99, "d"),
    CONFIG_NUMBER(struct journey_attention_config, recurrent_dropout, 0.1, 0, 0.99, "d"),
    CONFIG_BOOL(struct journey_attention_config, mask, true, "m"),
    CONFIG_END};
const struct config_field train_fields[] = {
    CONFIG_SIZE(struct train_config, epochs, 5, 1, 100000, "passes"),
    CONFIG_SIZE(struct train_config, batch, 64, 1, 65536, "rows"),
    CONFIG_NUMBER(struct train_config, learning_rate, 0.001, 1e-8, 10, "lr"),
    CONFIG_BOOL(struct train_config, oversample, true, "o"),
    CONFIG_CHOICE(struct train_config, early_stopping.metric, 0, metrics, "m"),
    CONFIG_SIZE(struct train_config, early_stopping.patience, 0, 0, 100000, "p"),
    CONFIG_SIZE(struct train_config, seed, 0, 0, 9007199254740992.0, "seed"),
    CONFIG_END};
const struct config_field attribution_fields[] = {
    CONFIG_NUMBER(struct attribution_config, half_life_days, 7, 1e-6, 1e6, "h"),
    CONFIG_SIZE(struct attribution_config, markov_order, 3, 0, 3, "o"),
    CONFIG_END};
