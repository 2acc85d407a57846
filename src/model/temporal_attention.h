/*
 * temporal_attention — probability of a class for an order, from the orders before it.
 *
 * The temporal self-attention classifiers: OrderFeatureAttentionClassifier (one sequence) and
 * TwoSeqMoEOrderFeatureAttentionClassifier (two, and a gate that skips the second). The network is
 * temporal_attention_net.h and docs/temporal-attention.md; this is the estimator around it. A
 * loaded model is immutable and may be used by many threads, each with a scorer of its own.
 *
 *   struct temporal_attention *model;   temporal_attention_load(&model, path, &err)
 *   struct temporal_attention_scorer *scorer = temporal_attention_scorer_new(model);
 *   temporal_attention_score(scorer, rows, count, &(struct temporal_attention_output){.score = s});
 *
 * What a row scores does not depend on the rows beside it, nor on threads: the same bits.
 *
 * Saved as safetensors: the weights under the names and in the shapes of the reference's modules,
 * aliases included, and in the metadata "format" ("quern temporal_attention 1") and "config" (JSON:
 * the settings under the reference's names).
 */
#ifndef QUERN_MODEL_TEMPORAL_ATTENTION_H
#define QUERN_MODEL_TEMPORAL_ATTENTION_H

#include "base/config.h"
#include "base/json.h"
#include "base/pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history_row;
struct history_set;

enum temporal_attention_aggregation {
    TEMPORAL_ATTENTION_MLP, /* FeatureAggregation: an encoder over the feature axis */
    TEMPORAL_ATTENTION_FM   /* compute_FM_parallel: factorisation machine */
};

struct temporal_attention_config {
    /* What the data says: temporal_attention_data_fields. */
    size_t n_cat_features, n_num_features; /* of an order */
    size_t n_classes;
    size_t n_embedding; /* the table has two rows more: 0 is padding, the last is spare */
    size_t seq_len;     /* orders of a history, the current one included */
    size_t n_engineered_num_features;
    bool two_sequences;

    /* What the user says: temporal_attention_fields. */
    size_t dim_embedding_table;  /* E; a step of the order attention is 2 E wide */
    size_t dim_attn_feedforward; /* hidden width of the layers and experts */
    size_t num_heads;
    size_t n_layers_order, n_layers_feature;
    double dropout;
    bool use_mlp; /* of one sequence only */
    bool emb_tbl_use_bias;
    bool use_moe;
    size_t num_experts;
    bool use_time_seq;
    bool return_seq; /* the last order layer computes every step, and the steps can be read */
    int aggregation; /* enum temporal_attention_aggregation */

    /* Of this use of a model and not of the model, so files do not have it: graph_use_mixed(). */
    bool mixed;
};

extern const struct config_field temporal_attention_fields[], temporal_attention_data_fields[];

/* Limits on what a file or a data set may ask for. */
enum {
    TEMPORAL_ATTENTION_FEATURES_MAX = 4096, /* of each kind */
    TEMPORAL_ATTENTION_CLASSES_MAX = 1000,
    TEMPORAL_ATTENTION_TABLE_MAX = 10000000, /* n_embedding */
    TEMPORAL_ATTENTION_STEPS_MAX = 1024,     /* seq_len */
    TEMPORAL_ATTENTION_WIDTH_MAX = 4096,     /* dim_embedding_table, dim_attn_feedforward */
    TEMPORAL_ATTENTION_HEADS_MAX = 64,
    TEMPORAL_ATTENTION_LAYERS_MAX = 64,
    TEMPORAL_ATTENTION_EXPERTS_MAX = 64,
};
#define TEMPORAL_ATTENTION_NUMBERS_MAX ((size_t)1 << 29) /* of the weights */
#define TEMPORAL_ATTENTION_RUN_MAX ((size_t)1 << 27)     /* numbers that a row takes */

/*
 * What the tables of fields cannot say.
 *
 * ERR_CONFIG  num_heads does not divide the width, use_mlp with two sequences, one expert
 * ERR_LIMIT   above TEMPORAL_ATTENTION_NUMBERS_MAX or TEMPORAL_ATTENTION_RUN_MAX
 */
MUST_CHECK bool temporal_attention_check(const struct temporal_attention_config *config,
                                         struct error *err);

/* The settings as JSON under the reference's names, and back; keys that are not known are errors.
 */
json_t *temporal_attention_config_json(const struct temporal_attention_config *config);
MUST_CHECK bool temporal_attention_config_parse(const json_t *json,
                                                struct temporal_attention_config *config,
                                                struct error *err);

struct temporal_attention;

/* A model with starting weights drawn as PyTorch draws them. The config is one that was checked. */
struct temporal_attention *temporal_attention_new(const struct temporal_attention_config *config,
                                                  uint64_t seed);
void temporal_attention_free(struct temporal_attention *model);

const struct temporal_attention_config *
temporal_attention_settings(const struct temporal_attention *model);

/* Replaces the weights: a vector in the layout of temporal_attention_net's graph. */
void temporal_attention_set_weights(struct temporal_attention *model, const float *weights);

/* Numbers of `ensemble`. */
size_t temporal_attention_ensemble_width(const struct temporal_attention_config *config);

/* Where results go, row by row; what is NULL is not computed. */
struct temporal_attention_output {
    float *score;    /* [rows] probability of the last class */
    float *logit;    /* [rows, n_classes] before the softmax */
    float *ensemble; /* [rows, ensemble width] what the classifier reads */
    /*
     * [rows, 1 or 2 sequences, seq_len] how much the last query of the last order layer looks at
     * each order, mean of the heads; the newest order is at seq_len - 1, 0 where there is none.
     * The rest up to 1 is what it looks at itself. All 0 for a second sequence that was skipped.
     */
    float *attention;
    /* [rows, seq_len + 1, 2 E] the steps of the first sequence, newest last and then the appended
     * one, 0 where there is none; only with return_seq. */
    float *sequence;
};

/* Scoring a few rows at a time, as a server does: buffers of one thread. */
struct temporal_attention_scorer;
struct temporal_attention_scorer *
temporal_attention_scorer_new(const struct temporal_attention *model);
void temporal_attention_scorer_free(struct temporal_attention_scorer *scorer);

/*
 * Any number of rows. A history longer than seq_len counts with its last orders; a second sequence
 * without orders is skipped. A category outside the table reads as padding.
 */
void temporal_attention_score(struct temporal_attention_scorer *scorer,
                              const struct history_row *row, size_t count,
                              const struct temporal_attention_output *out);

/* Rows of a set, cut as they are needed, on all threads of the pool. */
void temporal_attention_predict(const struct temporal_attention *model,
                                const struct history_set *set, const uint32_t *row, size_t count,
                                const struct temporal_attention_output *out, struct pool *pool);

MUST_CHECK bool temporal_attention_save(const struct temporal_attention *model, const char *path,
                                        struct error *err);
/* ERR_DATA  the file is damaged, or not such a model, or its numbers are not finite */
MUST_CHECK bool temporal_attention_load(struct temporal_attention **model, const char *path,
                                        struct error *err);
/*
 * The same for weights without our metadata, as tools/pytorch-to-safetensors writes them, of a
 * model with these settings.
 *
 * ERR_DATA  also: a tensor is missing or of another size; the message names it
 */
MUST_CHECK bool temporal_attention_import(struct temporal_attention **model,
                                          const struct temporal_attention_config *config,
                                          const char *path, struct error *err);

#endif
