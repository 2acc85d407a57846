/* Features: by hand, and never from the future. */
#include "forecast/feature.h"
#include "panels.h"
#include "support/test.h"

#include <math.h>

static const struct feature *const all[] = {
#define X(name) &feature_##name,
    FEATURES(X)
#undef X
};

/* Sales are 1, 2, 3, ... from January 2020; month 15 is April 2021. */
static struct panel counted(void)
{
    struct panel p = made_panel(1, 20);

    for (size_t m = 0; m < p.months; m++) {
        p.sales[m] = (double)m + 1;
        p.marketing[m] = m == 15 ? 0.5 : 0;
        p.price[m] = m < 15 ? 10 : m == 15 ? 11 : 8.8;
    }
    return p;
}

TEST(features_are_what_they_say)
{
    /* S[-12] is 4; the mean of 4 .. 15 is 9.5; growth is (15 + 14 + 13) / (3 + 2 + 1). */
    static const struct {
        const char *name;
        size_t columns;
        double value[FEATURE_COLUMNS_MAX];
    } rows[] = {
        {"last_month", 1, {15}},           {"same_month_last_year", 1, {4}},
        {"last_year_average", 1, {9.5}},   {"growth", 1, {7}},
        {"past_sales", 3, {4, 9.5, 28}},   {"marketing", 3, {2, 4.75, 14}},
        {"price", 2, {8.8 / 11 - 1, 0.1}}, {"objectives", 2, {0, 0}},
    };
    struct panel p = counted();

    EACH_ROW(rows, r) {
        const struct feature *feature = feature_find(r->name);
        double out[FEATURE_COLUMNS_MAX];
        EXPECT(feature != NULL);
        EXPECT_EQ(feature->columns, r->columns);
        feature->compute(&p, 0, 15, out);
        for (size_t k = 0; k < r->columns; k++)
            EXPECT_NEAR(out[k], r->value[k], 1e-12);
    }
    EXPECT(!feature_find("weather"));
    panel_clear(&p);
}

/* June and July 2021 are months 17 and 18: eleven months from 7 to 17 sum to 132. */
TEST(objectives_push_june_and_pull_july)
{
    struct panel p = counted();
    double out[FEATURE_COLUMNS_MAX];

    p.objective = ARENA_NEW(&p.memory, double, p.months);
    for (size_t m = 0; m < p.months; m++)
        p.objective[m] = 152;
    feature_objectives.compute(&p, 0, 17, out);
    EXPECT_NEAR(out[0], 20 - 11.5, 1e-12); /* less the mean of 6 .. 17 */
    EXPECT_NEAR(out[1], 0, 0);
    feature_objectives.compute(&p, 0, 18, out);
    EXPECT_NEAR(out[0], 0, 0);
    EXPECT_NEAR(out[1], 18 - 11.5, 1e-12);
    panel_clear(&p);
}

TEST(a_month_that_is_missing_makes_no_feature)
{
    struct panel p = counted();
    double out[FEATURE_COLUMNS_MAX];

    p.sales[8] = NAN;
    feature_last_year_average.compute(&p, 0, 15, out);
    EXPECT(isnan(out[0]));
    feature_growth.compute(&p, 0, 15, out);
    EXPECT(isfinite(out[0]));
    feature_growth.compute(&p, 0, 14, out); /* needs a month before the first */
    EXPECT(isnan(out[0]));
    panel_clear(&p);
}

/* Sales of the month itself and later are poison here: a feature that looks at them changes. */
TEST(features_do_not_look_ahead)
{
    struct panel p = made_panel(3, 40);

    p.refill = ARENA_NEW(&p.memory, double, p.items *p.months);
    p.objective = ARENA_NEW(&p.memory, double, p.items *p.months);
    p.stock_end = p.months;
    for (size_t k = 0; k < p.items * p.months; k++) {
        p.refill[k] = 1000;
        p.objective[k] = 1500;
    }
    EACH_ROW(all, f)
        for (size_t i = 0; i < p.items; i++)
            for (size_t month = 15; month < p.months; month++) {
                double before[FEATURE_COLUMNS_MAX] = {0}, after[FEATURE_COLUMNS_MAX] = {0};
                double kept[40];
                if ((*f)->compute)
                    (*f)->compute(&p, i, month, before);
                if ((*f)->most)
                    before[0] = (*f)->most(&p, i, month);
                for (size_t m = month; m < p.months; m++) {
                    kept[m] = p.sales[i * p.months + m];
                    p.sales[i * p.months + m] = NAN;
                }
                if ((*f)->compute)
                    (*f)->compute(&p, i, month, after);
                if ((*f)->most)
                    after[0] = (*f)->most(&p, i, month);
                EXPECT(memcmp(before, after, sizeof before) == 0);
                for (size_t m = month; m < p.months; m++)
                    p.sales[i * p.months + m] = kept[m];
            }
    panel_clear(&p);
}
