#include "pipeline/workspace.h"

#include "base/file.h"
#include "support/test.h"

static void write_text(const char *folder, const char *name, const char *text)
{
    struct error err = {0};
    char *path = file_join(folder, name);

    EXPECT_OK(file_make_parents(path, &err), &err);
    EXPECT_OK(file_write(path, text, strlen(text), &err), &err);
    free(path);
}

static void expect_text(const char *folder, const char *name, const char *want)
{
    struct error err = {0};
    char *path = file_join(folder, name), *bytes;
    size_t size;

    EXPECT_OK(file_read(path, 1000, &bytes, &size, &err), &err);
    EXPECT_STR(bytes, want);
    free(bytes);
    free(path);
}

static void run_stage(struct workspace *space, const char *stage, uint64_t key, const char *name,
                      const char *text)
{
    struct error err = {0};
    char *folder;

    EXPECT_OK(workspace_begin(space, stage, &folder, &err), &err);
    write_text(folder, name, text);
    EXPECT_OK(workspace_finish(space, stage, key, &err), &err);
    free(folder);
}

static bool is_found(const struct workspace *space, const char *stage, uint64_t key)
{
    char *folder = workspace_find(space, stage, key);
    const bool found = folder != NULL;

    free(folder);
    return found;
}

TEST(workspace_publishes_only_when_told)
{
    struct error err = {0};
    struct workspace space;
    char *out = file_join(test_folder(), "publish");

    EXPECT_OK(workspace_open(&space, out, &err), &err);
    run_stage(&space, "features", 1, "store/train.txt", "first");
    EXPECT(!file_exists(test_path("publish/store/train.txt")));
    EXPECT(is_found(&space, "features", 1));
    EXPECT(!is_found(&space, "features", 2));
    EXPECT_OK(workspace_publish(&space, &err), &err);
    expect_text(out, "store/train.txt", "first");
    EXPECT(is_found(&space, "features", 1));
    workspace_close(&space);

    EXPECT_OK(workspace_open(&space, out, &err), &err);
    EXPECT(is_found(&space, "features", 1));
    run_stage(&space, "features", 2, "store/other.txt", "second");
    workspace_close(&space); /* as after a failure of a later stage */
    expect_text(out, "store/train.txt", "first");

    EXPECT_OK(workspace_open(&space, out, &err), &err);
    EXPECT(is_found(&space, "features", 2)); /* finished work of the earlier run is kept */
    EXPECT_OK(workspace_publish(&space, &err), &err);
    expect_text(out, "store/other.txt", "second");
    EXPECT(!file_exists(test_path("publish/store/train.txt"))); /* no longer made */
    workspace_close(&space);
    free(out);
}

TEST(workspace_begin_drops_what_a_killed_run_left_but_its_checkpoint)
{
    struct error err = {0};
    struct workspace space;
    char *out = file_join(test_folder(), "leftover"), *folder;

    EXPECT_OK(workspace_open(&space, out, &err), &err);
    EXPECT_OK(workspace_begin(&space, "train", &folder, &err), &err);
    write_text(folder, "old/half.txt", "of other settings");
    write_text(folder, ".checkpoint", "epoch 3");
    free(folder);
    EXPECT_OK(workspace_begin(&space, "train", &folder, &err), &err);
    expect_text(folder, ".checkpoint", "epoch 3");
    write_text(folder, "new.txt", "1");
    free(folder);
    EXPECT_OK(workspace_finish(&space, "train", 5, &err), &err);
    EXPECT_OK(workspace_publish(&space, &err), &err);
    workspace_close(&space);
    expect_text(out, "new.txt", "1");
    EXPECT(!file_exists(test_path("leftover/old")));
    free(out);
}

TEST(workspace_completes_an_interrupted_publication)
{
    struct error err = {0};
    struct workspace space;
    char *out = file_join(test_folder(), "interrupted");

    EXPECT_OK(workspace_open(&space, out, &err), &err);
    run_stage(&space, "a", 7, "one.txt", "1");
    run_stage(&space, "b", 8, "two.txt", "2");
    /* What kill -9 leaves after publish.json was written and the first file moved. */
    static const char plan[] = "{\"a\":{\"key\":\"0000000000000007\",\"files\":[\"one.txt\"]},"
                               "\"b\":{\"key\":\"0000000000000008\",\"files\":[\"two.txt\"]}}";
    write_text(space.root, "publish.json", plan);
    EXPECT_EQ(
        rename(test_path("interrupted/.quern/work/a/one.txt"), test_path("interrupted/one.txt")),
        0);
    workspace_close(&space);

    EXPECT_OK(workspace_open(&space, out, &err), &err);
    expect_text(out, "one.txt", "1");
    expect_text(out, "two.txt", "2");
    EXPECT(is_found(&space, "a", 7) && is_found(&space, "b", 8));
    EXPECT(!file_exists(test_path("interrupted/.quern/publish.json")));
    EXPECT(!file_exists(test_path("interrupted/.quern/work")));
    workspace_close(&space);

    /* A record whose files have been moved away is no result: the published one is. */
    write_text(out, ".quern/work/a/.stage.json",
               "{\"key\":\"0000000000000007\",\"files\":[\"one.txt\"]}");
    write_text(out, ".quern/.stages.json.partial-123", "");
    EXPECT_OK(workspace_open(&space, out, &err), &err);
    char *found = workspace_find(&space, "a", 7);
    EXPECT_STR(found, out);
    EXPECT(!file_exists(test_path("interrupted/.quern/.stages.json.partial-123")));
    free(found);
    workspace_close(&space);
    free(out);
}

TEST(workspace_admits_one_run_at_a_time)
{
    struct error err = {0};
    struct workspace space, second;
    char *out = file_join(test_folder(), "locked");

    EXPECT_OK(workspace_open(&space, out, &err), &err);
    EXPECT_ERROR(workspace_open(&second, out, &err), &err, ERR_DATA, "another run");
    workspace_close(&space);
    EXPECT(!file_exists(out)); /* nothing was made, so nothing stays */
    free(out);
}

TEST(workspace_refuses_damaged_records)
{
    static const char *const records[] = {
        "not json",
        "[]",
        "{\"a\":{\"key\":\"1\",\"files\":[\"../../etc/passwd\"]}}",
        "{\"a\":{\"key\":\"1\",\"files\":[\"/etc/passwd\"]}}",
        "{\"../a\":{\"key\":\"1\",\"files\":[\"x\"]}}",
        "{\"a\":{\"key\":\"1\",\"files\":[7]}}",
    };
    struct error err = {0};
    struct workspace space;

    EACH_ROW(records, record) {
        write_text(test_path("damaged"), ".quern/stages.json", *record);
        EXPECT_ERROR(workspace_open(&space, test_path("damaged"), &err), &err, ERR_DATA,
                     "stages.json");
    }
}

TEST(workspace_publishes_nothing_of_a_killed_run_with_other_settings)
{
    struct error err = {0};
    struct workspace space;
    char *out = file_join(test_folder(), "other");

    EXPECT_OK(workspace_open(&space, out, &err), &err);
    run_stage(&space, "train", 1, "model.txt", "published");
    EXPECT_OK(workspace_publish(&space, &err), &err);
    workspace_close(&space);

    EXPECT_OK(workspace_open(&space, out, &err), &err);
    run_stage(&space, "train", 2, "model.txt", "killed");
    workspace_close(&space);

    EXPECT_OK(workspace_open(&space, out, &err), &err);
    EXPECT(is_found(&space, "train", 1));
    run_stage(&space, "report", 5, "report.txt", "new");
    EXPECT_OK(workspace_publish(&space, &err), &err);
    expect_text(out, "model.txt", "published");
    expect_text(out, "report.txt", "new");
    workspace_close(&space);
    free(out);
}
