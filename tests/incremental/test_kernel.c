/* The inner loops of the incremental fit: right, and the same bits from every instruction set. */
#include "incremental/panel.h"
#include "base/rng.h"
#include "support/test.h"

#include <math.h>

enum { ROWS = 5, WIDTH = 40, COUNT = 60 };

struct results {
    double a[ROWS], b[ROWS], sum[WIDTH], scaled[ROWS * WIDTH], product[WIDTH * WIDTH];
    double total[COUNT * COUNT];
};

static const struct incremental_span SPANS[] = {{0, 2, 11}, {11, 20, 9}, {20, 33, 18}};

static void draw(double *x, size_t count, uint64_t stream)
{
    struct rng rng = rng_new(7, stream);

    for (size_t i = 0; i < count; i++)
        x[i] = rng_normal(&rng);
}

static void run(const struct incremental_kernel *kernel, const struct incremental_rows *in,
                struct results *out)
{
    double p[WIDTH], q[WIDTH];

    draw(p, WIDTH, 2);
    draw(q, WIDTH, 3);
    kernel->sums(in, p, q, out->a, out->b);
    draw(out->sum, WIDTH, 4);
    kernel->add(out->sum, in, out->a, out->b);
    kernel->scale(out->scaled, in, out->a, out->b);
    kernel->products(out->product, in->x, in->rows, WIDTH, false);
    kernel->products(out->product, in->x, in->rows - 2, WIDTH, true);
    kernel->scatter(out->total, COUNT, out->product, WIDTH, SPANS, sizeof SPANS / sizeof *SPANS);
}

static double product_of(const struct incremental_rows *in, size_t i, size_t j)
{
    double sum = 0;

    for (size_t r = 0; r < in->rows; r++)
        sum += in->x[r * WIDTH + i] * in->x[r * WIDTH + j] * (r + 2 < in->rows ? 2 : 1);
    return sum;
}

/* Column of a parameter, or WIDTH. */
static size_t column_of(size_t parameter)
{
    EACH_ROW(SPANS, s) {
        if (parameter >= s->parameter && parameter < s->parameter + s->count)
            return s->column + parameter - s->parameter;
    }
    return WIDTH;
}

static void check(const struct incremental_rows *in, const struct results *got)
{
    double start[WIDTH], p[WIDTH];

    draw(p, WIDTH, 2);
    draw(start, WIDTH, 4);
    for (size_t r = 0; r < ROWS; r++) {
        double sum = 0;
        for (size_t j = 0; j < WIDTH; j++)
            sum += in->x[r * WIDTH + j] * p[j];
        EXPECT_NEAR(got->a[r], sum, 1e-12);
    }
    for (size_t j = 0; j < WIDTH; j++) {
        double sum = start[j];
        for (size_t r = 0; r < ROWS; r++) {
            const double factor = in->effects[j] > 0 ? got->b[r] : got->a[r];
            EXPECT_NEAR(got->scaled[r * WIDTH + j], factor * in->x[r * WIDTH + j], 1e-12);
            sum += factor * in->x[r * WIDTH + j];
        }
        EXPECT_NEAR(got->sum[j], sum, 1e-12);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j <= i; j++) {
            const size_t a = column_of(i), b = column_of(j);
            const double wanted = a == WIDTH || b == WIDTH ? 0 : product_of(in, a, b);
            EXPECT_NEAR(got->total[i * COUNT + j], wanted, 1e-12);
        }
}

TEST(every_instruction_set_gives_the_same_bits)
{
    double x[ROWS * WIDTH], controls[WIDTH], effects[WIDTH];
    struct results *first = memory_take_zeroed(1, sizeof *first);

    draw(x, ROWS * WIDTH, 1);
    for (size_t j = 0; j < WIDTH; j++) {
        effects[j] = j % 3 == 0;
        controls[j] = 1 - effects[j];
    }
    const struct incremental_rows in = {ROWS, WIDTH, x, controls, effects};
    run(incremental_kernel_at(0), &in, first);
    check(&in, first);
    for (size_t i = 1; i < INCREMENTAL_KERNELS; i++) {
        struct results *other = memory_take_zeroed(1, sizeof *other);
        if (incremental_kernel_at(i)) {
            run(incremental_kernel_at(i), &in, other);
            for (size_t a = 0; a < WIDTH; a++) /* what lies above the diagonal means nothing */
                for (size_t b = a + 1; b < WIDTH; b++)
                    other->product[a * WIDTH + b] = first->product[a * WIDTH + b];
            EXPECT(memcmp(first, other, sizeof *first) == 0);
        }
        free(other);
    }
    free(first);
}

enum { MODELS = 24, GRID_POINTS = 4, GRID_EFFECTS = 3 };

struct answers {
    double weighed[MODELS], base[MODELS], p[MODELS], change[GRID_POINTS * MODELS];
};

/* Logits and logs of hazards from -40 to 40: all parts of the formulas. */
static void ask(const struct incremental_chance_kernel *kernel, bool additive, struct answers *out)
{
    static const double x[GRID_POINTS * GRID_EFFECTS] = {0,   0, 0,   0.1, 2,  0,
                                                         0.5, 1, 0.3, 1,   20, 0.9};
    double rest[MODELS], own[GRID_EFFECTS * MODELS];

    draw(own, GRID_EFFECTS * MODELS, 5);
    draw(rest, MODELS, 6);
    for (size_t i = 0; i < GRID_EFFECTS * MODELS; i++)
        own[i] *= own[i];
    for (size_t m = 0; m < MODELS; m++) {
        out->base[m] = ((double)m - 12) * 3.3;
        rest[m] = m % 5 ? rest[m] * rest[m] : 0;
        out->weighed[m] = 0;
    }
    memset(out->change, 0, sizeof out->change);
    kernel->weigh(out->weighed, own, x + GRID_EFFECTS, GRID_EFFECTS, MODELS);
    if (additive)
        kernel->hazards(out->base, MODELS);
    kernel->chances(out->p, additive, out->base, rest, MODELS);
    const struct incremental_grid in = {MODELS, GRID_EFFECTS, GRID_POINTS, additive, out->base,
                                        rest,   own,          x,           out->p};
    kernel->grid(out->change, &in);
    for (size_t m = 0; m < MODELS; m++) {
        const double base = ((double)m - 12) * 3.3;
        double sum = 0;
        for (size_t e = 0; e < GRID_EFFECTS; e++)
            sum += own[e * MODELS + m] * x[GRID_EFFECTS + e];
        EXPECT_NEAR(out->weighed[m], sum, 1e-12);
        const double hazard = exp(fmin(base, 3));
        const double before =
            additive ? -expm1(-fmax(hazard + rest[m], 1e-12)) : 1 / (1 + exp(-base - rest[m]));
        const double after = additive ? -expm1(-fmax(hazard + rest[m] + sum, 1e-12))
                                      : 1 / (1 + exp(-base - rest[m] - sum));
        EXPECT_NEAR(out->p[m] / before, 1, 1e-10);
        EXPECT_NEAR((out->change[MODELS + m] + out->p[m]) / after, 1, 1e-10);
        EXPECT_NEAR(out->change[m], 0, 0);
    }
}

TEST(chances_of_many_models_have_the_same_bits_everywhere)
{
    for (int additive = 0; additive < 2; additive++) {
        struct answers first, other;
        ask(incremental_kernel_at(0)->chance, additive, &first);
        for (size_t i = 1; i < INCREMENTAL_KERNELS; i++) {
            if (!incremental_kernel_at(i))
                continue;
            ask(incremental_kernel_at(i)->chance, additive, &other);
            EXPECT(memcmp(&first, &other, sizeof first) == 0);
        }
    }
}
