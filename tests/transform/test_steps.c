/* Steps by hand-computed cases; tests/transform/test_golden.c compares with scikit-learn. */
#include "transform/support.h"

#include <math.h>

static const char rows[] = "State,Mins,Plan,Phone\n"
                           "KS,1,no,a\n"
                           "OH,2,yes,b\n"
                           "KS,6,,c\n"
                           ",,no,d\n";

TEST(steps_make_features_side_by_side)
{
    struct transform *t = fitted_on("- {columns: [Mins], impute: median, scale: standard}\n"
                                    "- {columns: [State, Plan], impute: {constant: missing}, "
                                    "encode: one_hot}\n",
                                    rows);
    static const char *const names[] = {"Mins",         "State=KS", "State=OH", "State=missing",
                                        "Plan=missing", "Plan=no",  "Plan=yes"};
    /* Mins: 1 2 6 2, mean 2.75, variance 3.6875 */
    const double deviation = sqrt(3.6875);

    EXPECT_EQ(transform_width(t), 7);
    EXPECT_EQ(transform_width_before_pca(t), 7);
    for (size_t f = 0; f < 7; f++)
        EXPECT_STR(transform_name(t, f), names[f]);
    double *x = features_of(t, "State,Mins,Plan,Phone\nOH,,yes,x\nTX,6,,y\n", NULL);
    const double want[] = {-0.75 / deviation, 0, 1, 0, 0, 0, 1, 3.25 / deviation, 0, 0, 0, 1, 0, 0};
    for (size_t i = 0; i < 14; i++)
        EXPECT_NEAR(x[i], want[i], 1e-15);
    free(x);
    transform_free(t);
}
