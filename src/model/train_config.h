/*
 * train_config — how a network is trained: the `train` section of a pipeline file.
 *
 * One struct and two tables of keys: train_fields for journeys, train_history_fields for temporal
 * attention. What a table lacks keeps its zero, which leaves it out; fill the struct with zeros
 * before config_defaults().
 */
#ifndef QUERN_MODEL_TRAIN_CONFIG_H
#define QUERN_MODEL_TRAIN_CONFIG_H

#include "base/config.h"

#include <stdbool.h>
#include <stddef.h>

enum train_metric { TRAIN_METRIC_AUC, TRAIN_METRIC_LOSS };
enum train_precision { TRAIN_PRECISION_FLOAT32, TRAIN_PRECISION_MIXED };
enum train_loss {
    TRAIN_LOSS_CROSS_ENTROPY,
    TRAIN_LOSS_FOCAL,
    TRAIN_LOSS_ASYMMETRIC,
    TRAIN_LOSS_CYCLICAL_FOCAL
};
enum train_schedule { TRAIN_SCHEDULE_CONSTANT, TRAIN_SCHEDULE_ONE_CYCLE };

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

    /* Of temporal attention. */
    int loss; /* enum train_loss; nn/op/ has the formulas */
    struct {
        double gamma, alpha; /* alpha negative: none */
    } focal;
    struct {
        double gamma_positive, gamma_negative, margin;
    } asymmetric;
    struct {
        double gamma_hc, gamma_lc, factor;
    } cyclical_focal;
    const char *class_weights; /* "none", "balanced", or a weight for each class: "1, 20" */
    int schedule;              /* enum train_schedule; nn/schedule.h */
    struct {
        double rising, divide, divide_final;
        bool cycle_beta1;
    } one_cycle;
    struct {
        size_t steps, seconds; /* between two checkpoints inside an epoch; 0: not by this */
    } checkpoint;
};

extern const struct config_field train_fields[], train_history_fields[];

#endif
