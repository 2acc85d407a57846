#include "metric/ranking.h"
#include "base/clock.h"
#include "base/rng.h"
#include "support/test.h"

#include <math.h>

enum { ROWS_MAX = 8 };

TEST(auc_of_small_sets_by_hand)
{
    static const struct {
        size_t n;
        uint8_t truth[ROWS_MAX];
        double score[ROWS_MAX], weight[ROWS_MAX];
        double auc, average_precision; /* weight[0] == 0: no weights */
    } rows[] = {
        {4, {0, 0, 1, 1}, {.1, .4, .35, .8}, {0}, 0.75, 0.5 + 0.5 * 2 / 3},
        {4, {1, 1, 0, 0}, {.1, .2, .3, .4}, {0}, 0, 0.5 * 1 / 3 + 0.5 * 0.5},
        {2, {1, 0}, {.5, .5}, {0}, 0.5, 0.5},
        /* -0 ties with 0, so the pair counts a half */
        {2, {1, 0}, {-0.0, 0.0}, {0}, 0.5, 0.5},
        {2, {1, 0}, {-1, -2}, {0}, 1, 1},
        {2, {1, 0}, {INFINITY, -INFINITY}, {0}, 1, 1},
        {2, {1, 0}, {-1e-300, 5e-324}, {0}, 0, 0.5},
        /* pairs: (1,.9) beats both; (1,.5) ties weight 2 and beats weight 3: (5 + 4) / 10 */
        {4, {1, 1, 0, 0}, {.9, .5, .5, .1}, {1, 1, 2, 3}, 0.9, 0.5 * 1 + 0.5 * 0.5},
        /* the row of weight 0 would spoil the order; its NaN does not count either */
        {4, {1, 0, 0, 1}, {.9, .1, .95, NAN}, {2, 2, 0, 0}, 1, 1},
        {3, {0, 255, 0}, {.2, .3, .1}, {0}, 1, 1},
    };
    EACH_ROW(rows, r) {
        const struct scored data = {r->n, r->truth, r->score, r->weight[0] ? r->weight : NULL};
        struct ranking ranking;
        ranking_build(&ranking, &data);
        EXPECT_NEAR(ranking_auc(&ranking), r->auc, 1e-15);
        EXPECT_NEAR(ranking_average_precision(&ranking), r->average_precision, 1e-15);
        ranking_clear(&ranking);
        EXPECT_NEAR(scored_auc(&data), r->auc, 1e-15);
    }
}

TEST(auc_of_degenerate_sets_is_nan)
{
    static const struct {
        size_t n;
        uint8_t truth[ROWS_MAX];
        double score[ROWS_MAX];
        double positives, negatives;
        bool complete, precision_exists;
    } rows[] = {
        {0, {0}, {0}, 0, 0, true, false},
        {2, {1, 1}, {.1, .2}, 2, 0, true, true},
        {2, {0, 0}, {.1, .2}, 0, 2, true, false},
        {3, {0, 1, 0}, {.1, NAN, .2}, 1, 2, false, false},
    };
    EACH_ROW(rows, r) {
        const struct scored data = {r->n, r->truth, r->score, NULL};
        struct ranking ranking;
        ranking_build(&ranking, &data);
        EXPECT(isnan(ranking_auc(&ranking)));
        EXPECT_EQ(!isnan(ranking_average_precision(&ranking)), r->precision_exists);
        EXPECT_EQ(ranking.complete, r->complete);
        EXPECT_NEAR(ranking.positives, r->positives, 0);
        EXPECT_NEAR(ranking.negatives, r->negatives, 0);
        ranking_clear(&ranking);
    }
}

TEST(weights_must_be_numbers_of_at_least_zero)
{
    static const struct {
        double weight[3];
        bool ok;
        const char *part;
    } rows[] = {
        {{0, 1, 2.5}, true, ""},
        {{1, -1, 2}, false, "row 2"},
        {{1, 1, NAN}, false, "row 3"},
        {{INFINITY, 1, 1}, false, "row 1"},
    };
    static const uint8_t truth[3];
    static const double score[3];

    EACH_ROW(rows, r) {
        struct error err = {0};
        EXPECT_EQ(scored_check(&(struct scored){3, truth, score, r->weight}, &err), r->ok);
        EXPECT_HAS(err.text, r->part);
    }
}

/* Pairs counted one by one, over scores with and without ties. */
TEST(auc_equals_counting_pairs)
{
    enum { N = 300 };
    uint8_t truth[N];
    float score[N];
    double wide[N];

    for (uint64_t round = 0; round < 20; round++) {
        struct rng rng = rng_new(7, round);
        double won = 0, pairs = 0;
        for (size_t i = 0; i < N; i++) {
            truth[i] = rng_below(&rng, 3) == 0;
            score[i] = round % 2 ? (float)rng_normal(&rng) : (float)rng_below(&rng, 9) - 4;
            wide[i] = score[i];
        }
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++)
                if (truth[i] && !truth[j]) {
                    pairs++;
                    won += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
                }
        EXPECT_NEAR(scored_auc_float(truth, score, N), won / pairs, 1e-14);
        EXPECT_NEAR(scored_auc(&(struct scored){N, truth, wide, NULL}), won / pairs, 1e-14);
    }
}

/* A guard against quadratic work, not a benchmark: the bound is many times what is needed. */
TEST(auc_of_a_million_rows_is_quick)
{
    const size_t n = 1000000;
    uint8_t *truth = malloc(n);
    double *score = malloc(n * sizeof *score);
    struct rng rng = rng_new(1, 1);

    EXPECT(truth && score);
    for (size_t i = 0; i < n; i++) {
        truth[i] = rng_below(&rng, 5) == 0;
        score[i] = rng_uniform(&rng) + 0.1 * truth[i];
    }
    const double start = clock_seconds();
    const double auc = scored_auc(&(struct scored){n, truth, score, NULL});
    const double seconds = clock_seconds() - start;
    printf("# AUC of 1M rows: %.3f s\n", seconds);
    EXPECT_NEAR(auc, 1 - 0.9 * 0.9 / 2, 0.002);
    EXPECT(seconds < 5);
    free(truth);
    free(score);
}
