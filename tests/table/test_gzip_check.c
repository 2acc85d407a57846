#include "table/gzip_check.h"

#include "base/file.h"
#include "support/test.h"
#include "table/writer.h"

enum { ROWS = 400 };

static char *make_gzip(const char *path, size_t *size)
{
    static int64_t number[ROWS];
    const struct table_column column = {.name = "n", .type = TABLE_INT64, .integer = number};
    struct error err = {0};
    char *bytes;

    for (size_t i = 0; i < ROWS; i++)
        number[i] = (int64_t)(i * i * 7919 % 100003);
    EXPECT_OK(table_write(path, &column, 1, ROWS, &err), &err);
    EXPECT_OK(file_read(path, 1 << 20, &bytes, size, &err), &err);
    return bytes;
}

TEST(gzip_check_finds_every_cut)
{
    struct error err = {0};
    size_t size;
    char *whole = strdup(test_path("whole.csv.gz")), *bytes = make_gzip(whole, &size);
    char *cut = strdup(test_path("cut.csv.gz"));

    EXPECT_OK(gzip_check(whole, &err), &err);
    EXPECT(size > 500);
    for (size_t length = 0; length < size; length += length < size - 20 ? 17 : 1) {
        EXPECT_OK(file_write(cut, bytes, length, &err), &err);
        EXPECT_ERROR(gzip_check(cut, &err), &err, ERR_DATA, "cut.csv.gz");
    }
    free(bytes);
    free(whole);
    free(cut);
}

TEST(gzip_check_finds_damage)
{
    struct error err = {0};
    size_t size;
    char *path = strdup(test_path("flipped.csv.gz")), *bytes = make_gzip(path, &size);

    bytes[size - 6] = (char)(bytes[size - 6] ^ 1); /* in the checksum */
    EXPECT_OK(file_write(path, bytes, size, &err), &err);
    EXPECT_ERROR(gzip_check(path, &err), &err, ERR_DATA, "damaged");
    bytes[size - 6] = (char)(bytes[size - 6] ^ 1);
    bytes[size / 2] = (char)(bytes[size / 2] ^ 0x55);
    EXPECT_OK(file_write(path, bytes, size, &err), &err);
    EXPECT_ERROR(gzip_check(path, &err), &err, ERR_DATA, "flipped.csv.gz");
    EXPECT_OK(file_write(path, "a,b\n1,2\n", 8, &err), &err);
    EXPECT_ERROR(gzip_check(path, &err), &err, ERR_DATA, "not a gzip file");
    EXPECT_ERROR(gzip_check("/nowhere/x.gz", &err), &err, ERR_IO, "/nowhere/x.gz");
    free(bytes);
    free(path);
}
