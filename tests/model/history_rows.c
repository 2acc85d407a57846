#include "model/history_rows.h"

#include "base/arena.h"
#include "base/rng.h"

#include <stdlib.h>

enum { CATEGORIES = 4, N_CAT = 2, N_NUM = 2, N_ENGINEERED = 3 };

/* Group rows by entity, each group in order of time; rows come in order of time. */
static void make_key(struct history_key *key, size_t rows, size_t entities, struct rng *rng)
{
    size_t *entity = memory_take(rows, sizeof *entity);
    size_t *begin = memory_take_zeroed(entities + 1, sizeof *begin);
    size_t *seen = memory_take_zeroed(entities, sizeof *seen);

    *key = (struct history_key){memory_take(rows, sizeof(uint32_t)),
                                memory_take(rows, sizeof(uint32_t)),
                                memory_take(rows, sizeof(uint32_t))};
    for (size_t i = 0; i < rows; i++) {
        entity[i] = rng_below(rng, entities);
        begin[entity[i] + 1]++;
    }
    for (size_t e = 0; e < entities; e++)
        begin[e + 1] += begin[e];
    for (size_t i = 0; i < rows; i++) {
        const size_t place = begin[entity[i]] + seen[entity[i]];
        key->sorted[place] = (uint32_t)i;
        key->end[i] = (uint32_t)place;
        key->earlier[i] = (uint32_t)seen[entity[i]]++;
    }
    free(entity);
    free(begin);
    free(seen);
}

static void make_values(struct history_set *set, size_t i, struct rng *rng)
{
    const struct history_key *key = &set->key[0];
    const size_t before = key->earlier[i] ? key->sorted[key->end[i] - 1] : i;
    double tells = 0;

    for (size_t c = 0; c < N_CAT; c++)
        set->categorical[i * N_CAT + c] =
            (int32_t)(1 + c * CATEGORIES + rng_below(rng, CATEGORIES));
    for (size_t c = 0; c < N_NUM; c++)
        set->numeric[i * N_NUM + c] = (float)rng_uniform(rng);
    for (size_t c = 0; c < N_ENGINEERED; c++)
        set->engineered[i * N_ENGINEERED + c] = (float)rng_uniform(rng);
    tells = (double)set->numeric[i * N_NUM] - (double)set->numeric[before * N_NUM] +
            0.5 * (set->categorical[i * N_CAT] == 2) + 0.3 * (rng_uniform(rng) - 0.5);
    set->outcome[i] = tells > 0.45;
}

static void make_fitted(struct history_rows_made *made)
{
    for (size_t i = 0; i < 4; i++)
        made->feature[i] = (struct history_feature){.outcome_after = -1};
    for (size_t i = 0; i < 2; i++) {
        made->categorical[i] = &made->feature[i];
        made->numeric[i] = &made->feature[2 + i];
    }
    made->fitted = (struct history_fitted){
        .n_cat = N_CAT,
        .n_num = N_NUM,
        .n_engineered = N_ENGINEERED,
        .n_embedding = N_CAT * CATEGORIES + N_NUM,
        .categorical = made->categorical,
        .numeric = made->numeric,
    };
    made->fitted.config.histories.seq_len = HISTORY_ROWS_STEPS;
    made->fitted.config.histories.sequences = 2;
}

void history_rows_make(struct history_rows_made *made, size_t rows, uint64_t seed)
{
    struct rng rng = rng_new(seed, 1);
    struct history_set *set = &made->set;

    *made = (struct history_rows_made){0};
    make_fitted(made);
    *set = (struct history_set){
        .fitted = &made->fitted,
        .rows = rows,
        .time = memory_take(rows, sizeof *set->time),
        .outcome = memory_take(rows, sizeof *set->outcome),
        .categorical = memory_take(rows * N_CAT, sizeof *set->categorical),
        .numeric = memory_take(rows * N_NUM, sizeof *set->numeric),
        .engineered = memory_take(rows * N_ENGINEERED, sizeof *set->engineered),
    };
    make_key(&set->key[0], rows, 1 + rows / 8, &rng);
    make_key(&set->key[1], rows, 1 + rows / 3, &rng);
    for (size_t i = 0; i < rows; i++) {
        set->time[i] = (int64_t)(i * 1000 + rng_below(&rng, 1000)) * 1000000;
        make_values(set, i, &rng);
    }
    made->train = (struct history_rows){rows - rows / 4, memory_take(rows, sizeof(uint32_t))};
    made->val = (struct history_rows){rows / 4, memory_take(rows, sizeof(uint32_t))};
    for (size_t i = 0; i < made->train.count; i++)
        made->train.row[i] = (uint32_t)i;
    for (size_t i = 0; i < made->val.count; i++)
        made->val.row[i] = (uint32_t)(made->train.count + i);
}

void history_rows_free(struct history_rows_made *made)
{
    history_close(&made->set);
    free(made->train.row);
    free(made->val.row);
}

struct temporal_attention_config history_rows_model(bool two_sequences)
{
    struct temporal_attention_config config = {0};

    config_defaults(&config, temporal_attention_fields);
    config.n_cat_features = N_CAT;
    config.n_num_features = N_NUM;
    config.n_classes = 2;
    config.n_embedding = N_CAT * CATEGORIES + N_NUM;
    config.seq_len = HISTORY_ROWS_STEPS;
    config.n_engineered_num_features = N_ENGINEERED;
    config.two_sequences = two_sequences;
    config.dim_embedding_table = 8;
    config.dim_attn_feedforward = 16;
    config.num_heads = 1;
    config.n_layers_order = 2;
    config.n_layers_feature = 1;
    config.dropout = 0.1;
    config.use_mlp = false;
    return config;
}
