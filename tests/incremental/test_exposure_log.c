/* Impressions of whole users, sorted; and the paths cut from them. */
#include "incremental/exposure_log.h"
#include "support/test.h"

static struct journey_config table_of(const char *path)
{
    struct journey_config config = {0};

    config_defaults(&config, journey_source_fields);
    config.path = path;
    return config;
}

/* Users in order of first appearance, times sorted, ties in the order of the table. */
TEST(exposure_log_sorts_users_and_times)
{
    const struct journey_config config =
        table_of(test_file("i.csv", "uid,timestamp,campaign,conversion\n"
                                    "b,1500000300,mail,0\na,1500000100,tv,1\nb,1500000200,tv,1\n"
                                    "a,1500000100,ad,0\nb,1500000400,ad,0\n"));
    static const uint16_t campaign[] = {2, 1, 0, 2, 0};
    static const int64_t seconds[] = {200, 300, 400, 100, 100};
    static const int conversion[] = {1, 0, 0, 1, 0};
    struct exposure_log log;
    struct error err = {0};

    EXPECT_OK(exposure_log_read(&log, &config, &err), &err);
    EXPECT_EQ(log.users, 2);
    EXPECT_EQ(log.impressions, 5);
    EXPECT_EQ(log.conversions, 2);
    EXPECT_EQ(log.offset[1], 3);
    EXPECT_STR(log.name[0], "ad");
    EXPECT_STR(log.name[2], "tv");
    for (size_t i = 0; i < 5; i++) {
        EXPECT_EQ(log.campaign[i], campaign[i]);
        EXPECT_EQ(log.time[i], (1500000000 + seconds[i]) * 1000000);
        EXPECT_EQ(log.conversion[i], conversion[i]);
    }
    EXPECT_EQ(log.start, INT64_C(1500000100000000));
    EXPECT_EQ(log.end, INT64_C(1500000400000000));
    exposure_log_clear(&log);
}

TEST(exposure_log_paths_end_with_conversions)
{
    const struct journey_config config =
        table_of(test_file("i.csv", "uid,timestamp,campaign,conversion\n"
                                    "1,1500000000,a,0\n1,1500000010,b,1\n1,1500000020,a,0\n"
                                    "2,1500000000,b,1\n"));
    struct exposure_log log;
    struct path_set paths;
    struct error err = {0};

    EXPECT_OK(exposure_log_read(&log, &config, &err), &err);
    exposure_log_paths(&paths, &log);
    EXPECT_EQ(paths.count, 3);
    EXPECT_EQ(paths.offset[1], 2);
    EXPECT_EQ(paths.offset[2], 3);
    EXPECT_EQ(paths.offset[3], 4);
    EXPECT_EQ(paths.age[0], 10000000);
    EXPECT_EQ(paths.age[1], 0);
    EXPECT_NEAR(paths.conversions[0], 1, 0);
    EXPECT_NEAR(paths.null[1], 1, 0);
    EXPECT_NEAR(paths.conversions[2], 1, 0);
    path_set_clear(&paths);
    exposure_log_clear(&log);
}

TEST(exposure_log_says_what_is_wrong)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"uid,timestamp,campaign\n1,2,a\n", "conversion"},
        {"uid,timestamp,campaign,conversion\n", "has no rows"},
        {"uid,timestamp,campaign,conversion\n1,1500000000,a,0\n", "none of 1 impressions"},
        {"uid,timestamp,campaign,conversion\n1,1500000000,(baseline),1\n", "(baseline)"},
        {"uid,timestamp,campaign,conversion\n1,1500000000,a,1\n,1500000000,a,1\n", "row 2"},
        {"uid,timestamp,campaign,conversion\n1,soon,a,1\n", "soon"},
        {"uid,timestamp,campaign,conversion\n1,1500000000,a,7\n", "7"},
    };

    EACH_ROW(rows, r) {
        const struct journey_config config = table_of(test_file("bad.csv", r->text));
        struct exposure_log log;
        struct error err;
        EXPECT_ERROR(exposure_log_read(&log, &config, &err), &err, ERR_DATA, r->part);
    }
}

/* Rows, users, values of conversions and costs by campaign, of the training split alone or of all.
 */
TEST(exposure_log_keeps_more_on_demand)
{
    struct journey_config config =
        table_of(test_file("i.csv", "uid,timestamp,campaign,conversion,sale,cost\n"
                                    "7,1500000300,mail,0,99,0.5\n5,1500000100,tv,1,20,\n"
                                    "7,1500000200,tv,1,NaN,2\n5,1500000050,mail,1,7.5,1\n"));
    static const uint32_t row[] = {2, 0, 3, 1};
    static const double value[] = {0, 0, 7.5, 20};
    struct exposure_wish wish = {.table = &config, .identity = true};
    struct exposure_log log;
    struct error err = {0};

    config.value = "sale";
    config.cost = "cost";
    EXPECT_OK(exposure_log_load(&log, &wish, &err), &err);
    EXPECT(log.integers);
    EXPECT(exposure_log_uid(&log, 0).length == 1 && exposure_log_uid(&log, 0).bytes[0] == '7');
    for (size_t i = 0; i < 4; i++) {
        EXPECT_EQ(log.row[i], row[i]);
        EXPECT_NEAR(log.value[i], value[i], 0);
    }
    EXPECT_NEAR(log.cost[0], 1.5, 0);
    EXPECT_NEAR(log.cost[1], 2, 0);
    exposure_log_clear(&log);
    for (size_t seed = 0, seen = 0; seen != 3; seed++) { /* each user is left out by some seed */
        const struct split_config split = {.train = 0.5, .test = 0.5, .seed = seed};
        wish.training = &split;
        if (!exposure_log_load(&log, &wish, &err)) {
            EXPECT_EQ(err.code, ERR_DATA);
            EXPECT_HAS(err.text, "there are no impressions");
            continue;
        }
        if (log.users == 1)
            seen |= exposure_log_uid(&log, 0).bytes[0] == '7' ? 1 : 2;
        exposure_log_clear(&log);
    }
}

TEST(values_and_costs_are_not_negative)
{
    static const struct {
        const char *row, *part;
    } rows[] = {
        {"1,1500000000,a,1,-3,0", "m.csv': column 'value' is '-3', not a number of 0 or more"},
        {"1,1500000000,a,0,-3,0", "column 'value' is '-3'"},
        {"1,1500000000,a,1,0,-0.5", "column 'cost' is '-0.5', not a number of 0 or more"},
        {"1,1500000000,a,1,0,inf", "column 'cost' is 'inf'"},
        {"1,1500000000,a,1,much,0", "much"},
    };

    EACH_ROW(rows, r) {
        char text[200];
        struct exposure_log log;
        struct error err = {0};
        snprintf(text, sizeof text, "uid,timestamp,campaign,conversion,value,cost\n%s\n", r->row);
        struct journey_config config = table_of(test_file("m.csv", text));
        config.value = "value";
        config.cost = "cost";
        EXPECT_ERROR(exposure_log_read(&log, &config, &err), &err, ERR_DATA, r->part);
    }
}
