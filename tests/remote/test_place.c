/* place_fetch, place_prepare and place_send against a real server. */
#include "base/file.h"
#include "remote/place.h"
#include "remote/store.h"
#include "support/test.h"

#include <sys/stat.h>
#include <unistd.h>

static void write_bytes(const char *path, const void *bytes, size_t size)
{
    struct error err = {0};

    EXPECT_OK(file_make_parents(path, &err), &err);
    EXPECT_OK(file_write(path, bytes, size, &err), &err);
}

static void send_bytes(const char *remote, const void *bytes, size_t size)
{
    struct place place;
    struct error err = {0};

    EXPECT_OK(place_prepare(&place, remote, &err), &err);
    write_bytes(place.local, bytes, size);
    EXPECT_OK(place_send(&place, &err), &err);
    place_clear(&place);
}

static void expect_bytes(const char *remote, const void *bytes, size_t size)
{
    struct place place;
    struct error err = {0};
    char *got;
    size_t got_size;

    EXPECT_OK(place_fetch(&place, remote, &err), &err);
    EXPECT_OK(file_read(place.local, SIZE_MAX / 2, &got, &got_size, &err), &err);
    EXPECT_EQ(got_size, size);
    EXPECT(memcmp(got, bytes, size) == 0);
    free(got);
    place_clear(&place);
}

TEST(place_passes_local_paths_through)
{
    struct place place;
    struct error err = {0};
    uint64_t version = 1;

    EXPECT_OK(place_fetch(&place, "some/path.csv", &err), &err);
    EXPECT_STR(place.local, "some/path.csv");
    EXPECT(!place.remote && !place.scratch);
    place_clear(&place);
    EXPECT_OK(place_prepare(&place, "/a/b", &err), &err);
    EXPECT_OK(place_send(&place, &err), &err);
    EXPECT_STR(place.local, "/a/b");
    place_clear(&place);
    EXPECT_OK(place_version("x", &version, &err), &err);
    EXPECT_EQ(version, 0);
    place_clear(&place);
}

TEST(place_keys_of_every_kind_come_back)
{
    static const struct {
        const char *remote, *bytes;
    } rows[] = {
        {"s3://quern/plain.csv", "a,b\n1,2\n"},
        {"s3://quern/with space/and more.csv", "x"},
        {"s3://quern/plus+equals=and&what?no#.txt", "y"},
        {"s3://quern/\xc3\xbc\xce\xb1/\xe6\x97\xa5\xe6\x9c\xac.txt", "z"},
        {"s3://quern/percent%20literal%2F.txt", "p"},
        {"s3://quern/tilde~'quotes'(round)!$,;:@.txt", "q"},
        {"s3://quern/empty.txt", ""},
    };

    if (!store_shared())
        return;
    EACH_ROW(rows, r) {
        send_bytes(r->remote, r->bytes, strlen(r->bytes));
        expect_bytes(r->remote, r->bytes, strlen(r->bytes));
    }
}
