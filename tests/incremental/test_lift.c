/* Measured lifts: what they add to the objective, what they repair, and tables that are wrong. */
#include "incremental/lift.h"
#include "incremental/run.h"
#include "incremental/whatif.h"
#include "base/text.h"
#include "support/test.h"
#include "worlds.h"

#include <math.h>

/* Pairs of the first and the second campaign with the fourth. */
static void fit(struct incremental_fit *fit, const struct exposure_log *log, int link,
                double control_penalty)
{
    struct incremental_config config;
    struct text pairs = {0};
    struct error err = {0};

    config_defaults(&config, incremental_fields);
    incremental_pairs_write(&pairs, (struct incremental_pair[]){{{0, 3}}, {{1, 3}}}, 2, log);
    config.synergy = pairs.bytes;
    config.link = link;
    config.control_penalty = control_penalty;
    EXPECT_OK(incremental_fit_run(fit, log, &config, NULL, &err), &err);
    EXPECT_EQ(fit->design.pairs, 2);
    text_clear(&pairs);
}

/* Over the whole log the model's number is what stopping the campaign loses. */
TEST(a_lift_is_what_stopping_loses)
{
    static const int links[] = {INCREMENTAL_LOGIT, INCREMENTAL_ADDITIVE, INCREMENTAL_NOISY_OR,
                                INCREMENTAL_PROPORTIONAL};
    double scale[SIMULATION_CAMPAIGNS_MAX], caused[2];
    struct incremental_answer answer;
    struct incremental_lifts lifts;
    struct incremental_fit model;
    struct world_log world;
    struct error err = {0};

    world_make(&world, 1500, 2, 1, 0);
    const struct exposure_log *log = &world.log;
    EACH_ROW(links, link) {
        fit(&model, log, *link, 1);
        incremental_lifts_make(&lifts, 2);
        lifts.lift[0] = (struct incremental_lift){3, log->start, log->end + 1, 0, 1};
        lifts.lift[1] = (struct incremental_lift){3, log->end + 1, log->end + 2, 0, 1};
        for (size_t k = 0; k < log->campaigns; k++)
            scale[k] = k != 3;
        EXPECT_OK(incremental_whatif(&answer, &model, NULL, scale, 1, NULL, &err), &err);
        incremental_lifts_expect(&lifts, &model, model.parameter, NULL, caused);
        EXPECT(caused[0] > 1);
        EXPECT_NEAR(caused[0], -answer.change, 1e-6);
        EXPECT_EQ(caused[1], 0);
        incremental_lifts_clear(&lifts);
        incremental_fit_clear(&model);
    }
    exposure_log_clear(&world.log);
}

TEST(lifts_have_the_gradient_of_their_value)
{
    static const int links[] = {INCREMENTAL_LOGIT, INCREMENTAL_ADDITIVE, INCREMENTAL_NOISY_OR,
                                INCREMENTAL_PROPORTIONAL};
    struct incremental_lifts lifts;
    struct incremental_fit model;
    struct world_log world;

    world_make(&world, 300, 2, 1, 0);
    const struct exposure_log *log = &world.log;
    const int64_t middle = log->start + (log->end - log->start) / 2;
    EACH_ROW(links, link) {
        fit(&model, log, *link, 1);
        incremental_lifts_make(&lifts, 2);
        lifts.lift[0] = (struct incremental_lift){1, log->start, middle, 30, 4};
        lifts.lift[1] = (struct incremental_lift){0, middle, log->end + 1, 1, 3};
        const size_t n = model.design.count;
        double *gradient = memory_take_zeroed(n, sizeof *gradient);
        double *at = memory_take(n, sizeof *at);
        const struct incremental_objective objective = {.log = log, .design = &model.design};
        struct incremental_point point = {.gradient = gradient};
        for (size_t j = 0; j < n; j++)
            at[j] = model.parameter[j] + 0.01; /* no effect at zero */
        lifts.extra.add(&lifts.extra, &objective, at, &point);
        for (size_t j = 0; j < n; j += 3) {
            struct incremental_point up = {0}, down = {0};
            const double keep = at[j];
            at[j] = keep + 1e-5;
            lifts.extra.add(&lifts.extra, &objective, at, &up);
            at[j] = keep - 1e-5;
            lifts.extra.add(&lifts.extra, &objective, at, &down);
            at[j] = keep;
            EXPECT_NEAR((up.value - down.value) / 2e-5, gradient[j],
                        1e-4 * (1 + fabs(gradient[j])));
        }
        free(gradient);
        free(at);
        incremental_lifts_clear(&lifts);
        incremental_fit_clear(&model);
    }
    exposure_log_clear(&world.log);
}

static double distance(const struct world_log *world, const double *credit)
{
    const size_t n = world->log.campaigns;
    double apart = 0, credits = 0, caused = 0;

    for (size_t k = 0; k < n; k++) {
        credits += credit[k];
        caused += world->caused[k];
    }
    for (size_t k = 0; k < n; k++)
        apart += fabs(credit[k] / credits - world->caused[k] / caused);
    return apart / 2;
}

/* Lifts of some campaigns as a table, their truth with an error of 5 %. */
static const char *lift_table(const struct world_log *world, size_t campaigns)
{
    static char text[4096];
    size_t used =
        (size_t)snprintf(text, sizeof text, "campaign,from,to,conversions_caused,standard_error\n");

    for (size_t k = 0; k < campaigns; k++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s,2017-07-01,2017-09-01,%g,%g\n",
                             world->log.name[k], world->caused[k], 0.05 * world->caused[k] + 2);
    return test_file("lifts.csv", text);
}

/* Without controls, at selection 1, the model is wrong; experiments bring it near the truth. */
TEST(experiments_repair_a_wrong_model)
{
    struct incremental_config config;
    struct incremental_run run;
    struct world_log world;
    struct error err = {0};

    world_make(&world, 3000, 5, 1, 0);
    config_defaults(&config, incremental_fields);
    config.link = INCREMENTAL_LOGIT;
    config.control_penalty = 1e9;
    const size_t n = world.log.campaigns;
    const struct incremental_job job = {.log = &world.log,
                                        .config = &config,
                                        .replicates = 40,
                                        .seed = 1,
                                        .experiments = lift_table(&world, n)};
    EXPECT_OK(incremental_run(&run, &job, &err), &err);
    EXPECT(distance(&world, run.before) > 0.15);
    EXPECT(distance(&world, run.credit) < 0.4 * distance(&world, run.before));
    double caused = 0, sum = 0;
    for (size_t k = 0; k < n; k++) {
        const double error = run.lifts.lift[k].error;
        EXPECT(fabs(run.lift_after[k] - run.lifts.lift[k].caused) < 3 * error + 5);
        EXPECT(run.high[k] - run.low[k] > error); /* what is measured is not taken for exact */
        caused += run.credit[k];
    }
    for (size_t k = 0; k <= n; k++)
        sum += run.credit[k];
    EXPECT_NEAR(sum, (double)world.log.conversions, 1e-6 * sum);
    EXPECT(caused > 0);
    json_t *list = incremental_lifts_json(&run.lifts, &world.log, run.lift_before, run.lift_after);
    EXPECT_EQ(json_array_size(list), n);
    EXPECT_STR(json_string_value(json_object_get(json_array_get(list, 0), "from")),
               "2017-07-01T00:00:00.000Z");
    json_decref(list);
    incremental_run_clear(&run);
    exposure_log_clear(&world.log);
}

TEST(impossible_lift_tables_are_refused)
{
    static const struct {
        const char *rows, *part;
        enum error_code code;
    } rows[] = {
        {"", "there are no rows", ERR_DATA},
        {"nobody,2017-07-01,2017-09-01,5,1\n",
         "row 1, column 'campaign': no impression is of the campaign 'nobody'", ERR_DATA},
        {",2017-07-01,2017-09-01,5,1\n", "row 1, column 'campaign': nothing is there", ERR_DATA},
        {"A,2017-07-01,2017-09-01,5,0\n", "row 1, column 'standard_error': '0' is not a number",
         ERR_DATA},
        {"A,2017-07-01,2017-09-01,5,-1\n", "'-1' is not a number from 0.001", ERR_DATA},
        {"A,2017-07-01,2017-09-01,5,nan\n", "'nan' is not a number", ERR_DATA},
        {"A,2017-07-01,2017-09-01,inf,1\n", "row 1, column 'conversions_caused': 'inf'", ERR_DATA},
        {"A,2017-07-01,2017-09-01,,1\n", "column 'conversions_caused': nothing is there", ERR_DATA},
        {"A,2017-09-01,2017-07-01,5,1\n", "row 1: 'from' is not before 'to'", ERR_DATA},
        {"A,2017-07-20,2017-07-20,5,1\n", "row 1: 'from' is not before 'to'", ERR_DATA},
        {"A,soon,2017-09-01,5,1\n", "row 1, column 'from': 'soon' is no time", ERR_DATA},
        {"A,2017-07-01,2017-13-01,5,1\n", "row 1, column 'to': '2017-13-01' is no time", ERR_DATA},
        {"A,2017-07-01,999999999999999999,5,1\n", "is no time", ERR_DATA},
        {"A,1999-01-01,1999-02-01,5,1\n", "row 1: no impression lies between", ERR_DATA},
        {"A,2017-07-01,2017-09-01,5,1\nA,1498867200,2017-09-01T00:00:00Z,6,2\n",
         "row 2 has the campaign and the times of row 1", ERR_DATA},
    };
    struct incremental_lifts lifts;
    struct world_log world;
    struct error err;
    char text[512];

    world_make(&world, 20, 1, 1, 0);
    const char *name = world.log.name[0];
    EACH_ROW(rows, r) {
        size_t used = (size_t)snprintf(text, sizeof text,
                                       "campaign,from,to,conversions_caused,standard_error\n");
        for (const char *p = r->rows; *p; p++)
            used += (size_t)(*p == 'A' ? snprintf(text + used, sizeof text - used, "%s", name)
                                       : snprintf(text + used, sizeof text - used, "%c", *p));
        const char *file = test_file("bad.csv", text);
        EXPECT_ERROR(incremental_lifts_read(&lifts, file, &world.log, &err), &err, r->code,
                     r->part);
        EXPECT_HAS(err.text, "bad.csv");
    }
    EXPECT_ERROR(incremental_lifts_read(&lifts,
                                        test_file("bad.csv", "campaign,from,to,standard_error\n"),
                                        &world.log, &err),
                 &err, ERR_DATA, "conversions_caused");
    exposure_log_clear(&world.log);
}
