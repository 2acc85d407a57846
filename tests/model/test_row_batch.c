#include "model/row_batch.h"
#include "model/train_loss.h"
#include "support/test.h"

enum { ROWS = 103 };

TEST(row_batches_hold_every_row_once_an_epoch)
{
    struct row_batches batches;
    uint32_t cost[ROWS], first[ROWS];

    for (size_t i = 0; i < ROWS; i++)
        cost[i] = (uint32_t)(1 + i * i % 51);
    row_batches_init(&batches, cost, ROWS, 32, 5, 9);
    EXPECT_EQ(row_batches_count(&batches), 4);
    EXPECT_EQ(batches.slices, 7);
    for (size_t epoch = 0; epoch < 3; epoch++) {
        size_t seen[ROWS] = {0}, same = 0;
        row_batches_begin(&batches, epoch);
        for (size_t b = 0; b < 4; b++) {
            uint64_t least = UINT64_MAX, most = 0;
            row_batches_deal(&batches, b);
            for (size_t s = 0; s < batches.slices; s++) {
                uint64_t total = 0;
                EXPECT(batches.count[s] <= 5);
                for (size_t i = 0; i < batches.count[s]; i++) {
                    const uint32_t row = batches.dealt[s * 5 + i];
                    seen[row]++;
                    total += cost[row];
                    EXPECT(i == 0 || cost[row] <= cost[batches.dealt[s * 5 + i - 1]]);
                }
                least = total < least ? total : least;
                most = total > most ? total : most;
            }
            if (b < 3)
                EXPECT(most - least <= 51);
        }
        for (size_t i = 0; i < ROWS; i++) {
            EXPECT_EQ(seen[i], 1);
            same += epoch && batches.order[i] == first[i];
        }
        if (epoch == 0)
            memcpy(first, batches.order, sizeof first);
        EXPECT(same < ROWS / 4);
    }
    row_batches_begin(&batches, 0); /* whatever came before */
    EXPECT(memcmp(first, batches.order, sizeof first) == 0);
    row_batches_clear(&batches);
}

TEST(row_batch_of_few_rows_is_one)
{
    const uint32_t cost[] = {3, 1, 2};
    struct row_batches batches;

    row_batches_init(&batches, cost, 3, 64, 2, 0);
    EXPECT_EQ(row_batches_count(&batches), 1);
    EXPECT_EQ(batches.slices, 2);
    row_batches_begin(&batches, 0);
    row_batches_deal(&batches, 0);
    EXPECT_EQ(batches.count[0] + batches.count[1], 3);
    row_batches_clear(&batches);
}

TEST(train_loss_share_falls_and_rises)
{
    static const struct {
        size_t epochs, epoch;
        double factor, share;
    } rows[] = {{11, 0, 2, 1},   {11, 5, 2, 0}, {11, 10, 2, 1}, {11, 2, 2, 0.6},
                {11, 8, 2, 0.6}, {5, 4, 1, 0},  {5, 0, 1, 1},   {1, 0, 2, 1},
                {9, 2, 4, 0},    {9, 8, 4, 1},  {9, 5, 4, 0.5}};

    EACH_ROW(rows, r) {
        struct train_config train = {.epochs = r->epochs};
        train.cyclical_focal.factor = r->factor;
        EXPECT_NEAR(train_loss_share(&train, r->epoch), r->share, 1e-12);
    }
}

TEST(train_loss_weights_of_classes)
{
    const size_t count[] = {90, 10}, none[] = {90, 0};
    struct train_config train = {.class_weights = "balanced"};
    struct error err = {0};
    double weight[2];

    EXPECT_OK(train_loss_weights(&train, count, 2, weight, &err), &err);
    EXPECT_NEAR(weight[0], 100.0 / 180, 1e-15);
    EXPECT_NEAR(weight[1], 5, 1e-15);
    EXPECT_ERROR(train_loss_weights(&train, none, 2, weight, &err), &err, ERR_DATA, "class 1");
    train.class_weights = "0.5,20";
    EXPECT_OK(train_loss_weights(&train, count, 2, weight, &err), &err);
    EXPECT_NEAR(weight[0] + weight[1], 20.5, 0);
}

TEST(train_loss_of_two_classes_only)
{
    struct train_config train = {.loss = TRAIN_LOSS_ASYMMETRIC};
    union op_settings settings;
    struct error err = {0};
    const struct op *op;

    EXPECT_ERROR(train_loss_op(&train, 3, &op, &settings, &err), &err, ERR_CONFIG, "asymmetric");
    train.loss = TRAIN_LOSS_FOCAL;
    train.focal.alpha = 0.2;
    EXPECT_ERROR(train_loss_op(&train, 3, &op, &settings, &err), &err, ERR_CONFIG, "focal.alpha");
    train.focal.alpha = -1;
    EXPECT_OK(train_loss_op(&train, 3, &op, &settings, &err), &err);
    EXPECT(op == &op_focal_loss);
}
