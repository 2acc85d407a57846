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

TEST(history_numbers_rows_of_the_table)
{
    struct history_case c;

    load(&c);
    /* bad: unknown, 0, 1; shop: unknown, x (y was seen once); weekday: unknown, 0, 1, 6 */
    EXPECT_EQ(c.fitted.n_cat, 3);
    EXPECT_EQ(c.fitted.n_num, 1);
    EXPECT_EQ(c.fitted.category[0].first, 1);
    EXPECT_EQ(c.fitted.category[1].first, 4);
    EXPECT_EQ(c.fitted.category[1].count, 1);
    EXPECT_EQ(c.fitted.category[2].first, 6);
    EXPECT_EQ(c.fitted.category[2].count, 3);
    EXPECT_EQ(c.fitted.n_embedding, 9 + 1);
    /* amounts 10, 20, 30 and a missing one that reads as 5 */
    EXPECT_NEAR((double)c.set.numeric[0], 0.2, 1e-6);
    EXPECT_NEAR((double)c.set.numeric[3], 0, 1e-6);
    EXPECT_NEAR((double)c.set.numeric[5], 2.6, 1e-6);
    /* shops y and z are unknown, so are Tuesdays and later days but for those of training */
    EXPECT_EQ(c.set.categorical[1 * 3 + 1], 4);
    EXPECT_EQ(c.set.categorical[0 * 3 + 1], 5);
    EXPECT_EQ(c.set.categorical[5 * 3 + 1], 4);
    EXPECT_EQ(c.set.categorical[0 * 3 + 2], 6 + 3);
    EXPECT_EQ(c.set.categorical[4 * 3 + 2], 6); /* a Wednesday */
    history_case_close(&c);
}

TEST(history_hides_outcomes_until_they_are_known)
{
    enum { UNKNOWN = 1, NO, YES };
    static const struct {
        size_t row, sequence;
        int32_t want[3];
    } rows[] = {
        {3, 0, {UNKNOWN, UNKNOWN, UNKNOWN}},
        {5, 0, {YES, UNKNOWN, UNKNOWN}}, /* rows 1, 3, 5: 9.96 and 7.96 days before */
        {4, 1, {NO, YES, UNKNOWN}},      /* rows 2, 3, 4: 8.5 and exactly 8 days before */
        {6, 1, {YES, UNKNOWN, UNKNOWN}}, /* rows 3, 4, 6 */
    };
    struct history_case c;

    load(&c);
    EACH_ROW(rows, r) {
        struct history_row got;
        history_cut(&c.set, r->row, &c.buffers, &got);
        EXPECT_EQ(got.sequence[r->sequence].orders, 3);
        for (size_t i = 0; i < 3; i++)
            EXPECT_EQ(got.sequence[r->sequence].categorical[i * c.fitted.n_cat], r->want[i]);
    }
    history_case_close(&c);
}

/* Cutting from the table and from arrays of the same orders must not differ in a bit. */
static void expect_same(const struct history_fitted *f, const struct history *a,
                        const struct history *b)
{
    EXPECT_EQ(a->orders, b->orders);
    EXPECT_EQ(memcmp(a->categorical, b->categorical, a->orders * f->n_cat * sizeof(int32_t)), 0);
    EXPECT_EQ(memcmp(a->numeric, b->numeric, a->orders * f->n_num * sizeof(float)), 0);
    EXPECT_EQ(memcmp(a->time, b->time, a->orders * sizeof(float)), 0);
}

TEST(history_is_the_same_from_a_file_and_a_longer_table)
{
    const char *path = test_path("history.json");
    struct history_fitted loaded;
    struct history_orders later;
    struct history_set set;
    struct history_buffers buffers;
    struct history_row want, got;
    struct error err = {0};
    struct history_case c;

    load(&c);
    EXPECT_OK(history_save(&c.fitted, path, &err), &err);
    EXPECT_OK(history_load(&loaded, path, &err), &err);
    EXPECT_EQ(loaded.n_embedding, c.fitted.n_embedding);
    json_t *first = history_json(&c.fitted), *second = history_json(&loaded);
    EXPECT(json_equal(first, second));
    json_decref(first);
    json_decref(second);

    history_orders_init(&later, &loaded.config, NULL);
    EXPECT_OK(history_orders_read(&later, c.source, false, &err), &err);
    history_open(&set, &loaded, &later);
    history_buffers_init(&buffers, &loaded, &c.memory);
    for (size_t row = 0; row < c.set.rows; row++) {
        history_cut(&c.set, row, &c.buffers, &want);
        history_cut(&set, row, &buffers, &got);
        expect_same(&loaded, &want.sequence[0], &got.sequence[0]);
        expect_same(&loaded, &want.sequence[1], &got.sequence[1]);
        EXPECT_EQ(memcmp(want.engineered, got.engineered, loaded.n_engineered * sizeof(float)), 0);
    }
    history_close(&set);
    history_orders_clear(&later);
    history_fitted_clear(&loaded);
    history_case_close(&c);
}

TEST(history_needs_no_older_orders_than_its_windows)
{
    /* The same payments with many more before the window: sums must not keep their rounding. */
    const char *longer = test_path("longer.csv"), *shorter = test_path("shorter.csv");
    static const char text[] =
        "source: {time: at, outcome: bad, outcome_after: 1 day}\n"
        "histories:\n"
        "  by: who\n"
        "  features: [{column: amount}]\n"
        "  engineered: [{value: [sum, mean], column: amount, by: who, window: 3 hours}]\n"
        "split: {train: [1970-01-01, 1970-02-28]}\n";
    FILE *a = fopen(longer, "w"), *b = fopen(shorter, "w");
    struct history_case c, d;
    struct error err = {0};

    EXPECT(a && b);
    fprintf(a, "at,who,amount,bad\n");
    fprintf(b, "at,who,amount,bad\n");
    for (int i = 0; i < 500; i++) {
        const double amount = i * 7919 % 1000 / 7.0 + (i % 50 == 0 ? 1e6 : 0);
        fprintf(a, "%d,a,%.17g,0\n", i * 1800, amount);
        if (i >= 490)
            fprintf(b, "%d,a,%.17g,0\n", i * 1800, amount);
    }
    fclose(a);
    fclose(b);
    EXPECT_OK(history_case_open(&c, text, longer, &err), &err);
    EXPECT_OK(history_case_open(&d, text, shorter, &err), &err);
    struct history_set set;
    history_open(&set, &c.fitted, &d.orders);
    EXPECT_EQ(memcmp(set.engineered + 9 * 2, c.set.engineered + 499 * 2, 2 * sizeof(float)), 0);
    EXPECT_EQ(c.fitted.config.histories.sequences, 1);
    history_close(&set);
    history_case_close(&c);
    history_case_close(&d);
}

TEST(history_caps_the_time_before_an_order)
{
    static const char table[] = "at,who,amount,bad\n0,a,1,0\n20000000,a,2,1\n20000001,a,2,1\n";
    static const char text[] = "source: {time: at, outcome: bad}\n"
                               "histories:\n"
                               "  by: [who]\n"
                               "  features: [{column: amount}]\n"
                               "split: {train: [1970-01-01, 1971-01-01]}\n";
    struct history_row got;
    struct history_case c;
    struct error err = {0};

    EXPECT_OK(history_case_open(&c, text, test_file("old.csv", table), &err), &err);
    history_cut(&c.set, 2, &c.buffers, &got);
    EXPECT_EQ(got.sequence[0].orders, 3);
    EXPECT_EQ(got.sequence[1].orders, 0);
    EXPECT_NEAR((double)got.sequence[0].time[0], 1e7, 0);
    EXPECT_NEAR((double)got.sequence[0].time[1], 1, 0);
    history_case_close(&c);
}
