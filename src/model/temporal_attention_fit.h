/*
 * temporal_attention_fit — training of temporal attention on threads and on processes.
 *
 *   struct temporal_attention_fit fit = {.set = set, .train = rows, .val = others, .pool = pool};
 *   temporal_attention_fit(&model, &config, &train, &fit, NULL, &err)
 *
 * Batches are shuffled per epoch, a batch is cut into slices of `train.slice` rows that cost about
 * the same (row_batch.h), a slice is run turn by turn by one thread, and the gradients of the
 * slices are added in their order. So the weights are the same bytes on any number of threads, and
 * on any number of processes: process r of n runs slices slices * r / n and on.
 *
 * The loss of a batch is the mean over its rows, weighted by class. After an epoch the validation
 * rows are scored with the weights that would be kept; with a patience the best of them are.
 *
 * docs/training.md is the manual.
 */
#ifndef QUERN_MODEL_TEMPORAL_ATTENTION_FIT_H
#define QUERN_MODEL_TEMPORAL_ATTENTION_FIT_H

#include "model/temporal_attention.h"
#include "model/train_config.h"
#include "remote/ranks.h"
#include "sequence/history.h"

enum { TEMPORAL_ATTENTION_SLICES_MAX = 4096 }; /* of a batch */

struct temporal_attention_epoch {
    size_t epoch;             /* from 1 */
    double train_loss;        /* mean over its batches, while training */
    double val_loss, val_auc; /* NaN without rows; AUC also when they are of one class */
    bool best;                /* best so far by the early-stopping metric */
    double seconds;           /* of training by this call; 0 for a restored epoch */
    double evaluating;        /* seconds */
    size_t rows;              /* trained on by this call, of all processes */
};

struct temporal_attention_fit {
    const struct history_set *set;
    struct history_rows train, val; /* rows of the set with an outcome; val may be empty */
    struct pool *pool;
    struct ranks *ranks; /* the processes of the job; NULL: this one alone */
    /*
     * A file to write during training and to go on from; NULL for none. Only rank 0 reads and
     * writes it. It is used when `key`, the settings (but for the number of epochs where nothing
     * depends on it) and the data are the same, otherwise training starts anew. Going on gives the
     * same bytes as not having stopped. It stays behind: remove it when it is done with.
     */
    const char *checkpoint, *key;
    /* Called by rank 0 alone, both may be NULL: after each epoch, restored ones included, and after
     * each step with its loss. */
    void (*on_epoch)(void *context, const struct temporal_attention_epoch *epoch);
    void (*on_step)(void *context, size_t step, double loss);
    void *context;
};

struct temporal_attention_fit_result {
    size_t epochs;     /* run in all */
    size_t best_epoch; /* whose weights the model has */
    bool stopped_early;
    size_t rows;    /* trained on by this call, of all processes */
    double seconds; /* of training steps */
};

/*
 * Every rank gets the model. The config is one that was checked; its sizes are those of the set.
 *
 * ERR_CONFIG     a loss or class weights that cannot be used, too many slices, more processes than
 *                slices
 * ERR_DATA       no training rows or none of a class, an outcome that is missing or no class; the
 *                loss is not finite; a checkpoint that cannot be used; ranks with other data
 * ERR_IO         a rank is gone
 * ERR_INTERRUPT  a signal came
 * After the last two the checkpoint is that of the last whole step. `result` may be NULL.
 */
MUST_CHECK bool temporal_attention_fit(struct temporal_attention **model,
                                       const struct temporal_attention_config *config,
                                       const struct train_config *train,
                                       const struct temporal_attention_fit *fit,
                                       struct temporal_attention_fit_result *result,
                                       struct error *err);

#endif
