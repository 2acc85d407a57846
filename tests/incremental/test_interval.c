/* The ends of intervals, from replicates whose ends are known. */
#include "incremental/interval.h"
#include "support/test.h"

#include <math.h>

/* Replicates from, from + 1, ... from + 40: percentiles are from + 1 and from + 39. */
static const struct {
    const char *what;
    double estimate, from, low, high;
} cases[] = {
    {"in the middle both readings agree", 120, 100, 101, 139},
    {"replicates above the estimate: the basic one reaches lower", 110, 100, 81, 139},
    {"replicates below the estimate: the basic one reaches higher", 130, 100, 101, 159},
    {"not below zero where no replicate is", 5, 1, 0, 40},
    {"nor above it", -5, -41, -40, 0},
    {"across zero where replicates are", -4, -20, -27, 19},
};

TEST(ends_join_both_readings_of_the_replicates)
{
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double number[41], low, high;

        for (size_t i = 0; i < 41; i++)
            number[i * 7 % 41] = cases[c].from + (double)i;
        incremental_ends(cases[c].estimate, number, 41, &low, &high);
        EXPECT_NEAR(low, cases[c].low, 1e-9);
        EXPECT_NEAR(high, cases[c].high, 1e-9);
    }
}

TEST(ends_of_few_replicates)
{
    double number[2] = {3, 3}, low, high;

    incremental_ends(3, number, 0, &low, &high);
    EXPECT(isnan(low) && isnan(high));
    incremental_ends(3, number, 2, &low, &high);
    EXPECT(low == 3 && high == 3);
    number[0] = number[1] = 0;
    incremental_ends(0, number, 2, &low, &high);
    EXPECT(low == 0 && high == 0);
}
