/*
 * temporal_attention_layers — the blocks of the temporal self-attention network, as nodes of a
 * graph: linear layers, attention layers, order attention, feature attention.
 *
 * Every block declares its weights under the names of the reference's modules. A weight is a piece
 * of a tensor in a file: all of it, or some of its rows where the network needs them apart (the
 * projection into the last attention layer has one query, so that of queries stands alone). A piece
 * that was declared before is used again.
 */
#ifndef QUERN_MODEL_TEMPORAL_ATTENTION_LAYERS_H
#define QUERN_MODEL_TEMPORAL_ATTENTION_LAYERS_H

#include "model/temporal_attention_net.h"

enum { TEMPORAL_BALANCED_MAX = 3 * TEMPORAL_ATTENTION_LAYERS_MAX };

/* A network being built. */
struct temporal_layers {
    struct temporal_attention_net *net;
    struct graph *g;
    const struct temporal_attention_config *config;
    bool training;    /* with dropout, which copies its input in evaluation */
    uint64_t streams; /* of random numbers, given out so far */
    size_t balanced;  /* probabilities of experts whose use is to be balanced */
    size_t likely[TEMPORAL_BALANCED_MAX];
};

/* The name of a module or tensor. */
struct temporal_name {
    char text[GRAPH_NAME_MAX];
};
__attribute__((format(printf, 1, 2))) struct temporal_name temporal_name_of(const char *format,
                                                                            ...);
/* The piece, of the tensor of this name. */
struct temporal_attention_piece temporal_named(struct temporal_name name,
                                               struct temporal_attention_piece piece);

/* The id of a weight. Unset members of the piece: all rows of the tensor. */
size_t temporal_weight(struct temporal_layers *l, struct temporal_attention_piece piece);
/* The tensor is in files under this name too. */
void temporal_alias(struct temporal_layers *l, const char *alias, const char *tensor);

/* A table [rows, columns] of embeddings that learns nothing in row 0. */
size_t temporal_table(struct temporal_layers *l, const char *tensor, size_t rows, size_t columns);

size_t temporal_node(struct temporal_layers *l, struct graph_node given);

struct temporal_linear {
    const char *module; /* MODULE.weight [out, in], MODULE.bias [out] */
    size_t in, out;
    bool rectify; /* ReLU after it */
    bool drop;    /* dropout in training, after that */
};
size_t temporal_linear(struct temporal_layers *l, size_t x, struct temporal_linear linear);
/* MODULE.weight [width], MODULE.bias [width]; of x + residual, which may be GRAPH_NONE. */
size_t temporal_norm(struct temporal_layers *l, const char *module, size_t width, size_t x,
                     size_t residual);
size_t temporal_dropout(struct temporal_layers *l, size_t x);
size_t temporal_concatenate(struct temporal_layers *l, size_t a, size_t b, size_t c);
size_t temporal_last_step(struct temporal_layers *l, size_t x);

/* One attention layer; what it shares with the others of its stack. */
struct temporal_layer {
    struct temporal_name module;
    size_t width, hidden, heads, experts;
    size_t time; /* value id or GRAPH_NONE */
    bool final;  /* of its stack */
    bool last;   /* only the last step is wanted: the result is one of rows */
    bool untold; /* of a last layer of rows: nobody asks for its attention */
    struct temporal_attention_last attention; /* set for a final layer */
};

/* AttentionLayer: x = norm1(x + attention(x)), norm2(x + feedforward(x)) */
size_t temporal_post_norm(struct temporal_layers *l, struct temporal_layer *layer, size_t x);
/* AttentionLayerPreNorm: x = x + attention(norm1(x)), x + feedforward(norm2(x)) */
size_t temporal_pre_norm(struct temporal_layers *l, struct temporal_layer *layer, size_t x);

/* A sequence of orders to a vector of twice the embedding. */
struct temporal_order_attention {
    const char *module;
    const struct temporal_attention_inputs *inputs;
    size_t table;                          /* value id */
    size_t embedding;                      /* columns of the table */
    size_t hidden, heads, layers, experts; /* experts 0: feed-forward */
    bool time, all_steps;
};
struct temporal_order_result {
    size_t last;  /* rows: of the appended step */
    size_t steps; /* track appended; GRAPH_NONE without all_steps */
    struct temporal_attention_last attention;
};
struct temporal_order_result temporal_order_attention(struct temporal_layers *l,
                                                      const struct temporal_order_attention *order);

/* The features of the current order and the engineered ones to a vector. */
size_t temporal_feature_attention(struct temporal_layers *l, size_t table);

#endif
