#include "base/arena.h"
#include "base/rng.h"
#include "nn/kernels.h"
#include "support/test.h"

#include <math.h>

/* Rounding to bf16, nearest and ties to even, written as what it means. */
static double rounded(double x)
{
    int exponent;
    const double mantissa = frexp(x, &exponent);

    return ldexp(nearbyint(ldexp(mantissa, 8)), exponent - 8);
}

static real *numbers(struct arena *arena, size_t n, uint64_t stream)
{
    struct rng rng = rng_new(3, stream);
    real *x = ARENA_NEW(arena, real, n + 1);

    for (size_t i = 0; i < n; i++)
        x[i] = (real)(2 * rng_uniform(&rng) - 1);
    return x;
}

/* Plain sets first, then mixed ones; NULL where the processor cannot. */
enum { SETS = KERNELS_COUNT + KERNELS_MIXED_COUNT };

static const struct kernels *set_at(size_t i)
{
    return i < KERNELS_COUNT ? kernels_at(i) : kernels_mixed_at(i - KERNELS_COUNT);
}

static double factor(const struct kernels *kernels, real x)
{
    return kernels->mixed ? rounded(x) : x;
}

/* How the right side gets to the product. */
enum right { PACKED, PACKED_STRIDED, PACKED_TRANSPOSED, IN_PLACE };

/* Around tiles, pairs, blocks of k and of rows. */
static const struct product_case {
    size_t m, k, n;
    enum right right;
    bool bias, row_bias, add, rectify;
} product_cases[] = {
    {1, 1, 1, PACKED, .bias = true},
    {13, 2, 33, PACKED_STRIDED, .add = true},
    {12, 64, 32, IN_PLACE, .bias = true, .rectify = true},
    {54, 109, 64, IN_PLACE, .row_bias = true, .rectify = true},
    {49, 255, 20, PACKED, .add = true},
    {60, 257, 65, PACKED_TRANSPOSED, .bias = true},
    {25, 600, 96, IN_PLACE, .add = true, .rectify = true},
    {300, 31, 17, PACKED_TRANSPOSED, .row_bias = true},
    {200, 64, 16, PACKED_STRIDED, .bias = true},
    {3, 0, 5, PACKED, .bias = true},
    {0, 3, 5, PACKED, .bias = true},
};

static struct panels right_side(const struct kernels *kernels, const struct product_case *c,
                                const real *b, struct arena *arena)
{
    const size_t panels = kernels_panels(kernels, c->n);
    real *packed = ARENA_NEW(arena, real, kernels_packed_size(kernels, c->k, c->n) + 1);
    real *transpose = ARENA_NEW(arena, real, c->k * c->n + 1);

    for (size_t i = 0; i < c->k * c->n; i++)
        transpose[i % c->n * c->k + i / c->n] = b[i];
    switch (c->right) {
    case IN_PLACE:
        return panels_in_place(kernels, b, c->n);
    case PACKED:
        kernels->pack(packed, b, c->k, c->n, 0, panels / 2);
        kernels->pack(packed, b, c->k, c->n, panels / 2, panels);
        break;
    case PACKED_STRIDED:
        kernels->pack_strided(packed, b, c->n, c->k, c->n);
        break;
    case PACKED_TRANSPOSED:
        kernels->pack_strided_transposed(packed, transpose, c->k, c->n, c->k);
        break;
    }
    return panels_packed(kernels, packed, c->k);
}

static double product_want(const struct kernels *kernels, const struct product_case *c,
                           const real *a, const real *b, double start, size_t i)
{
    double sum = start;

    for (size_t p = 0; p < c->k; p++)
        sum += factor(kernels, a[i / c->n * c->k + p]) * factor(kernels, b[p * c->n + i % c->n]);
    return c->rectify && !(sum > 0) ? 0.25 * sum : sum;
}

static struct matmul product_of(const struct product_case *c, const real *a, struct panels b,
                                const real *bias, real *out)
{
    return (struct matmul){.m = c->m,
                           .k = c->k,
                           .n = c->n,
                           .a = a,
                           .a_stride = c->k,
                           .b = b,
                           .bias = c->bias ? bias : NULL,
                           .row_bias = c->row_bias ? bias : NULL,
                           .c = out,
                           .c_stride = c->n,
                           .add = c->add,
                           .rectify = c->rectify,
                           .slope = (real)0.25};
}

static void check_product(const struct kernels *kernels, const struct product_case *c)
{
    struct arena arena = {0};
    const size_t out = c->m * c->n;
    const real *a = numbers(&arena, c->m * c->k, 1), *b = numbers(&arena, c->k * c->n, 2);
    const real *bias = numbers(&arena, c->m + c->n, 3), *before = numbers(&arena, out, 4);
    real *got = numbers(&arena, out, 4), *one = numbers(&arena, out, 4);
    const struct panels panels = right_side(kernels, c, b, &arena);
    struct matmul call = product_of(c, a, panels, bias, got);

    kernels->matmul(&call);
    for (size_t i = 0; i < out; i++) {
        const double start = c->add        ? before[i]
                             : c->row_bias ? bias[i / c->n]
                             : c->bias     ? bias[i % c->n]
                                           : 0;
        const double want = product_want(kernels, c, a, b, start, i);
        if (!(fabs(got[i] - want) <= 1e-6 * (1 + sqrt((double)c->k))))
            fail_msg("row %d: %s: number %zu is %.9g, not %.9g", test_row, kernels->name, i,
                     (double)got[i], want);
    }
    /* A row on its own has the same bits. */
    for (size_t row = 0; row < c->m; row++) {
        call.m = 1;
        call.a = a + row * c->k;
        call.row_bias = c->row_bias ? bias + row : NULL;
        call.c = one + row * c->n;
        kernels->matmul(&call);
    }
    EXPECT(memcmp(got, one, out * sizeof *got) == 0);
    arena_clear(&arena);
}

TEST(products_of_every_precision_agree_with_the_definition)
{
    EACH_ROW(product_cases, c)
        for (size_t set = 0; set < SETS; set++)
            if (set_at(set))
                check_product(set_at(set), c);
}

static void check_transposed(const struct kernels *kernels, const struct product_case *c)
{
    struct arena arena = {0};
    const size_t out = c->m * c->n;
    const real *a = numbers(&arena, c->k * c->m, 1), *b = numbers(&arena, c->k * c->n, 2);
    const real *before = numbers(&arena, out, 4);
    real *got = numbers(&arena, out, 4);

    kernels->matmul_transposed(&(struct matmul_transposed){.m = c->m,
                                                           .k = c->k,
                                                           .n = c->n,
                                                           .a = a,
                                                           .a_stride = c->m,
                                                           .b = b,
                                                           .b_stride = c->n,
                                                           .c = got,
                                                           .c_stride = c->n});
    for (size_t i = 0; i < out; i++) {
        double want = before[i];
        for (size_t p = 0; p < c->k; p++)
            want +=
                factor(kernels, a[p * c->m + i / c->n]) * factor(kernels, b[p * c->n + i % c->n]);
        if (!(fabs(got[i] - want) <= 1e-6 * (1 + sqrt((double)c->k))))
            fail_msg("row %d: %s: number %zu is %.9g, not %.9g", test_row, kernels->name, i,
                     (double)got[i], want);
    }
    arena_clear(&arena);
}

TEST(transposed_products_of_every_precision_agree_with_the_definition)
{
    EACH_ROW(product_cases, c)
        for (size_t set = 0; set < SETS; set++)
            if (set_at(set))
                check_transposed(set_at(set), c);
}

TEST(mixed_products_round_ties_to_even_and_keep_what_is_not_finite)
{
    static const struct {
        float x, want;
    } rows[] = {
        {1 + 0x1p-8f, 1},       {1 + 0x3p-8f, 1 + 0x1p-6f}, {1 + 0x1.02p-8f, 1 + 0x1p-7f},
        {-1 - 0x1p-8f, -1},     {0x1.ffp+10f, 0x1p+11f},    {INFINITY, INFINITY},
        {-INFINITY, -INFINITY},
    };

    EACH_ROW(rows, r)
        for (size_t set = 0; set < KERNELS_MIXED_COUNT; set++) {
            const struct kernels *kernels = kernels_mixed_at(set);
            const float one = 1;
            float packed[64], got = 0;
            if (!kernels)
                continue;
            kernels->pack(packed, &one, 1, 1, 0, 1);
            kernels->matmul(&(struct matmul){.m = 1,
                                             .k = 1,
                                             .n = 1,
                                             .a = &r->x,
                                             .a_stride = 1,
                                             .b = panels_packed(kernels, packed, 1),
                                             .c = &got,
                                             .c_stride = 1});
            EXPECT(got == r->want);
        }
}
