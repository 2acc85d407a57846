/* Bad input: one sentence, the right code, and what was there before stays. */
#include "sequence/support.h"

#include "base/interrupt.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define GOOD HEADER "a,1,x,0\nb,2,y,1\n"

TEST(bad_csv_gets_a_sentence)
{
    static const struct {
        const char *text;
        enum error_code code;
        const char *part, *other;
    } rows[] = {
        {"", ERR_DATA, "bad.csv", "empty"},
        {HEADER, ERR_DATA, "bad.csv", "has no rows"},
        {"uid,timestamp,campaign\na,1,x\n", ERR_DATA, "no column 'conversion'",
         "uid, timestamp, campaign"},
        {"uid,uid,timestamp,campaign,conversion\na,a,1,x,0\n", ERR_DATA, "'uid' twice", "bad.csv"},
        {"\"uid,timestamp\n", ERR_DATA, "not closed", "bad.csv"},
        {GOOD ",1,x,0\n", ERR_DATA, "row 3 of", "entity column 'uid' is empty"},
        {GOOD "a,,x,0\n", ERR_DATA, "row 3 of", "time column 'timestamp' is empty"},
        {GOOD "a,1,,0\n", ERR_DATA, "row 3 of", "token column 'campaign' is empty"},
        {GOOD "a,soon,x,0\n", ERR_DATA, "row 3 of", "'timestamp' is 'soon'"},
        {GOOD "a,2017-02-30,x,0\n", ERR_DATA, "row 3 of", "2017-02-30"},
        {GOOD "a,1e9,x,0\n", ERR_DATA, "row 3 of", "1e9"},
        {GOOD "a,99999999999999999999,x,0\n", ERR_DATA, "row 3 of", "99999999999999999999"},
        {GOOD "a,2017-02-03,x,0\n", ERR_DATA, "row 3 of", "an ISO time"},
        {HEADER "a,2017-02-03,x,0\na,5,x,0\n", ERR_DATA, "row 2 of", "an integer"},
        {GOOD "a,1,x,maybe\n", ERR_DATA, "row 3 of", "'conversion' is 'maybe'"},
        {GOOD "a,1,x,2\n", ERR_DATA, "row 3 of", "'2'"},
        {GOOD "a,1,x\n", ERR_DATA, "bad.csv", "line 4"},
        {GOOD "a,1,x,0,9\n", ERR_DATA, "bad.csv", "line 4"},
        {GOOD "a,1,\"x,0\n", ERR_DATA, "bad.csv", "line 4"},
        {GOOD "a,1,\xff\xfe,0\n", ERR_DATA, "bad.csv", "line 4"},
    };
    struct error err = {0};
    const struct journey_config good = test_config(test_file("good.csv", GOOD));

    EXPECT_OK(test_build(&good, test_path("kept"), 2, NULL, &err), &err);
    char *before = test_store(test_path("kept"));
    EACH_ROW(rows, r) {
        const struct journey_config config = test_config(test_file("bad.csv", r->text));
        EXPECT_ERROR(test_build(&config, test_path("kept"), 2, NULL, &err), &err, r->code, r->part);
        EXPECT_HAS(err.text, r->other);
        EXPECT(!strchr(err.text, '\n'));
    }
    char *after = test_store(test_path("kept"));
    EXPECT_STR(after, before);
    free(before);
    free(after);
}

TEST(bad_source_gets_a_sentence)
{
    static const struct {
        const char *source;
        enum error_code code;
        const char *part;
    } rows[] = {
        {"/nowhere/x.csv", ERR_IO, "/nowhere/x.csv"},
        {"/nowhere/*.parquet", ERR_IO, "no file matches '/nowhere/*.parquet'"},
        {"/tmp", ERR_IO, "it is a folder"},
        {"/etc/hostname", ERR_ARG, "/etc/hostname"},
        {"select", ERR_IO, "select"},
        {"select nope", ERR_DATA, "nope"},
        {"select 1; select 2", ERR_DATA, "query"},
        {"select 1) union (select 2", ERR_DATA, "no column 'uid'"},
        {"select 'a' as uid, 1.5 as timestamp, 'x' as campaign, true as conversion", ERR_DATA,
         "'timestamp' is '1.5', not a whole number"},
        {"select 'a' as uid, 1 as timestamp, 'x' as campaign, 0.5::double as conversion", ERR_DATA,
         "'conversion' is '0.5', not"},
        {"select 'a' as uid, 1.5::double as timestamp, 'x' as campaign, true as conversion",
         ERR_DATA, "'timestamp' is '1.5', not a whole number"},
        {"select [1] as uid, 1 as timestamp, 'x' as campaign, true as conversion", ERR_DATA,
         "'uid' is INTEGER[]"},
        {"select 'a' as uid, 1 as timestamp, null::varchar as campaign, true as conversion",
         ERR_DATA, "row 1 of the query: the token column 'campaign' is empty"},
        {"select null::bigint as uid, 1 as timestamp, 'c' as campaign, true as conversion",
         ERR_DATA, "row 1 of the query: the entity column 'uid' is empty"},
        {"select 'a' as uid, null::timestamp as timestamp, 'c' as campaign, true as conversion",
         ERR_DATA, "row 1 of the query: the time column 'timestamp' is empty"},
        {"select 'a' as uid, 1 as timestamp, 'c' as campaign, 7 as conversion", ERR_DATA,
         "row 1 of the query: column 'conversion' is '7'"},
        {"select 'a' as uid, error('late') as timestamp, 'c' as campaign, true as conversion",
         ERR_DATA, "late"},
        {"select 'a' as uid, 1 as timestamp, 'c' as campaign, true as conversion where false",
         ERR_DATA, "has no rows"},
        {"select 'a' as uid, 99999999999999999999999::hugeint as timestamp, 'c' as campaign, true "
         "as conversion",
         ERR_DATA, "range"},
    };
    struct error err = {0};

    EACH_ROW(rows, r) {
        const struct journey_config config = test_config(r->source);
        EXPECT_ERROR(test_build(&config, NULL, 2, NULL, &err), &err, r->code, r->part);
        EXPECT(!strchr(err.text, '\n'));
    }
}

/* Cut the file at `size` bytes, or overwrite its start. */
static void damage(const char *path, size_t size, const char *start)
{
    FILE *stream = fopen(path, "r+b");

    EXPECT(stream != NULL);
    if (start)
        fwrite(start, 1, strlen(start), stream);
    fclose(stream);
    if (size)
        EXPECT(truncate(path, (off_t)size) == 0);
}

TEST(bad_files_get_a_sentence)
{
    static const struct table_string text[] = {{"abc", 3}};
    static const int64_t one[] = {1};
    static const struct table_column columns[] = {
        {.name = "uid", .type = TABLE_TEXT, .text = text},
        {.name = "timestamp", .type = TABLE_INT64, .integer = one},
        {.name = "campaign", .type = TABLE_TEXT, .text = text},
        {.name = "conversion", .type = TABLE_INT64, .integer = one},
    };
    static const struct {
        const char *name;
        size_t size;
        const char *start, *part;
    } rows[] = {
        {"cut.parquet", 100, NULL, "cut.parquet"},  {"not.parquet", 60, "XXXX", "not.parquet"},
        {"cut.csv.gz", 40, NULL, "cut.csv.gz"},     {"not.csv.gz", 0, "uid,", "not.csv.gz"},
        {"cut.jsonl", 40, NULL, "cut.jsonl"},       {"not.jsonl", 0, "[[[[", "not.jsonl"},
        {"cut.jsonl.gz", 30, NULL, "cut.jsonl.gz"},
    };
    struct error err = {0};

    EACH_ROW(rows, r) {
        const struct journey_config config = test_config(test_path(r->name));
        EXPECT_OK(table_write(config.path, columns, 4, 1, &err), &err);
        EXPECT_OK(test_build(&config, NULL, 2, NULL, &err), &err);
        damage(config.path, r->size, r->start);
        err = (struct error){0};
        EXPECT(!test_build(&config, NULL, 2, NULL, &err));
        EXPECT(err.code == ERR_DATA || err.code == ERR_IO);
        EXPECT_HAS(err.text, r->part);
        EXPECT(!strchr(err.text, '\n'));
    }
}

TEST(bad_row_of_the_second_file_names_it)
{
    struct error err = {0};
    char glob[600];

    file_make_folders(test_path("two"), &err) ? (void)0 : abort();
    test_file("two/a.csv", GOOD);
    test_file("two/b.csv", GOOD ",1,x,0\n");
    snprintf(glob, sizeof glob, "%s/*.csv", test_path("two"));
    const struct journey_config config = test_config(glob);
    EXPECT_ERROR(test_build(&config, NULL, 2, NULL, &err), &err, ERR_DATA, "row 3 of");
    EXPECT_HAS(err.text, "two/b.csv");
    test_file("two/b.csv", "uid,timestamp\na,1\n");
    EXPECT_ERROR(test_build(&config, NULL, 2, NULL, &err), &err, ERR_DATA, "two/b.csv");
    /* Columns may stand in another order. */
    test_file("two/b.csv", "conversion;campaign;timestamp;uid\n1;z;3;a\n");
    EXPECT_OK(test_build(&config, test_path("two/out"), 2, NULL, &err), &err);
    char *got = test_store(test_path("two/out"));
    EXPECT_STR(got, "0 a true x,z\n1 b true y");
    free(got);
}

TEST(bad_config_gets_a_sentence)
{
    struct error err = {0};
    const char *good = test_file("good.csv", GOOD);
    struct journey_config config = test_config(good);

    config.token = "uid";
    EXPECT_ERROR(test_build(&config, NULL, 1, NULL, &err), &err, ERR_CONFIG, "two roles");
    config = test_config(good);
    config.time_unit = TIME_UNIT_ISO;
    EXPECT_ERROR(test_build(&config, NULL, 1, NULL, &err), &err, ERR_DATA, "ISO");
    config = test_config("select 'a' as uid, 9223372036854775807 as timestamp, 'b' as campaign, 0 "
                         "as conversion");
    config.time_unit = TIME_UNIT_SECONDS;
    EXPECT_ERROR(test_build(&config, NULL, 1, NULL, &err), &err, ERR_DATA, "too large");
    config = test_config(NULL);
    EXPECT_ERROR(test_build(&config, NULL, 1, NULL, &err), &err, ERR_CONFIG, "source.path");
}

static size_t count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;

    EXPECT(dir != NULL);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* In a child: the limits and signals must not outlive the test. The status is 0 as expected. */
static int in_child(void (*prepare)(void), const struct journey_config *config, const char *folder,
                    enum error_code code)
{
    fflush(NULL);
    const pid_t child = fork();
    int status;

    if (child == 0) {
        struct error err = {0};
        prepare();
        const bool ok = test_build(config, folder, 2, NULL, &err);
        if (ok || err.code != code)
            fprintf(stderr, "in child: %s\n", ok ? "no failure" : err.text);
        _exit(!ok && err.code == code ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return status;
}

static void limit_files(void)
{
    const struct rlimit limit = {20000, 20000};

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void press_ctrl_c(void)
{
    interrupt_install();
    raise(SIGINT);
}

TEST(bad_luck_leaves_earlier_outputs)
{
    static const struct {
        void (*prepare)(void);
        size_t memory_mib;
        enum error_code code;
    } rows[] = {
        {limit_files, 100, ERR_IO}, /* as on a full disk: while writing the store */
        {limit_files, 1, ERR_IO},   /* while impressions go to the temporary file */
        {press_ctrl_c, 100, ERR_INTERRUPT},
    };
    struct error err = {0};
    char *csv = strdup(test_path("luck.csv")), *folder = strdup(test_path("luck")),
         *copy = strdup(test_path("luck-before"));

    test_random_csv(csv, 60000, 5000, 50, 2);
    struct journey_config config = test_config(csv);
    EXPECT_OK(test_build(&config, folder, 2, NULL, &err), &err);
    EXPECT_OK(test_build(&config, copy, 2, NULL, &err), &err);
    char *store = file_join(folder, "feature_store");
    const size_t entries = count_entries(folder) + count_entries(store);
    EACH_ROW(rows, r) {
        config.memory_mib = r->memory_mib;
        EXPECT_EQ(in_child(r->prepare, &config, folder, r->code), 0);
        const int row = test_row;
        test_same_outputs(folder, copy, false);
        test_row = row;
        EXPECT_EQ(count_entries(folder) + count_entries(store), entries);
    }
    free(store);
    free(csv);
    free(folder);
    free(copy);
}
