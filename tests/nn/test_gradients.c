#include "nn/gradient.h"
#include "support/test.h"

#include <math.h>

#define CASE(kind, rows_, steps_, ...)                                                             \
    {                                                                                              \
        .op = &op_##kind, .rows = (rows_), .steps = (steps_), __VA_ARGS__                          \
    }
#define IN(...) .in = {__VA_ARGS__}
#define LENGTHS(...) .length = {__VA_ARGS__}
#define RANGE(low_, high_) .low = (low_), .high = (high_)
#define HEADS(n) .settings.attention = {.heads = (n)}
#define NONE ((struct shape){0})
#define DROPOUT(...) .settings.dropout = {__VA_ARGS__}
#define TRACKS(count, ...) .tracks = (count), .track_length = {__VA_ARGS__}
#define FIRST_ROW(row) .settings.order_features = {row}
/* Weights and biases of feature_aggregation: d, then the sizes of its six layers. */
#define ENCODER(d, a, b, c, e, f)                                                                  \
    SHAPE_FIXED(a, d), SHAPE_FIXED(a), SHAPE_FIXED(b, a), SHAPE_FIXED(b), SHAPE_FIXED(c, b),       \
        SHAPE_FIXED(c), SHAPE_FIXED(e, c), SHAPE_FIXED(e), SHAPE_FIXED(f, e), SHAPE_FIXED(f),      \
        SHAPE_FIXED(1, f), SHAPE_FIXED(1)
/* Row 0 of a table has no gradient; one past it reads as zeros. */
#define INDEX(from, below) .index_from = (from), .index_below = (below)
#define NO_INPUT                                                                                   \
    {                                                                                              \
        .rank = 0                                                                                  \
    }
#define FOCUS(...) .settings.class_loss = {__VA_ARGS__}
#define LOSS(kind, classes, ...)                                                                   \
    CASE(kind, 9, 1, IN(SHAPE_ROWS(classes), SHAPE_ROWS(1), SHAPE_ROWS(1), SHAPE_FIXED(1)),        \
         .index_below = (classes), __VA_ARGS__)

/* Uneven and even lengths; widths below, at and above the vectors of every kernel set. */
static const struct gradient_case gradient_cases[] = {
    CASE(embedding, 3, 3, IN(SHAPE_STEPS(1), SHAPE_FIXED(4, 5), SHAPE_FIXED(5)), LENGTHS(3, 2, 1)),
    CASE(embedding, 2, 4, IN(SHAPE_STEPS(1), SHAPE_FIXED(3, 20))),
    CASE(embedding, 3, 1, IN(SHAPE_ROWS(3), SHAPE_FIXED(4, 2), SHAPE_FIXED(2))),
    CASE(dropout, 3, 3, IN(SHAPE_STEPS(3)), LENGTHS(3, 2, 1), DROPOUT(.rate = 0.4)),
    CASE(dropout, 3, 3, IN(SHAPE_STEPS(3)), LENGTHS(3, 2, 1), DROPOUT(.rate = 0.4, .stream = 2),
         .training = true),
    CASE(dropout, 3, 1, IN(SHAPE_TRACK(1, 5)), DROPOUT(.rate = 0.4), .training = true, .tracks = 2,
         .track_length = {{1, 2, 3}, {4, 0, 2}}),
    CASE(dropout, 3, 1, IN(SHAPE_ROWS(17)), DROPOUT(.rate = 0.4), .training = true),
    CASE(dropout_mask, 3, 2, DROPOUT(.rate = 0.3, .stream = 1, .width = 6), .training = true),
    CASE(mask_steps, 3, 3, IN(SHAPE_STEPS(5), SHAPE_ROWS(5)), LENGTHS(3, 1, 1)),
    CASE(dense, 3, 3, IN(SHAPE_STEPS(5), SHAPE_FIXED(5, 7), SHAPE_FIXED(7)), LENGTHS(3, 2, 1)),
    CASE(dense, 5, 1, IN(SHAPE_ROWS(3), SHAPE_FIXED(3, 33), SHAPE_FIXED(33))),
    CASE(dense, 13, 1, IN(SHAPE_ROWS(33), SHAPE_FIXED(33, 4))),
    CASE(dense, 2, 1, IN(SHAPE_ROWS(2, 3), SHAPE_FIXED(3, 4), SHAPE_FIXED(4))),
    CASE(dense, 3, 3, IN(SHAPE_STEPS(19), SHAPE_FIXED(19, 1), SHAPE_FIXED(1)), LENGTHS(3, 2, 1)),
    CASE(dense, 3, 1, IN(SHAPE_ROWS(4), SHAPE_FIXED(4, 1))),
    CASE(lstm, 3, 4, IN(SHAPE_STEPS(3), SHAPE_FIXED(3, 8), SHAPE_FIXED(2, 8), SHAPE_FIXED(8)),
         LENGTHS(4, 2, 1)),
    CASE(lstm, 3, 3,
         IN(SHAPE_STEPS(2), SHAPE_FIXED(2, 12), SHAPE_FIXED(3, 12), SHAPE_FIXED(12), SHAPE_ROWS(3)),
         LENGTHS(3, 3, 1)),
    CASE(
        lstm, 2, 3,
        IN(SHAPE_STEPS(5), SHAPE_FIXED(5, 36), SHAPE_FIXED(9, 36), SHAPE_FIXED(36), SHAPE_ROWS(9))),
    CASE(lstm, 3, 5, IN(SHAPE_STEPS(2), SHAPE_FIXED(2, 16), SHAPE_FIXED(4, 16), SHAPE_FIXED(16)),
         LENGTHS(1, 1, 1)),
    CASE(time_encode, 3, 1, IN(SHAPE_TRACK(0, 1), SHAPE_FIXED(5), SHAPE_FIXED(5)), RANGE(-3, 3),
         .tracks = 1, .track_length = {{3, 0, 2}}),
    CASE(tanh, 3, 3, IN(SHAPE_STEPS(5)), LENGTHS(3, 2, 1), RANGE(-2, 2)),
    CASE(sigmoid, 3, 1, IN(SHAPE_ROWS(5)), RANGE(-4, 4)),
    CASE(softmax_time, 4, 5, IN(SHAPE_STEPS(1)), LENGTHS(5, 3, 1, 1), RANGE(-3, 3)),
    CASE(softmax_time, 2, 4, IN(SHAPE_STEPS(3)), RANGE(-3, 3)),
    CASE(temporal_attention, 2, 1, IN(SHAPE_ROWS(5, 12)), HEADS(1)),
    CASE(temporal_attention, 1, 1, IN(SHAPE_ROWS(50, 12)), HEADS(2), RANGE(0.1, 0.9)),
    CASE(temporal_attention, 3, 1, IN(SHAPE_ROWS(17, 8), SHAPE_ROWS(4)), HEADS(2)),
    CASE(temporal_attention, 3, 1, IN(SHAPE_TRACK(1, 30), NONE, SHAPE_TRACK(1, 1)), HEADS(2),
         .tracks = 2, .track_length = {{1, 1, 1}, {4, 0, 18}}, RANGE(-1, 1.5)),
    CASE(temporal_attention, 3, 1, IN(SHAPE_TRACK(0, 12), SHAPE_ROWS(6), SHAPE_TRACK(0, 1)),
         HEADS(1), .tracks = 1, .track_length = {{4, 0, 17}}, RANGE(-1, 1.5)),
    CASE(temporal_attention, 2, 1,
         IN(SHAPE_TRACK(0, 9), NONE, SHAPE_TRACK(0, 1), SHAPE_FIXED(5, 5)), HEADS(1), .tracks = 1,
         .track_length = {{5, 2}}),
    CASE(temporal_attention, 3, 1, IN(SHAPE_TRACK(0, 6), SHAPE_TRACK(0, 6), SHAPE_TRACK(0, 1)),
         HEADS(1), .tracks = 1, .track_length = {{4, 0, 17}}, RANGE(-1, 1.5)),
    CASE(temporal_attention, 3, 1, IN(SHAPE_TRACK(0, 6), SHAPE_ROWS(6), SHAPE_TRACK(0, 1)),
         HEADS(1), .tracks = 1, .track_length = {{4, 0, 17}}, RANGE(-1, 1.5)),
    CASE(temporal_attention, 1, 1, IN(SHAPE_ROWS(50, 6), SHAPE_ROWS(50, 6)), HEADS(1)),
    CASE(temporal_attention, 2, 1, IN(SHAPE_ROWS(7, 12), SHAPE_ROWS(7, 6)), HEADS(2)),
    CASE(temporal_attention, 2, 1, IN(SHAPE_ROWS(7, 6), SHAPE_ROWS(6)), HEADS(1)),
    CASE(query_attention, 3, 1,
         IN(SHAPE_ROWS(17, 6), SHAPE_ROWS(6), SHAPE_FIXED(6, 12), SHAPE_FIXED(12)), HEADS(2)),
    CASE(query_attention, 1, 1,
         IN(SHAPE_ROWS(3, 4), SHAPE_ROWS(4), SHAPE_FIXED(4, 8), SHAPE_FIXED(8)), HEADS(1)),
    CASE(weighted_sum, 3, 4, IN(SHAPE_STEPS(1), SHAPE_STEPS(6)), LENGTHS(4, 2, 1)),
    CASE(weighted_sum, 2, 2, IN(SHAPE_STEPS(1), SHAPE_STEPS(17))),
    CASE(dense, 3, 1, IN(SHAPE_ROWS(3), SHAPE_FIXED(3, 33), SHAPE_FIXED(33)),
         .settings.dense = {.rectify = true}),
    CASE(dense, 131, 1, IN(SHAPE_ROWS(3), SHAPE_FIXED(3, 4), SHAPE_FIXED(4)),
         .settings.dense = {.rectify = true, .slope = 0.01}),
    CASE(dense, 3, 1, IN(SHAPE_TRACK(1, 5), SHAPE_FIXED(5, 7), SHAPE_FIXED(7)), .training = true,
         .tracks = 2, .track_length = {{1, 2, 3}, {4, 0, 2}},
         .settings.dense = {.dropout = 0.4, .stream = 2}),
    CASE(dense, 2, 1, IN(SHAPE_ROWS(67, 3), SHAPE_FIXED(3, 16), SHAPE_FIXED(16)), .training = true,
         .settings.dense = {.dropout = 0.3}),
    CASE(dense, 5, 1, IN(SHAPE_ROWS(3), SHAPE_FIXED(3, 1)), .training = true,
         .settings.dense = {.rectify = true, .slope = 0.5, .dropout = 0.3}),
    CASE(dense, 5, 1, IN(SHAPE_ROWS(3), SHAPE_FIXED(3, 1)),
         .settings.dense = {.rectify = true, .slope = 0.5}),
    CASE(weight_product, 1, 1, IN(SHAPE_FIXED(5, 9), SHAPE_FIXED(7, 20)),
         .settings.weight_product = {.a_first = 2, .b_first = 9, .transposed = true, .size = 6}),
    CASE(weight_product, 1, 1, IN(SHAPE_FIXED(9), SHAPE_FIXED(40, 6)),
         .settings.weight_product = {.a_first = 2, .transposed = true, .size = 6}),
    CASE(weight_product, 1, 1, IN(SHAPE_FIXED(13, 9), SHAPE_FIXED(5, 33), SHAPE_FIXED(33)),
         .settings.weight_product = {.a_first = 4}),
    CASE(weight_product, 1, 1, IN(SHAPE_FIXED(6), SHAPE_FIXED(5, 3), SHAPE_FIXED(3)),
         .settings.weight_product = {.a_first = 1}),
    CASE(add, 3, 1, IN(SHAPE_ROWS(17), SHAPE_ROWS(17))),
    CASE(concatenate, 3, 1, IN(SHAPE_ROWS(17), SHAPE_ROWS(3), NO_INPUT, SHAPE_ROWS(1))),
    CASE(concatenate, 3, 1, IN(SHAPE_TRACK(1, 2, 3), SHAPE_TRACK(1, 2, 4)),
         TRACKS(2, {0, 0, 0}, {3, 0, 2})),
    CASE(softmax, 3, 1, IN(SHAPE_ROWS(2, 5)), RANGE(-3, 3)),
    CASE(layer_norm, 3, 1, IN(SHAPE_ROWS(17), SHAPE_FIXED(17), SHAPE_FIXED(17))),
    CASE(layer_norm, 3, 1,
         IN(SHAPE_TRACK(0, 32), SHAPE_FIXED(32), SHAPE_FIXED(32), SHAPE_TRACK(0, 32)),
         TRACKS(1, {2, 0, 1})),
    CASE(layer_norm, 2, 1, IN(SHAPE_ROWS(4, 5), SHAPE_FIXED(5), SHAPE_FIXED(5), SHAPE_ROWS(4, 5))),
    CASE(feature_aggregation, 3, 1,
         IN(SHAPE_TRACK(0, 9), SHAPE_FIXED(7, 20), NO_INPUT, ENCODER(9, 4, 2, 1, 1, 1)),
         TRACKS(1, {2, 0, 5}), INDEX(1, 8), RANGE(-0.4, 1)),
    CASE(feature_aggregation, 2, 1,
         IN(NO_INPUT, SHAPE_FIXED(40, 3), SHAPE_TRACK(1, 35), ENCODER(35, 17, 8, 4, 2, 1)),
         TRACKS(2, {1, 1}, {4, 19}), FIRST_ROW(4), RANGE(-0.2, 0.4)),
    CASE(feature_aggregation, 2, 1,
         IN(NO_INPUT, SHAPE_FIXED(6, 64), SHAPE_TRACK(0, 5), ENCODER(5, 2, 1, 1, 1, 1)),
         TRACKS(1, {1, 2}), FIRST_ROW(1), RANGE(-0.4, 1)),
    CASE(feature_aggregation, 2, 1,
         IN(SHAPE_TRACK(0, 3), SHAPE_FIXED(5, 70), NO_INPUT, ENCODER(3, 2, 2, 2, 2, 1)),
         TRACKS(1, {1, 2}), INDEX(1, 6), RANGE(-0.6, 1)),
    CASE(factor_machine, 3, 1, IN(SHAPE_TRACK(0, 9), SHAPE_FIXED(7, 20)), TRACKS(1, {2, 0, 3}),
         INDEX(1, 8)),
    CASE(factor_machine, 2, 1, IN(NO_INPUT, SHAPE_FIXED(9, 5), SHAPE_TRACK(0, 4)),
         TRACKS(1, {2, 1}), FIRST_ROW(4)),
    CASE(feature_tokens, 3, 1,
         IN(SHAPE_TRACK(1, 4), SHAPE_FIXED(7, 5), SHAPE_TRACK(1, 3), SHAPE_FIXED(7, 5),
            SHAPE_ROWS(2), SHAPE_FIXED(3, 5), SHAPE_FIXED(2, 5)),
         TRACKS(2, {1, 1, 1}, {2, 0, 3}), FIRST_ROW(4), INDEX(1, 8)),
    CASE(feature_tokens, 2, 1,
         IN(SHAPE_TRACK(0, 1), SHAPE_FIXED(7, 17), SHAPE_TRACK(0, 3), NO_INPUT, SHAPE_ROWS(2),
            SHAPE_FIXED(3, 17)),
         TRACKS(1, {2, 3}), FIRST_ROW(3), INDEX(1, 8)),
    CASE(append_step, 3, 1, IN(SHAPE_TRACK(0, 5), SHAPE_FIXED(1, 5)),
         TRACKS(2, {2, 0, 3}, {3, 0, 4})),
    CASE(append_step, 2, 1, IN(SHAPE_TRACK(0, 5), SHAPE_FIXED(5)), TRACKS(2, {2, 0}, {3, 1})),
    CASE(last_step, 3, 1, IN(SHAPE_TRACK(0, 5)), TRACKS(1, {2, 0, 3})),
    CASE(last_step, 3, 1, IN(SHAPE_ROWS(4, 5))),
    CASE(experts, 2, 1,
         IN(SHAPE_ROWS(6, 5), SHAPE_ROWS(6, 3), SHAPE_FIXED(3, 5, 7), SHAPE_FIXED(3, 7, 5)),
         RANGE(-0.3, 0.7)),
    CASE(experts, 3, 1,
         IN(SHAPE_TRACK(0, 4), SHAPE_TRACK(0, 2), SHAPE_FIXED(2, 4, 9), SHAPE_FIXED(2, 9, 4)),
         TRACKS(1, {14, 0, 3}), RANGE(-0.3, 0.7), .settings.experts = {.capacity = 0.6},
         .training = true),
    CASE(experts, 2, 1,
         IN(SHAPE_ROWS(12, 5), SHAPE_ROWS(12, 3), SHAPE_FIXED(3, 5, 7), SHAPE_FIXED(3, 7, 5)),
         RANGE(-0.3, 0.7), .settings.experts = {.capacity = 1.25}, .training = true),
    CASE(experts, 2, 1,
         IN(SHAPE_ROWS(5), SHAPE_ROWS(3), SHAPE_FIXED(3, 5, 7), SHAPE_FIXED(3, 7, 5)),
         RANGE(-0.3, 0.7), .settings.experts = {.capacity = 1.25}, .training = true),
    CASE(expert_balance, 3, 1, IN(SHAPE_TRACK(0, 3), SHAPE_FIXED(1), SHAPE_FIXED(1)),
         TRACKS(1, {4, 0, 3}), RANGE(0.05, 1), .settings.expert_balance = {0.5}),
    CASE(expert_balance, 2, 1, IN(SHAPE_ROWS(4, 5), SHAPE_FIXED(1), SHAPE_FIXED(1)), RANGE(0.05, 1),
         .settings.expert_balance = {1}),
    CASE(sequence_gate, 4, 1, IN(SHAPE_ROWS(2)), TRACKS(1, {2, 1, 3, 0}), RANGE(0.1, 0.9),
         .settings.sequence_gate = {.track = 0, .threshold = 0.5}),
    CASE(mix, 3, 1, IN(SHAPE_ROWS(2), SHAPE_ROWS(17), SHAPE_ROWS(17))),
    CASE(binary_cross_entropy, 9, 1,
         IN(SHAPE_ROWS(1), SHAPE_ROWS(1), SHAPE_ROWS(1), SHAPE_FIXED(1)), RANGE(0.2, 3)),
    CASE(binary_cross_entropy, 3, 1,
         IN(SHAPE_ROWS(1), SHAPE_ROWS(1), SHAPE_ROWS(1), SHAPE_FIXED(1)), RANGE(-3, -0.2)),
    LOSS(softmax_cross_entropy, 2, RANGE(-3, 3)),
    LOSS(softmax_cross_entropy, 19, RANGE(0.2, 3)),
    LOSS(focal_loss, 2, RANGE(0.2, 3), FOCUS(.gamma = 2, .alpha = 0.25)),
    LOSS(focal_loss, 5, RANGE(-3, 3), FOCUS(.gamma = 0.5, .alpha = -1)),
    LOSS(focal_loss, 3, RANGE(-3, 3), FOCUS(.alpha = 0.6)),
    LOSS(asymmetric_loss, 2, RANGE(0.2, 3), FOCUS(.gamma = 1, .gamma_negative = 4, .margin = 0.05)),
    LOSS(asymmetric_loss, 2, RANGE(-3, 3), FOCUS(.gamma = 0, .gamma_negative = 2)),
    LOSS(asymmetric_loss, 2, RANGE(-1, 2), FOCUS(.gamma_negative = 0, .margin = 0.3)),
    CASE(cyclical_focal_loss, 9, 1,
         IN(SHAPE_ROWS(2), SHAPE_ROWS(1), SHAPE_ROWS(1), SHAPE_FIXED(1), SHAPE_FIXED(1)),
         RANGE(0.2, 1), FOCUS(.gamma_high = 3, .gamma = 2), .index_below = 2),
    CASE(cyclical_focal_loss, 9, 1,
         IN(SHAPE_ROWS(4), SHAPE_ROWS(1), SHAPE_ROWS(1), SHAPE_FIXED(1), SHAPE_FIXED(1)),
         RANGE(0.2, 3), FOCUS(.gamma_high = 2, .gamma = 1), .index_below = 4),
};

static double tolerance_of(const struct gradient_case *c)
{
    return c->tolerance > 0 ? c->tolerance : 1e-7;
}

TEST(gradient_of_every_op_agrees_with_differences)
{
    EACH_ROW(gradient_cases, c)
        for (size_t set = 0; set < KERNELS_COUNT; set++) {
            const double error = kernels_at(set) ? gradient_error(c, kernels_at(set)) : 0;
            if (!(error <= tolerance_of(c)))
                fail_msg("row %d: %s with %s kernels is off by %g", test_row, c->op->name,
                         kernels_at(set)->name, error);
        }
}

TEST(gradient_table_has_a_row_for_every_op)
{
    static const struct op *const ops[] = {
#define OP(name) &op_##name,
#include "nn/op/ops.def"
#undef OP
    };

    EACH_ROW(ops, op) {
        bool found = false;
        for (size_t i = 0; i < sizeof gradient_cases / sizeof *gradient_cases; i++)
            found |= gradient_cases[i].op == *op;
        if (!found)
            fail_msg("op %s of ops.def has no row in gradient_cases", (*op)->name);
    }
}

/* The net must catch what it is there for: a wrong formula, a missing +=, a spoilt `keep`. */
static void square_plan(struct op_plan *plan)
{
    plan->out = plan->in[0];
    plan->keep = plan->rows_max * shape_width(&plan->in[0]);
}

static void square_forward(struct op_call *call)
{
    for (size_t i = 0; i < call->out.count * call->out.width; i++) {
        call->keep[i] = call->in[0].x[i];
        call->result[i] = call->keep[i] * call->keep[i];
    }
}

static void square_backward(struct op_call *call)
{
    for (size_t i = 0; i < call->out.count * call->out.width; i++)
        call->in[0].d[i] += 2 * call->keep[i] * call->out.d[i];
}

static void wrong_formula(struct op_call *call)
{
    for (size_t i = 0; i < call->out.count * call->out.width; i++)
        call->in[0].d[i] += (2 + 1e-5) * call->keep[i] * call->out.d[i];
}

static void wrong_assignment(struct op_call *call)
{
    for (size_t i = 0; i < call->out.count * call->out.width; i++)
        call->in[0].d[i] = 2 * call->keep[i] * call->out.d[i];
}

static void wrong_keep(struct op_call *call)
{
    square_backward(call);
    for (size_t i = 0; i < call->out.count * call->out.width; i++)
        call->keep[i] = 0;
}

TEST(gradient_check_catches_broken_ops)
{
    static const struct {
        void (*backward)(struct op_call *call);
        bool right;
    } rows[] = {{square_backward, true},
                {wrong_formula, false},
                {wrong_assignment, false},
                {wrong_keep, false},
                {NULL, false}};

    EACH_ROW(rows, r) {
        const struct op op = {.name = "square",
                              .inputs = 1,
                              .plan = square_plan,
                              .forward = square_forward,
                              .backward = r->backward};
        const struct gradient_case c = {
            .op = &op, .in = {SHAPE_ROWS(3)}, .rows = 2, .steps = 1, .low = 0.5, .high = 2};
        EXPECT_EQ(gradient_error(&c, kernels_at(0)) <= 1e-7, r->right);
    }
}
