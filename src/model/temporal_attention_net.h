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
 * they are. `piece` says where in a file each parameter lies.
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
    size_t query; /* of the last step, 2E numbers: row b's at b * query_stride */
    size_t key;   /* [track appended, key_stride], the keys at key_first, values at value_first */
    size_t query_stride, key_stride, key_first, value_first;
    size_t time;     /* GRAPH_NONE without use_time_seq */
    size_t gathered; /* sums of the values by weight: rows or, with return_seq, steps */
};

enum temporal_attention_start {
    TEMPORAL_START_ZERO,
    TEMPORAL_START_ONE,
    TEMPORAL_START_NORMAL, /* mean 0, variance 1 */
    TEMPORAL_START_TABLE,  /* the same, but row 0 is 0 */
    TEMPORAL_START_UNIFORM /* from low to high */
};

/* Where a parameter of the graph lies in the files: rows of a tensor. */
struct temporal_attention_piece {
    char tensor[GRAPH_NAME_MAX];
    size_t dims, shape[3]; /* of the tensor */
    size_t first, rows;    /* of its first dimension */
    bool transposed;       /* the graph holds the rows as columns */
    bool flat;             /* the graph holds it as one dimension */
    bool unused;           /* takes no part; a file may lack it */
    enum temporal_attention_start start;
    double low, high;
    size_t parameter; /* index in the graph */
};

/* Another name of a tensor in files, with the same numbers. */
struct temporal_attention_alias {
    char alias[GRAPH_NAME_MAX], tensor[GRAPH_NAME_MAX];
};
enum { TEMPORAL_ATTENTION_ALIASES_MAX = 8 };

struct temporal_attention_net {
    struct temporal_attention_config config;
    struct graph *graph;
    struct temporal_attention_inputs sequence[2], narrow; /* `narrow` is filled by the graph */
    size_t engineered;   /* input, rows [n_engineered_num_features]; may be GRAPH_NONE */
    size_t label;        /* input, rows: integers, the class; with a loss */
    size_t weight;       /* input, rows: of this row in the loss */
    size_t total_weight; /* input, [1]: sum of the weights of the whole batch */
    size_t share;        /* input, [1]: of the epoch, for a loss that takes it; else GRAPH_NONE */
    size_t batch_rows;   /* input, [1]: rows of the whole batch; GRAPH_NONE without experts */
    struct temporal_attention_last last[2];
    size_t gate;     /* rows [2]: weights of the sequences; GRAPH_NONE with one */
    size_t steps;    /* with return_seq: [track appended, 2E] of the first sequence */
    size_t ensemble; /* rows */
    size_t logit;    /* rows [n_classes] */
    size_t score;    /* rows [n_classes]: softmax */
    size_t loss;     /* [1]: this turn's share of the weighted mean, experts' balance included */
    size_t pieces, aliases;
    struct temporal_attention_piece *piece; /* [pieces] */
    struct temporal_attention_alias alias[TEMPORAL_ATTENTION_ALIASES_MAX];
};

/* What the network is trained on; a network for prediction has none. */
struct temporal_attention_loss {
    /* Inputs: logit [B,C], label [B] integers, weight [B], total [1], and perhaps share [1]. */
    const struct op *op;
    union op_settings settings;
    bool mixed; /* products round their factors to bfloat16 */
};

/* A network for turns of up to `rows` rows; `loss` may be NULL. The config was checked. */
void temporal_attention_net_init(struct temporal_attention_net *net,
                                 const struct temporal_attention_config *config, size_t rows,
                                 const struct temporal_attention_loss *loss);
void temporal_attention_net_clear(struct temporal_attention_net *net);

/*
 * Rows of a turn so that what a turn touches stays in a core's caches: 1 at large sizes. In
 * training 2 there, unless sizes are larger still: a turn reads all weights twice and adds to all
 * their gradients, as much traffic as the values of a history.
 */
size_t temporal_attention_net_rows(const struct temporal_attention_config *config, bool training);

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
    size_t batch_rows;    /* likewise */
    double share;         /* of the epoch, for a loss that takes it (train_loss.h) */
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
