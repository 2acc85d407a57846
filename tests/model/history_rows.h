/*
 * history_rows — a small made-up set of orders for tests of training: customers and terminals with
 * orders at random times, two categorical and two numeric features, three engineered ones, and an
 * outcome that depends on the order and on those before it.
 */
#ifndef QUERN_TESTS_MODEL_HISTORY_ROWS_H
#define QUERN_TESTS_MODEL_HISTORY_ROWS_H

#include "model/temporal_attention_fit.h"

enum { HISTORY_ROWS_STEPS = 6 };

struct history_rows_made {
    struct history_fitted fitted;
    struct history_set set;
    struct history_feature feature[4];
    const struct history_feature *categorical[2], *numeric[2];
    struct history_rows train, val;
};

/* A quarter of the rows, the latest, are for validation. */
void history_rows_make(struct history_rows_made *made, size_t rows, uint64_t seed);
void history_rows_free(struct history_rows_made *made);

/* A model small enough for tests, of one sequence or of two, with the sizes of these rows. */
struct temporal_attention_config history_rows_model(bool two_sequences);

#endif
