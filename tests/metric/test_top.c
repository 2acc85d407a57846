/* metric/top and metric/daily_top, by hand and against tests/golden/top/make.py. */
#include "metric/calibration.h"
#include "metric/daily_top.h"
#include "metric/top.h"
#include "support/test.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"

#include <math.h>

#define GOLDEN "tests/golden/top/"

TEST(top_by_hand)
{
    static const uint8_t truth[] = {1, 0, 1, 0, 0, 1};
    static const double score[] = {.9, .8, .5, .5, .5, .1}, two[] = {2, 2, 2, 2, 2, 2};
    static const struct {
        const double *weight;
        double k, precision, recall;
    } rows[] = {
        {NULL, 1, 1, 1. / 3},
        {NULL, 2, 0.5, 1. / 3},
        {NULL, 3, (1 + 1. / 3) / 3, (1 + 1. / 3) / 3}, /* one of three tied rows, one positive */
        {NULL, 5, 0.4, 2. / 3},
        {NULL, 6, 0.5, 1},
        {NULL, 60, 0.5, 1},
        {two, 4, 0.5, 1. / 3},
    };
    EACH_ROW(rows, r) {
        struct ranking ranking;
        ranking_build(&ranking, &(struct scored){6, truth, score, r->weight});
        EXPECT_NEAR(top_precision(&ranking, r->k), r->precision, 1e-15);
        EXPECT_NEAR(top_recall(&ranking, r->k), r->recall, 1e-15);
        ranking_clear(&ranking);
    }
}

TEST(top_of_nothing_is_nan)
{
    static const uint8_t no[] = {0, 0};
    static const double score[] = {.1, NAN};

    for (size_t n = 0; n < 3; n++) {
        struct ranking ranking;
        ranking_build(&ranking, &(struct scored){n, no, score, NULL});
        EXPECT(isnan(top_recall(&ranking, 1)));
        EXPECT(isnan(top_precision(&ranking, 1)) == (n != 1));
        ranking_clear(&ranking);
    }
}

TEST(top_steps_rise_and_end_at_all_rows)
{
    static const double totals[] = {0.5, 1, 9, 10, 11, 1234, 1e6, 1e18, 1e300};
    double step[TOP_STEPS_MAX];

    EXPECT_EQ(top_steps(step, 0), 0);
    EACH_ROW(totals, total) {
        const size_t count = top_steps(step, *total);
        EXPECT(count >= 1 && count <= TOP_STEPS_MAX && step[count - 1] == *total);
        for (size_t i = 1; i < count; i++)
            EXPECT(step[i] > step[i - 1]);
    }
    EXPECT_EQ(top_steps(step, 100), 20);
    EXPECT_NEAR(step[18], 80, 0);
}

/* Two checks a day. Entity 7 is found on the first day and gone on the second; 9 never is. */
TEST(daily_top_by_hand)
{
    static const int64_t day[] = {1, 1, 1, 1, 2, 2, 2}, entity[] = {7, 7, 8, 9, 7, 8, 9};
    static const uint8_t truth[] = {0, 1, 0, 1, 1, 0, 1};
    static const double score[] = {.9, .1, .5, .4, .9, .2, .2};
    static const struct {
        bool keep;
        double precision, best;
        size_t entities, positive, found; /* of the second day */
    } rows[] = {
        {false, (0.5 + 0.5) / 2, (1 + 0.5) / 2, 2, 1, 1},
        /* 7 again; 8 and 9 tie for the second check, and 8 comes first */
        {true, (0.5 + 0.5) / 2, 1, 3, 2, 1},
    };
    EACH_ROW(rows, r) {
        struct daily_top got;
        daily_top_build(&got, &(struct daily_rows){7, day, entity, truth, score},
                        &(struct daily_settings){2, r->keep});
        EXPECT_EQ(got.count, 2);
        EXPECT_NEAR(got.precision, r->precision, 1e-15);
        EXPECT_NEAR(got.best, r->best, 1e-15);
        EXPECT_EQ(got.day[0].found, 1);
        EXPECT_EQ(got.day[1].entities, r->entities);
        EXPECT_EQ(got.day[1].positive, r->positive);
        EXPECT_EQ(got.day[1].found, r->found);
        daily_top_clear(&got);
    }
}

TEST(daily_top_of_nothing_is_nan)
{
    static const int64_t one[] = {1};
    static const uint8_t truth[] = {1};
    static const double hole[] = {NAN};

    for (size_t n = 0; n < 2; n++) {
        struct daily_top got;
        daily_top_build(&got, &(struct daily_rows){n, one, one, truth, hole},
                        &(struct daily_settings){.k = 3});
        EXPECT(isnan(got.precision) && isnan(got.best) && got.count == 0);
        daily_top_clear(&got);
    }
}

TEST(daily_days_begin_at_midnight)
{
    static const struct {
        int64_t time, day;
    } rows[] = {{0, 0},
                {-1, -1},
                {86399999999, 0},
                {86400000000, 1},
                {-86400000000, -1},
                {-86400000001, -2},
                {INT64_MIN, -106751992}};

    EACH_ROW(rows, r)
        EXPECT_EQ(daily_from_time(r->time), r->day);
}

TEST(top_golden_is_the_recorded_one)
{
    struct error err = {0};
    char *bytes, want[64];
    size_t size;
    uint64_t hash = 0xCBF29CE484222325u;

    EXPECT_OK(file_read(test_source(GOLDEN "top.json"), 1 << 22, &bytes, &size, &err), &err);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    free(bytes);
    snprintf(want, sizeof want, "fnv1a %016llx", (unsigned long long)hash);
    EXPECT_OK(file_read(test_source(GOLDEN "PROVENANCE"), 1 << 16, &bytes, &size, &err), &err);
    EXPECT_HAS(bytes, want);
    free(bytes);
}

static double number(const json_t *object, const char *key, size_t index)
{
    const json_t *value = json_object_get(object, key);

    value = json_is_array(value) ? json_array_get(value, index) : value;
    EXPECT(json_is_number(value));
    return json_number_value(value);
}

static void compare_daily(const json_t *golden, const struct daily_rows *rows)
{
    const json_t *want, *days;
    size_t index;

    json_array_foreach(json_object_get(golden, "daily"), index, want)
    {
        const struct daily_settings settings = {(size_t)number(want, "k", 0),
                                                json_is_true(json_object_get(want, "keep_found"))};
        struct daily_top got;
        daily_top_build(&got, rows, &settings);
        days = json_object_get(want, "days");
        EXPECT_EQ(got.count, json_array_size(days));
        EXPECT_NEAR(got.precision, number(want, "precision", 0), 1e-14);
        EXPECT_NEAR(got.best, number(want, "best", 0), 1e-14);
        for (size_t d = 0; d < got.count; d++) {
            const json_t *day = json_array_get(days, d);
            const struct daily_day *here = &got.day[d];
            EXPECT_EQ(here->day, json_integer_value(json_array_get(day, 0)));
            EXPECT_EQ(here->entities, json_integer_value(json_array_get(day, 1)));
            EXPECT_EQ(here->positive, json_integer_value(json_array_get(day, 2)));
            EXPECT_EQ(here->found, json_integer_value(json_array_get(day, 3)));
        }
        daily_top_clear(&got);
    }
}

static void compare_ranking(const json_t *golden, const struct scored *rows)
{
    const json_t *bins = json_object_get(golden, "bins");
    struct calibration got;
    struct ranking ranking;

    ranking_build(&ranking, rows);
    EXPECT_NEAR(ranking_average_precision(&ranking), number(golden, "average_precision", 0), 1e-13);
    for (size_t i = 0; i < json_array_size(json_object_get(golden, "k")); i++) {
        const double k = number(golden, "k", i);
        EXPECT_NEAR(top_precision(&ranking, k), number(golden, "precision", i), 1e-14);
        EXPECT_NEAR(top_recall(&ranking, k), number(golden, "recall", i), 1e-14);
    }
    calibration_build_steps(&got, &ranking, 10);
    EXPECT_EQ(got.count, json_array_size(bins));
    for (size_t b = 0; b < got.count; b++) {
        const double value[] = {got.bin[b].weight, got.bin[b].mean_score, got.bin[b].positive_rate,
                                got.bin[b].rate_low, got.bin[b].rate_high};
        for (size_t i = 0; i < sizeof value / sizeof *value; i++)
            EXPECT_NEAR(value[i], json_number_value(json_array_get(json_array_get(bins, b), i)),
                        1e-13);
    }
    EXPECT_NEAR(got.expected_error, number(golden, "error", 0), 1e-13);
    ranking_clear(&ranking);
}

TEST(tops_agree_with_their_definitions)
{
    struct error err = {0};
    json_t *document, *golden;
    size_t index;

    EXPECT_OK(json_read(test_source(GOLDEN "top.json"), 1 << 22, &document, &err), &err);
    EXPECT_EQ(json_array_size(json_object_get(document, "cases")), 5);
    json_array_foreach(json_object_get(document, "cases"), index, golden)
    {
        const size_t n = json_array_size(json_object_get(golden, "truth"));
        struct arena memory = {0};
        int64_t *day = ARENA_NEW(&memory, int64_t, n), *entity = ARENA_NEW(&memory, int64_t, n);
        uint8_t *truth = ARENA_NEW(&memory, uint8_t, n);
        double *score = ARENA_NEW(&memory, double, n);
        test_row = (int)index;
        for (size_t i = 0; i < n; i++) {
            day[i] = (int64_t)number(golden, "day", i);
            entity[i] = (int64_t)number(golden, "entity", i);
            truth[i] = (uint8_t)number(golden, "truth", i);
            score[i] = number(golden, "score", i);
        }
        compare_ranking(golden, &(struct scored){n, truth, score, NULL});
        compare_daily(golden, &(struct daily_rows){n, day, entity, truth, score});
        arena_clear(&memory);
    }
    json_decref(document);
}

TEST(wilson_interval_by_hand)
{
    double low, high;

    calibration_interval(0, 10, &low, &high);
    EXPECT_NEAR(low, 0, 0);
    EXPECT_NEAR(high, 3.841458820694124 / 13.841458820694124, 1e-14); /* z^2 / (10 + z^2) */
    calibration_interval(1, 10, &low, &high);
    EXPECT_NEAR(low, 10 / 13.841458820694124, 1e-14);
    EXPECT_NEAR(high, 1, 0);
    calibration_interval(0.5, 0, &low, &high);
    EXPECT(isnan(low) && isnan(high));
}
