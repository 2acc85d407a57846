#include "model/journey_batch.h"

#include "model/journeys.h"
#include "support/test.h"

enum { COUNT = 1000, STEPS = 6 };

static void all_rows(uint32_t *row, size_t count)
{
    for (size_t i = 0; i < count; i++)
        row[i] = (uint32_t)i;
}

/* How often each row of the set stands in an epoch: weight summed; and the sums per class. */
static void walk_epoch(const struct journey_batches *batches, size_t epoch, double *weight)
{
    const struct journey_set *set = batches->set;
    struct journey_slice slice;

    journey_slice_init(&slice, batches);
    memset(weight, 0, set->count * sizeof *weight);
    for (size_t b = 0; b < journey_batches_count(batches); b++) {
        double by_class[2] = {0}, total = 0;
        size_t rows = 0;
        for (size_t s = 0; s < journey_batches_slices(batches); s++) {
            journey_batches_slice(batches, b, s, &slice);
            for (size_t i = 0; i < slice.rows; i++) {
                const uint32_t row = slice.row[i];
                const uint64_t length = set->offset[row + 1] - set->offset[row];
                if (i)
                    EXPECT(length <=
                           set->offset[slice.row[i - 1] + 1] - set->offset[slice.row[i - 1]]);
                EXPECT(slice.weight[i] >= 1);
                weight[row] += (double)slice.weight[i];
                by_class[set->converted[row]] += (double)slice.weight[i];
                total = slice.total_weight;
            }
            rows += slice.rows;
        }
        EXPECT_NEAR(by_class[0] + by_class[1], total, 0);
        if (batches->oversample && by_class[0] > 0 && by_class[1] > 0)
            EXPECT_NEAR(by_class[0], by_class[1], 0);
        EXPECT_EQ(rows, b + 1 < journey_batches_count(batches)
                            ? batches->batch
                            : batches->rows - b * batches->batch);
    }
    journey_slice_clear(&slice);
}

TEST(batches_hold_every_row_once_or_balanced)
{
    static const struct {
        size_t batch, slice;
        bool oversample;
        double chance; /* of a conversion */
    } rows[] = {
        {64, 32, false, 0.2},  {64, 32, true, 0.2},  {64, 32, true, 0.8}, {50, 7, true, 0.2},
        {1000, 64, true, 0.1}, {64, 100, true, 0.3}, {1, 1, true, 0.3},   {33, 32, true, 0.02},
    };
    uint32_t row[COUNT];
    double weight[COUNT];

    all_rows(row, COUNT);
    EACH_ROW(rows, r) {
        struct journey_set *set = journeys_random(COUNT, 5, STEPS, r->chance, r->chance, 1);
        struct journey_batches batches;
        journey_batches_init(&batches, set, row, COUNT, r->batch, r->slice, r->oversample, 7);
        journey_batches_begin(&batches, 0);
        walk_epoch(&batches, 0, weight);
        for (size_t i = 0; i < COUNT; i++)
            EXPECT(r->oversample ? weight[i] >= 1 : weight[i] == 1);
        journey_batches_clear(&batches);
        journeys_free(set);
    }
}

/* Copies are drawn with equal chances: over many epochs each conversion is met equally often. */
TEST(batches_draw_copies_evenly)
{
    enum { EPOCHS = 400 };
    struct journey_set *set = journeys_random(COUNT, 5, STEPS, 0.2, 0.2, 1);
    struct journey_batches batches;
    uint32_t row[COUNT];
    static double weight[COUNT], sum[COUNT];
    double positives = 0;

    all_rows(row, COUNT);
    journey_batches_init(&batches, set, row, COUNT, 100, 32, true, 7);
    for (size_t epoch = 0; epoch < EPOCHS; epoch++) {
        journey_batches_begin(&batches, epoch);
        walk_epoch(&batches, epoch, weight);
        for (size_t i = 0; i < COUNT; i++)
            sum[i] += weight[i] / EPOCHS;
    }
    for (size_t i = 0; i < COUNT; i++)
        positives += set->converted[i];
    EXPECT_NEAR(journey_batches_odds(&batches), (COUNT - positives) / positives, 1e-12);
    /* Negatives over positives differ by batch, so the mean lies a little above the whole's. */
    for (size_t i = 0; i < COUNT; i++)
        EXPECT_NEAR(sum[i], set->converted[i] ? 1.03 * (COUNT - positives) / positives : 1,
                    set->converted[i] ? 0.6 : 1e-9);
    journey_batches_clear(&batches);
    journeys_free(set);
}

TEST(batches_depend_on_seed_and_epoch_only)
{
    struct journey_set *set = journeys_random(COUNT, 5, STEPS, 0.2, 0.2, 1);
    struct journey_batches a, b;
    uint32_t row[COUNT];

    all_rows(row, COUNT);
    journey_batches_init(&a, set, row, COUNT, 64, 32, true, 7);
    journey_batches_init(&b, set, row, COUNT, 64, 32, true, 7);
    for (size_t epoch = 0; epoch < 4; epoch++)
        journey_batches_begin(&a, epoch);
    journey_batches_begin(&b, 3);
    EXPECT(memcmp(a.order, b.order, COUNT * sizeof *a.order) == 0);
    journey_batches_begin(&b, 4);
    EXPECT(memcmp(a.order, b.order, COUNT * sizeof *a.order) != 0);
    journey_batches_clear(&b);
    journey_batches_init(&b, set, row, COUNT, 64, 32, true, 8);
    journey_batches_begin(&b, 3);
    EXPECT(memcmp(a.order, b.order, COUNT * sizeof *a.order) != 0);
    journey_batches_clear(&a);
    journey_batches_clear(&b);
    journeys_free(set);
}

/* Ten long journeys and ten short ones in two slices: five of each in both. */
TEST(batches_deal_long_journeys_to_all_slices)
{
    struct journey_set *set =
        journeys_of("abc-abc-abc-abc-abc-abc-abc-abc-abc-abc-a+a-a-a-a-a-a-a-a-a-", 3, 3);
    struct journey_batches batches;
    struct journey_slice slice;
    uint32_t row[20];

    all_rows(row, 20);
    journey_batches_init(&batches, set, row, 20, 20, 10, false, 1);
    journey_batches_begin(&batches, 0);
    journey_slice_init(&slice, &batches);
    for (size_t s = 0; s < 2; s++) {
        journey_batches_slice(&batches, 0, s, &slice);
        EXPECT_EQ(slice.rows, 10);
        EXPECT_EQ(slice.first_row, 10 * s);
        for (size_t i = 0; i < 10; i++)
            EXPECT_EQ(slice.row[i] < 10, i < 5);
    }
    journey_slice_clear(&slice);
    journey_batches_clear(&batches);
    journeys_free(set);
}
