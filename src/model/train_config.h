/*
 * train_config — how a network is trained: the `train` section of a pipeline file.
 */
#ifndef QUERN_MODEL_TRAIN_CONFIG_H
#define QUERN_MODEL_TRAIN_CONFIG_H

#include "base/config.h"

#include <stdbool.h>
#include <stddef.h>

enum train_metric { TRAIN_METRIC_AUC, TRAIN_METRIC_LOSS };
enum train_precision { TRAIN_PRECISION_FLOAT32 };

struct train_config {
    size_t epochs;
    size_t batch;
    double learning_rate;
    double weight_decay;
    bool oversample;
    double average; /* decay of the running mean of the weights that is kept; 0: the weights */
    struct {
        int metric;      /* enum train_metric, measured on the validation part */
        size_t patience; /* epochs without a better value before training ends; 0: never */
    } early_stopping;
    size_t seed;
    int precision; /* enum train_precision */
    /*
     * Rows that one thread runs at a time. Which rows make a slice decides in which order gradients
     * are added, so the bits of a result depend on it, and on nothing about threads.
     */
    size_t slice;
};

extern const struct config_field train_fields[];

#endif
