/*
 * container_metrics — the numbers a training job prints, and how a tuner finds them.
 *
 *   round=3; train_logloss=0.138318; validation_logloss=0.171203;
 *   test_auc=0.923100; test_f1=0.855670;
 *
 * One line a round or epoch, each number as NAME=VALUE; and one line at the end for the test split.
 */
#ifndef QUERN_PIPELINE_CONTAINER_METRICS_H
#define QUERN_PIPELINE_CONTAINER_METRICS_H

#include "base/error.h"
#include "base/json.h"

#include <stdio.h>

/* A tuning job takes no more definitions than these. */
enum { CONTAINER_METRICS_MAX = 40 };

/* [{"Name": "train:auc", "Regex": "train_auc=([-+.0-9eE]+);"}, ...]; a new reference. */
json_t *container_metric_definitions(void);

/* The line of the test split from an evaluation.json; nothing where it has no such metrics. */
void container_print_evaluation(const json_t *evaluation, FILE *to);

#endif
