/*
 * time_encode — a time as waves of learned frequencies (TimeEncode; Xu and others, ICLR 2020).
 *
 *   y[n,i] = cos(t[n] w[i] + b[i])
 *
 *   in   t [N,...,1], no gradient   w [D]   b [D]
 *   out  y [N,...,D]
 *   grad dw[i] = -sum_n dy[n,i] sin(t[n] w[i] + b[i]) t[n]
 *        db[i] = -sum_n dy[n,i] sin(t[n] w[i] + b[i])
 *
 * Customary frequencies to start from: w[i] = 10^(-9 i / (D - 1)), b = 0, for t in seconds.
 */
#include "nn/op.h"

#include "base/error.h"

#include <math.h>

struct wave {
    double cosine, sine;
};

/*
 * In double and by hand, so that bits do not depend on the C library. The angle less the nearest
 * multiple of pi/2, which is subtracted in two parts; then Taylor's series, whose next term is
 * below the rounding for an angle up to pi/4.
 */
static struct wave wave(double angle)
{
    const double quarter = rint(angle * 0.63661977236758134308);
    const double x =
        (angle - quarter * 1.57079632673412561417) - quarter * 6.07710050650619224932e-11;
    const double z = x * x;
    double cosine = 0, sine = 0;

    for (int i = 16; i > 0; i -= 2) {
        cosine = (1 - cosine) * z / (i * (i - 1));
        sine = (1 - sine) * z / (i * (i + 1));
    }
    cosine = 1 - cosine;
    sine = x * (1 - sine);
    switch ((int)fmod(quarter, 4)) {
    case 1:
    case -3:
        return (struct wave){-sine, cosine};
    case 2:
    case -2:
        return (struct wave){-cosine, -sine};
    case 3:
    case -1:
        return (struct wave){sine, -cosine};
    default:
        return (struct wave){cosine, sine};
    }
}

static void time_encode_plan(struct op_plan *plan)
{
    const struct shape *t = &plan->in[0], *w = &plan->in[1];

    BUG_ON(t->d[t->rank - 1] != 1 || w->lead != SHAPE_LEAD_FIXED || w->rank != 1);
    BUG_ON(!shape_equal(w, &plan->in[2]));
    plan->out = *t;
    plan->out.d[t->rank - 1] = w->d[0];
}

static double angle(const struct op_call *call, size_t n, size_t i)
{
    return (double)call->in[0].x[n] * (double)call->in[1].x[i] + (double)call->in[2].x[i];
}

static void time_encode_forward(struct op_call *call)
{
    const size_t D = call->in[1].width, count = call->in[0].count * call->in[0].width;

    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < D; i++)
            call->result[n * D + i] = (real)wave(angle(call, n, i)).cosine;
}

static void time_encode_backward(struct op_call *call)
{
    const size_t D = call->in[1].width, count = call->in[0].count * call->in[0].width;
    real *dw = call->in[1].d, *db = call->in[2].d;

    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < D; i++) {
            const real slope = (real)-wave(angle(call, n, i)).sine * call->out.d[n * D + i];
            if (dw)
                dw[i] += slope * call->in[0].x[n];
            if (db)
                db[i] += slope;
        }
}

const struct op op_time_encode = {
    .name = "time_encode",
    .inputs = 3,
    .no_gradient = 1u << 0,
    .plan = time_encode_plan,
    .forward = time_encode_forward,
    .backward = time_encode_backward,
};
