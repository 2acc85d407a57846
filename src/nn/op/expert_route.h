/*
 * expert_route — which token goes to which expert, and with what weight.
 *
 * Each token has a probability p[i] of every expert. Its first expert is the most probable one, its
 * second the most probable of the others (the earlier one of two equal ones); their weights are
 * p[first] / s and p[second] / s, s = p[first] + p[second] + 1e-9.
 *
 * The tokens are those of rows of input, each row on its own: in training an expert takes only so
 * many tokens of a row (op_experts_settings), first choices in the order of the tokens, then second
 * ones. Outside training there is no limit and nothing random.
 *
 * Places are grouped by expert: those of expert i are begin[i] .. begin[i+1]-1, by token, so that
 * an expert's product is one. A token that was dropped has no place.
 */
#ifndef QUERN_NN_OP_EXPERT_ROUTE_H
#define QUERN_NN_OP_EXPERT_ROUTE_H

#include "nn/op.h"

enum { EXPERTS_MAX = 64 };

struct expert_choice {
    uint32_t expert, taken; /* taken 0: dropped */
};

struct expert_route {
    size_t experts, tokens;
    const real *p;                /* [tokens, experts] */
    struct expert_choice *choice; /* [tokens, 2] */
    uint32_t *place;              /* [2 tokens]: 2 * token + (0 first, 1 second), by expert */
    size_t begin[EXPERTS_MAX + 1];
};

/* Numbers of scratch for so many tokens. */
size_t expert_route_work(size_t tokens);

/* From input 1 of op experts, the probabilities; lists in `work`. */
void expert_route(struct expert_route *route, const struct op_call *call, real *work);

/* Weight of a place; its gradient added to that of the probabilities. */
real expert_weight(const struct expert_route *route, size_t place);
void expert_weight_back(const struct expert_route *route, size_t place, real d_weight, real *dp);

/* The most probable of `experts`, other than `but`. */
size_t expert_most(const real *p, size_t experts, size_t but);

/* Tokens first .. last-1 of row b of a value: the steps of a track, or d[0] of a value of rows. */
void expert_row(const struct op_batch *batch, const struct shape *shape, size_t b, size_t *first,
                size_t *last);

#endif
