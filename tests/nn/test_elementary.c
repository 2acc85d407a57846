/* Compiled twice: in float for test_nn, in double for test_gradients. */
#include "base/rng.h"
#include "nn/elementary.h"
#include "nn/kernels.h"
#include "support/test.h"

#include <float.h>
#include <math.h>

#ifdef QUERN_REAL_DOUBLE
enum { DIGITS = DBL_MANT_DIG, EXPONENT_MIN = DBL_MIN_EXP };
#define CHOOSE(in_float, in_double) (in_double)
#else
enum { DIGITS = FLT_MANT_DIG, EXPONENT_MIN = FLT_MIN_EXP };
#define CHOOSE(in_float, in_double) (in_float)
#endif

enum { SAMPLES = 1 << 20, BLOCK = 1024 };

static long double sigmoid_exact(long double x)
{
    return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x));
}

typedef void (*array_function)(real *y, const real *x, size_t n);

static array_function function_of(const struct kernels *kernels, size_t which)
{
    const array_function all[] = {kernels->exp, kernels->log, kernels->tanh, kernels->sigmoid};

    return all[which];
}

static const struct {
    const char *name;
    long double (*exact)(long double x);
    double low, high; /* half of the samples come from here, half from all bit patterns */
    double ulp;       /* stated in elementary.h */
} functions[] = {
    {"exp", expl, -110, 90, CHOOSE(0.8, 0.7)},
    {"log", logl, 0, 4, CHOOSE(0.85, 0.85)},
    {"tanh", tanhl, -10, 10, CHOOSE(2, 2)},
    {"sigmoid", sigmoid_exact, -110, 20, CHOOSE(1.85, 1.85)},
};

static real sample(struct rng *rng, size_t i, double low, double high)
{
    const uint64_t bits = rng_u64(rng);
    real x;

    if (i % 2)
        return (real)(low + (high - low) * rng_uniform(rng));
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Distance from the exact value in units in the last place there, denormals included. */
static double ulps(real got, long double exact)
{
    int exponent;

    if (isnan(exact))
        return isnan(got) ? 0 : INFINITY;
    if ((real)exact == got)
        return 0;
    if (isinf(got) || isnan(got))
        return INFINITY;
    frexpl(exact, &exponent);
    if (exponent < EXPONENT_MIN)
        exponent = EXPONENT_MIN;
    return (double)(fabsl(got - exact) / ldexpl(1, exponent - DIGITS));
}

TEST(elementary_functions_are_accurate)
{
    real x[BLOCK], y[BLOCK];

    EACH_ROW(functions, f) {
        struct rng rng = rng_new(1, (uint64_t)test_row);
        double worst = 0;
        real at = 0;
        for (size_t i = 0; i < SAMPLES / BLOCK; i++) {
            for (size_t j = 0; j < BLOCK; j++)
                x[j] = sample(&rng, j, f->low, f->high);
            function_of(kernels_at(0), (size_t)test_row)(y, x, BLOCK);
            for (size_t j = 0; j < BLOCK; j++) {
                const double error = ulps(y[j], f->exact(x[j]));
                if (error > worst) {
                    worst = error;
                    at = x[j];
                }
            }
        }
        if (!(worst <= f->ulp))
            fail_msg("%s is off by %.3f ulp at %.17g, not at most %g", f->name, worst, (double)at,
                     f->ulp);
    }
}

static uint64_t bits_of(real x)
{
    uint64_t bits = 0;

    memcpy(&bits, &x, sizeof x);
    return bits;
}

TEST(elementary_functions_give_the_same_bits_in_every_kernel_set)
{
    real x[BLOCK], want[BLOCK], got[BLOCK];

    EACH_ROW(functions, f) {
        struct rng rng = rng_new(2, (uint64_t)test_row);
        for (size_t n = 1; n <= BLOCK; n = n < 40 ? n + 1 : n * 2) {
            for (size_t j = 0; j < n; j++)
                x[j] = sample(&rng, j, f->low, f->high);
            function_of(kernels_at(0), (size_t)test_row)(want, x, n);
            for (size_t set = 1; set < KERNELS_COUNT; set++) {
                if (!kernels_at(set))
                    continue;
                function_of(kernels_at(set), (size_t)test_row)(got, x, n);
                for (size_t j = 0; j < n; j++)
                    if (bits_of(got[j]) != bits_of(want[j]) && !(isnan(got[j]) && isnan(want[j])))
                        fail_msg("%s(%.17g) is %.17g with %s, %.17g with %s", f->name, (double)x[j],
                                 (double)got[j], kernels_at(set)->name, (double)want[j],
                                 kernels_at(0)->name);
            }
        }
    }
}

TEST(elementary_functions_of_special_values)
{
    static const real tiny = CHOOSE(0x1p-149, 0x1p-1074), huge = CHOOSE(0x1p127, 0x1p1023);
    static const struct {
        void (*function)(real *y, const real *x, size_t n);
        real x, y;
    } rows[] = {
        {elementary_exp, 0, 1},
        {elementary_exp, -(real)0, 1},
        {elementary_exp, tiny, 1},
        {elementary_exp, INFINITY, INFINITY},
        {elementary_exp, huge, INFINITY},
        {elementary_exp, CHOOSE(88.8f, 709.8), INFINITY},
        {elementary_exp, -INFINITY, 0},
        {elementary_exp, -huge, 0},
        {elementary_exp, CHOOSE(-103.2f, -744.4), tiny},
        {elementary_exp, NAN, NAN},
        {elementary_log, 1, 0},
        {elementary_log, 0, -INFINITY},
        {elementary_log, -(real)0, -INFINITY},
        {elementary_log, -1, NAN},
        {elementary_log, -tiny, NAN},
        {elementary_log, -INFINITY, NAN},
        {elementary_log, INFINITY, INFINITY},
        {elementary_log, NAN, NAN},
        {elementary_log, tiny, CHOOSE(-0x1.9d1dap+6f, -0x1.74385446d71c3p+9)},
        {elementary_tanh, 0, 0},
        {elementary_tanh, -(real)0, -(real)0},
        {elementary_tanh, tiny, tiny},
        {elementary_tanh, -tiny, -tiny},
        {elementary_tanh, INFINITY, 1},
        {elementary_tanh, -INFINITY, -1},
        {elementary_tanh, huge, 1},
        {elementary_tanh, NAN, NAN},
        {elementary_sigmoid, 0, (real)0.5},
        {elementary_sigmoid, -(real)0, (real)0.5},
        {elementary_sigmoid, INFINITY, 1},
        {elementary_sigmoid, -INFINITY, 0},
        {elementary_sigmoid, huge, 1},
        {elementary_sigmoid, -huge, 0},
        {elementary_sigmoid, CHOOSE(-103.2f, -744.4), tiny},
        {elementary_sigmoid, NAN, NAN},
    };

    EACH_ROW(rows, r) {
        real y;
        r->function(&y, &r->x, 1);
        if (bits_of(y) != bits_of(r->y) && !(isnan(y) && isnan(r->y)))
            fail_msg("row %d: of %.17g is %.17g, not %.17g", test_row, (double)r->x, (double)y,
                     (double)r->y);
    }
}
