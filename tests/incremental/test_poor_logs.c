/* Logs in which little or nothing can be told: every command gives a result or one sentence. */
#include "incremental/credit.h"
#include "support/test.h"

#include <math.h>

struct row {
    unsigned user, time, campaign;
    bool conversion;
};

static struct row one_campaign(unsigned i)
{
    return (struct row){i % 60, i * 40000, 0, i * 31 % 7 == 0};
}

static struct row never_converts(unsigned i)
{
    return (struct row){i % 60, i * 40000, i * 11 % 3, i * 11 % 3 != 2 && i * 31 % 7 == 0};
}

static struct row no_conversion(unsigned i)
{
    return (struct row){i % 60, i * 40000, i % 3, false};
}

static struct row all_convert(unsigned i)
{
    return (struct row){i, i * 40000, i % 3, true};
}

static struct row one_time(unsigned i)
{
    return (struct row){i % 60, 0, i * 11 % 3, i * 31 % 7 == 0};
}

/* Every user sees both campaigns equally often, at the same times. */
static struct row no_baseline(unsigned i)
{
    return (struct row){i / 4, i % 4 * 90000, i % 2, i * 31 % 7 == 0};
}

static struct row one_user(unsigned i)
{
    return (struct row){0, i * 40000, i % 3, i * 31 % 7 == 0};
}

static struct row one_row(unsigned i)
{
    return (struct row){i, 0, 0, true};
}

/* A user with thousands of impressions among users with one. */
static struct row heavy_user(unsigned i)
{
    return (struct row){i < 5000 ? 0 : i, i * 400, i * 11 % 3, i * 31 % 97 == 0};
}

static const char *log_of(struct row (*make)(unsigned), unsigned rows)
{
    const size_t room = 64 + 40 * (size_t)rows;
    char *text = memory_take(room, 1);
    size_t used = (size_t)snprintf(text, room, "uid,timestamp,campaign,conversion\n");

    for (unsigned i = 0; i < rows; i++) {
        const struct row row = make(i);
        used += (size_t)snprintf(text + used, room - used, "u%u,%u,%c,%d\n", row.user,
                                 1500000000 + row.time, 'a' + (char)row.campaign, row.conversion);
    }
    const char *path = test_file("poor.csv", text);
    free(text);
    return path;
}

TEST(poor_logs_give_a_result_or_a_sentence)
{
    static const struct {
        struct row (*make)(unsigned);
        unsigned rows;
        const char *sentence; /* NULL: a result */
    } rows[] = {
        {one_campaign, 240, NULL},
        {never_converts, 240, NULL},
        {no_conversion, 240, "none of 240 impressions has a conversion"},
        {all_convert, 90, NULL},
        {one_time, 240, NULL},
        {no_baseline, 240, NULL},
        {one_user, 240, NULL},
        {one_row, 1, NULL},
        {one_row, 0, "has no rows"},
        {heavy_user, 5050, NULL},
    };
    static const char *const links[] = {"logit", "additive"};
    char folder[4096];

    snprintf(folder, sizeof folder, "%s", test_path("poor"));
    EACH_ROW(rows, r)
        for (size_t l = 0; l < 2; l++) {
            struct test_output o = test_quern(
                "attribute %s --link %s --order 0 --intervals 4 --quiet --doubts %s --save %s | "
                "awk -F, 'NR > 1 { sum += $8; if ($8 == \"\" || $8 != $8 + 0) bad++ } "
                "END { printf \"%%.3f %%d\", sum, bad }'",
                log_of(r->make, r->rows), links[l], test_path("d.json"), folder);
            if (r->sentence) {
                EXPECT_HAS(o.err, r->sentence);
                EXPECT_HAS(o.err, "poor.csv");
                test_output_clear(&o);
                continue;
            }
            double conversions = 0;
            for (unsigned i = 0; i < r->rows; i++)
                conversions += r->make(i).conversion;
            char want[64];
            snprintf(want, sizeof want, "%.3f 0", conversions);
            EXPECT_STR(o.err, "");
            EXPECT_STR(o.out, want);
            test_output_clear(&o);
            o = test_quern("whatif %s --stop a --stop-all --curve", folder);
            EXPECT_STR(o.err, "");
            EXPECT_EQ(o.status, 0);
            EXPECT(!strstr(o.out, "nan") && !strstr(o.out, "inf"));
            test_output_clear(&o);
        }
}

TEST(a_truth_that_names_other_campaigns_is_refused)
{
    static const struct {
        const char *truth, *part;
    } rows[] = {
        {"a,1\nb,2\nc,3\nd,4\n", "row 4: no path has the campaign 'd'"},
        {"a,1\nb,2\n", "the campaign 'c' of the paths is not named"},
        {"a,1\nb,2\nc,nan\n", "row 3, column 'conversions_caused'"},
        {"a,1\na,2\nb,1\nc,1\n", "row 2: the campaign 'a' is named twice"},
        {"a,0\nb,0\nc,0\n(baseline),9\n", "no campaign caused a conversion"},
    };

    EACH_ROW(rows, r) {
        char text[256];
        snprintf(text, sizeof text, "channel_name,conversions_caused\n%s", r->truth);
        struct test_output o =
            test_quern("attribute %s --link logit --order 0 --quiet --truth %s",
                       log_of(never_converts, 240), test_file("other.csv", text));
        EXPECT_EQ(o.status, 1);
        EXPECT_HAS(o.err, "other.csv");
        EXPECT_HAS(o.err, r->part);
        test_output_clear(&o);
    }
}

TEST(experiments_are_asked_for_by_a_flag)
{
    const char *lifts = test_file(
        "l.csv",
        "campaign,from,to,conversions_caused,standard_error\na,1500000000,2018-01-01,3,2\n");
    struct test_output o = test_quern("attribute %s --link logit --order 0 --experiments %s",
                                      log_of(never_converts, 240), lifts);

    EXPECT_EQ(o.status, 0);
    EXPECT_HAS(o.out, ",incremental_conversions,incremental_without_experiments_conversions\n");
    EXPECT_HAS(o.err, "a, experiment 1: 3.0 conversions measured (standard error 2.0); the model ");
    test_output_clear(&o);
    o = test_quern("attribute %s --link logit --order 0 --experiments %s --quiet",
                   log_of(never_converts, 240), test_path("none.csv"));
    EXPECT_EQ(o.status, 1);
    EXPECT_HAS(o.err, "none.csv");
    test_output_clear(&o);
    o = test_quern("attribute %s --experiments %s",
                   test_file("p.csv", "path,total_conversions\na>b,1\n"), lifts);
    EXPECT_EQ(o.status, 2);
    EXPECT_HAS(o.err, "--experiments: ");
    test_output_clear(&o);
}

/* The features and the objective in memory that does not grow with what one user saw. */
TEST(a_user_with_a_million_impressions_is_gone_through)
{
    enum { ROWS = 1000000 };
    static const char *const names[] = {"a", "b"};
    struct exposure_rows rows = {.users = 2, .count = ROWS, .campaigns = 2, .name = names};
    uint32_t *user = memory_take_zeroed(ROWS, sizeof *user);
    int64_t *time = memory_take(ROWS, sizeof *time);
    uint16_t *campaign = memory_take(ROWS, sizeof *campaign);
    uint8_t *conversion = memory_take(ROWS, sizeof *conversion);
    struct incremental_design design;
    struct incremental_config config;
    struct exposure_log log;
    struct error err = {0};

    for (size_t i = 0; i < ROWS; i++) {
        time[i] = (int64_t)i * 2000000;
        campaign[i] = i * 7 % 3 == 0;
        conversion[i] = i % 1000 == 0;
    }
    user[ROWS - 1] = 1;
    rows.user = user;
    rows.time = time;
    rows.campaign = campaign;
    rows.conversion = conversion;
    exposure_log_build(&log, &rows);
    config_defaults(&config, incremental_fields);
    config.link = INCREMENTAL_LOGIT;
    EXPECT_OK(incremental_design_make(&design, &log, &config, &err), &err);
    double *parameter = memory_take_zeroed(design.count, sizeof *parameter);
    double *gradient = memory_take(design.count, sizeof *gradient);
    const struct incremental_objective objective = {.log = &log, .design = &design};
    struct incremental_point point = {.gradient = gradient};
    incremental_evaluate(&objective, parameter, &point);
    EXPECT_NEAR(point.value, ROWS * 0.69314718055994531, 1e-3);
    EXPECT_NEAR(gradient[FEATURE_INTERCEPT], ROWS / 2 - ROWS / 1000, 1e-3);
    free(parameter);
    free(gradient);
    free(user);
    free(time);
    free(campaign);
    free(conversion);
    exposure_log_clear(&log);
}
