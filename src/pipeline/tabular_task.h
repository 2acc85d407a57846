/* tabular_task — what kind of answer an objective of the trees stands for. */
#ifndef QUERN_PIPELINE_TABULAR_TASK_H
#define QUERN_PIPELINE_TABULAR_TASK_H

#include <stdbool.h>

enum tabular_task {
    TABULAR_BINARY,  /* binary:logistic: the probability of the positive class */
    TABULAR_CLASSES, /* multi:softprob: a probability per class */
    TABULAR_VALUE,   /* reg:..., count:poisson: a number */
};

/* False for objectives whose scores are neither (ranks, survival, margins). */
bool tabular_task_of(const char *objective, enum tabular_task *task);

#endif
