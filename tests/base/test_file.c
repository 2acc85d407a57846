#include "base/file.h"
#include "support/test.h"

#include <sys/stat.h>
#include <unistd.h>

TEST(file_appears_whole_or_not_at_all)
{
    struct error err = {0};
    struct file_writer writer;
    char *bytes;
    size_t size;
    const char *path = test_path("whole.txt");

    EXPECT_OK(file_write(path, "old", 3, &err), &err);
    EXPECT_OK(file_writer_open(&writer, path, &err), &err);
    fputs("new content", writer.stream);
    file_writer_discard(&writer);
    EXPECT_OK(file_read(path, 100, &bytes, &size, &err), &err);
    EXPECT_STR(bytes, "old");
    free(bytes);
    EXPECT_OK(file_write(test_path(".whole.txt.partial-12"), "", 0, &err), &err);
    EXPECT_OK(file_write(test_path(".other.txt.partial-12"), "", 0, &err), &err);
    file_remove_partials(test_path("whole.txt"));
    EXPECT(!file_exists(test_path(".whole.txt.partial-12")));
    EXPECT(file_exists(test_path(".other.txt.partial-12")));

    char running[64];
    snprintf(running, sizeof running, ".whole.txt.partial-%d", (int)getppid());
    EXPECT_OK(file_write(test_path(running), "", 0, &err), &err);
    EXPECT_OK(file_write(test_path(".whole.txt.partial-999999999"), "", 0, &err), &err);
    EXPECT_OK(file_write(test_path(".whole.txt.partial-x"), "", 0, &err), &err);
    file_remove_dead_partials(test_path("whole.txt"));
    EXPECT(!file_exists(test_path(".whole.txt.partial-999999999")));
    EXPECT(!file_exists(test_path(".whole.txt.partial-x")));
    EXPECT(file_exists(test_path(running)));
    EXPECT(file_exists(test_path("whole.txt")));
    EXPECT_ERROR(file_read(path = test_path("whole.txt"), 2, &bytes, &size, &err), &err, ERR_LIMIT,
                 "whole.txt");
}

TEST(file_failures_name_the_file)
{
    struct error err = {0};
    char *bytes;
    size_t size;

    EXPECT_ERROR(file_read("/nowhere/x", 10, &bytes, &size, &err), &err, ERR_IO, "/nowhere/x");
    EXPECT_ERROR(file_read("/tmp", 10, &bytes, &size, &err), &err, ERR_IO, "folder");
    EXPECT_ERROR(file_write("/nowhere/x", "", 0, &err), &err, ERR_IO, "/nowhere/x");
    EXPECT_ERROR(file_write("/dev/full/x", "a", 1, &err), &err, ERR_IO, "/dev/full/x");
}

TEST(file_does_not_take_the_place_of_a_pipe)
{
    struct error err = {0};
    struct stat info;
    const char *pipe = test_path("pipe");

    EXPECT_EQ(mkfifo(pipe, 0600), 0);
    EXPECT_ERROR(file_write(pipe, "a", 1, &err), &err, ERR_ARG, "a device or a pipe");
    const char *whole = test_file("whole", "a");
    EXPECT_ERROR(file_publish(whole, pipe, &err), &err, ERR_ARG, "a device or a pipe");
    EXPECT_EQ(stat(pipe, &info), 0);
    EXPECT(S_ISFIFO(info.st_mode));
    EXPECT_ERROR(file_write("/dev/stdout", "a", 1, &err), &err, ERR_ARG, "/dev/stdout");
}

TEST(file_folders_come_and_go)
{
    struct error err = {0};

    EXPECT_OK(file_make_folders(test_path("a/b/c"), &err), &err);
    EXPECT_OK(file_make_folders(test_path("a/b/c"), &err), &err);
    EXPECT(file_is_folder(test_path("a/b/c")));
    EXPECT_OK(file_write(test_path("a/file"), "", 0, &err), &err);
    EXPECT_ERROR(file_make_folders(test_path("a/file/b"), &err), &err, ERR_IO,
                 "a file has that name");
    err = (struct error){0};
    EXPECT_OK(file_make_parents(test_path("d/e/f.txt"), &err), &err);
    EXPECT(file_is_folder(test_path("d/e")));
    EXPECT(!file_exists(test_path("d/e/f.txt")));
    EXPECT_OK(file_remove_tree(test_path("a"), &err), &err);
    EXPECT(!file_exists(test_path("a")));
}
