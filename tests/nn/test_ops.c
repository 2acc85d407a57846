/* What the gradient table cannot see: choices, limits, and that rows do not touch each other. */
#include "base/arena.h"
#include "base/rng.h"
#include "nn/graph.h"
#include "nn/op/expert_route.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS_MAX = 64 };

/* Tokens 0 .. split-1 prefer expert 0, then 1; the others 1, then 0. A letter tells which choices
 * of a token were taken: b both, 1 the first, 2 the second, - none. */
TEST(experts_take_what_fits_first_choices_first)
{
    static const struct {
        size_t tokens, split;
        double capacity;
        bool training;
        const char *taken;
    } rows[] = {
        {10, 10, 1.25, true, "bbbb------"}, /* at least 4, though 10 * 1.25 / 5 is 2 */
        {10, 4, 1.25, true, "11111111--"},  /* second choices find both experts full */
        {10, 7, 1.25, true, "b111---111"},  /* expert 1 has one place left, for token 0 */
        {20, 20, 1.5, true, "bbbbbb--------------"},
        {10, 10, 0, true, "bbbbbbbbbb"},
        {10, 10, 1.25, false, "bbbbbbbbbb"},
        {3, 3, 1.25, true, "bbb"},
        {0, 0, 1.25, true, ""},
    };
    static const char letters[] = "-12b";

    EACH_ROW(rows, r) {
        real p[5 * TOKENS_MAX], work[6 * TOKENS_MAX];
        char taken[TOKENS_MAX + 1] = {0};
        const size_t begin[] = {0, r->tokens};
        const struct op_batch batch = {.rows = 1,
                                       .tracks = 1,
                                       .track = {{r->tokens, TOKENS_MAX, begin}},
                                       .training = r->training};
        const union op_settings settings = {.experts = {.capacity = r->capacity}};
        struct op_call call = {.settings = &settings, .batch = &batch, .kernels = kernels_best()};
        struct expert_route route;
        for (size_t n = 0; n < r->tokens; n++)
            for (size_t i = 0; i < 5; i++)
                p[5 * n + i] = (real)(i > 1 ? 0.1 : i == (n >= r->split) ? 0.4 : 0.3);
        call.in[1] =
            (struct op_operand){.x = p, .shape = SHAPE_TRACK(0, 5), .count = r->tokens, .width = 5};
        expert_route(&route, &call, work);
        size_t places = 0;
        for (size_t n = 0; n < r->tokens; n++) {
            const size_t first = route.choice[2 * n].taken, second = route.choice[2 * n + 1].taken;
            taken[n] = letters[first + 2 * second];
            places += first + second;
        }
        EXPECT_STR(taken, r->taken);
        EXPECT_EQ(route.begin[5], places);
        if (r->tokens)
            EXPECT_NEAR(expert_weight(&route, 1), 0.3 / 0.7, 1e-6);
    }
}

TEST(experts_second_choice_by_chance)
{
    enum { TOKENS = 4000 };
    real *p = memory_take_zeroed(2 * TOKENS, sizeof *p);
    real *work = memory_take_zeroed(6 * TOKENS, sizeof *work);
    const size_t begin[] = {0, TOKENS};
    const struct op_batch batch = {
        .rows = 1, .tracks = 1, .track = {{TOKENS, TOKENS, begin}}, .training = true, .seed = 5};
    static const struct {
        double weight, threshold, share;
    } rows[] = {{0.1, 0.2, 0.5}, {0.05, 0.2, 0.25}, {0.3, 0.2, 1}, {0.1, 0, 1}};

    EACH_ROW(rows, r) {
        const union op_settings settings = {.experts = {.threshold = r->threshold}};
        struct op_call call = {.settings = &settings, .batch = &batch, .kernels = kernels_best()};
        struct expert_route route;
        size_t taken = 0;
        for (size_t n = 0; n < TOKENS; n++) {
            p[2 * n] = (real)r->weight;
            p[2 * n + 1] = (real)(1 - r->weight);
        }
        call.in[1] =
            (struct op_operand){.x = p, .shape = SHAPE_TRACK(0, 2), .count = TOKENS, .width = 2};
        expert_route(&route, &call, work);
        for (size_t n = 0; n < TOKENS; n++) {
            EXPECT_EQ(route.choice[2 * n].taken, 1);
            taken += route.choice[2 * n + 1].taken;
        }
        EXPECT_NEAR((double)taken / TOKENS, r->share, 0.03);
    }
    free(p);
    free(work);
}

TEST(expert_balance_of_cases_computed_by_hand)
{
    /* Two rows of two tokens; share and likely of even use are (1/2, 1/2), so 4 mean(1/4) = 1. */
    static const struct {
        real p[8];
        double penalty;
    } rows[] = {
        {{0.75f, 0.25f, 0.25f, 0.75f, 0.25f, 0.75f, 0.75f, 0.25f}, 1},
        {{0.75f, 0.25f, 0.75f, 0.25f, 0.25f, 0.75f, 0.25f, 0.75f}, 1.5},
        {{1, 0, 1, 0, 0.5f, 0.5f, 0.5f, 0.5f}, 1.5}, /* rows of 2 and of 1 */
    };

    EACH_ROW(rows, r) {
        const real loss = 3, count = 2;
        real y, work[4];
        const struct op_batch batch = {.rows = 2, .rows_max = 2};
        const union op_settings settings = {.expert_balance = {0.5}};
        struct op_call call = {
            .in = {{.x = r->p, .shape = SHAPE_ROWS(2, 2), .count = 2, .width = 4},
                   {.x = &loss, .shape = SHAPE_FIXED(1), .count = 1, .width = 1},
                   {.x = &count, .shape = SHAPE_FIXED(1), .count = 1, .width = 1}},
            .result = &y,
            .work = work,
            .settings = &settings,
            .batch = &batch,
            .kernels = kernels_best(),
        };
        op_expert_balance.forward(&call);
        EXPECT_NEAR(y, 3 + 0.5 * r->penalty, 1e-6);
    }
}

TEST(sequence_gate_leaves_out_what_says_little)
{
    static const struct {
        size_t steps;
        real second;
        double want;
    } rows[] = {{2, 0.5f, 0.5}, {1, 0.5f, 0},      {0, 0.5f, 0},
                {2, 0.05f, 0},  {51, 0.06f, 0.06}, {2, 0, 0}};

    EACH_ROW(rows, r) {
        const real p[] = {1 - r->second, r->second};
        const size_t begin[] = {0, r->steps};
        real y[2];
        const struct op_batch batch = {
            .rows = 1, .tracks = 1, .track = {{r->steps, r->steps, begin}}};
        const union op_settings settings = {.sequence_gate = {.threshold = 0.05}};
        struct op_call call = {.in = {{.x = p, .shape = SHAPE_ROWS(2), .count = 1, .width = 2}},
                               .result = y,
                               .settings = &settings,
                               .batch = &batch};
        op_sequence_gate.forward(&call);
        EXPECT_NEAR(y[0], 1 - r->second, 0);
        EXPECT_NEAR(y[1], r->want, 1e-7);
    }
}

/* A graph of every op that works on tracks, from features of orders to one vector a row. */
enum { FEATURES = 9, TABLE = 12, SIZE = 20, ROWS = 4, STEPS = 7 };

struct stack {
    struct graph *graph;
    size_t category, value, rows, out, loss, table;
    real *weights, *packed;
    struct arena arena;
    int32_t id[ROWS][STEPS * FEATURES];
    real number[ROWS][STEPS * FEATURES];
};

static size_t parameter(struct stack *s, struct shape shape)
{
    char name[16];

    snprintf(name, sizeof name, "w%zu", graph_parameter_count(s->graph));
    return graph_parameter(s->graph, name, shape);
}

static size_t aggregation(struct stack *s, size_t category, size_t value)
{
    static const size_t size[] = {FEATURES, 4, 2, 1, 1, 1, 1};
    struct graph_node node = {.op = &op_feature_aggregation, .in = {category, s->table, value}};

    node.settings.order_features.first_row = TABLE - FEATURES;
    for (size_t i = 0; i < 6; i++) {
        node.in[3 + 2 * i] = parameter(s, SHAPE_FIXED(size[i + 1], size[i]));
        node.in[4 + 2 * i] = parameter(s, SHAPE_FIXED(size[i + 1]));
    }
    return graph_add(s->graph, node);
}

static size_t add(struct stack *s, const struct op *op, size_t a, size_t b, size_t c, size_t d)
{
    return graph_add(s->graph, (struct graph_node){.op = op, .in = {a, b, c, d}});
}

static void stack_init(struct stack *s)
{
    enum { WIDE = 2 * SIZE };
    struct rng rng = rng_new(3, 4);

    *s = (struct stack){.graph = graph_new_tracks(ROWS, (size_t[]){STEPS, STEPS + 1}, 2)};
    s->table = parameter(s, SHAPE_FIXED(TABLE, SIZE));
    s->category = graph_input_index(s->graph, "category", SHAPE_TRACK(0, FEATURES));
    s->value = graph_input(s->graph, "value", SHAPE_TRACK(0, FEATURES));
    size_t x = add(s, &op_concatenate, aggregation(s, s->category, GRAPH_NONE),
                   aggregation(s, GRAPH_NONE, s->value), GRAPH_NONE, GRAPH_NONE);
    x = add(s, &op_append_step, x, parameter(s, SHAPE_FIXED(WIDE)), GRAPH_NONE, GRAPH_NONE);
    x = add(s, &op_layer_norm, x, parameter(s, SHAPE_FIXED(WIDE)), parameter(s, SHAPE_FIXED(WIDE)),
            GRAPH_NONE);
    const size_t p =
        add(s, &op_softmax,
            add(s, &op_dense, x, parameter(s, SHAPE_FIXED(WIDE, 3)), GRAPH_NONE, GRAPH_NONE),
            GRAPH_NONE, GRAPH_NONE, GRAPH_NONE);
    x = add(s, &op_experts, x, p, parameter(s, SHAPE_FIXED(3, WIDE, 24)),
            parameter(s, SHAPE_FIXED(3, 24, WIDE)));
    s->out = add(s, &op_last_step, x, GRAPH_NONE, GRAPH_NONE, GRAPH_NONE);
    s->rows = graph_input(s->graph, "rows", SHAPE_FIXED(1));
    s->loss =
        graph_add(s->graph, (struct graph_node){.op = &op_expert_balance,
                                                .in = {p, parameter(s, SHAPE_FIXED(1)), s->rows},
                                                .settings.expert_balance = {.coefficient = 1}});
    graph_finish(s->graph);
    s->weights = ARENA_NEW(&s->arena, real, graph_parameters_size(s->graph));
    s->packed = ARENA_NEW(&s->arena, real, graph_packed_size(s->graph));
    for (size_t i = 0; i < graph_parameters_size(s->graph); i++)
        s->weights[i] = (real)(rng_uniform(&rng) - 0.4);
    graph_pack(s->graph, s->weights, s->packed);
    for (size_t b = 0; b < ROWS; b++)
        for (size_t i = 0; i < STEPS * FEATURES; i++) {
            /* -1 and TABLE lie outside the table, 0 is padding. */
            s->id[b][i] = (int32_t)rng_below(&rng, TABLE + 2) - 1;
            s->number[b][i] = (real)rng_uniform(&rng);
        }
}

static void stack_clear(struct stack *s)
{
    graph_free(s->graph);
    arena_clear(&s->arena);
}

static void stack_run(struct stack *s, struct graph_run *run, const size_t *rows, size_t count,
                      const size_t *length)
{
    size_t steps[ROWS], longer[ROWS];

    for (size_t b = 0; b < count; b++) {
        steps[b] = length[rows[b]];
        longer[b] = steps[b] ? steps[b] + 1 : 0;
    }
    graph_run_begin(run, &(struct graph_batch){.rows = count, .track_length = {steps, longer}});
    for (size_t b = 0; b < count; b++) {
        const size_t at = graph_run_batch(run)->track[0].begin[b] * FEATURES;
        memcpy(graph_run_index(run, s->category) + at, s->id[rows[b]],
               steps[b] * FEATURES * sizeof(int32_t));
        memcpy(graph_run_input(run, s->value) + at, s->number[rows[b]],
               steps[b] * FEATURES * sizeof(real));
    }
    *graph_run_input(run, s->rows) = (real)count;
    graph_forward(run, s->weights, s->packed);
}

TEST(ops_of_tracks_give_a_row_the_same_bits_in_any_company)
{
    static const size_t length[ROWS] = {3, 0, STEPS, 1};
    static const struct {
        size_t rows[ROWS], count;
    } rows[] = {{{0, 1, 2, 3}, 4}, {{3, 2, 0}, 3}, {{2, 2, 2, 2}, 4}, {{1}, 1}, {{0, 0, 3}, 3}};
    struct stack s;

    stack_init(&s);
    EACH_ROW(rows, r)
        for (size_t gradients = 0; gradients < 2; gradients++) {
            struct graph_run *run = graph_run_new(s.graph, gradients != 0);
            struct graph_run *alone = graph_run_new(s.graph, false);
            stack_run(&s, run, r->rows, r->count, length);
            for (size_t b = 0; b < r->count; b++) {
                stack_run(&s, alone, &r->rows[b], 1, length);
                EXPECT_EQ(memcmp(graph_run_value(run, s.out) + b * 2 * SIZE,
                                 graph_run_value(alone, s.out), 2 * SIZE * sizeof(real)),
                          0);
                const bool zeros = graph_run_value(alone, s.out)[0] == 0;
                EXPECT_EQ(zeros, length[r->rows[b]] == 0);
            }
            graph_run_free(run);
            graph_run_free(alone);
        }
    stack_clear(&s);
}

TEST(padding_row_of_a_table_learns_nothing)
{
    static const size_t length[ROWS] = {3, 0, STEPS, 1}, all[ROWS] = {0, 1, 2, 3};
    struct stack s;

    stack_init(&s);
    struct graph_run *run = graph_run_new(s.graph, true);
    stack_run(&s, run, all, ROWS, length);
    graph_backward(run, s.weights, s.packed, s.loss);
    const real *d =
        graph_run_gradients(run) + graph_parameter_find(s.graph, "w0")->offset; /* the table */
    for (size_t row = 0; row < TABLE; row++) {
        real size = 0;
        for (size_t e = 0; e < SIZE; e++)
            size += fabsf(d[row * SIZE + e]);
        EXPECT_EQ(size > 0, row > 0);
    }
    graph_run_free(run);
    stack_clear(&s);
}
