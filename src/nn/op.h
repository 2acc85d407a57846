/*
 * op — one operation of a graph: its shapes, forward, backward.
 *
 * Each op is one file, src/nn/op/NAME.c, that begins with formula, shapes and gradients and ends
 * with `const struct op op_NAME`; a line OP(NAME) in op/ops.def declares it. A test walks ops.def
 * and fails if an op has no row in the double-precision gradient table (docs/adding-an-op.md).
 *
 * Backward always adds (+=): a value may have several readers, and a weight several slices. It may
 * be run twice, so it leaves `keep` as forward wrote it.
 *
 * An op allocates nothing: plan() says how many numbers it wants to keep from forward to backward
 * and how much scratch one call needs. What it needs to know beyond its inputs is a typed member of
 * `union op_settings`.
 */
#ifndef QUERN_NN_OP_H
#define QUERN_NN_OP_H

#include "nn/kernels.h"
#include "nn/real.h"
#include "nn/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OP_INPUTS_MAX = 16, OP_TRACKS_MAX = 8 };

/* dropout, dropout_mask: a number is 0 with probability `rate`, else scaled by 1 / (1 - rate). */
struct op_dropout_settings {
    double rate;     /* in [0, 1) */
    uint64_t stream; /* of random numbers; each dropout of a graph has its own */
    size_t width;    /* dropout_mask: numbers per row */
};

/*
 * dense: y = z if z > 0, else slope z, of its sum z; a slope of 0 is ReLU. Then dropout with this
 * rate, if it is not 0: the same numbers as an op_dropout of its own.
 */
struct op_dense_settings {
    bool rectify;
    double slope;
    double dropout;  /* rate, in [0, 1) */
    uint64_t stream; /* of random numbers */
};

/* feature_aggregation, factor_machine, feature_tokens: the table's row of the first number. */
struct op_order_features_settings {
    size_t first_row;
};

/* experts */
struct op_experts_settings {
    /*
     * In training an expert takes at most `capacity` times its even share of the tokens of a row,
     * but at least 4; the others are dropped, second choices before first ones. 0: no limit.
     */
    double capacity;
    /*
     * In training the second expert of a token takes part with probability weight / threshold, or
     * always where its weight is above. 0: always.
     */
    double threshold;
    uint64_t stream; /* of random numbers, for `threshold` */
};

struct op_expert_balance_settings {
    double coefficient;
};

struct op_sequence_gate_settings {
    size_t track;     /* of the second sequence */
    double threshold; /* of its weight */
};

/* The losses of classes; each file of op/ says which of these it reads. */
struct op_class_loss_settings {
    double gamma;          /* focus of the focal and of the asymmetric (gamma+) loss, or gamma_lc */
    double gamma_negative; /* gamma- */
    double gamma_high;     /* gamma_hc */
    double alpha;          /* weight of class 1 against 1 - alpha of the others; negative: none */
    double margin;
};

/* temporal_attention, query_attention: heads that share the width among them. */
struct op_attention_settings {
    size_t heads;
};

/* weight_product: of which columns; op/weight_product.c. */
struct op_weight_product_settings {
    size_t a_first, b_first;
    bool transposed; /* b */
    size_t size;     /* columns of b, where it is transposed */
};

union op_settings {
    struct op_attention_settings attention;
    struct op_dropout_settings dropout;
    struct op_dense_settings dense;
    struct op_order_features_settings order_features;
    struct op_experts_settings experts;
    struct op_expert_balance_settings expert_balance;
    struct op_sequence_gate_settings sequence_gate;
    struct op_class_loss_settings class_loss;
    struct op_weight_product_settings weight_product;
};

/* The steps of one track: those of row b are begin[b] .. begin[b+1]-1, possibly none. */
struct op_track {
    size_t tokens, steps_max; /* of all rows together; of one row at most */
    const size_t *begin;      /* [rows_max + 1]; begin[rows] is tokens */
};

/*
 * What a slice holds; see shape.h for the layout. Filled by graph_run_begin(). A graph has either
 * steps, time-major, or tracks, row-major: with tracks, steps and tokens are 0.
 */
struct op_batch {
    size_t rows, steps, tokens;   /* tokens: steps of all rows together */
    size_t rows_max, steps_max;   /* what the graph was made for */
    const size_t *active, *start; /* [steps_max], [steps_max + 1] */
    size_t tracks;                /* 0: time-major */
    struct op_track track[OP_TRACKS_MAX];
    bool training;    /* dropout is on */
    uint64_t seed;    /* of this training step */
    size_t first_row; /* number of row 0 within the whole batch */
};

struct op_operand {
    const real *x;        /* the numbers; NULL for an integer or absent input */
    const int32_t *index; /* of an integer input, else NULL */
    real *d;              /* gradient, to be added to; NULL where nobody wants it */
    struct panels panels, panels_transposed; /* of a matrix [k, n] of weights */
    size_t panels_next,
        panels_transposed_next; /* matrices [e, k, n]: from one's `at` to the next's */
    struct shape shape;
    size_t count; /* leading count in this slice; 1 for a fixed shape */
    size_t width; /* shape_width() */
};

struct op_call {
    struct op_operand in[OP_INPUTS_MAX];
    struct op_operand out; /* backward reads out.d */
    real *result;          /* out.x, writable in forward */
    real *keep;            /* from forward to backward */
    real *work;            /* within one call */
    const union op_settings *settings;
    const struct op_batch *batch;
    const struct kernels *kernels;
};

struct op_plan {
    struct shape in[OP_INPUTS_MAX];
    bool present[OP_INPUTS_MAX];
    size_t rows_max, steps_max;
    size_t tracks;                         /* 0: time-major */
    size_t track_steps_max[OP_TRACKS_MAX]; /* steps of a row in each track, at most */
    const union op_settings *settings;
    /* To be filled in; keep and work count numbers. */
    struct shape out;
    size_t keep, work;
};

struct op {
    const char *name;
    size_t inputs;        /* how many it takes */
    unsigned optional;    /* bit i: input i may be absent */
    unsigned no_gradient; /* bit i: input i gets none (integers, masks, labels) */
    unsigned index;       /* bit i: input i holds integers */
    unsigned matrix; /* bit i: input i is a weight matrix, or e of them, a factor of products */
    void (*plan)(struct op_plan *plan); /* BUG() when the shapes do not fit */
    void (*forward)(struct op_call *call);
    void (*backward)(struct op_call *call); /* NULL: no input has a gradient */
};

/* Leading count of a shape: the most that an op must be ready for; what a slice holds. */
static inline size_t op_plan_lead_max(const struct op_plan *plan, const struct shape *shape)
{
    switch (shape->lead) {
    case SHAPE_LEAD_ROWS:
        return plan->rows_max;
    case SHAPE_LEAD_STEPS:
        return plan->rows_max *
               (plan->tracks ? plan->track_steps_max[shape->track] : plan->steps_max);
    default:
        return 1;
    }
}

static inline size_t op_lead(const struct op_batch *batch, const struct shape *shape)
{
    switch (shape->lead) {
    case SHAPE_LEAD_ROWS:
        return batch->rows;
    case SHAPE_LEAD_STEPS:
        return batch->tracks ? batch->track[shape->track].tokens : batch->tokens;
    default:
        return 1;
    }
}

#define OP(name) extern const struct op op_##name;
#include "nn/op/ops.def"
#undef OP

#endif
