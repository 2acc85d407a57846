/* The commands with s3:// where a path goes, run as a user runs them. */
#include "base/file.h"
#include "pipeline/small_bundle.h"
#include "remote/place.h"
#include "remote/store.h"
#include "remote/support.h"
#include "support/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_quern(int status, const char *in_err, const char *arguments)
{
    struct test_output got = test_quern("%s", arguments);

    if (got.status != status)
        fprintf(stderr, "%s%s", got.out, got.err);
    EXPECT_EQ(got.status, status);
    EXPECT_HAS(got.err, in_err);
    test_output_clear(&got);
}

static const char run_text[] =
    "run \"$QUERN_SOURCE/apps/attribution/pipeline.yaml\" --quiet --set train.epochs=1 "
    "--set source.path='s3://quern/raw/*.parquet' --set attribution.truth=s3://quern/raw/truth.csv";

static char *read_object(const char *remote)
{
    struct place place;
    struct error err = {0};
    char *text;
    size_t size;

    EXPECT_OK(place_fetch(&place, remote, &err), &err);
    EXPECT_OK(file_read(place.local, 64 << 20, &text, &size, &err), &err);
    place_clear(&place);
    return text;
}

static void simulate(void)
{
    expect_quern(0, "",
                 "simulate attribution --users 800 --quiet -o s3://quern/raw/one.parquet "
                 "--truth s3://quern/raw/truth.csv");
}

TEST(commands_run_from_store_to_store)
{
    char arguments[1000];

    if (!store_shared())
        return;
    simulate();
    for (int i = 0; i < 2; i++) { /* the second run finds outputs of the first */
        snprintf(arguments, sizeof arguments, "%s --out s3://quern/out/", run_text);
        struct test_output got = test_quern("%s", arguments);
        EXPECT_STR(got.err, "");
        EXPECT_EQ(got.status, 0);
        EXPECT_HAS(got.out, "report: s3://quern/out/report.html");
        test_output_clear(&got);
    }
    snprintf(arguments, sizeof arguments, "%s --out %s", run_text, test_path("out"));
    expect_quern(0, "", arguments);
    static const char *const files[] = {"evaluation.json", "report.html", "attribution.csv",
                                        "pipeline.yaml"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char remote[100], *here, *there = NULL;
        struct error err = {0};
        size_t size;
        snprintf(remote, sizeof remote, "s3://quern/out/%s", files[i]);
        there = read_object(remote);
        char *path = file_join(test_path("out"), files[i]);
        EXPECT_OK(file_read(path, 64 << 20, &here, &size, &err), &err);
        EXPECT(strcmp(here, there) == 0);
        free(here), free(there), free(path);
    }
    EXPECT_EQ(count_objects("quern", "out/.quern"), 0);

    /* Locally a stage is skipped until the objects change. */
    snprintf(arguments, sizeof arguments, "%s --out %s", run_text + 0, test_path("out"));
    char *loud = strstr(arguments, "--quiet");
    memset(loud, ' ', strlen("--quiet"));
    expect_quern(0, "features     unchanged", arguments);
    expect_quern(0, "", "simulate attribution --users 900 --quiet -o s3://quern/raw/one.parquet");
    expect_quern(0, "journeys ", arguments);
}

TEST(commands_read_and_write_tables_in_the_store)
{
    if (!store_shared())
        return;
    send_text("s3://quern/paths/a.csv", "path,total_conversions\na > b,3\na,1\nb > c,2\n");
    expect_quern(0, "", "attribute s3://quern/paths/a.csv -o s3://quern/credits/c.csv");
    char *credits = read_object("s3://quern/credits/c.csv");
    EXPECT_HAS(credits, "channel_name");
    free(credits);
    EXPECT_EQ(count_objects("quern", "credits/"), 3);
    expect_quern(0, "", "describe 's3://quern/paths/*.csv'");
}

TEST(commands_name_the_remote_file)
{
    if (!store_shared())
        return;
    send_text("s3://quern/bad/part-1.csv", "path,total_conversions\na,1\n");
    send_text("s3://quern/bad/part-2.csv", "path,total_conversions\na,1\nb,many\n");
    send_text("s3://quern/bad/x.txt", "?");
    expect_quern(1, "row 2 of 's3://quern/bad/part-2.csv'",
                 "attribute 's3://quern/bad/part-*.csv'");
    expect_quern(2, "cannot read 's3://quern/bad/x.txt'", "describe s3://quern/bad/x.txt");
    expect_quern(1, "s3://quern/bad/none.csv: there is no such object",
                 "describe s3://quern/bad/none.csv");
    expect_quern(1, "no bucket 'elsewhere'",
                 "simulate attribution --users 10 --quiet -o s3://elsewhere/x.csv");
}

TEST(predict_reads_and_writes_in_the_store)
{
    struct place place;
    struct error err = {0};

    if (!store_shared())
        return;
    EXPECT_OK(place_prepare(&place, "s3://quern/scorer", &err), &err);
    small_bundle_write(place.local, 0.5);
    EXPECT_OK(place_send(&place, &err), &err);
    place_clear(&place);
    send_text("s3://quern/rows/a.csv", "0.25\n0.75\n");
    send_text("s3://quern/rows/b.csv", "1\n");
    send_text("s3://quern/rows/x.csv", "1\nmany\n");
    expect_quern(0, "", "describe s3://quern/scorer");
    expect_quern(0, "", "predict s3://quern/scorer s3://quern/rows/a.csv --quiet");
    char *beside = read_object("s3://quern/rows/a.csv.out");
    EXPECT_STR(beside, "False\nTrue\n");
    expect_quern(0, "",
                 "predict s3://quern/scorer 's3://quern/rows/[ab].csv' --quiet "
                 "-o s3://quern/scored/");
    char *scored = read_object("s3://quern/scored/a.csv.out");
    EXPECT_STR(scored, beside);
    EXPECT_EQ(count_objects("quern", "scored/"), 2);
    free(beside);
    free(scored);

    expect_quern(1, "'s3://quern/rows/x.csv': row 2",
                 "predict s3://quern/scorer "
                 "s3://quern/rows/x.csv --quiet");
    EXPECT_EQ(count_objects("quern", "rows/x.csv.out"), 0);
    expect_quern(0, "",
                 "predict s3://quern/scorer s3://quern/rows/x.csv --quiet "
                 "--errors s3://quern/faults.jsonl -o s3://quern/x.out");
    char *faults = read_object("s3://quern/faults.jsonl");
    EXPECT_HAS(faults, "\"file\": \"s3://quern/rows/x.csv\"");
    free(faults);
}

TEST(commands_that_fail_send_nothing)
{
    char arguments[1000];

    if (!store_shared())
        return;
    snprintf(arguments, sizeof arguments,
             "%s --set source.path=s3://quern/bad/part-1.csv --out s3://quern/failed", run_text);
    send_text("s3://quern/bad/part-1.csv", "path,total_conversions\na,1\n");
    expect_quern(1, "s3://quern/bad/part-1.csv", arguments);
    EXPECT_EQ(count_objects("quern", "failed"), 0);
}

TEST(commands_interrupted_while_talking_end_at_once)
{
    char *argv[] = {getenv("QUERN"), (char *)"describe", (char *)"s3://quern/x.csv", NULL};
    int status;

    /* Nobody answers and many attempts are allowed: only the signal can end this soon. */
    if (!store_shared())
        return;
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
    setenv("AWS_MAX_ATTEMPTS", "20", 1);
    const pid_t child = fork();
    if (child == 0) {
        freopen("/dev/null", "w", stderr);
        execv(argv[0], argv);
        _exit(127);
    }
    usleep(500000);
    EXPECT_EQ(kill(child, SIGTERM), 0);
    for (int i = 0; i < 100 && waitpid(child, &status, WNOHANG) == 0; i++)
        usleep(20000);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}
