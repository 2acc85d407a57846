#include "metric/curve.h"
#include "base/rng.h"
#include "support/test.h"

#include <math.h>

/* Area under straight lines between the points. */
static double area(const struct curve *curve)
{
    double sum = 0;

    for (size_t i = 1; i < curve->count; i++)
        sum += (curve->x[i] - curve->x[i - 1]) * (curve->y[i] + curve->y[i - 1]) / 2;
    return sum;
}

TEST(roc_by_hand)
{
    static const uint8_t truth[] = {1, 0, 1, 0, 0};
    static const double score[] = {.9, .8, .7, .7, .1};
    static const double x[] = {0, 0, 1. / 3, 2. / 3, 1}, y[] = {0, .5, .5, 1, 1};
    struct ranking ranking;
    struct curve curve;

    ranking_build(&ranking, &(struct scored){5, truth, score, NULL});
    curve_roc(&curve, &ranking, 200);
    EXPECT_EQ(curve.count, 5);
    for (size_t i = 0; i < 5; i++) {
        EXPECT_NEAR(curve.x[i], x[i], 1e-15);
        EXPECT_NEAR(curve.y[i], y[i], 1e-15);
    }
    EXPECT_NEAR(area(&curve), ranking_auc(&ranking), 1e-15);
    curve_clear(&curve);

    /* Recall 0, .5, 1, 1 and precision 1 (start), 1, 1/2, 2/4, 2/5. */
    curve_precision_recall(&curve, &ranking, 200);
    EXPECT_NEAR(curve.x[0], 0, 0);
    EXPECT_NEAR(curve.y[0], 1, 0);
    EXPECT_NEAR(curve.x[curve.count - 1], 1, 1e-15);
    EXPECT_NEAR(curve.y[curve.count - 1], 0.4, 1e-15);
    curve_clear(&curve);
    ranking_clear(&ranking);
}

TEST(curves_of_degenerate_sets_are_empty)
{
    static const struct {
        size_t n;
        uint8_t truth[2];
        double score[2];
        bool precision_recall;
    } rows[] = {
        {0, {0, 0}, {0, 0}, false},
        {2, {1, 1}, {.1, .2}, true},
        {2, {0, 0}, {.1, .2}, false},
        {2, {0, 1}, {NAN, .2}, false},
    };
    EACH_ROW(rows, r) {
        struct ranking ranking;
        struct curve curve;
        ranking_build(&ranking, &(struct scored){r->n, r->truth, r->score, NULL});
        curve_roc(&curve, &ranking, 200);
        EXPECT_EQ(curve.count, 0);
        curve_clear(&curve);
        curve_precision_recall(&curve, &ranking, 200);
        EXPECT_EQ(curve.count > 0, r->precision_recall);
        curve_clear(&curve);
        ranking_clear(&ranking);
    }
}

/* Thinning keeps ends, order, and the area to within what 200 chords can lose. */
TEST(thinned_curves_keep_their_shape)
{
    static const size_t sizes[] = {2, 10, 199, 1000, 100000};

    EACH_ROW(sizes, n) {
        uint8_t *truth = malloc(*n);
        double *score = malloc(*n * sizeof *score);
        struct rng rng = rng_new(3, *n);
        struct ranking ranking;
        struct curve full, thin;
        EXPECT(truth && score);
        for (size_t i = 0; i < *n; i++) {
            truth[i] = i < 2 ? i == 0 : rng_below(&rng, 4) == 0;
            score[i] = rng_normal(&rng) + truth[i];
        }
        ranking_build(&ranking, &(struct scored){*n, truth, score, NULL});
        curve_roc(&full, &ranking, *n + 2);
        curve_roc(&thin, &ranking, 200);
        EXPECT(thin.count >= 2 && thin.count <= 200);
        EXPECT_NEAR(area(&full), ranking_auc(&ranking), 1e-9);
        EXPECT_NEAR(area(&thin), ranking_auc(&ranking), 0.001);
        EXPECT(thin.x[0] == 0 && thin.y[0] == 0);
        EXPECT(thin.x[thin.count - 1] == 1 && thin.y[thin.count - 1] == 1);
        for (size_t i = 1; i < thin.count; i++)
            EXPECT(thin.x[i] >= thin.x[i - 1] && thin.y[i] >= thin.y[i - 1]);
        curve_clear(&full);
        curve_clear(&thin);
        curve_precision_recall(&full, &ranking, *n + 2);
        curve_precision_recall(&thin, &ranking, 200);
        EXPECT(thin.count <= 200);
        EXPECT_NEAR(area(&thin), area(&full), 0.005);
        curve_clear(&full);
        curve_clear(&thin);
        ranking_clear(&ranking);
        free(truth);
        free(score);
    }
}
