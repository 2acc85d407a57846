/* A graph run whole, in slices, again, and on other kernels: what must be equal is. */
#include "base/arena.h"
#include "base/rng.h"
#include "model/journey_attention_net.h"
#include "nn/graph_internal.h"
#include "support/test.h"

#include <math.h>

enum { ROWS = 24, STEPS = 6, CAMPAIGNS = 9, EMBEDDING = 7, LSTM = 10 };

struct fixture {
    struct journey_attention_net net;
    struct arena arena;
    real *weights, *packed, *gradients; /* gradients: sum of the slices */
    int32_t token[ROWS][STEPS];
    size_t length[ROWS];
    uint8_t label[ROWS];
    real weight[ROWS];
    float probability[ROWS], attention[ROWS * STEPS];
    double loss;
};

static void fixture_init(struct fixture *f, bool mask, double dropout)
{
    struct rng rng = rng_new(7, 8);

    *f = (struct fixture){0};
    journey_attention_net_init(&f->net,
                               &(struct journey_attention_shape){.vocabulary = CAMPAIGNS,
                                                                 .steps = STEPS,
                                                                 .embedding = EMBEDDING,
                                                                 .lstm = LSTM,
                                                                 .dropout = dropout,
                                                                 .recurrent_dropout = dropout,
                                                                 .mask = mask},
                               ROWS);
    f->weights = ARENA_NEW(&f->arena, real, graph_parameters_size(f->net.graph));
    f->packed = ARENA_NEW(&f->arena, real, graph_packed_size(f->net.graph));
    f->gradients = ARENA_ZERO(&f->arena, real, graph_parameters_size(f->net.graph));
    journey_attention_net_start(&f->net, 3, f->weights);
    graph_pack(f->net.graph, f->weights, f->packed);
    for (size_t b = 0; b < ROWS; b++) {
        f->length[b] = 1 + rng_below(&rng, STEPS);
        f->label[b] = rng_below(&rng, 2) != 0;
        f->weight[b] = (real)(1 + rng_below(&rng, 3));
        for (size_t t = 0; t < STEPS; t++)
            f->token[b][t] = (int32_t)rng_below(&rng, CAMPAIGNS + 2) - 1;
    }
}

static void fixture_clear(struct fixture *f)
{
    journey_attention_net_clear(&f->net);
    arena_clear(&f->arena);
}

/* Forward and backward of rows first .. first + rows - 1; results into the fixture. */
static void run_slice(struct fixture *f, struct graph_run *run, size_t first, size_t rows)
{
    const int32_t *token[ROWS];
    size_t order[ROWS];
    const size_t size = graph_parameters_size(f->net.graph);

    for (size_t b = 0; b < rows; b++)
        token[b] = f->token[first + b];
    journey_attention_net_fill(&f->net, run,
                               &(struct journey_attention_slice){.rows = rows,
                                                                 .token = token,
                                                                 .length = f->length + first,
                                                                 .label = f->label + first,
                                                                 .weight = f->weight + first,
                                                                 .total_weight = ROWS,
                                                                 .training = true,
                                                                 .seed = 99,
                                                                 .first_row = first},
                               order);
    graph_forward(run, f->weights, f->packed);
    journey_attention_net_read(&f->net, run, order, f->probability + first,
                               f->attention + first * STEPS);
    f->loss += graph_run_value(run, f->net.loss)[0];
    memset(graph_run_gradients(run), 0, size * sizeof(real));
    graph_backward(run, f->weights, f->packed, f->net.loss);
    for (size_t i = 0; i < size; i++)
        f->gradients[i] += graph_run_gradients(run)[i];
}

static void run_in_slices(struct fixture *f, size_t rows)
{
    struct graph_run *run = graph_run_new(f->net.graph, true);

    for (size_t first = 0; first < ROWS; first += rows)
        run_slice(f, run, first, rows < ROWS - first ? rows : ROWS - first);
    graph_run_free(run);
}

static const struct {
    bool mask;
    double dropout;
} forms[] = {{true, 0}, {false, 0}};

TEST(graph_results_of_a_row_do_not_depend_on_its_slice)
{
    EACH_ROW(forms, form) {
        struct fixture whole, one;
        fixture_init(&whole, form->mask, form->dropout);
        fixture_init(&one, form->mask, form->dropout);
        run_in_slices(&whole, ROWS);
        run_in_slices(&one, 1);
        EXPECT(memcmp(whole.probability, one.probability, sizeof one.probability) == 0);
        EXPECT(memcmp(whole.attention, one.attention, sizeof one.attention) == 0);
        fixture_clear(&whole);
        fixture_clear(&one);
    }
}

TEST(graph_slices_add_up_to_the_batch)
{
    EACH_ROW(forms, form) {
        struct fixture whole, cut;
        fixture_init(&whole, form->mask, form->dropout);
        fixture_init(&cut, form->mask, form->dropout);
        run_in_slices(&whole, ROWS);
        run_in_slices(&cut, 7);
        EXPECT_NEAR(cut.loss, whole.loss, 1e-6);
        for (size_t i = 0; i < graph_parameters_size(whole.net.graph); i++)
            EXPECT_NEAR(cut.gradients[i], whole.gradients[i], 1e-6);
        fixture_clear(&whole);
        fixture_clear(&cut);
    }
}

TEST(graph_run_can_be_used_again)
{
    struct fixture f, fresh;

    fixture_init(&f, true, 0);
    fixture_init(&fresh, true, 0);
    struct graph_run *run = graph_run_new(f.net.graph, true);
    run_slice(&f, run, 0, ROWS); /* leaves long journeys behind in the buffers */
    memset(f.gradients, 0, graph_parameters_size(f.net.graph) * sizeof(real));
    run_slice(&f, run, 0, 0);
    run_slice(&f, run, 3, 2);
    graph_run_free(run);
    run = graph_run_new(fresh.net.graph, true);
    run_slice(&fresh, run, 3, 2);
    graph_run_free(run);
    EXPECT(memcmp(f.gradients, fresh.gradients,
                  graph_parameters_size(f.net.graph) * sizeof(real)) == 0);
    fixture_clear(&f);
    fixture_clear(&fresh);
}

/* The attention of a masked journey sums to 1 over its steps and is 0 beyond. */
TEST(graph_attention_sums_to_one)
{
    EACH_ROW(forms, form) {
        struct fixture f;
        fixture_init(&f, form->mask, form->dropout);
        run_in_slices(&f, ROWS);
        for (size_t b = 0; b < ROWS; b++) {
            double sum = 0;
            for (size_t t = 0; t < STEPS; t++) {
                const float a = f.attention[b * STEPS + t];
                EXPECT(form->mask && t >= f.length[b] ? a == 0 : a > 0);
                sum += a;
            }
            EXPECT_NEAR(sum, 1, 1e-6);
        }
        fixture_clear(&f);
    }
}

/* Rows are numbered by `first_row` and their place after sorting, longest first. */
TEST(graph_dropout_is_drawn_by_the_number_of_the_row)
{
    struct fixture whole, single, without;
    size_t number = 0;

    fixture_init(&whole, true, 0.5);
    fixture_init(&single, true, 0.5);
    fixture_init(&without, true, 0);
    run_in_slices(&whole, ROWS);
    run_in_slices(&without, ROWS);
    EXPECT(memcmp(whole.probability, without.probability, sizeof whole.probability) != 0);
    struct graph_run *run = graph_run_new(single.net.graph, true);
    for (size_t length = STEPS; length > 0; length--)
        for (size_t b = 0; b < ROWS; b++)
            if (single.length[b] == length) {
                const int32_t *token = single.token[b];
                size_t order;
                journey_attention_net_fill(&single.net, run,
                                           &(struct journey_attention_slice){.rows = 1,
                                                                             .token = &token,
                                                                             .length = &length,
                                                                             .training = true,
                                                                             .seed = 99,
                                                                             .first_row = number++},
                                           &order);
                graph_forward(run, single.weights, single.packed);
                journey_attention_net_read(&single.net, run, &order, single.probability + b, NULL);
            }
    EXPECT(memcmp(whole.probability, single.probability, sizeof whole.probability) == 0);
    graph_run_free(run);
    fixture_clear(&whole);
    fixture_clear(&single);
    fixture_clear(&without);
}

TEST(graph_layout_of_a_slice_is_ragged_and_time_major)
{
    struct graph *g = graph_new(5, 4);
    const size_t length[] = {4, 2, 2, 1};
    struct graph_run *run;

    graph_input(g, "x", SHAPE_STEPS(2));
    graph_finish(g);
    run = graph_run_new(g, false);
    graph_run_begin(run, &(struct graph_batch){.rows = 4, .length = length});
    const struct op_batch *batch = graph_run_batch(run);
    const size_t active[] = {4, 3, 1, 1}, start[] = {0, 4, 7, 8};
    EXPECT_EQ(batch->steps, 4);
    EXPECT_EQ(batch->tokens, 9);
    for (size_t t = 0; t < 4; t++) {
        EXPECT_EQ(batch->active[t], active[t]);
        EXPECT_EQ(batch->start[t], start[t]);
    }
    graph_run_begin(run, &(struct graph_batch){.rows = 3});
    EXPECT_EQ(batch->tokens, 12);
    EXPECT_EQ(batch->start[3], 9);
    graph_run_begin(run, &(struct graph_batch){.rows = 0, .length = length});
    EXPECT_EQ(batch->tokens, 0);
    graph_run_free(run);
    graph_free(g);
}

TEST(graph_layout_of_tracks_is_row_major)
{
    struct graph *g = graph_new_tracks(3, (size_t[]){4, 5}, 2);
    const size_t short_length[] = {2, 0, 4}, long_length[] = {3, 0, 5};
    const size_t begin[][4] = {{0, 2, 2, 6}, {0, 3, 3, 8}};

    const size_t x = graph_input(g, "x", SHAPE_TRACK(1, 2));
    const size_t y = graph_add(g, (struct graph_node){.op = &op_tanh, .in = {x}});
    graph_finish(g);
    struct graph_run *run = graph_run_new(g, false);
    graph_run_begin(run,
                    &(struct graph_batch){.rows = 3, .track_length = {short_length, long_length}});
    const struct op_batch *batch = graph_run_batch(run);
    EXPECT_EQ(batch->tracks, 2);
    EXPECT_EQ(batch->track[0].tokens, 6);
    EXPECT_EQ(batch->track[1].tokens, 8);
    for (size_t k = 0; k < 2; k++)
        for (size_t b = 0; b < 4; b++)
            EXPECT_EQ(batch->track[k].begin[b], begin[k][b]);
    for (size_t i = 0; i < 20; i++)
        graph_run_input(run, x)[i] = 1;
    graph_forward(run, NULL, NULL);
    EXPECT_NEAR(graph_run_value(run, y)[15], 0.7615942, 1e-6);
    EXPECT_EQ(graph_run_value(run, y)[16], 0); /* beyond the tokens of the track */
    graph_run_begin(run, &(struct graph_batch){.rows = 2, .track_length = {short_length}});
    EXPECT_EQ(batch->track[0].tokens, 2);
    EXPECT_EQ(batch->track[1].tokens, 0);
    graph_run_free(run);
    graph_free(g);
}

/* x -> a -> b -> a + b -> d, twice over; what is held of it is the last value, or nothing. */
static struct graph *chain(bool hold, size_t *x, size_t *last)
{
    struct graph *g = graph_new(3, 1);
    size_t at = *x = graph_input(g, "x", SHAPE_ROWS(5));

    for (size_t i = 0; i < 2; i++) {
        const size_t a = graph_add(g, (struct graph_node){.op = &op_tanh, .in = {at}});
        const size_t b = graph_add(g, (struct graph_node){.op = &op_sigmoid, .in = {a}});
        const size_t c = graph_add(g, (struct graph_node){.op = &op_add, .in = {a, b}});
        at = graph_add(g, (struct graph_node){.op = &op_tanh, .in = {c}});
    }
    *last = at;
    if (hold)
        graph_hold(g, at);
    graph_finish(g);
    return g;
}

TEST(graph_values_that_nobody_reads_share_memory)
{
    struct graph *g[2];
    struct graph_run *run[2];
    size_t x, last;

    for (size_t hold = 0; hold < 2; hold++) {
        g[hold] = chain(hold, &x, &last);
        run[hold] = graph_run_new(g[hold], false);
        graph_run_begin(run[hold], &(struct graph_batch){.rows = 3});
        for (size_t i = 0; i < 15; i++)
            graph_run_input(run[hold], x)[i] = (real)i / 8;
    }
    EXPECT_EQ(g[0]->lone_size, g[0]->values_size);
    EXPECT_EQ(g[1]->lone_size, 4 * GRAPH_ALIGN); /* the input, and three at a time */
    for (size_t again = 0; again < 2; again++) {
        for (size_t hold = 0; hold < 2; hold++)
            graph_forward(run[hold], NULL, NULL);
        EXPECT_EQ(
            memcmp(graph_run_value(run[0], last), graph_run_value(run[1], last), 15 * sizeof(real)),
            0);
        EXPECT_EQ(graph_run_input(run[1], x)[14], (real)14 / 8);
    }
    for (size_t hold = 0; hold < 2; hold++) {
        graph_run_free(run[hold]);
        graph_free(g[hold]);
    }
}

TEST(graph_narrow_leaves_out_the_rows_whose_gate_is_closed)
{
    struct graph *g = graph_new_tracks(4, (size_t[]){3, 3}, 2);
    const size_t length[] = {2, 3, 1, 2};
    const size_t begin[] = {0, 2, 2, 3, 3};

    const size_t gate = graph_input(g, "gate", SHAPE_ROWS(2));
    const size_t all = graph_input(g, "x", SHAPE_TRACK(0, 1));
    const size_t id = graph_input_index(g, "id", SHAPE_TRACK(0, 2));
    const size_t few = graph_input(g, "narrow x", SHAPE_TRACK(1, 1));
    const size_t few_id = graph_input_index(g, "narrow id", SHAPE_TRACK(1, 2));
    const size_t opened = graph_add(g, (struct graph_node){.op = &op_tanh, .in = {gate}});
    graph_narrow(g, (struct graph_narrow){.from = 0,
                                          .to = 1,
                                          .gate = opened,
                                          .column = 1,
                                          .input_from = {all, id},
                                          .input_to = {few, few_id}});
    const size_t y = graph_add(g, (struct graph_node){.op = &op_sigmoid, .in = {few}});
    graph_finish(g);
    struct graph_run *run = graph_run_new(g, false);
    graph_run_begin(run, &(struct graph_batch){.rows = 4, .track_length = {length}});
    const real gates[] = {0, 1, 1, 0, 0, 2, 1, -1};
    memcpy(graph_run_input(run, gate), gates, sizeof gates);
    for (size_t i = 0; i < 8; i++) {
        graph_run_input(run, all)[i] = (real)i;
        graph_run_index(run, id)[2 * i] = (int32_t)i;
        graph_run_index(run, id)[2 * i + 1] = (int32_t)(10 * i);
    }
    graph_forward(run, NULL, NULL);
    const struct op_batch *batch = graph_run_batch(run);
    EXPECT_EQ(batch->track[1].tokens, 3);
    for (size_t b = 0; b < 5; b++)
        EXPECT_EQ(batch->track[1].begin[b], begin[b]);
    EXPECT_EQ(graph_run_input(run, few)[0], 0);
    EXPECT_EQ(graph_run_input(run, few)[1], 1);
    EXPECT_EQ(graph_run_input(run, few)[2], 5);
    EXPECT_EQ(graph_run_index(run, few_id)[4], 5);
    EXPECT_EQ(graph_run_index(run, few_id)[5], 50);
    EXPECT_NEAR(graph_run_value(run, y)[2], 0.9933071, 1e-6);
    EXPECT_EQ(batch->track[0].tokens, 8);
    graph_run_free(run);
    graph_free(g);
}

TEST(time_encode_is_the_cosine)
{
    static const real times[] = {0, 1, -2.5, 3.75, 1e3, 12345.678f, 9.999e6f};
    enum { TIMES = sizeof times / sizeof *times };
    const real parameters[2 * GRAPH_ALIGN] = {1, (real)0.01, 3, [GRAPH_ALIGN] = 0, 1, (real)-0.5};
    struct graph *g = graph_new(TIMES, 1);

    const size_t t = graph_input(g, "t", SHAPE_ROWS(1));
    const size_t w = graph_parameter(g, "w", SHAPE_FIXED(3));
    const size_t b = graph_parameter(g, "b", SHAPE_FIXED(3));
    const size_t y = graph_add(g, (struct graph_node){.op = &op_time_encode, .in = {t, w, b}});
    graph_finish(g);
    struct graph_run *run = graph_run_new(g, false);
    graph_run_begin(run, &(struct graph_batch){.rows = TIMES});
    memcpy(graph_run_input(run, t), times, sizeof times);
    graph_forward(run, parameters, NULL);
    for (size_t i = 0; i < 3 * TIMES; i++)
        EXPECT_NEAR(graph_run_value(run, y)[i],
                    cos((double)times[i / 3] * (double)parameters[i % 3] +
                        (double)parameters[GRAPH_ALIGN + i % 3]),
                    1e-7);
    graph_run_free(run);
    graph_free(g);
}

enum { FACTORS = 3, WIDTH = 5, CLASSES = 2 };

/* Classes by x W1 W2 W3: layer by layer, or with a weight that is the product of the three. */
struct linear {
    struct graph *graph;
    size_t x, label, weight, total, logit, loss;
    struct arena arena;
    real *weights, *packed;
};

static size_t product_of(struct graph *g, size_t a, size_t b)
{
    return graph_weight(g, (struct graph_node){.op = &op_weight_product, .in = {a, b}});
}

static void linear_init(struct linear *l, bool once)
{
    static const size_t size[FACTORS + 1] = {WIDTH, 4, 3, CLASSES};
    struct graph *g = graph_new(2, 1);
    size_t w[FACTORS];

    *l = (struct linear){.graph = g, .x = graph_input(g, "x", SHAPE_ROWS(WIDTH))};
    for (size_t i = 0; i < FACTORS; i++)
        w[i] = graph_parameter(g, (const char *[]){"w1", "w2", "w3"}[i],
                               SHAPE_FIXED(size[i], size[i + 1]));
    l->logit = l->x;
    if (once)
        w[0] = product_of(g, product_of(g, w[0], w[1]), w[2]);
    for (size_t i = 0; i < (once ? 1 : FACTORS); i++)
        l->logit = graph_add(g, (struct graph_node){.op = &op_dense, .in = {l->logit, w[i]}});
    l->label = graph_input_index(g, "label", SHAPE_ROWS(1));
    l->weight = graph_input(g, "weight", SHAPE_ROWS(1));
    l->total = graph_input(g, "total", SHAPE_FIXED(1));
    l->loss = graph_add(g, (struct graph_node){.op = &op_softmax_cross_entropy,
                                               .in = {l->logit, l->label, l->weight, l->total}});
    graph_finish(g);
    l->weights = ARENA_ZERO(&l->arena, real, graph_parameters_size(g));
    l->packed = ARENA_NEW(&l->arena, real, graph_packed_size(g));
    for (size_t i = 0; i < graph_parameters_size(g); i++)
        l->weights[i] = (real)(i % 7) / 7 - (real)0.4;
    graph_pack(g, l->weights, l->packed);
}

static void linear_clear(struct linear *l)
{
    graph_free(l->graph);
    arena_clear(&l->arena);
}

/* The gradients of two turns. */
static void linear_step(struct linear *l, struct graph_run *run)
{
    memset(graph_run_gradients(run), 0, graph_parameters_size(l->graph) * sizeof(real));
    for (size_t turn = 0; turn < 2; turn++) {
        graph_run_begin(run, &(struct graph_batch){.rows = 2});
        for (size_t i = 0; i < 2 * WIDTH; i++)
            graph_run_input(run, l->x)[i] = (real)(i + turn) / 10;
        for (size_t b = 0; b < 2; b++) {
            graph_run_index(run, l->label)[b] = (int32_t)(b ^ turn);
            graph_run_input(run, l->weight)[b] = 1;
        }
        *graph_run_input(run, l->total) = 4;
        graph_forward(run, l->weights, l->packed);
        graph_backward(run, l->weights, l->packed, l->loss);
    }
    graph_backward_weights(run, l->weights, l->packed);
}

TEST(graph_weight_is_the_product_and_teaches_its_factors)
{
    struct linear layers, once;

    linear_init(&layers, false);
    linear_init(&once, true);
    struct graph_run *by_layers = graph_run_new(layers.graph, true);
    struct graph_run *by_product = graph_run_new(once.graph, true);
    EXPECT_EQ(graph_parameters_size(once.graph), graph_parameters_size(layers.graph));
    for (size_t step = 0; step < 2; step++) {
        linear_step(&layers, by_layers);
        linear_step(&once, by_product);
        for (size_t i = 0; i < 2 * CLASSES; i++)
            EXPECT_NEAR(graph_run_value(by_product, once.logit)[i],
                        graph_run_value(by_layers, layers.logit)[i], 1e-6);
        for (size_t i = 0; i < graph_parameters_size(once.graph); i++)
            EXPECT_NEAR(graph_run_gradients(by_product)[i], graph_run_gradients(by_layers)[i],
                        1e-6);
    }
    EXPECT(fabs((double)graph_run_gradients(by_product)[0]) > 1e-4);
    graph_run_free(by_layers);
    graph_run_free(by_product);
    linear_clear(&layers);
    linear_clear(&once);
}
