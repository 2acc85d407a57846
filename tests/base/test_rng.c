#include "base/rng.h"
#include "support/test.h"

/* Known answers of the Random123 distribution, kat_vectors, philox4x32 with 10 rounds. */
TEST(rng_block_matches_known_answers)
{
    uint32_t out[4];

    rng_block(0, 0, 0, out);
    EXPECT_EQ(out[0], 0x6627e8d5);
    EXPECT_EQ(out[1], 0xe169c58d);
    EXPECT_EQ(out[2], 0xbc57ac4c);
    EXPECT_EQ(out[3], 0x9b00dbd8);
    rng_block(~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0, out);
    EXPECT_EQ(out[0], 0x408f276d);
    EXPECT_EQ(out[1], 0x41c83b0e);
    EXPECT_EQ(out[2], 0xa20bc7c6);
    EXPECT_EQ(out[3], 0x6d5451fd);
}

TEST(rng_numbers_have_the_right_mean)
{
    struct rng rng = rng_new(1, 2);
    double uniform = 0, normal = 0, square = 0, exponential = 0;
    size_t low = 0;
    const int n = 200000;

    for (int i = 0; i < n; i++) {
        uniform += rng_uniform(&rng);
        const double z = rng_normal(&rng);
        normal += z;
        square += z * z;
        exponential += rng_exponential(&rng);
        low += rng_below(&rng, 10) < 3;
    }
    EXPECT_NEAR(uniform / n, 0.5, 0.005);
    EXPECT_NEAR(normal / n, 0, 0.01);
    EXPECT_NEAR(square / n, 1, 0.02);
    EXPECT_NEAR(exponential / n, 1, 0.01);
    EXPECT_NEAR((double)low / n, 0.3, 0.006);
}
