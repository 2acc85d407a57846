/* place_fetch, place_prepare and place_send against a real server. */
#include "base/file.h"
#include "remote/place.h"
#include "remote/store.h"
#include "remote/support.h"
#include "support/test.h"

#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

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
        {"s3://quern/tilde~'quotes'(round)!$,;:@<&>.txt", "q"},
        {"s3://quern/empty.txt", ""},
    };

    if (!store_shared())
        return;
    EACH_ROW(rows, r) {
        send_text(r->remote, r->bytes);
        expect_text(r->remote, r->bytes);
    }
    EXPECT_EQ(count_objects("quern", "plus+equals=and&what?no#"), 1);
    EXPECT_EQ(count_objects("quern", "percent%20literal%2F"), 1);
    EXPECT_EQ(count_objects("quern", "percent literal"), 0);
}

TEST(place_objects_of_every_size_come_back)
{
    /* One piece is 16 MiB: around it, and several of it. */
    static const size_t rows[] = {0, 1, 16 * MIB - 1, 16 * MIB, 16 * MIB + 1, 40 * MIB};

    if (!store_shared())
        return;
    EACH_ROW(rows, r) {
        unsigned char *bytes = varied_bytes(*r);
        send_bytes("s3://quern/sizes/file.bin", bytes, *r);
        expect_bytes("s3://quern/sizes/file.bin", bytes, *r);
        free(bytes);
    }
}

TEST(place_brings_a_folder_with_all_below_it)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"a.txt", "a"},
        {"deep/er/b c+d.txt", "b"},
        {"\xc3\xa4=.txt", ""},
        {"manifest.json", "{}"},
    };
    static const char *const spelled[] = {"s3://quern/folder", "s3://quern/folder/"};
    struct place place;
    struct error err = {0};

    if (!store_shared())
        return;
    EXPECT_OK(place_prepare(&place, "s3://quern/folder/", &err), &err);
    EACH_ROW(rows, r) {
        char *path = file_join(place.local, r->name);
        write_bytes(path, r->text, strlen(r->text));
        free(path);
    }
    write_bytes(test_path("x"), "", 0);
    EXPECT_OK(place_send(&place, &err), &err);
    place_clear(&place);
    send_text("s3://quern/folder2/other.txt", "not below it");
    EXPECT_EQ(count_objects("quern", "folder/"), 4);

    for (size_t i = 0; i < 2; i++) {
        EXPECT_OK(place_fetch(&place, spelled[i], &err), &err);
        EACH_ROW(rows, r) {
            char *path = file_join(place.local, r->name), *bytes;
            size_t size;
            EXPECT_OK(file_read(path, 100, &bytes, &size, &err), &err);
            EXPECT_STR(bytes, r->text);
            free(bytes);
            free(path);
        }
        char *other = file_join(place.local, "other.txt");
        EXPECT(!file_exists(other));
        free(other);
        char *scratch = file_join(NULL, place.scratch);
        place_clear(&place);
        EXPECT(!file_exists(scratch));
        free(scratch);
    }
}

TEST(place_leaves_hidden_files_at_home)
{
    struct place place;
    struct error err = {0};

    if (!store_shared())
        return;
    EXPECT_OK(place_prepare(&place, "s3://quern/hidden", &err), &err);
    char *seen = file_join(place.local, "seen.txt"), *lock = file_join(place.local, ".quern/lock");
    write_bytes(seen, "1", 1);
    write_bytes(lock, "2", 1);
    EXPECT_OK(place_send(&place, &err), &err);
    EXPECT_EQ(count_objects("quern", "hidden"), 1);
    free(seen);
    free(lock);
    place_clear(&place);
}

TEST(place_globs_match_in_the_last_part_only)
{
    static const char *const keys[] = {"glob/part-1.csv", "glob/part-22.csv", "glob/part-x.txt",
                                       "glob/deep/part-3.csv", "glob/.part-4.csv"};
    static const struct {
        const char *pattern;
        size_t count;
    } rows[] = {
        {"s3://quern/glob/*.csv", 2},       {"s3://quern/glob/part-?.csv", 1},
        {"s3://quern/glob/part-[0-9]*", 2}, {"s3://quern/glob/*", 3},
        {"s3://quern/glob/.part-4*", 1},
    };
    struct place place;
    struct error err = {0};

    if (!store_shared())
        return;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char remote[100];
        snprintf(remote, sizeof remote, "s3://quern/%s", keys[i]);
        send_text(remote, keys[i]);
    }
    EACH_ROW(rows, r) {
        glob_t found;
        EXPECT_OK(place_fetch(&place, r->pattern, &err), &err);
        EXPECT_EQ(glob(place.local, 0, NULL, &found), 0);
        EXPECT_EQ(found.gl_pathc, r->count);
        globfree(&found);
        place_clear(&place);
    }
    EXPECT_ERROR(place_fetch(&place, "s3://quern/glob/*.parquet", &err), &err, ERR_DATA,
                 "s3://quern/glob/*.parquet: no object matches");
    EXPECT_ERROR(place_fetch(&place, "s3://quern/gl*/part-1.csv", &err), &err, ERR_ARG,
                 "only after the last '/'");
    send_text("s3://quern/glob/odd[1].txt", "its own name first");
    expect_text("s3://quern/glob/odd[1].txt", "its own name first");
}

TEST(place_lists_more_than_a_page)
{
    enum { FILES = 1105 };
    struct place place;
    struct error err = {0};

    if (!store_shared())
        return;
    EXPECT_OK(place_prepare(&place, "s3://quern/many", &err), &err);
    for (size_t i = 0; i < FILES; i++) {
        char name[40];
        snprintf(name, sizeof name, "d %zu/f+%zu", i % 10, i);
        char *path = file_join(place.local, name);
        write_bytes(path, name, i % 7);
        free(path);
    }
    EXPECT_OK(place_send(&place, &err), &err);
    place_clear(&place);
    EXPECT_EQ(count_objects("quern", "many/"), FILES);

    EXPECT_OK(place_fetch(&place, "s3://quern/many", &err), &err);
    for (size_t i = 0; i < FILES; i++) {
        char name[40], *bytes;
        size_t size;
        snprintf(name, sizeof name, "d %zu/f+%zu", i % 10, i);
        char *path = file_join(place.local, name);
        EXPECT_OK(file_read(path, 100, &bytes, &size, &err), &err);
        EXPECT(size == i % 7 && memcmp(bytes, name, size) == 0);
        free(bytes);
        free(path);
    }
    place_clear(&place);
}

TEST(place_files_have_the_times_of_their_objects)
{
    struct place first, second;
    struct stat a, b;
    struct error err = {0};

    if (!store_shared())
        return;
    send_text("s3://quern/time/x.csv", "1");
    EXPECT_OK(place_fetch(&first, "s3://quern/time/x.csv", &err), &err);
    sleep(1);
    EXPECT_OK(place_fetch(&second, "s3://quern/time/x.csv", &err), &err);
    EXPECT(stat(first.local, &a) == 0 && stat(second.local, &b) == 0);
    EXPECT_EQ(a.st_mtime, b.st_mtime);
    place_clear(&first);
    place_clear(&second);
}

TEST(place_version_changes_with_the_content)
{
    uint64_t one, again, other, folder, folder_other;
    struct error err = {0};

    if (!store_shared())
        return;
    send_text("s3://quern/version/x.csv", "1");
    EXPECT_OK(place_version("s3://quern/version/x.csv", &one, &err), &err);
    EXPECT_OK(place_version("s3://quern/version/x.csv", &again, &err), &err);
    EXPECT_OK(place_version("s3://quern/version/*.csv", &folder, &err), &err);
    send_text("s3://quern/version/x.csv", "2");
    EXPECT_OK(place_version("s3://quern/version/x.csv", &other, &err), &err);
    EXPECT_OK(place_version("s3://quern/version/*.csv", &folder_other, &err), &err);
    EXPECT(one == again && one != other && folder != folder_other && one != 0);
    EXPECT_ERROR(place_version("s3://quern/version/y.csv", &one, &err), &err, ERR_DATA,
                 "no such object");
}

TEST(place_explain_names_the_remote_file)
{
    struct place place = {.remote = (char *)"s3://b/in/part-*.csv",
                          .scratch = (char *)"/tmp/quern-s3-abc"};
    struct error err;
    char name[100];

    error_set(&err, ERR_DATA,
              "row 2 of '/tmp/quern-s3-abc/part-1.csv' and /tmp/quern-s3-abc/x: no");
    EXPECT(!place_explain(&place, &err));
    EXPECT_STR(err.text, "row 2 of 's3://b/in/part-1.csv' and s3://b/in/x: no");
    place_name(&place, "/tmp/quern-s3-abc/part-1.csv", name, sizeof name);
    EXPECT_STR(name, "s3://b/in/part-1.csv");
    place_name(&place, "/tmp/other", name, sizeof name);
    EXPECT_STR(name, "/tmp/other");
}
