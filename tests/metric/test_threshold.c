#include "metric/threshold.h"
#include "support/test.h"

#include <math.h>

static const uint8_t truth[] = {1, 0, 1, 0, 0};
static const double score[] = {0.9, 0.8, 0.6, 0.4, 0.2};

/*
 * By hand: cuts after the 1st .. 5th row have precision 1, 1/2, 2/3, 1/2, 2/5 and recall 1/2, 1/2,
 * 1, 1, 1; F1 is largest, 0.8, after the third.
 */
TEST(threshold_is_halfway_below_the_last_positive_call)
{
    static const struct {
        enum threshold_rule rule;
        double target, want;
    } rows[] = {
        {THRESHOLD_FIXED, 0.37, 0.37},  {THRESHOLD_BEST_F1, 0, 0.5},
        {THRESHOLD_PRECISION, 1, 0.85}, {THRESHOLD_PRECISION, 0.6, 0.5},
        {THRESHOLD_RECALL, 0.5, 0.85},  {THRESHOLD_RECALL, 0.9, 0.5},
    };
    const struct scored scored = {5, truth, score, NULL};
    struct ranking ranking;

    ranking_build(&ranking, &scored);
    EACH_ROW(rows, r) {
        struct error err = {0};
        double got = -1;
        EXPECT_OK(threshold_choose(&got, r->rule, r->target, &ranking, &err), &err);
        EXPECT_NEAR(got, r->want, 1e-12);
    }
    ranking_clear(&ranking);
}

TEST(threshold_below_everything_is_halfway_to_zero)
{
    static const uint8_t last[] = {0, 1};
    static const double high[] = {0.8, 0.4};
    const struct scored scored = {2, last, high, NULL};
    struct ranking ranking;
    struct error err = {0};
    double got;

    ranking_build(&ranking, &scored);
    EXPECT_OK(threshold_choose(&got, THRESHOLD_RECALL, 1, &ranking, &err), &err);
    EXPECT_NEAR(got, 0.2, 1e-12);
    ranking_clear(&ranking);
}

TEST(threshold_refuses_what_cannot_be)
{
    static const uint8_t none[] = {0, 0, 0, 0, 0}, worst[] = {0, 1, 0, 0, 0};
    static const double hole[] = {0.9, NAN, 0.6, 0.4, 0.2};
    static const struct {
        const uint8_t *truth;
        const double *score;
        enum threshold_rule rule;
        double target;
        const char *part;
    } rows[] = {
        {none, score, THRESHOLD_BEST_F1, 0, "none of the positive class"},
        {truth, hole, THRESHOLD_BEST_F1, 0, "has no score"},
        {worst, score, THRESHOLD_PRECISION, 0.9,
         "no threshold reaches a precision of 0.9; the "
         "best is 0.5"},
    };

    EACH_ROW(rows, r) {
        const struct scored scored = {5, r->truth, r->score, NULL};
        struct ranking ranking;
        struct error err = {0};
        double got;
        ranking_build(&ranking, &scored);
        EXPECT_ERROR(threshold_choose(&got, r->rule, r->target, &ranking, &err), &err, ERR_DATA,
                     r->part);
        ranking_clear(&ranking);
    }
}

/* Neighbouring doubles have nothing between them: the higher one itself is the threshold. */
TEST(threshold_between_neighbouring_numbers_still_divides)
{
    const double close[] = {nextafter(0.5, 1), 0.5};
    static const uint8_t yes_no[] = {1, 0};
    const struct scored scored = {2, yes_no, close, NULL};
    struct ranking ranking;
    struct error err = {0};
    double got;

    ranking_build(&ranking, &scored);
    EXPECT_OK(threshold_choose(&got, THRESHOLD_BEST_F1, 0, &ranking, &err), &err);
    EXPECT(close[0] >= got && close[1] < got);
    ranking_clear(&ranking);
}
