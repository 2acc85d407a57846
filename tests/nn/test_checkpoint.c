#include "nn/checkpoint.h"

#include "base/file.h"
#include "support/test.h"

enum { SIZE = 5, COLUMNS = 2, EPOCHS = 4 };

struct fixture {
    real parameters[SIZE], first[SIZE], second[SIZE], average[SIZE], best[SIZE];
    double history[EPOCHS * COLUMNS];
    struct trainer_state state;
    struct checkpoint checkpoint;
};

static void fill(struct fixture *f, const char *key, size_t epochs, real start)
{
    *f = (struct fixture){0};
    real *vectors[] = {f->parameters, f->first, f->second, f->average, f->best};
    for (size_t v = 0; v < 5; v++)
        for (size_t i = 0; i < SIZE; i++)
            vectors[v][i] = start * (real)(10 * v + i);
    for (size_t i = 0; i < epochs * COLUMNS; i++)
        f->history[i] = (double)start * (double)i;
    f->state = (struct trainer_state){.step = (uint64_t)(100 * start),
                                      .size = SIZE,
                                      .parameters = f->parameters,
                                      .first = f->first,
                                      .second = f->second,
                                      .average = f->average};
    f->checkpoint = (struct checkpoint){.key = key,
                                        .state = &f->state,
                                        .best = f->best,
                                        .history = f->history,
                                        .epochs = epochs,
                                        .epochs_max = EPOCHS,
                                        .columns = COLUMNS};
}

TEST(checkpoint_restores_everything)
{
    struct fixture wrote, read;
    struct error err = {0};
    const char *path = test_path("good.checkpoint");
    bool found;

    fill(&wrote, "key", 3, 1);
    fill(&read, "key", 0, 0);
    EXPECT_OK(checkpoint_read(path, &read.checkpoint, &found, &err), &err);
    EXPECT(!found);
    EXPECT_OK(checkpoint_write(path, &wrote.checkpoint, &err), &err);
    EXPECT_OK(checkpoint_read(path, &read.checkpoint, &found, &err), &err);
    EXPECT(found);
    EXPECT_EQ(read.checkpoint.epochs, 3);
    EXPECT_EQ(read.state.step, 100);
    EXPECT(memcmp(&wrote, &read, offsetof(struct fixture, state)) == 0);
}

TEST(checkpoint_of_another_key_is_left_alone)
{
    struct fixture wrote, read;
    struct error err = {0};
    const char *path = test_path("other.checkpoint");
    bool found;

    fill(&wrote, "one key", 3, 1);
    fill(&read, "another key", 0, 0);
    EXPECT_OK(checkpoint_write(path, &wrote.checkpoint, &err), &err);
    EXPECT_OK(checkpoint_read(path, &read.checkpoint, &found, &err), &err);
    EXPECT(!found);
    EXPECT_EQ(read.checkpoint.epochs, 0);
    EXPECT(read.parameters[1] == 0);
}

TEST(checkpoint_that_does_not_fit_is_refused)
{
    struct fixture wrote, read;
    struct error err = {0};
    const char *path = test_path("unfit.checkpoint");
    bool found;

    fill(&wrote, "key", 3, 1);
    EXPECT_OK(checkpoint_write(path, &wrote.checkpoint, &err), &err);
    fill(&read, "key", 0, 0);
    read.state.size = SIZE - 1;
    EXPECT_ERROR(checkpoint_read(path, &read.checkpoint, &found, &err), &err, ERR_DATA,
                 "another model");
    fill(&read, "key", 0, 0);
    read.checkpoint.columns = COLUMNS + 1;
    EXPECT_ERROR(checkpoint_read(path, &read.checkpoint, &found, &err), &err, ERR_DATA,
                 "'history'");
    fill(&read, "key", 0, 0);
    read.checkpoint.epochs_max = 2;
    EXPECT_ERROR(checkpoint_read(path, &read.checkpoint, &found, &err), &err, ERR_DATA,
                 "checkpoint of 3 epochs");
    fill(&wrote, "key", 3, 1);
    wrote.state.average = NULL;
    EXPECT_OK(checkpoint_write(path, &wrote.checkpoint, &err), &err);
    fill(&read, "key", 0, 0);
    EXPECT_ERROR(checkpoint_read(path, &read.checkpoint, &found, &err), &err, ERR_DATA,
                 "'average'");
    EXPECT_OK(file_write(path, "garbage!", 8, &err), &err);
    EXPECT_ERROR(checkpoint_read(path, &read.checkpoint, &found, &err), &err, ERR_LIMIT,
                 "reading a checkpoint");
    EXPECT_OK(file_write(path, "\2\0\0\0\0\0\0\0{}", 10, &err), &err);
    EXPECT_ERROR(checkpoint_read(path, &read.checkpoint, &found, &err), &err, ERR_DATA,
                 "not a checkpoint");
}
