#include "sequence/journey_file.h"
#include "sequence/support.h"

#include <unistd.h>

static char *small_file(void)
{
    struct error err = {0};
    const struct journey_config config = test_config(
        test_file("file.csv", HEADER "a,2,x,0\na,1,y,1\nb,5,x,0\nc,5,rare,0\nc,6,x,1\n"));

    EXPECT_OK(test_build(&config, test_path("file"), 1, NULL, &err), &err);
    return strdup(test_path("file/journeys.bin"));
}

TEST(journey_file_holds_what_was_built)
{
    struct error err = {0};
    struct journey_file file;
    char *path = small_file();

    EXPECT_OK(journey_file_open(&file, path, &err), &err);
    const struct journey_set *set = &file.set;
    EXPECT_EQ(set->count, 4);
    EXPECT_EQ(set->campaigns, 3);
    EXPECT_EQ(set->max_length, 10);
    EXPECT_EQ(set->offset[set->count], 5);
    EXPECT_EQ(file.summary.journeys, 4);
    EXPECT_EQ(file.summary.conversions, 2);
    for (size_t j = 0; j < set->count; j++) {
        if (set->id[j] != 3)
            continue;
        EXPECT_EQ(set->offset[j + 1] - set->offset[j], 2);
        EXPECT_STR(set->campaign[set->token[set->offset[j]]], "rare");
        EXPECT_STR(set->campaign[set->token[set->offset[j] + 1]], "x");
        EXPECT_EQ(set->time[set->offset[j]], 5000000);
        EXPECT_EQ(set->converted[j], 1);
    }
    /* Names of the training split first, each group sorted. */
    for (size_t c = 1; c < set->campaigns; c++)
        if (c != set->vocabulary)
            EXPECT(strcmp(set->campaign[c - 1], set->campaign[c]) < 0);
    journey_file_close(&file);
    free(path);
}

/* Every truncation and every flipped byte is refused or harmless: nothing is read out of bounds. */
TEST(journey_file_survives_damage)
{
    struct error err = {0};
    struct journey_file file;
    char *path = small_file(), *bytes;
    const char *copy = test_path("damaged.bin");
    size_t size, refused = 0;

    EXPECT_OK(file_read(path, 1 << 20, &bytes, &size, &err), &err);
    for (size_t cut = 0; cut < size; cut += cut < 300 ? 1 : 97) {
        EXPECT_OK(file_write(copy, bytes, cut, &err), &err);
        EXPECT_ERROR(journey_file_open(&file, copy, &err), &err, ERR_DATA, "damaged.bin");
    }
    for (size_t i = 0; i < size; i += i < 1200 ? 1 : 61) {
        bytes[i] ^= (char)0x81;
        EXPECT_OK(file_write(copy, bytes, size, &err), &err);
        if (journey_file_open(&file, copy, &err)) {
            for (size_t t = 0; t < file.set.offset[file.set.count]; t++)
                EXPECT(strlen(file.set.campaign[file.set.token[t]]) < 10);
            journey_file_close(&file);
        } else {
            refused++;
            EXPECT_EQ(err.code, ERR_DATA);
        }
        err = (struct error){0};
        bytes[i] ^= (char)0x81;
    }
    EXPECT(refused > 100);
    free(bytes);
    free(path);
}

TEST(journey_file_refuses_other_files)
{
    struct error err = {0};
    struct journey_file file;

    EXPECT_ERROR(journey_file_open(&file, test_path("no.bin"), &err), &err, ERR_IO, "no.bin");
    EXPECT_ERROR(journey_file_open(&file, test_file("text.bin", "hello"), &err), &err, ERR_DATA,
                 "not a file of journeys");
}
