#ifndef QUERN_PIPELINE_PROVISIONAL_H
#define QUERN_PIPELINE_PROVISIONAL_H
#include "base/config.h"
struct journey_config { int ends_at; size_t max_length; int keep; bool one_hot; size_t memory; };
struct split_config { int by; double train, test, val; size_t seed; };
struct journey_attention_config { size_t embedding, lstm; double dropout, recurrent_dropout; bool mask; };
struct train_config { size_t epochs, batch; double learning_rate; bool oversample; struct {int metric; size_t patience;} early_stopping; size_t seed; };
struct attribution_config { double half_life_days; size_t markov_order; };
extern const struct config_field journey_fields[], split_fields[], journey_attention_fields[], train_fields[], attribution_fields[];
#endif
