/* Errors of amounts, by hand. */
#include "metric/regression.h"
#include "support/test.h"

#include <math.h>

TEST(regression_is_what_the_formulas_say)
{
    /* Truth 1, 2, 3 (mean 2), predicted 1, 4, 0: misses 0, 2, 3. */
    static const double truth[] = {1, 2, 3}, prediction[] = {1, 4, 0}, naive[] = {1, 4, 0};
    const struct regression r = regression_compute(&(struct amounts){3, truth, prediction, naive});

    EXPECT_NEAR(r.value[REGRESSION_mae], 5.0 / 3, 1e-12);
    EXPECT_NEAR(r.value[REGRESSION_mse], 13.0 / 3, 1e-12);
    EXPECT_NEAR(r.value[REGRESSION_rmse], sqrt(13.0 / 3), 1e-12);
    EXPECT_NEAR(r.value[REGRESSION_r2], 1 - 13.0 / 2, 1e-12);
    EXPECT_NEAR(r.value[REGRESSION_mape], (0 + 1 + 1) / 3.0, 1e-12);
    EXPECT_NEAR(r.value[REGRESSION_smape], (0 + 4.0 / 6 + 2) / 3, 1e-12);
    EXPECT_NEAR(r.value[REGRESSION_mase], (0 + 0.5) / 2, 1e-12); /* no naive error: left out */
}

TEST(regression_without_a_number_says_so)
{
    static const double truth[] = {0, 0}, prediction[] = {0, 1};
    const struct regression r = regression_compute(&(struct amounts){2, truth, prediction, NULL});
    const struct regression none = regression_compute(&(struct amounts){0, NULL, NULL, NULL});
    json_t *document = regression_json(&(struct amounts){2, truth, prediction, NULL});

    EXPECT(isnan(r.value[REGRESSION_r2]) && isnan(r.value[REGRESSION_mape]));
    EXPECT(isnan(r.value[REGRESSION_mase]));
    EXPECT_NEAR(r.value[REGRESSION_smape], 1, 1e-12);
    for (size_t k = 0; k < REGRESSION_COUNT; k++)
        EXPECT(isnan(none.value[k]));
    EXPECT_STR(json_string_value(json_object_get(json_object_get(document, "r2"), "value")), "NaN");
    EXPECT_EQ(json_integer_value(json_object_get(document, "samples")), 2);
    json_decref(document);
}
