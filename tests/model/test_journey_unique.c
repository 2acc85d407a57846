#include "model/journey_unique.h"

#include "model/journeys.h"
#include "support/test.h"

TEST(unique_journeys_are_found)
{
    struct journey_set *set = journeys_of("a-ab+a+abc-ab-ba-a-c-", 3, 3);
    const uint32_t row[] = {7, 6, 5, 4, 3, 2, 1, 0};
    struct journey_unique unique;

    journey_unique_build(&unique, set, row, 8);
    EXPECT_EQ(unique.count, 5); /* abc, ba, ab, c, a: longest first, then as met */
    EXPECT_EQ(unique.first[0], 3);
    EXPECT_EQ(unique.first[1], 5);
    EXPECT_EQ(unique.first[2], 4);
    EXPECT_EQ(unique.first[3], 7);
    EXPECT_EQ(unique.first[4], 6);
    static const uint32_t of[] = {3, 4, 1, 2, 0, 4, 2, 4};
    for (size_t i = 0; i < 8; i++)
        EXPECT_EQ(unique.of[i], of[i]);
    journey_unique_clear(&unique);
    journeys_free(set);
}

TEST(unique_journeys_survive_crowded_tables)
{
    enum { COUNT = 60000 };
    struct journey_set *set = journeys_random(COUNT, 4, 5, 0.1, 0.1, 3);
    uint32_t *row = malloc(COUNT * sizeof *row);
    struct journey_unique unique;

    for (uint32_t i = 0; i < COUNT; i++)
        row[i] = i;
    journey_unique_build(&unique, set, row, COUNT);
    EXPECT_EQ(unique.count, 4 + 16 + 64 + 256 + 1024);
    for (size_t i = 0; i < COUNT; i++) {
        const uint32_t first = unique.first[unique.of[i]];
        const uint64_t length = set->offset[i + 1] - set->offset[i];
        EXPECT_EQ(set->offset[first + 1] - set->offset[first], length);
        EXPECT(memcmp(set->token + set->offset[first], set->token + set->offset[i],
                      length * sizeof *set->token) == 0);
    }
    journey_unique_clear(&unique);
    journey_unique_build(&unique, set, row, 0);
    EXPECT_EQ(unique.count, 0);
    journey_unique_clear(&unique);
    free(row);
    journeys_free(set);
}
