/* Logs larger than their memory: the same bytes by way of temporary files, and what can go wrong.
 */
#include "incremental/exposure_file.h"
#include "incremental/exposure_paths.h"
#include "support/test.h"

#include <sys/stat.h>

enum { USERS = 3000, ROWS = 40000 };

/* Users come and go in no order, times too, and some are equal. */
static const char *write_table(const char *name)
{
    const char *path = test_path(name);
    FILE *file = fopen(path, "w");

    fprintf(file, "uid,timestamp,campaign,conversion,value,cost\n");
    for (unsigned i = 0; i < ROWS; i++) {
        const unsigned h = i * 2654435761U >> 7;
        fprintf(file, "customer_%u,%u,c%u,%d,%u.25,0.%u\n", h % USERS,
                1500000000U + h * 31 % 50000 * 60, h / 11 % 7, h % 17 == 0, h % 100, h % 9);
    }
    fclose(file);
    return path;
}

static struct journey_config table_of(const char *path, size_t memory_mib)
{
    struct journey_config config = {0};

    config_defaults(&config, journey_source_fields);
    config.path = path;
    config.value = "value";
    config.cost = "cost";
    config.memory_mib = memory_mib;
    return config;
}

static bool same(const void *a, const void *b, size_t count, size_t size)
{
    return memcmp(a, b, count * size) == 0;
}

static void compare(const struct exposure_log *a, const struct exposure_log *b)
{
    const size_t n = a->impressions;

    EXPECT_EQ(a->users, b->users);
    EXPECT_EQ(n, b->impressions);
    EXPECT_EQ(a->conversions, b->conversions);
    EXPECT_EQ(a->start, b->start);
    EXPECT_EQ(a->end, b->end);
    EXPECT(same(a->offset, b->offset, a->users + 1, sizeof *a->offset));
    EXPECT(same(a->time, b->time, n, sizeof *a->time));
    EXPECT(same(a->campaign, b->campaign, n, sizeof *a->campaign));
    EXPECT(same(a->conversion, b->conversion, n, sizeof *a->conversion));
    EXPECT(same(a->row, b->row, n, sizeof *a->row));
    EXPECT(same(a->value, b->value, n, sizeof *a->value));
    EXPECT(same(a->cost, b->cost, a->campaigns, sizeof *a->cost));
    EXPECT(same(a->uid_end, b->uid_end, a->users + 1, sizeof *a->uid_end));
    EXPECT(same(a->uid_text, b->uid_text, (size_t)a->uid_end[a->users], 1));
    EXPECT(exposure_log_hash(a) == exposure_log_hash(b));
}

static void compare_paths(const struct exposure_log *a, const struct exposure_log *b)
{
    struct exposure_paths of_a, of_b;
    struct error err = {0};

    EXPECT_OK(exposure_paths_make(&of_a, a, &err), &err);
    EXPECT_OK(exposure_paths_make(&of_b, b, &err), &err);
    EXPECT(!of_a.file.map && of_b.file.map);
    EXPECT_EQ(of_a.set.count, of_b.set.count);
    EXPECT(same(of_a.set.offset, of_b.set.offset, of_a.set.count + 1, sizeof(uint64_t)));
    EXPECT(same(of_a.set.age, of_b.set.age, a->impressions, sizeof(int64_t)));
    EXPECT(same(of_a.set.token, of_b.set.token, a->impressions, sizeof(int32_t)));
    EXPECT(same(of_a.set.null, of_b.set.null, of_a.set.count, sizeof(double)));
    exposure_paths_clear(&of_a);
    exposure_paths_clear(&of_b);
}

/* Of all users and of the training split, on one thread and on three. */
TEST(a_log_beyond_its_memory_has_the_same_bytes)
{
    const char *path = write_table("large.csv");
    const struct journey_config roomy = table_of(path, 0), tight = table_of(path, 1);
    const struct split_config split = {.train = 0.5, .test = 0.5, .seed = 3};
    struct pool *pool = pool_new(3);
    struct error err = {0};

    for (int training = 0; training < 2; training++) {
        struct exposure_wish wish = {
            .table = &roomy, .training = training ? &split : NULL, .identity = true};
        struct exposure_log all, mapped;
        EXPECT_OK(exposure_log_load(&all, &wish, &err), &err);
        wish.table = &tight;
        wish.pool = pool;
        EXPECT_OK(exposure_log_load(&mapped, &wish, &err), &err);
        EXPECT(!all.file->map && mapped.file->map);
        EXPECT(training ? all.users < USERS : all.users == USERS);
        compare(&all, &mapped);
        for (size_t u = 0; u < mapped.users; u++) /* what is given back comes again */
            exposure_log_pass(&mapped, 0, u);
        compare(&all, &mapped);
        compare_paths(&all, &mapped);
        exposure_log_clear(&all);
        exposure_log_clear(&mapped);
    }
    pool_free(pool);
}

TEST(a_folder_that_takes_no_file_is_named)
{
    const char *path = write_table("l.csv");
    const struct journey_config roomy = table_of(path, 64), tight = table_of(path, 1);
    struct exposure_wish wish = {.table = &tight, .folder = "/nowhere/at/all"};
    struct exposure_log log;
    struct error err = {0};

    EXPECT_ERROR(exposure_log_load(&log, &wish, &err), &err, ERR_IO,
                 "cannot create a temporary file in '/nowhere/at/all'");
    wish.table = &roomy; /* what fits needs no file */
    EXPECT_OK(exposure_log_load(&log, &wish, &err), &err);
    exposure_log_clear(&log);
}

/* The whole command: results, kept model and answers, and no file is left. */
TEST(commands_give_the_same_bytes_in_little_memory)
{
    const char *path = write_table("c.csv");
    const char *folder = test_path("memory");
    struct test_output o = test_shell(
        "mkdir -p %s/tmp && cd %s && export TMPDIR=%s/tmp && for m in 1 500; do "
        "\"$QUERN\" attribute %s --link logit --order 1 --quiet --intervals 8 --memory $m -o "
        "$m.csv "
        "--journeys $m.parquet --save m$m --value-column value --cost-column cost && "
        "\"$QUERN\" whatif m$m --stop-all --curve --memory $m -o w$m.csv || exit 1; done; "
        "cmp 1.csv 500.csv && cmp 1.parquet 500.parquet && cmp w1.csv w500.csv && "
        "cmp m1/incremental/model.safetensors m500/incremental/model.safetensors && ls -A tmp",
        folder, folder, folder, path);

    EXPECT_STR(o.err, "");
    EXPECT_STR(o.out, "");
    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
}
