/* Histories of a small table by hand, and of the payments that the split is published for. */
#include "sequence/history.h"

#include "sequence/history_support.h"
#include "support/test.h"

#include "base/clock.h"

#include <math.h>

static const char orders[] = "id,at,who,shop,amount,bad\n"
                             "0,2018-07-01T00:00:00,a,x,10,0\n"
                             "1,2018-07-01T00:00:00,a,y,20,1\n" /* a tie: not before row 0 */
                             "2,2018-07-02T12:00:00,b,x,30,0\n"
                             "3,2018-07-03T00:00:00,a,x,,1\n"
                             "4,2018-07-11T00:00:00,a,x,50,0\n"
                             "5,2018-07-10T23:00:00,a,z,70,\n" /* out of order */
                             "6,2018-07-12T00:00:00,,x,80,0\n";

static const char settings[] =
    "source: {time: at, outcome: bad, outcome_after: 8 days}\n"
    "histories:\n"
    "  by: [who, shop]\n"
    "  seq_len: 3\n"
    "  features:\n"
    "    - {column: amount, missing: 5}\n"
    "    - {column: bad, type: category}\n"
    "    - {column: shop, type: category, min_count: 2}\n"
    "    - {value: weekday, type: category}\n"
    "  engineered:\n"
    "    - {column: amount, scale: none}\n"
    "    - {value: [count, sum, mean, min, max, ratio], column: amount, by: who, window: 9 days, "
    "scale: none, missing: -1}\n"
    "    - {value: mean, column: bad, by: shop, window: 30 days, scale: none, missing: -1}\n"
    "    - {value: since, by: who, scale: none, missing: -1}\n"
    "    - {value: [hour, night, weekend], scale: none}\n"
    "split: {train: [2018-07-01, 2018-07-03], test: [2018-07-10, 2018-07-12]}\n";

static void load(struct history_case *c)
{
    struct error err = {0};

    EXPECT_OK(history_case_open(c, settings, test_file("orders.csv", orders), &err), &err);
}

TEST(history_holds_what_is_strictly_before)
{
    static const struct {
        size_t row, sequence, orders;
        uint32_t from[3];
    } rows[] = {
        {0, 0, 1, {0}},       {1, 0, 1, {1}}, {3, 0, 3, {0, 1, 3}}, {5, 0, 3, {1, 3, 5}},
        {4, 0, 3, {3, 5, 4}}, {6, 0, 1, {6}}, {2, 1, 2, {0, 2}},    {4, 1, 3, {2, 3, 4}},
        {6, 1, 3, {3, 4, 6}}, {5, 1, 1, {5}},
    };
    struct history_case c;

    load(&c);
    EACH_ROW(rows, r) {
        struct history_row got;
        history_cut(&c.set, r->row, &c.buffers, &got);
        const struct history *h = &got.sequence[r->sequence];
        EXPECT_EQ(h->orders, r->orders);
        EXPECT_EQ(history_length(&c.set, r->row, r->sequence), r->orders);
        for (size_t i = 0; i < r->orders; i++)
            EXPECT_EQ(c.buffers.row[r->sequence][i], r->from[i]);
        EXPECT_EQ(h->time[h->orders - 1], 0);
    }
    history_case_close(&c);
}

static double engineered(const struct history_case *c, size_t row, const char *name)
{
    const struct history_recipe *recipe = &c->fitted.config.histories;

    for (size_t i = 0; i < recipe->engineered_count; i++)
        if (strcmp(recipe->engineered[i].name, name) == 0)
            return (double)c->set.engineered[row * c->fitted.n_engineered + i];
    fail_msg("there is no feature %s", name);
    return NAN;
}

TEST(history_windows_end_before_the_order)
{
    static const struct {
        size_t row;
        const char *name;
        double want;
    } rows[] = {
        {0, "amount", 10},
        {3, "amount", 0},
        {0, "count_who_9d", 0},
        {1, "count_who_9d", 0},
        {3, "count_who_9d", 2},
        {4, "count_who_9d", 2}, /* at 9 days the window has ended: row 3 and 5 */
        {6, "count_who_9d", 0},
        {3, "sum_amount_who_9d", 30},
        {4, "sum_amount_who_9d", 70},
        {4, "mean_amount_who_9d", 70}, /* the missing amount is left out */
        {3, "mean_amount_who_9d", 15},
        {0, "mean_amount_who_9d", -1},
        {3, "min_amount_who_9d", 10},
        {3, "max_amount_who_9d", 20},
        {6, "max_amount_who_9d", -1},
        {4, "ratio_amount_who_9d", 50.0 / 70},
        {3, "mean_bad_shop_30d", -1},
        {4, "mean_bad_shop_30d", 1.0 / 3}, /* row 3 is exactly 8 days old: known */
        {0, "since_who", -1},
        {3, "since_who", 172800},
        {4, "since_who", 3600},
        {6, "since_who", -1},
        {2, "hour", 12},
        {2, "night", 0},
        {3, "night", 1},
        {0, "weekend", 1}, /* a Sunday */
        {2, "weekend", 0},
    };
    struct history_case c;

    load(&c);
    EACH_ROW(rows, r)
        EXPECT_NEAR(engineered(&c, r->row, r->name), r->want, 1e-6);
    history_case_close(&c);
}
