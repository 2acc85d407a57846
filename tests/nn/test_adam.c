#include "nn/adam.h"

#include "support/test.h"

/*
 * The formula of adam.h in double precision by numpy (float64 arrays, four steps at the defaults).
 * The first step by hand for w = 1, g = 0.5: m = 0.05, v = 0.00025,
 * rate = 0.001 sqrt(0.001) / 0.1 = 3.16228e-4, w = 1 - rate 0.05 / (0.0158114 + 1e-7) = 0.99900001.
 */
static const double gradient[4][3] = {
    {0.5, -1e-3, 0}, {0.25, 2e-3, 0}, {-1.0, -4e-3, 1e-9}, {0.125, 1e-3, 0}};
static const double expected[4][3] = {
    {0.9990000063245154, -1.9990031523091834, 0.5},
    {0.998067831960989, -1.9993687387671826, 0.5},
    {0.9982741884184675, -1.9989493725802925, 0.4999997980532637},
    {0.998379147828969, -1.998737645452899, 0.49999963271349124},
};

TEST(adam_takes_the_reference_steps)
{
    const struct adam_settings settings = adam_defaults();
    real w[3] = {1, -2, 0.5}, m[3] = {0}, v[3] = {0}, g[3];

    for (size_t t = 0; t < 4; t++) {
        const struct adam_step step = adam_step_begin(&settings, t + 1);
        for (size_t i = 0; i < 3; i++)
            g[i] = (real)gradient[t][i];
        adam_update(&step, 3, g, w, m, v);
        for (size_t i = 0; i < 3; i++)
            EXPECT_NEAR(w[i], expected[t][i], 3e-7);
    }
}

TEST(adam_may_be_cut_anywhere)
{
    enum { COUNT = 1000 };
    const struct adam_settings settings = {
        .rate = 0.1, .beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-3};
    const struct adam_step step = adam_step_begin(&settings, 3);
    static real w[2][COUNT], m[2][COUNT], v[2][COUNT], g[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        g[i] = (real)((double)(i * 7919 % 1009) / 500 - 1);
        w[0][i] = w[1][i] = (real)i / 100;
        m[0][i] = m[1][i] = g[(i + 1) % COUNT] / 3;
        v[0][i] = v[1][i] = (real)(i % 13) / 20;
    }
    adam_update(&step, COUNT, g, w[0], m[0], v[0]);
    for (size_t begin = 0, count = 1; begin < COUNT; begin += count, count = 1 + count * 5 % 37) {
        const size_t left = COUNT - begin < count ? COUNT - begin : count;
        adam_update(&step, left, g + begin, w[1] + begin, m[1] + begin, v[1] + begin);
    }
    EXPECT(memcmp(w[0], w[1], sizeof w[0]) == 0);
    EXPECT(memcmp(m[0], m[1], sizeof m[0]) == 0);
    EXPECT(memcmp(v[0], v[1], sizeof v[0]) == 0);
}

/* With no gradient at all only the decay moves: w (1 - rate decay) each step. */
TEST(adam_decays_weights)
{
    struct adam_settings settings = adam_defaults();
    real w[2] = {1, -3}, m[2] = {0}, v[2] = {0};
    const real g[2] = {0};
    double left = 1;

    settings.decay = 20;
    for (size_t t = 0; t < 50; t++) {
        const struct adam_step step = adam_step_begin(&settings, t + 1);
        adam_update(&step, 2, g, w, m, v);
        left *= 1 - 0.001 * 20;
        EXPECT_NEAR(w[0], left, 1e-6);
        EXPECT_NEAR(w[1], -3 * left, 3e-6);
    }
}
