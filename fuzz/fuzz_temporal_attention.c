/* Weights and settings of temporal attention: refused, or a model that scores a row. */
#include "base/safetensors.h"
#include "model/temporal_attention_internal.h"
#include "sequence/history.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void score(const struct temporal_attention *model)
{
    const struct temporal_attention_config *c = temporal_attention_settings(model);
    struct arena arena = {0};
    struct history_row row = {.engineered =
                                  ARENA_ZERO(&arena, float, c->n_engineered_num_features)};
    struct temporal_attention_scorer *scorer = temporal_attention_scorer_new(model);
    float result;

    row.sequence[0] = row.sequence[1] =
        (struct history){.orders = 2,
                         .categorical = ARENA_ZERO(&arena, int32_t, 2 * c->n_cat_features),
                         .numeric = ARENA_ZERO(&arena, float, 2 * c->n_num_features),
                         .time = ARENA_ZERO(&arena, float, 2)};
    temporal_attention_score(scorer, &row, 1,
                             &(struct temporal_attention_output){.score = &result});
    temporal_attention_scorer_free(scorer);
    arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct temporal_attention *model = NULL;
    struct safetensors file;
    struct error err = {0};

    if (!safetensors_parse(&file, "fuzz", (const char *)bytes, size, &err))
        return 0;
    if (temporal_attention_load_tensors(&model, &file, &err))
        score(model);
    else
        BUG_ON(err.code == ERR_NONE);
    temporal_attention_free(model);
    safetensors_close(&file);
    return 0;
}
