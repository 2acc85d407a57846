/*
 * journey_attention_net — the network of the journey attention model, defined once for training,
 * prediction and the reference check.
 *
 *   token -> embedding E -> LSTM U -> dense 1, tanh -> softmax over time = attention
 *   sum over time of attention * LSTM state -> dense 1, sigmoid = probability of conversion
 *
 * Parameters, as named in files:
 *   embedding.kernel [V, E]  embedding.bias [E]
 *   lstm.kernel [E, 4U]  lstm.recurrent_kernel [U, 4U]  lstm.bias [4U]      gates i, f, c, o
 *   attention.kernel [U, 1]  attention.bias [1]
 *   output.kernel [U, 1]  output.bias [1]
 *
 * Dropout is that of a Keras LSTM: one mask per journey on the embedding and one on the recurrent
 * state, the same at every step.
 *
 * With the mask a journey has its own steps and nothing else. Without it (the first system) every
 * journey has all T steps, the missing ones being the embedding's bias alone, and they take part
 * in the LSTM and take attention.
 */
#ifndef QUERN_MODEL_JOURNEY_ATTENTION_NET_H
#define QUERN_MODEL_JOURNEY_ATTENTION_NET_H

#include "nn/graph.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of a slice, at most. */
enum { JOURNEY_ATTENTION_ROWS_MAX = 1024 };

struct journey_attention_shape {
    size_t vocabulary; /* V; tokens at or above it, or below 0, are unknown: bias only */
    size_t steps;      /* T, the longest journey */
    size_t embedding;  /* E */
    size_t lstm;       /* U */
    double dropout, recurrent_dropout;
    bool mask;
};

struct journey_attention_net {
    struct journey_attention_shape shape;
    struct graph *graph;
    /* Value ids. */
    size_t token;        /* input, steps: index, -1 for unknown or padding */
    size_t label;        /* input, rows: 0 or 1 */
    size_t weight;       /* input, rows: of this row in the loss */
    size_t total_weight; /* input, [1]: sum of the weights of the whole batch */
    size_t attention;    /* steps: weight of each step, summing to 1 over a row */
    size_t logit;        /* rows */
    size_t probability;  /* rows */
    size_t loss;         /* [1]: this slice's share of the weighted mean cross-entropy */
};

/* A network for slices of up to `rows` journeys, at most JOURNEY_ATTENTION_ROWS_MAX. */
void journey_attention_net_init(struct journey_attention_net *net,
                                const struct journey_attention_shape *shape, size_t rows);
void journey_attention_net_clear(struct journey_attention_net *net);

/* Starting weights as Keras draws them: Glorot uniform, orthogonal recurrent, forget bias 1. */
void journey_attention_net_start(const struct journey_attention_net *net, uint64_t seed,
                                 real *parameters);

/* Journeys in any order; the network sorts them by length. */
struct journey_attention_slice {
    size_t rows;                 /* at most what the network was made for */
    const int32_t *const *token; /* [rows] pointers to the tokens of each journey */
    const size_t *length;        /* [rows], 1 .. T */
    const uint8_t *label;        /* [rows]; NULL for prediction */
    const real *weight;          /* [rows]; NULL: 1 each */
    double total_weight;         /* of the whole batch; ignored without labels */
    bool training;               /* dropout on */
    uint64_t seed;               /* of this step */
    size_t first_row;            /* of this slice in the batch */
};

/*
 * Begin a run on `slice` and fill its inputs. order[i] (room for slice->rows) is the slice's row
 * that became row i of the run.
 */
void journey_attention_net_fill(const struct journey_attention_net *net, struct graph_run *run,
                                const struct journey_attention_slice *slice, size_t *order);

/*
 * After graph_forward(): results in the slice's own order. probability [rows]; attention
 * [rows, T], 0 where a masked journey has no step; either may be NULL.
 */
void journey_attention_net_read(const struct journey_attention_net *net,
                                const struct graph_run *run, const size_t *order,
                                float *probability, float *attention);

#endif
