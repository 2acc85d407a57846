#include "fraud/simulation.h"
#include "base/file.h"
#include "support/test.h"

#include <math.h>

static double distance(const struct fraud_place *a, const struct fraud_place *b)
{
    return hypot(a->x - b->x, a->y - b->y);
}

TEST(payments_are_as_the_generator_says)
{
    enum { CUSTOMERS = 2000, TERMINALS = 4000, DAYS = 40 };
    size_t scenario[4] = {0}, payments = 0, night = 0;
    struct fraud_world w;

    fraud_world_init(&w, 3, CUSTOMERS, TERMINALS);
    for (int64_t day = 0; day < DAYS; day++) {
        fraud_world_day(&w, day);
        for (size_t i = 0; i < w.payments; i++) {
            const struct fraud_payment *p = &w.payment[i];
            EXPECT(p->time >= day * 86400 && p->time < (day + 1) * 86400);
            EXPECT(i == 0 || w.payment[i - 1].time <= p->time);
            EXPECT(distance(&w.customer[p->customer].place, &w.terminal[p->terminal]) < 5);
            EXPECT(p->amount >= 0 && fabs(p->amount * 100 - round(p->amount * 100)) < 1e-6);
            EXPECT(p->scenario != 0 || p->amount <= 220);
            EXPECT(p->scenario != 1 || p->amount > 220);
            EXPECT(p->scenario != 2 || day < w.taken_until[p->terminal]);
            EXPECT(p->scenario != 3 || day < w.stolen_until[p->customer]);
            scenario[p->scenario]++;
            night += p->time % 86400 < 7 * 3600;
        }
        payments += w.payments;
    }
    /* 2 payments a day each, of which 1 - 2 * 0.0154 are within the day */
    EXPECT_NEAR((double)payments / DAYS / CUSTOMERS, 1.94, 0.06);
    EXPECT_NEAR((double)night / (double)payments, 0.172, 0.01);
    /* 2 terminals a day for 28 days, one payment a day at each; 3 cards, 14 days, 2 payments, 1/3
     */
    EXPECT_NEAR((double)scenario[2] / DAYS, 56, 25);
    EXPECT_NEAR((double)scenario[3] / DAYS, 27, 9);
    EXPECT(scenario[1] > 0 && scenario[1] < payments / 500);
    fraud_world_clear(&w);
}

/* A map with one customer who can reach no terminal, and one where all are near. */
TEST(a_customer_pays_only_nearby)
{
    size_t near_payments = 0, away = 0;

    for (uint64_t seed = 0; seed < 40; seed++) {
        struct fraud_world w;
        fraud_world_init(&w, seed, 1, 1);
        const bool near = distance(&w.customer[0].place, &w.terminal[0]) < 5;
        for (int64_t day = 0; day < 5; day++) {
            fraud_world_day(&w, day);
            near_payments += w.payments;
            EXPECT(near || w.payments == 0);
        }
        away += !near;
        fraud_world_clear(&w);
    }
    EXPECT(away > 30);
    EXPECT(away == 40 || near_payments > 0);
}

TEST(fewer_days_are_the_first_of_more)
{
    char *few, *many;
    size_t few_size, many_size, payments, frauds;
    struct error err = {0};
    const struct fraud_simulation a = {50, 500, 3, 5, test_path("few.csv"), true},
                                  b = {50, 500, 30, 5, test_path("many.csv"), true};

    EXPECT_OK(fraud_simulation_write(&a, &payments, &frauds, &err), &err);
    EXPECT(payments > 100 && frauds < payments);
    EXPECT_OK(fraud_simulation_write(&b, &payments, &frauds, &err), &err);
    EXPECT_OK(file_read(a.output, 1 << 24, &few, &few_size, &err), &err);
    EXPECT_OK(file_read(b.output, 1 << 24, &many, &many_size, &err), &err);
    EXPECT(few_size < many_size);
    EXPECT_EQ(memcmp(few, many, few_size), 0);
    EXPECT_HAS(few, "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,"
                    "TX_FRAUD_SCENARIO\n0,2018-06-15 0");
    free(few);
    free(many);
}

TEST(simulate_fraud_writes_and_refuses)
{
    static const struct {
        const char *flags, *part;
    } rows[] = {
        {"fraud --users 5", "--users: fraud has --customers, --terminals and --days"},
        {"fraud --rows 5", "--rows: fraud has --customers"},
        {"fraud --days 0", "--days"},
        {"fraud --customers 2000000", "--customers"},
        {"churn --days 5", "--days: is for fraud"},
        {"attribution --customers 5", "--customers: is for fraud"},
    };
    struct test_output got = test_quern("simulate fraud --customers 40 --terminals 400 --days 9 "
                                        "--seed 2 -o %s",
                                        test_path("payments.csv.gz"));

    EXPECT_EQ(got.status, 0);
    EXPECT_HAS(got.err, "payments, of which");
    test_output_clear(&got);
    EACH_ROW(rows, r) {
        got = test_quern("simulate %s -o %s", r->flags, test_path("never.csv"));
        EXPECT_EQ(got.status, 2);
        EXPECT_HAS(got.err, r->part);
        EXPECT(!file_exists(test_path("never.csv")));
        test_output_clear(&got);
    }
}
