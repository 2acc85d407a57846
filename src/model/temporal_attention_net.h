/*
 * temporal_attention_net — the network of the temporal self-attention classifiers, defined once for
 * training, prediction and the reference check. docs/temporal-attention.md has the formulas.
 *
 * The graph has tracks (nn/shape.h): the orders of the first sequence and the same with the learned
 * step behind them, the same two of the second sequence, and these once more without the rows that
 * the gate leaves out.
 *
 * Parameters have the names of the reference's modules. Weights of linear layers are held
 * [in, out], transposed against PyTorch; encoder weights of a feature aggregation and experts as
 * they are. temporal_attention_weights.h moves them from and to files.
 */
#ifndef QUERN_MODEL_TEMPORAL_ATTENTION_NET_H
#define QUERN_MODEL_TEMPORAL_ATTENTION_NET_H

#include "model/temporal_attention.h"
#include "nn/graph.h"

enum {
    TEMPORAL_ATTENTION_TRACK,          /* orders of the first sequence */
    TEMPORAL_ATTENTION_TRACK_APPENDED, /* and the learned step */
    TEMPORAL_ATTENTION_TRACK_SECOND,
    TEMPORAL_ATTENTION_TRACK_SECOND_APPENDED,
    TEMPORAL_ATTENTION_TRACK_NARROW, /* the second, of rows whose gate is open */
    TEMPORAL_ATTENTION_TRACK_NARROW_APPENDED,
    TEMPORAL_ATTENTION_TRACKS,

    TEMPORAL_ATTENTION_ROWS_MAX = 64 /* of a turn */
};

/* Inputs of one sequence: value ids. */
struct temporal_attention_inputs {
    size_t categorical; /* integers [track, n_cat_features] */
    size_t numeric;     /* [track, n_num_features] */
    size_t time;        /* [track appended, 1]; GRAPH_NONE without use_time_seq */
};

/* The last order layer of one sequence, for explanations: value ids. */
struct temporal_attention_last {
    size_t key_value; /* [track appended, 2 * 2E]: k | v */
    size_t query;     /* [rows, 2E] */
    size_t time;
};

struct temporal_attention_net {
    struct temporal_attention_config config;
    struct graph *graph;
    struct temporal_attention_inputs sequence[2], narrow; /* `narrow` is filled by the graph */
    size_t engineered;   /* input, rows [n_engineered_num_features]; may be GRAPH_NONE */
    size_t label;        /* input, rows: integers, the class; with a loss */
    size_t weight;       /* input, rows: of this row in the loss */
    size_t total_weight; /* input, [1]: sum of the weights of the whole batch */
    struct temporal_attention_last last[2];
    size_t gate;     /* rows [2]: weights of the sequences; GRAPH_NONE with one */
    size_t steps;    /* with return_seq: [track appended, 2E] of the first sequence */
    size_t ensemble; /* rows */
    size_t logit;    /* rows [n_classes] */
    size_t score;    /* rows [n_classes]: softmax */
    size_t loss;     /* [1]: this turn's share of the weighted mean, experts' balance included */
};

/* What the network is trained on; a network for prediction has none. */
struct temporal_attention_loss {
    const struct op *op; /* inputs: logit [B,C], label [B] integers, weight [B], total [1] */
    union op_settings settings;
};

/* A network for turns of up to `rows` rows; `loss` may be NULL. The config was checked. */
void temporal_attention_net_init(struct temporal_attention_net *net,
                                 const struct temporal_attention_config *config, size_t rows,
                                 const struct temporal_attention_loss *loss);
void temporal_attention_net_clear(struct temporal_attention_net *net);

/* Rows of a turn so that what a turn touches stays in a core's caches: 1 at large sizes. */
size_t temporal_attention_net_rows(const struct temporal_attention_config *config);

/*
 * Starting weights as PyTorch draws them: embeddings N(0,1) with row 0 zero, linear layers uniform
 * +-1/sqrt(in), the projection into attention Xavier uniform, its biases 0, experts uniform
 * +-1/sqrt(in), layer norms 1 and 0. A parameter's numbers depend on the seed and its name.
 */
void temporal_attention_net_start(const struct temporal_attention_net *net, uint64_t seed,
                                  real *parameters);

struct temporal_attention_turn {
    size_t rows; /* 0 is fine */
    const struct history_row *row;
    const int32_t *label; /* [rows]; NULL for prediction */
    const real *weight;   /* [rows]; NULL: 1 each */
    double total_weight;  /* of the whole batch; ignored without labels */
    bool training;        /* dropout on, experts with capacity */
    uint64_t seed;        /* of this step */
    size_t first_row;     /* of this turn in the batch */
};

/* Begin a run on these rows and fill its inputs. */
void temporal_attention_net_fill(const struct temporal_attention_net *net, struct graph_run *run,
                                 const struct temporal_attention_turn *turn);

/* After graph_forward(): results of the rows. */
void temporal_attention_net_read(const struct temporal_attention_net *net,
                                 const struct graph_run *run,
                                 const struct temporal_attention_output *out);

#endif
