/* Steps of the incremental model, which leave out controls, and the time that methods take. */
#include "base/json.h"
#include "incremental/credit.h"
#include "incremental/fit.h"
#include "incremental/worlds.h"
#include "support/test.h"

/* Is parameter j one that the step has? */
static bool belongs(const struct incremental_design *d, int controls, size_t j)
{
    const size_t of = j >= d->dense ? (j - d->dense) % d->per : 0;

    const bool period = j == FEATURE_COUNT || (j >= d->dense && of == 0);
    const bool other = j == FEATURE_OTHER_RATE || j == FEATURE_OTHER_ANY ||
                       (j >= FEATURE_LOCAL && j < d->dense) ||
                       (j >= d->dense && of > 0 && of < d->controls);

    return controls == INCREMENTAL_CONTROLS_ALL ||
           (!other && (!period || controls == INCREMENTAL_CONTROLS_PERIOD));
}

TEST(steps_of_the_model_leave_controls_out)
{
    static const struct {
        int link, controls;
    } rows[] = {{INCREMENTAL_LOGIT, INCREMENTAL_CONTROLS_NONE},
                {INCREMENTAL_LOGIT, INCREMENTAL_CONTROLS_PERIOD},
                {INCREMENTAL_LOGIT, INCREMENTAL_CONTROLS_ALL},
                {INCREMENTAL_ADDITIVE, INCREMENTAL_CONTROLS_NONE},
                {INCREMENTAL_ADDITIVE, INCREMENTAL_CONTROLS_PERIOD}};
    struct world_log world;
    struct incremental_config config;

    world_make(&world, 2000, 4, 1, 0);
    config_defaults(&config, incremental_fields);
    EXPECT_EQ(config.controls, INCREMENTAL_CONTROLS_ALL);
    EACH_ROW(rows, r) {
        struct incremental_fit fit;
        struct error err = {0};
        double credit[SIMULATION_CAMPAIGNS_MAX + 1], sum = 0;
        config.link = r->link;
        config.controls = r->controls;
        EXPECT_OK(incremental_fit_run(&fit, &world.log, &config, NULL, &err), &err);
        incremental_credits(&fit, fit.parameter, NULL, NULL, credit);
        for (size_t k = 0; k <= world.log.campaigns; k++)
            sum += credit[k];
        EXPECT_NEAR(sum, (double)world.log.conversions, 1e-6 * sum);
        for (size_t j = 0; j < fit.design.count; j++)
            EXPECT(belongs(&fit.design, r->controls, j) || fit.parameter[j] == 0);
        EXPECT(fit.parameter[FEATURE_COUNT] != 0 || r->controls == INCREMENTAL_CONTROLS_NONE);
        incremental_fit_clear(&fit);
    }
    exposure_log_clear(&world.log);
}

static void make_market(void)
{
    struct test_output o =
        test_quern("simulate attribution --users 500 --seed 2 --selection 1 -o %s/steps.csv "
                   "--truth %s/steps-truth.csv --quiet",
                   test_folder(), test_folder());

    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
}

TEST(attribute_takes_steps_and_tells_times)
{
    static const char *const methods[] = {"first_touch",     "last_touch",     "linear_touch",
                                          "time_decay",      "position_based", "markov_1",
                                          "markov_2",        "markov_3",       "shapley",
                                          "additive_hazard", "incremental"};
    json_t *times = NULL;
    struct error err = {0};
    size_t found = 0;

    make_market();
    struct test_output o = test_quern("attribute %s/steps.csv --controls some", test_folder());
    EXPECT_EQ(o.status, 2);
    EXPECT_HAS(o.err, "--controls: must be one of none, period, all, not 'some'");
    test_output_clear(&o);
    o = test_quern("attribute %s/steps.csv --controls period --intervals 4 --quiet --times "
                   "%s/times.json -o %s/steps-out.csv",
                   test_folder(), test_folder(), test_folder());
    EXPECT_STR(o.err, "");
    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
    EXPECT_OK(json_read(test_path("times.json"), 1 << 20, &times, &err), &err);
    EXPECT_EQ(json_array_size(times), sizeof methods / sizeof *methods);
    for (size_t i = 0; i < json_array_size(times); i++) {
        const json_t *time = json_array_get(times, i);
        EXPECT(json_number_value(json_object_get(time, "seconds")) > 0);
        found += strcmp(json_string_value(json_object_get(time, "method")), methods[i]) == 0;
    }
    EXPECT_EQ(found, sizeof methods / sizeof *methods);
    json_decref(times);
}
