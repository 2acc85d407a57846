/* What goes into a run of the network and what comes out of it. */
#include "model/temporal_attention_net.h"

#include "base/error.h"
#include "sequence/history.h"

#include <math.h>
#include <string.h>

/* The orders that count: the last ones, and of a second sequence without any the current one. */
static struct history orders_of(const struct temporal_attention_config *config,
                                const struct history_row *row, size_t which)
{
    struct history h = row->sequence[which];

    if (h.orders == 0) {
        h = row->sequence[0];
        BUG_ON(which == 0 || h.orders == 0);
    }
    const size_t keep = row->sequence[which].orders ? config->seq_len : 1;
    const size_t drop = h.orders > keep ? h.orders - keep : 0;
    return (struct history){
        .orders = h.orders - drop,
        .categorical = h.categorical + drop * config->n_cat_features,
        .numeric = h.numeric + drop * config->n_num_features,
        .time = h.time + drop,
    };
}

static void fill_sequence(const struct temporal_attention_net *net, struct graph_run *run,
                          const struct temporal_attention_turn *turn, size_t which)
{
    const struct temporal_attention_config *c = &net->config;
    const struct temporal_attention_inputs *inputs = &net->sequence[which];
    const size_t track = which ? TEMPORAL_ATTENTION_TRACK_SECOND : TEMPORAL_ATTENTION_TRACK;
    const struct op_batch *batch = graph_run_batch(run);
    int32_t *categorical = graph_run_index(run, inputs->categorical);
    real *numeric = graph_run_input(run, inputs->numeric);

    for (size_t b = 0; b < turn->rows; b++) {
        const struct history h = orders_of(c, &turn->row[b], which);
        const size_t at = batch->track[track].begin[b];
        memcpy(categorical + at * c->n_cat_features, h.categorical,
               h.orders * c->n_cat_features * sizeof *categorical);
        for (size_t i = 0; i < h.orders * c->n_num_features; i++)
            numeric[at * c->n_num_features + i] = (real)h.numeric[i];
        if (inputs->time == GRAPH_NONE)
            continue;
        real *time = graph_run_input(run, inputs->time) + batch->track[track + 1].begin[b];
        for (size_t t = 0; t < h.orders; t++)
            time[t] = (real)h.time[t];
        time[h.orders] = 0;
    }
}

static void fill_labels(const struct temporal_attention_net *net, struct graph_run *run,
                        const struct temporal_attention_turn *turn)
{
    int32_t *label = graph_run_index(run, net->label);
    real *weight = graph_run_input(run, net->weight);

    for (size_t b = 0; b < turn->rows; b++) {
        label[b] = turn->label ? turn->label[b] : 0;
        weight[b] = turn->weight ? turn->weight[b] : 1;
    }
    graph_run_input(run, net->total_weight)[0] = turn->label ? (real)turn->total_weight : 1;
    if (net->share != GRAPH_NONE)
        graph_run_input(run, net->share)[0] = (real)turn->share;
    if (net->batch_rows != GRAPH_NONE)
        /* Balance is a means of training, no part of the loss that is measured. */
        graph_run_input(run, net->batch_rows)[0] =
            turn->training ? (real)turn->batch_rows : (real)INFINITY;
}

void temporal_attention_net_fill(const struct temporal_attention_net *net, struct graph_run *run,
                                 const struct temporal_attention_turn *turn)
{
    const struct temporal_attention_config *c = &net->config;
    const size_t sequences = c->two_sequences ? 2 : 1, G = c->n_engineered_num_features;
    size_t length[4][TEMPORAL_ATTENTION_ROWS_MAX];
    struct graph_batch batch = {.rows = turn->rows,
                                .training = turn->training,
                                .seed = turn->seed,
                                .first_row = turn->first_row};

    BUG_ON(turn->rows > TEMPORAL_ATTENTION_ROWS_MAX);
    for (size_t s = 0; s < sequences; s++) {
        for (size_t b = 0; b < turn->rows; b++) {
            length[2 * s][b] = orders_of(c, &turn->row[b], s).orders;
            length[2 * s + 1][b] = length[2 * s][b] + 1;
        }
        batch.track_length[2 * s] = length[2 * s];
        batch.track_length[2 * s + 1] = length[2 * s + 1];
    }
    graph_run_begin(run, &batch);
    for (size_t s = 0; s < sequences; s++)
        fill_sequence(net, run, turn, s);
    real *engineered = graph_run_input(run, net->engineered);
    for (size_t b = 0; b < turn->rows; b++)
        for (size_t i = 0; i < G; i++)
            engineered[b * G + i] = (real)turn->row[b].engineered[i];
    if (net->loss != GRAPH_NONE)
        fill_labels(net, run, turn);
}

/*
 * The attention of one head's query over `steps` keys, added to `sum`: the formula of
 * nn/op/temporal_attention.c, which does not keep it in evaluation.
 */
static void add_head(const real *query, const real *key, size_t stride, size_t width,
                     const real *time, size_t steps, double *logit, double *sum)
{
    double most = -INFINITY, total = 0;

    for (size_t t = 0; t < steps; t++) {
        logit[t] = 0;
        for (size_t i = 0; i < width; i++)
            logit[t] += (double)query[i] * (double)key[t * stride + i];
        logit[t] /= sqrt((double)width);
        if (time) /* the query is the last step, at time 0 */
            logit[t] *= exp((double)(time[steps - 1] - time[t]) / 1e6);
        most = fmax(most, logit[t]);
    }
    for (size_t t = 0; t < steps; t++)
        total += logit[t] = exp(logit[t] - most);
    for (size_t t = 0; t < steps; t++)
        sum[t] += logit[t] / total;
}

static void read_attention(const struct temporal_attention_net *net, const struct graph_run *run,
                           size_t which, float *out)
{
    const struct temporal_attention_config *c = &net->config;
    const struct temporal_attention_last *last = &net->last[which];
    const size_t d = 2 * c->dim_embedding_table, head = d / c->num_heads;
    const size_t track =
        which ? TEMPORAL_ATTENTION_TRACK_NARROW_APPENDED : TEMPORAL_ATTENTION_TRACK_APPENDED;
    const struct op_batch *batch = graph_run_batch(run);
    const size_t *begin = batch->track[track].begin;
    const size_t sequences = c->two_sequences ? 2 : 1;
    double sum[TEMPORAL_ATTENTION_STEPS_MAX + 1], logit[TEMPORAL_ATTENTION_STEPS_MAX + 1];

    for (size_t b = 0; b < batch->rows; b++) {
        float *to = out + (b * sequences + which) * c->seq_len;
        const size_t steps = begin[b + 1] - begin[b];
        memset(to, 0, c->seq_len * sizeof *to);
        memset(sum, 0, sizeof sum);
        for (size_t h = 0; steps && h < c->num_heads; h++)
            add_head(graph_run_value(run, last->query) + b * last->query_stride + h * head,
                     graph_run_value(run, last->key) + begin[b] * last->key_stride +
                         last->key_first + h * head,
                     last->key_stride, head,
                     last->time ? graph_run_value(run, last->time) + begin[b] : NULL, steps, logit,
                     sum);
        for (size_t t = 0; t + 1 < steps; t++)
            to[c->seq_len - (steps - 1) + t] = (float)(sum[t] / (double)c->num_heads);
    }
}

static void read_steps(const struct temporal_attention_net *net, const struct graph_run *run,
                       float *out)
{
    const struct temporal_attention_config *c = &net->config;
    const struct op_batch *batch = graph_run_batch(run);
    const size_t *begin = batch->track[TEMPORAL_ATTENTION_TRACK_APPENDED].begin;
    const size_t width = 2 * c->dim_embedding_table, size = (c->seq_len + 1) * width;
    const real *x = graph_run_value(run, net->steps);

    for (size_t b = 0; b < batch->rows; b++) {
        const size_t count = (begin[b + 1] - begin[b]) * width;
        memset(out + b * size, 0, (size - count) * sizeof *out);
        for (size_t i = 0; i < count; i++)
            out[(b + 1) * size - count + i] = (float)x[begin[b] * width + i];
    }
}

static void read_rows(const struct graph_run *run, size_t value, size_t width, float *out)
{
    const real *x = graph_run_value(run, value);

    for (size_t i = 0; i < graph_run_batch(run)->rows * width; i++)
        out[i] = (float)x[i];
}

void temporal_attention_net_read(const struct temporal_attention_net *net,
                                 const struct graph_run *run,
                                 const struct temporal_attention_output *out)
{
    const struct temporal_attention_config *c = &net->config;
    const real *score = graph_run_value(run, net->score);

    for (size_t b = 0; out->score && b < graph_run_batch(run)->rows; b++)
        out->score[b] = (float)score[(b + 1) * c->n_classes - 1];
    if (out->logit)
        read_rows(run, net->logit, c->n_classes, out->logit);
    if (out->ensemble)
        read_rows(run, net->ensemble, temporal_attention_ensemble_width(c), out->ensemble);
    for (size_t s = 0; out->attention && s < (c->two_sequences ? 2 : 1); s++)
        read_attention(net, run, s, out->attention);
    if (out->sequence && net->steps != GRAPH_NONE)
        read_steps(net, run, out->sequence);
}
