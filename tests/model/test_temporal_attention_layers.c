/*
 * An attention layer of one head, whose weights are multiplied beforehand, against the formula with
 * queries, keys and values of their own: scores and every gradient, in a file's order.
 */
#include "base/arena.h"
#include "base/rng.h"
#include "model/temporal_attention_internal.h"
#include "model/temporal_attention_layers.h"
#include "support/test.h"

#include <stdlib.h>

enum { ROWS = 3, STEPS = 9, WIDTH = 6, HIDDEN = 10 };

struct form {
    const char *text;
    bool time, last, track;
};

struct fixture {
    struct temporal_attention_net net;
    struct temporal_attention_config config;
    struct temporal_layers layers;
    size_t x, time, label, weight, total, score, loss;
    struct arena arena;
    real *weights, *packed;
    struct graph_run *run;
};

static size_t node(struct temporal_layers *l, const struct op *op, size_t a, size_t b, size_t c)
{
    return temporal_node(
        l, (struct graph_node){.op = op, .in = {a, b, c}, .settings.attention.heads = 1});
}

static size_t weight(struct temporal_layers *l, const char *name, size_t out, size_t in)
{
    struct temporal_attention_piece piece = {
        .dims = in ? 2 : 1, .shape = {out, in}, .transposed = in != 0};

    return temporal_weight(l, temporal_named(temporal_name_of("%s", name), piece));
}

/* Post-norm, step by step. */
static size_t layer_by_formula(struct temporal_layers *l, size_t x, size_t time)
{
    const size_t in = weight(l, "m.multi_attn.in_proj_weight", 3 * WIDTH, WIDTH);
    const size_t bias = weight(l, "m.multi_attn.in_proj_bias", 3 * WIDTH, 0);
    const size_t qkv = temporal_node(l, (struct graph_node){.op = &op_dense, .in = {x, in, bias}});
    const size_t sum = node(l, &op_temporal_attention, qkv, GRAPH_NONE, time);
    const size_t a = temporal_linear(
        l, sum,
        (struct temporal_linear){.module = "m.multi_attn.out_proj", .in = WIDTH, .out = WIDTH});
    const size_t y = temporal_norm(l, "m.layer_norm1", WIDTH, a, x);
    const size_t hidden = temporal_linear(
        l, y, (struct temporal_linear){"m.feedforward.0", WIDTH, HIDDEN, true, true});
    const size_t f = temporal_linear(
        l, hidden, (struct temporal_linear){"m.feedforward.3", HIDDEN, WIDTH, false, false});
    return temporal_norm(l, "m.layer_norm2", WIDTH, f, y);
}

/* A number in [-1, 1) that depends on the tensor and the place in it. */
static real number_of(const char *tensor, size_t place)
{
    uint64_t hash = place;

    for (; *tensor; tensor++)
        hash = rng_mix(hash, (uint64_t)*tensor);
    return (real)(hash >> 11) * (real)0x1p-52 - 1;
}

static void fill_weights(struct fixture *f)
{
    const struct temporal_attention_net *net = &f->net;

    f->weights = ARENA_ZERO(&f->arena, real, graph_parameters_size(net->graph));
    f->packed = ARENA_NEW(&f->arena, real, graph_packed_size(net->graph));
    for (size_t i = 0; i < net->pieces; i++) {
        const struct graph_parameter *p = graph_parameter_at(net->graph, net->piece[i].parameter);
        for (size_t j = 0; j < p->count; j++)
            f->weights[p->offset + j] =
                number_of(net->piece[i].tensor, temporal_attention_place(&net->piece[i], j));
    }
    graph_pack(net->graph, f->weights, f->packed);
}

static void fixture_init(struct fixture *f, const struct form *form, bool by_formula)
{
    *f = (struct fixture){.config = {.num_heads = 1}};
    struct graph *g = f->net.graph = graph_new_tracks(ROWS, (size_t[]){STEPS}, 1);
    struct temporal_layers *l = &f->layers;
    struct temporal_layer layer = {.module = temporal_name_of("m"),
                                   .width = WIDTH,
                                   .hidden = HIDDEN,
                                   .heads = 1,
                                   .final = form->last,
                                   .last = form->last,
                                   .untold = !form->track};

    *l = (struct temporal_layers){.net = &f->net, .g = g, .config = &f->config};
    f->x = graph_input(g, "x", form->track ? SHAPE_TRACK(0, WIDTH) : SHAPE_ROWS(STEPS, WIDTH));
    f->time = layer.time = form->time ? graph_input(g, "time", SHAPE_TRACK(0, 1)) : GRAPH_NONE;
    /* So that the layer has an input to teach, too. */
    const size_t x = temporal_linear(
        l, f->x, (struct temporal_linear){.module = "before", .in = WIDTH, .out = WIDTH});
    const size_t y =
        by_formula ? layer_by_formula(l, x, layer.time) : temporal_post_norm(l, &layer, x);
    f->score = form->last && !by_formula ? y : temporal_last_step(l, y);
    f->label = graph_input_index(g, "label", SHAPE_ROWS(1));
    f->weight = graph_input(g, "weight", SHAPE_ROWS(1));
    f->total = graph_input(g, "total", SHAPE_FIXED(1));
    f->loss =
        temporal_node(l, (struct graph_node){.op = &op_softmax_cross_entropy,
                                             .in = {f->score, f->label, f->weight, f->total}});
    graph_finish(g);
    fill_weights(f);
    f->run = graph_run_new(g, true);
}

static void fixture_clear(struct fixture *f)
{
    graph_run_free(f->run);
    temporal_attention_net_clear(&f->net);
    arena_clear(&f->arena);
}

static void run(struct fixture *f)
{
    static const size_t length[ROWS] = {4, 1, STEPS};
    struct rng rng = rng_new(5, 5);

    graph_run_begin(f->run, &(struct graph_batch){.rows = ROWS, .track_length = {length}});
    for (size_t i = 0; i < ROWS * STEPS * WIDTH; i++)
        graph_run_input(f->run, f->x)[i] = (real)rng_normal(&rng);
    for (size_t i = 0; f->time != GRAPH_NONE && i < graph_run_batch(f->run)->track[0].tokens; i++)
        graph_run_input(f->run, f->time)[i] = (real)(1e6 * rng_uniform(&rng));
    for (size_t b = 0; b < ROWS; b++) {
        graph_run_index(f->run, f->label)[b] = (int32_t)b;
        graph_run_input(f->run, f->weight)[b] = 1;
    }
    *graph_run_input(f->run, f->total) = ROWS;
    graph_forward(f->run, f->weights, f->packed);
    graph_backward(f->run, f->weights, f->packed, f->loss);
    graph_backward_weights(f->run, f->weights, f->packed);
}

/* The gradient of every tensor, in the order of its file. */
static double *gradient_of(struct fixture *f, const char *tensor, size_t *count)
{
    double *out = NULL;

    for (size_t i = 0; i < f->net.pieces; i++) {
        const struct temporal_attention_piece *piece = &f->net.piece[i];
        const struct graph_parameter *p = graph_parameter_at(f->net.graph, piece->parameter);
        if (strcmp(piece->tensor, tensor) != 0)
            continue;
        *count = p->count / piece->rows * piece->shape[0];
        if (!out)
            out = ARENA_ZERO(&f->arena, double, *count);
        for (size_t j = 0; j < p->count; j++)
            out[temporal_attention_place(piece, j)] =
                (double)graph_run_gradients(f->run)[p->offset + j];
    }
    return out;
}

TEST(temporal_attention_of_one_head_is_the_formula)
{
    static const struct form forms[] = {{"all steps, time", true, false, true},
                                        {"all steps", false, false, true},
                                        {"last step, time", true, true, true},
                                        {"of rows", false, false, false},
                                        {"last step of rows", false, true, false}};
    EACH_ROW(forms, form) {
        struct fixture layer, formula;
        double most = 0;
        fixture_init(&layer, form, false);
        fixture_init(&formula, form, true);
        run(&layer);
        run(&formula);
        for (size_t i = 0; i < ROWS * WIDTH; i++)
            EXPECT_NEAR(graph_run_value(layer.run, layer.score)[i],
                        graph_run_value(formula.run, formula.score)[i], 1e-5);
        for (size_t i = 0; i < formula.net.pieces; i++) {
            const char *tensor = formula.net.piece[i].tensor;
            size_t count = 0, same = 0;
            const double *want = gradient_of(&formula, tensor, &count);
            const double *got = gradient_of(&layer, tensor, &same);
            EXPECT_EQ(same, count);
            for (size_t j = 0; got && j < count; j++) {
                EXPECT_NEAR(got[j], want[j], 1e-5);
                most = want[j] > most ? want[j] : most;
            }
        }
        EXPECT(most > 0.05);
        fixture_clear(&layer);
        fixture_clear(&formula);
    }
}
