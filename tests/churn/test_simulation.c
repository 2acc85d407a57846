#include "churn/simulation.h"
#include "base/file.h"
#include "support/test.h"

#include <math.h>

TEST(customers_are_as_the_model_says)
{
    enum { ROWS = 20000 };
    double leave = 0, expected = 0, day = 0, plan = 0, squares = 0;
    struct churn_customer c;

    for (uint64_t row = 0; row < ROWS; row++) {
        churn_customer_draw(&c, 7, row);
        leave += c.leaves;
        expected += c.probability;
        day += c.minutes[CHURN_DAY];
        squares += c.minutes[CHURN_DAY] * c.minutes[CHURN_DAY];
        plan += c.international_plan;
        EXPECT(c.state < CHURN_STATES);
        EXPECT(c.voice_plan ? c.voice_messages >= 4 : c.voice_messages == 0);
        EXPECT_NEAR(c.charge[CHURN_DAY], c.minutes[CHURN_DAY] * 0.17, 0.00501);
    }
    EXPECT_NEAR(day / ROWS, 180, 1.5);
    EXPECT_NEAR(sqrt(squares / ROWS - (day / ROWS) * (day / ROWS)), 54, 1.5);
    EXPECT_NEAR(plan / ROWS, 0.10, 0.01);
    EXPECT_NEAR(leave / ROWS, expected / ROWS, 0.01);
    EXPECT(leave / ROWS > 0.11 && leave / ROWS < 0.19);
}

/* By hand: no plan, no calls for help and a bill of 0 leave with probability 1 / (1 + e^3.6). */
TEST(a_quiet_customer_stays)
{
    struct churn_customer c;
    bool found = false;

    for (uint64_t row = 0; row < 2000 && !found; row++) {
        churn_customer_draw(&c, 1, row);
        double bill = 0;
        for (size_t p = 0; p < CHURN_PERIODS; p++)
            bill += c.charge[p];
        found = bill < 50 && c.service_calls < 4 && !c.international_plan;
    }
    EXPECT(found);
    EXPECT_NEAR(c.probability, 1 / (1 + exp(3.6)), 1e-4);
}

TEST(the_same_seed_gives_the_same_first_customers)
{
    struct error err = {0};
    char *few, *many;
    size_t few_size, many_size, leavers;
    const struct churn_simulation a = {200, 5, test_path("few.csv"), true},
                                  b = {9000, 5, test_path("many.csv"), true};

    EXPECT_OK(churn_simulation_write(&a, &leavers, &err), &err);
    EXPECT(leavers > 5 && leavers < 80);
    EXPECT_OK(churn_simulation_write(&b, &leavers, &err), &err);
    EXPECT_OK(file_read(a.output, 1 << 24, &few, &few_size, &err), &err);
    EXPECT_OK(file_read(b.output, 1 << 24, &many, &many_size, &err), &err);
    EXPECT(few_size < many_size);
    EXPECT_EQ(memcmp(few, many, few_size), 0);
    EXPECT_HAS(few, "State,Account Length,Area Code,Phone,Int'l Plan,VMail Plan,VMail Message,Day "
                    "Mins,Day Calls,Day Charge,Eve Mins,");
    free(few);
    free(many);
}

TEST(simulate_churn_refuses_what_is_not_its_own)
{
    static const struct {
        const char *flags, *part;
    } rows[] = {
        {"--users 5", "--users: is for attribution; churn has --rows"},
        {"--truth t.csv", "--truth: is for attribution"},
        {"--rows 0", "--rows"},
    };

    EACH_ROW(rows, r) {
        struct test_output got =
            test_quern("simulate churn %s -o %s", r->flags, test_path("never.csv"));
        EXPECT_EQ(got.status, 2);
        EXPECT_HAS(got.err, r->part);
        EXPECT(!file_exists(test_path("never.csv")));
        test_output_clear(&got);
    }
}
