/*
 * bench_slice — time of forward and backward of one slice of journey attention on one thread.
 *
 *   build/bench/bench_slice [SECONDS]
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/rng.h"
#include "model/journey_attention_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 32, STEPS = 10, CAMPAIGNS = 400 };

/* Lengths of a geometric distribution, cut at STEPS; `longest` makes every journey that long. */
static void draw_journeys(size_t *length, int32_t *token, double stay, bool longest)
{
    struct rng rng = rng_new(1, 2);

    for (size_t b = 0; b < ROWS; b++) {
        length[b] = longest ? STEPS : 1;
        while (length[b] < STEPS && rng_uniform(&rng) < stay)
            length[b]++;
        for (size_t t = 0; t < STEPS; t++)
            token[b * STEPS + t] = (int32_t)rng_below(&rng, CAMPAIGNS);
    }
}

static void measure(const char *title, double stay, bool longest, double dropout, double seconds)
{
    size_t length[ROWS], order[ROWS];
    int32_t token[ROWS * STEPS];
    const int32_t *row[ROWS];
    uint8_t label[ROWS] = {0};
    struct journey_attention_net net;
    struct arena arena = {0};
    double best[3] = {1e9, 1e9, 1e9};

    draw_journeys(length, token, stay, longest);
    for (size_t b = 0; b < ROWS; b++)
        row[b] = token + b * STEPS;
    journey_attention_net_init(&net,
                               &(struct journey_attention_shape){.vocabulary = CAMPAIGNS,
                                                                 .steps = STEPS,
                                                                 .embedding = 20,
                                                                 .lstm = 64,
                                                                 .dropout = dropout,
                                                                 .recurrent_dropout = dropout,
                                                                 .mask = true},
                               ROWS);
    struct graph_run *run = graph_run_new(net.graph, true);
    const size_t size = graph_parameters_size(net.graph);
    real *weights = ARENA_ZERO(&arena, real, size);
    real *packed = ARENA_NEW(&arena, real, graph_packed_size(net.graph));
    journey_attention_net_start(&net, 1, weights);
    for (double begin = clock_seconds(); clock_seconds() - begin < seconds;) {
        const double t0 = clock_seconds();
        graph_pack(net.graph, weights, packed);
        const double t1 = clock_seconds();
        journey_attention_net_fill(&net, run,
                                   &(struct journey_attention_slice){.rows = ROWS,
                                                                     .token = row,
                                                                     .length = length,
                                                                     .label = label,
                                                                     .total_weight = ROWS,
                                                                     .training = true,
                                                                     .seed = 1},
                                   order);
        graph_forward(run, weights, packed);
        const double t2 = clock_seconds();
        memset(graph_run_gradients(run), 0, size * sizeof(real));
        graph_backward(run, weights, packed, net.loss);
        const double t3 = clock_seconds();
        best[0] = t1 - t0 < best[0] ? t1 - t0 : best[0];
        best[1] = t2 - t1 < best[1] ? t2 - t1 : best[1];
        best[2] = t3 - t2 < best[2] ? t3 - t2 : best[2];
    }
    printf("%-28s %4zu steps  pack %6.1f us  forward %6.1f us  backward %6.1f us  %8.0f rows/s\n",
           title, graph_run_batch(run)->tokens, best[0] * 1e6, best[1] * 1e6, best[2] * 1e6,
           ROWS / (best[1] + best[2]));
    graph_run_free(run);
    journey_attention_net_clear(&net);
    arena_clear(&arena);
}

int main(int argc, char **argv)
{
    const double seconds = argc > 1 ? strtod(argv[1], NULL) : 0.3;

    measure("mean length 2", 0.5, false, 0, seconds);
    measure("mean length 2, dropout 0.1", 0.5, false, 0.1, seconds);
    measure("length 10", 0, true, 0, seconds);
    measure("length 10, dropout 0.1", 0, true, 0.1, seconds);
    return 0;
}
