#include "metric/calibration.h"
#include "metric/confusion.h"
#include "metric/spread.h"
#include "support/test.h"

#include <math.h>

TEST(confusion_by_hand)
{
    static const uint8_t truth[] = {1, 1, 1, 0, 0, 0, 0};
    static const double score[] = {.9, .5, .2, .5, .4, .1, .1};
    struct ranking ranking;

    ranking_build(&ranking, &(struct scored){7, truth, score, NULL});
    const struct confusion c = confusion_at(&ranking, 0.5); /* at the threshold counts as called */
    EXPECT_NEAR(c.true_positive, 2, 0);
    EXPECT_NEAR(c.false_negative, 1, 0);
    EXPECT_NEAR(c.false_positive, 1, 0);
    EXPECT_NEAR(c.true_negative, 3, 0);
    EXPECT_NEAR(confusion_accuracy(&c), 5. / 7, 1e-15);
    EXPECT_NEAR(confusion_precision(&c), 2. / 3, 1e-15);
    EXPECT_NEAR(confusion_true_positive_rate(&c), 2. / 3, 1e-15);
    EXPECT_NEAR(confusion_true_negative_rate(&c), 0.75, 1e-15);
    EXPECT_NEAR(confusion_false_positive_rate(&c), 0.25, 1e-15);
    EXPECT_NEAR(confusion_false_negative_rate(&c), 1. / 3, 1e-15);
    EXPECT_NEAR(confusion_f(&c, 1), 4. / 6, 1e-15);
    EXPECT_NEAR(confusion_f(&c, 2), 10. / (10 + 4 + 1), 1e-15);
    EXPECT_NEAR(confusion_f(&c, 0.5), 2.5 / (2.5 + 0.25 + 1), 1e-15);
    const struct confusion none = confusion_at(&ranking, 2);
    EXPECT(isnan(confusion_precision(&none)));
    EXPECT_NEAR(confusion_f(&none, 1), 0, 0);
    const struct confusion all = confusion_all_positive(&ranking);
    EXPECT_NEAR(confusion_precision(&all), 3. / 7, 1e-15);
    ranking_clear(&ranking);
}

TEST(log_loss_and_brier_by_hand)
{
    static const struct {
        size_t n;
        uint8_t truth[2];
        double score[2], log_loss, brier;
    } rows[] = {
        {1, {1}, {0.5}, 0.69314718055994529, 0.25},
        {2, {1, 0}, {0.8, 0.4}, 0.36698458754010022, 0.1}, /* -(ln .8 + ln .6) / 2 */
        {1, {1}, {1}, 0x1p-52, 0},
        {1, {0}, {1}, 36.04365338911715, 1}, /* 52 ln 2: clipped, not infinite */
        {1, {1}, {-3}, 36.04365338911715, 16},
    };
    EACH_ROW(rows, r) {
        struct ranking ranking;
        ranking_build(&ranking, &(struct scored){r->n, r->truth, r->score, NULL});
        EXPECT_NEAR(calibration_log_loss(&ranking), r->log_loss, 1e-14);
        EXPECT_NEAR(calibration_brier(&ranking), r->brier, 1e-15);
        ranking_clear(&ranking);
    }
}

TEST(calibration_bins_by_hand)
{
    /* Two bins of three rows: scores .1 .2 .3 (one positive), .6 .7 .8 (three positives). */
    static const uint8_t truth[] = {0, 1, 0, 1, 1, 1};
    static const double score[] = {.1, .2, .3, .8, .7, .6};
    struct ranking ranking;
    struct calibration got;

    ranking_build(&ranking, &(struct scored){6, truth, score, NULL});
    calibration_build(&got, &ranking, 2);
    EXPECT_EQ(got.count, 2);
    EXPECT_NEAR(got.bin[0].mean_score, 0.2, 1e-15);
    EXPECT_NEAR(got.bin[0].positive_rate, 1. / 3, 1e-15);
    EXPECT_NEAR(got.bin[1].low, 0.6, 0);
    EXPECT_NEAR(got.bin[1].high, 0.8, 0);
    EXPECT_NEAR(got.bin[1].weight, 3, 0);
    EXPECT_NEAR(got.expected_error, 0.5 * (1. / 3 - 0.2) + 0.5 * (1 - 0.7), 1e-15);

    double positive[4], negative[4];
    calibration_histogram(&ranking, 4, positive, negative);
    static const double want_positive[] = {1, 0, 2, 1}, want_negative[] = {1, 1, 0, 0};
    for (size_t b = 0; b < 4; b++) {
        EXPECT_NEAR(positive[b], want_positive[b], 0);
        EXPECT_NEAR(negative[b], want_negative[b], 0);
    }
    ranking_clear(&ranking);
}

TEST(calibration_keeps_equal_scores_together)
{
    enum { N = 100 };
    uint8_t truth[N];
    double score[N];
    struct ranking ranking;
    struct calibration got;

    for (size_t i = 0; i < N; i++) {
        truth[i] = i % 4 == 0;
        score[i] = i < 90 ? 0.25 : 0.5;
    }
    ranking_build(&ranking, &(struct scored){N, truth, score, NULL});
    calibration_build(&got, &ranking, 10);
    EXPECT_EQ(got.count, 2);
    EXPECT_NEAR(got.bin[0].weight, 90, 0);
    EXPECT_NEAR(got.bin[1].mean_score, 0.5, 1e-15);
    ranking_clear(&ranking);
}

TEST(calibration_of_nothing_is_nan)
{
    static const uint8_t truth[] = {1};
    static const double score[] = {NAN};

    for (size_t n = 0; n < 2; n++) {
        struct ranking ranking;
        struct calibration got;
        ranking_build(&ranking, &(struct scored){n, truth, score, NULL});
        calibration_build(&got, &ranking, 10);
        EXPECT_EQ(got.count, 0);
        EXPECT(isnan(got.expected_error));
        EXPECT(isnan(calibration_log_loss(&ranking)));
        EXPECT(isnan(calibration_brier(&ranking)));
        ranking_clear(&ranking);
    }
}

TEST(spread_by_hand)
{
    static const double four[] = {2, 4, 4, 6};
    static const double hole[] = {1, NAN};

    EXPECT_NEAR(spread_mean(four, 4), 4, 0);
    EXPECT_NEAR(spread_deviation(four, 4), sqrt(8. / 3), 1e-15);
    EXPECT(isnan(spread_mean(four, 0)));
    EXPECT(isnan(spread_deviation(four, 1)));
    EXPECT(isnan(spread_mean(hole, 2)));
    EXPECT(isnan(spread_deviation(hole, 2)));
}
