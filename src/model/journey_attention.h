/*
 * journey_attention — probability that a journey converts, and which impressions made it so.
 *
 * The network is journey_attention_net.h; this is the estimator around it: fit, predict, save,
 * load. A fitted or loaded model is immutable and may be used by many threads, each with a scorer
 * of its own.
 *
 *   struct journey_attention_config config;    config_defaults(&config, journey_attention_fields)
 *   struct train_config train;                 config_defaults(&train, train_fields)
 *   struct journey_fit fit = {.set = set, .train = {rows, count}, ..., .pool = pool};
 *   journey_attention_fit(&model, &config, &train, &fit, &err)
 *   journey_attention_predict(model, set, rows, score, attention, pool)
 *
 * A campaign that the training rows do not hold (its token is at or above the vocabulary, or the
 * rows simply lack it) is an all-zero one-hot: the model sees that something happened, not what.
 *
 * Oversampling makes conversions look more likely than they are. The fitted model takes that back:
 * log(negatives / positives) of the training rows is subtracted from output.bias (King and Zeng,
 * Political Analysis 2001, prior correction), so probabilities are those of the data as it comes.
 *
 * Saved as safetensors: the parameters under the names of journey_attention_net.h, and in the
 * metadata "format" ("quern journey_attention 1") and "config" (JSON: the settings, vocabulary,
 * max_length).
 */
#ifndef QUERN_MODEL_JOURNEY_ATTENTION_H
#define QUERN_MODEL_JOURNEY_ATTENTION_H

#include "base/config.h"
#include "base/pool.h"
#include "model/train_config.h"
#include "sequence/journey_set.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journey_attention_config {
    size_t embedding, lstm;
    double dropout, recurrent_dropout;
    bool mask;
};

extern const struct config_field journey_attention_fields[];

/* Limits on what a file or a data set may ask for. */
enum {
    JOURNEY_ATTENTION_VOCABULARY_MAX = 10000000,
    JOURNEY_ATTENTION_STEPS_MAX = 10000,
    JOURNEY_ATTENTION_UNITS_MAX = 4096, /* of the embedding and of the LSTM */
};
#define JOURNEY_ATTENTION_NUMBERS_MAX ((size_t)1 << 29)

struct journey_attention;

/* Rows of a journey set are indexed in 32 bits, and one value more means "none". */
#define JOURNEY_ROWS_MAX ((size_t)UINT32_MAX - 1)

/* Rows of a journey set, by index. */
struct journey_rows {
    const uint32_t *row;
    size_t count;
};

/* What an epoch was worth. Measured in evaluation mode with the weights that would be kept. */
struct journey_epoch {
    size_t epoch;        /* from 1 */
    double running_loss; /* mean over the batches while training: oversampled, with dropout */
    double train_loss, train_auc;
    double test_loss, test_auc; /* NaN without such rows; AUC also when they are of one class */
    double val_loss, val_auc;
    bool best;         /* best so far by the early-stopping metric */
    double seconds;    /* of training, without evaluation; 0 for a restored epoch */
    double evaluating; /* seconds of evaluation */
};

struct journey_fit {
    const struct journey_set *set;
    struct journey_rows train; /* learned from */
    struct journey_rows test;  /* only measured, each epoch; may be empty */
    struct journey_rows val;   /* early stopping; may be empty: then the last epoch is kept */
    struct pool *pool;
    /*
     * A file to write after epochs (the first, the last, and between them when half a second has
     * passed) and to go on from; NULL for none. It is used when `key`, the settings (but for the
     * number of epochs) and the journeys are the same, otherwise training starts anew. Going on
     * gives the same bytes as not having stopped. It stays behind: remove it when it is done with.
     */
    const char *checkpoint, *key;
    /* Called after every epoch, restored ones included; may be NULL. */
    void (*on_epoch)(void *context, const struct journey_epoch *epoch);
    void *context;
};

/* What a fit says about itself. */
struct journey_fit_result {
    size_t epochs;     /* run in all */
    size_t best_epoch; /* whose weights the model has */
    bool stopped_early;
    size_t journeys; /* trained on by this call: rows times epochs not restored */
    double seconds;  /* of training steps */
};

/*
 * ERR_DATA       no training rows, no conversion among them, nothing but conversions, or one
 *                campaign only; the loss is not finite; a checkpoint that cannot be used
 * ERR_LIMIT      a network above JOURNEY_ATTENTION_NUMBERS_MAX numbers
 * ERR_INTERRUPT  a signal came; the checkpoint is that of a whole epoch
 *
 * `result` may be NULL. journey_attention_free() the model.
 */
MUST_CHECK bool journey_attention_fit(struct journey_attention **model,
                                      const struct journey_attention_config *config,
                                      const struct train_config *train,
                                      const struct journey_fit *fit,
                                      struct journey_fit_result *result, struct error *err);
void journey_attention_free(struct journey_attention *model);

const struct journey_attention_config *
journey_attention_settings(const struct journey_attention *model);
size_t journey_attention_max_length(const struct journey_attention *model);
size_t journey_attention_vocabulary(const struct journey_attention *model);

/*
 * score [rows.count]; attention [rows.count, set->max_length], 0 where a journey has no impression,
 * summing to 1 over each journey (without the mask, over its padding too); either may be NULL. Of a
 * journey longer than the model's max_length the last impressions count.
 */
void journey_attention_predict(const struct journey_attention *model, const struct journey_set *set,
                               struct journey_rows rows, float *score, float *attention,
                               struct pool *pool);

/* Scoring a few journeys at a time, as a server does: buffers of one thread. */
struct journey_scorer;
enum { JOURNEY_SCORER_ROWS = 128 };
struct journey_scorer *journey_scorer_new(const struct journey_attention *model);
void journey_scorer_free(struct journey_scorer *scorer);

/*
 * Up to JOURNEY_SCORER_ROWS journeys: token[i] points at length[i] tokens, 1 to max_length.
 * attention [count, max_length of the model] or NULL. The same bits whatever else is in the call.
 */
void journey_scorer_run(struct journey_scorer *scorer, const int32_t *const *token,
                        const size_t *length, size_t count, float *score, float *attention);

MUST_CHECK bool journey_attention_save(const struct journey_attention *model, const char *path,
                                       struct error *err);
/* ERR_DATA  the file is damaged, or not such a model, or its numbers are not finite */
MUST_CHECK bool journey_attention_load(struct journey_attention **model, const char *path,
                                       struct error *err);

#endif
