#include "attribution/path_set.h"
#include "support/test.h"

/* Journeys a b | b | a a (unconverted, test split). */
static const uint64_t offset[] = {0, 2, 3, 5};
static const int32_t token[] = {0, 1, 1, 0, 0};
static const int64_t when[] = {100, 400, 50, 7, 9};
static const uint8_t converted[] = {1, 1, 0}, split[] = {SPLIT_TRAIN, SPLIT_TRAIN, SPLIT_TEST};
static const char *const campaign[] = {"a", "b"};
static const struct journey_set journeys = {
    .count = 3,
    .campaigns = 2,
    .vocabulary = 2,
    .offset = offset,
    .token = token,
    .time = when,
    .converted = converted,
    .split = split,
    .campaign = campaign,
};

TEST(each_journey_is_a_path)
{
    struct path_set paths;
    double conversions, value;

    path_set_from_journeys(&paths, &journeys, PATH_SPLIT_ALL);
    EXPECT_EQ(paths.count, 3);
    EXPECT_EQ(paths.offset[3], 5);
    EXPECT_EQ(paths.age[0], 300);
    EXPECT_EQ(paths.age[1], 0);
    EXPECT_EQ(paths.age[3], 2);
    EXPECT(paths.conversions[0] == 1 && paths.null[0] == 0);
    EXPECT(paths.conversions[2] == 0 && paths.null[2] == 1);
    path_set_totals(&paths, &conversions, &value);
    EXPECT(conversions == 2 && value == 0);
    path_set_clear(&paths);
}

TEST(one_split_can_be_taken_alone)
{
    static const uint8_t last_is_training[] = {SPLIT_VAL, SPLIT_TEST, SPLIT_TRAIN};
    struct journey_set other = journeys;
    struct path_set paths;

    path_set_from_journeys(&paths, &journeys, PATH_SPLIT_TRAIN);
    EXPECT_EQ(paths.count, 2);
    EXPECT_EQ(paths.offset[2], 3);
    path_set_clear(&paths);
    other.split = last_is_training;
    path_set_from_journeys(&paths, &other, PATH_SPLIT_TRAIN);
    EXPECT_EQ(paths.count, 1);
    EXPECT_EQ(paths.offset[1], 2);
    EXPECT_EQ(paths.token[1], 0);
    EXPECT_EQ(paths.age[0], 2);
    EXPECT(paths.null[0] == 1);
    path_set_clear(&paths);
}
