#include "model/temporal_attention_internal.h"

#include "base/arena.h"
#include "sequence/history.h"

struct prediction {
    const struct temporal_attention *model;
    const struct history_set *set;
    const uint32_t *row;
    size_t count;
    const struct temporal_attention_output *out;
};

/* Blocks of rows, every size-th one. */
static void predict_share(void *context, size_t rank, size_t size)
{
    const struct prediction *p = context;
    const size_t block = p->model->rows;
    struct temporal_attention_scorer *scorer = temporal_attention_scorer_new(p->model);
    struct arena memory = {0};
    struct history_buffers *buffers = ARENA_NEW(&memory, struct history_buffers, block);
    struct history_row *rows = ARENA_NEW(&memory, struct history_row, block);

    for (size_t i = 0; i < block; i++)
        history_buffers_init(&buffers[i], p->set->fitted, &memory);
    for (size_t first = rank * block; first < p->count; first += size * block) {
        const size_t count = p->count - first < block ? p->count - first : block;
        for (size_t i = 0; i < count; i++)
            history_cut(p->set, p->row[first + i], &buffers[i], &rows[i]);
        const struct temporal_attention_output at =
            temporal_attention_output_from(&p->model->config, p->out, first);
        temporal_attention_score(scorer, rows, count, &at);
    }
    arena_clear(&memory);
    temporal_attention_scorer_free(scorer);
}

void temporal_attention_predict(const struct temporal_attention *model,
                                const struct history_set *set, const uint32_t *row, size_t count,
                                const struct temporal_attention_output *out, struct pool *pool)
{
    struct prediction prediction = {model, set, row, count, out};

    pool_run(pool, predict_share, &prediction);
}
