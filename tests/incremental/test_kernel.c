/* The inner loops of the incremental fit: right, and the same bits from every instruction set. */
#include "incremental/panel.h"
#include "base/rng.h"
#include "support/test.h"

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
