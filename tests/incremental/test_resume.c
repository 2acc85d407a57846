/* Replicates of the bootstrap that are kept: cut files, other logs, and a process that is killed.
 */
#include "incremental/interval.h"
#include "base/file.h"
#include "base/rng.h"
#include "support/test.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USERS = 80, ROWS = 400, REPLICATES = 150, MANY = 10000 };

/* Impressions as a CSV, too. */
static void make_log(struct exposure_log *log, uint64_t seed, const char *csv)
{
    static const char *const names[] = {"a", "b", "c"};
    static uint32_t user[ROWS];
    static int64_t time[ROWS];
    static uint16_t campaign[ROWS];
    static uint8_t conversion[ROWS];
    struct rng rng = rng_new(seed, 2);
    FILE *file = csv ? fopen(csv, "w") : NULL;

    if (file)
        fprintf(file, "uid,timestamp,campaign,conversion\n");
    for (uint32_t i = 0; i < ROWS; i++) {
        user[i] = i % USERS;
        time[i] = INT64_C(1500000000000000) + (int64_t)rng_below(&rng, 2000000) * 1000000;
        campaign[i] = (uint16_t)rng_below(&rng, 3);
        conversion[i] = rng_below(&rng, 6) == 0;
        if (file)
            fprintf(file, "u%u,%lld,%s,%d\n", user[i], (long long)(time[i] / 1000000),
                    names[campaign[i]], conversion[i]);
    }
    if (file)
        fclose(file);
    exposure_log_build(log, &(struct exposure_rows){.users = USERS,
                                                    .count = ROWS,
                                                    .campaigns = 3,
                                                    .user = user,
                                                    .time = time,
                                                    .campaign = campaign,
                                                    .conversion = conversion,
                                                    .name = names});
}

static void fit_log(struct incremental_fit *fit, const struct exposure_log *log)
{
    struct incremental_config config;
    struct error err = {0};

    config_defaults(&config, incremental_fields);
    config.link = INCREMENTAL_LOGIT;
    EXPECT_OK(incremental_fit_run(fit, log, &config, NULL, &err), &err);
}

static void draw(struct incremental_draws *draws, const struct incremental_fit *fit,
                 size_t replicates, uint64_t seed, const char *keep)
{
    const struct incremental_draw_request request = {
        .replicates = replicates, .seed = seed, .keep = keep};
    struct error err = {0};

    EXPECT_OK(incremental_draw_kept(draws, fit, &request, &err), &err);
}

static void expect_same(const struct incremental_draws *a, const struct incremental_draws *b,
                        const struct incremental_fit *fit)
{
    EXPECT(memcmp(a->credit, b->credit, b->count * 4 * sizeof(double)) == 0);
    EXPECT(memcmp(a->parameter, b->parameter, b->count * fit->design.count * sizeof(double)) == 0);
}

static size_t size_of(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? (size_t)info.st_size : 0;
}

TEST(kept_replicates_are_those_of_one_go)
{
    const char *path = test_path("kept");
    struct incremental_draws whole, kept;
    struct incremental_fit fit;
    struct exposure_log log;

    make_log(&log, 1, NULL);
    fit_log(&fit, &log);
    draw(&whole, &fit, REPLICATES, 1, NULL);
    static const size_t stages[] = {3, 70, 70, 20, REPLICATES};
    EACH_ROW(stages, stage) {
        draw(&kept, &fit, *stage, 1, path);
        kept.count = *stage;
        expect_same(&whole, &kept, &fit);
        incremental_draws_clear(&kept);
    }
    const size_t size = size_of(path);
    for (size_t cut = 0; cut < size; cut += size / 7 + 13) { /* as a kill may leave it */
        EXPECT(truncate(path, (off_t)cut) == 0);
        draw(&kept, &fit, REPLICATES, 1, path);
        expect_same(&whole, &kept, &fit);
        incremental_draws_clear(&kept);
        EXPECT(size_of(path) > 0);
    }
    incremental_draws_clear(&whole);
    incremental_fit_clear(&fit);
    exposure_log_clear(&log);
}

/* Replicates are read from the file, and are not when it is not theirs. */
TEST(kept_replicates_of_others_are_not_taken)
{
    const char *path = test_path("others");
    struct incremental_draws first, again;
    struct incremental_fit fit[2];
    struct exposure_log log[2];
    char *bytes;
    size_t size;
    struct error err = {0};

    for (size_t i = 0; i < 2; i++) {
        make_log(&log[i], i + 1, NULL);
        fit_log(&fit[i], &log[i]);
    }
    draw(&first, &fit[0], 20, 1, path);
    incremental_draws_clear(&first);
    const struct {
        size_t log;
        uint64_t seed;
    } rows[] = {{1, 1}, {0, 2}, {0, 1}};
    EACH_ROW(rows, row) {
        draw(&again, &fit[row->log], 20, row->seed, path);
        draw(&first, &fit[row->log], 20, row->seed, NULL);
        expect_same(&first, &again, &fit[row->log]);
        incremental_draws_clear(&again);
        incremental_draws_clear(&first);
    }
    EXPECT_OK(file_read(path, 1 << 24, &bytes, &size, &err), &err);
    bytes[size - 3] ^= 1;
    EXPECT_OK(file_write(path, bytes, size, &err), &err);
    free(bytes);
    draw(&again, &fit[0], 20, 1, path);
    draw(&first, &fit[0], 20, 1, NULL);
    expect_same(&first, &again, &fit[0]);
    incremental_draws_clear(&again);
    incremental_draws_clear(&first);
    for (size_t i = 0; i < 2; i++) {
        incremental_fit_clear(&fit[i]);
        exposure_log_clear(&log[i]);
    }
    EXPECT(mkdir(test_path("folder"), 0777) == 0);
    const struct incremental_draw_request request = {.replicates = 2, .keep = test_path("folder")};
    make_log(&log[0], 1, NULL);
    fit_log(&fit[0], &log[0]);
    EXPECT(!incremental_draw_kept(&first, &fit[0], &request, &err));
    EXPECT_HAS(err.text, "cannot write '");
    incremental_fit_clear(&fit[0]);
    exposure_log_clear(&log[0]);
}

static bool has_some(const void *context)
{
    return size_of(context) > 0;
}

static pid_t start(const char *const *arguments)
{
    const pid_t child = fork();

    if (child != 0)
        return child;
    if (!freopen("/dev/null", "w", stderr))
        _exit(9);
    execv(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(9);
}

TEST(a_killed_bootstrap_goes_on)
{
    char *csv = strdup(test_path("killed.csv")), *out = strdup(test_path("resumed.csv"));
    char *kept = strdup(test_path(".resumed.csv.replicates")), many[16];
    struct exposure_log log;
    struct stat before;
    int status;

    make_log(&log, 5, csv);
    exposure_log_clear(&log);
    snprintf(many, sizeof many, "%d", MANY);
    /* clang-format off */
    const char *const arguments[] = {
        getenv("QUERN"), "attribute", csv, "-o", out, "--link", "logit", "--intervals", many,
        "--quiet", "--threads", "1", NULL};
    /* clang-format on */
    const pid_t child = start(arguments);
    EXPECT(test_wait_until(has_some, kept, child));
    kill(child, SIGKILL);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFSIGNALED(status));
    EXPECT(stat(kept, &before) == 0 && before.st_size > 0);
    EXPECT(!file_exists(out));
    struct test_output o = test_quern("attribute %s -o %s --link logit --intervals %d --quiet "
                                      "--threads 1",
                                      csv, out, MANY);
    EXPECT_STR(o.err, "");
    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
    EXPECT(!file_exists(kept));
    o = test_quern("attribute %s -o %s --link logit --intervals %d --quiet --threads 2", csv,
                   test_path("unkilled.csv"), MANY);
    test_output_clear(&o);
    o = test_shell("cmp %s %s && echo same", out, test_path("unkilled.csv"));
    EXPECT_STR(o.out, "same\n");
    test_output_clear(&o);
    free(csv);
    free(kept);
    free(out);
}
