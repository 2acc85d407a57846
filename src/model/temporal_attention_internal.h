/* temporal_attention_internal — the model itself, for the files that make, score, save and load. */
#ifndef QUERN_MODEL_TEMPORAL_ATTENTION_INTERNAL_H
#define QUERN_MODEL_TEMPORAL_ATTENTION_INTERNAL_H

#include "base/arena.h"
#include "base/safetensors.h"
#include "model/temporal_attention.h"
#include "model/temporal_attention_net.h"

struct temporal_attention {
    struct temporal_attention_config config;
    struct temporal_attention_net net; /* for blocks of temporal_attention_net_rows() */
    size_t rows;
    real *parameters, *packed; /* in the arena; packed is written by temporal_attention_seal() */
    struct arena arena;
};

/* The network without room for weights, so that a file can be compared with it first. */
struct temporal_attention *temporal_attention_plan(const struct temporal_attention_config *config);
/* Room for the weights, all 0. */
void temporal_attention_take(struct temporal_attention *model);
/* The weights are written: make the model usable. */
void temporal_attention_seal(struct temporal_attention *model);

/* The same places, `rows` rows on. */
struct temporal_attention_output
temporal_attention_output_from(const struct temporal_attention_config *config,
                               const struct temporal_attention_output *out, size_t rows);

/* temporal_attention_load() and _import() of a file that is open. */
MUST_CHECK bool temporal_attention_load_tensors(struct temporal_attention **model,
                                                const struct safetensors *file, struct error *err);
MUST_CHECK bool temporal_attention_import_tensors(struct temporal_attention **model,
                                                  const struct temporal_attention_config *config,
                                                  const struct safetensors *file,
                                                  struct error *err);

/* Where number i of a piece, as the graph holds it, stands in its tensor of a file. */
size_t temporal_attention_place(const struct temporal_attention_piece *piece, size_t i);

#endif
