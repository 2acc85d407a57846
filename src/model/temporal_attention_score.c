#include "model/temporal_attention_internal.h"

#include "base/arena.h"
#include "sequence/history.h"

#include <stdlib.h>

struct temporal_attention_scorer {
    const struct temporal_attention *model;
    struct graph_run *run;
};

struct temporal_attention_scorer *
temporal_attention_scorer_new(const struct temporal_attention *model)
{
    struct temporal_attention_scorer *scorer = memory_take_zeroed(1, sizeof *scorer);

    scorer->model = model;
    scorer->run = graph_run_new(model->net.graph, false);
    return scorer;
}

void temporal_attention_scorer_free(struct temporal_attention_scorer *scorer)
{
    if (!scorer)
        return;
    graph_run_free(scorer->run);
    free(scorer);
}

struct temporal_attention_output
temporal_attention_output_from(const struct temporal_attention_config *c,
                               const struct temporal_attention_output *out, size_t rows)
{
    const size_t sequences = c->two_sequences ? 2 : 1, E = c->dim_embedding_table;
    struct temporal_attention_output on = *out;

    if (on.score)
        on.score += rows;
    if (on.logit)
        on.logit += rows * c->n_classes;
    if (on.ensemble)
        on.ensemble += rows * temporal_attention_ensemble_width(c);
    if (on.attention)
        on.attention += rows * sequences * c->seq_len;
    if (on.sequence)
        on.sequence += rows * (c->seq_len + 1) * 2 * E;
    return on;
}

void temporal_attention_score(struct temporal_attention_scorer *scorer,
                              const struct history_row *row, size_t count,
                              const struct temporal_attention_output *out)
{
    const struct temporal_attention *model = scorer->model;

    for (size_t first = 0; first < count; first += model->rows) {
        const size_t left = count - first;
        const struct temporal_attention_turn turn = {
            .rows = left < model->rows ? left : model->rows,
            .row = row + first,
        };
        const struct temporal_attention_output at =
            temporal_attention_output_from(&model->config, out, first);
        temporal_attention_net_fill(&model->net, scorer->run, &turn);
        graph_forward(scorer->run, model->parameters, model->packed);
        temporal_attention_net_read(&model->net, scorer->run, &at);
    }
}
