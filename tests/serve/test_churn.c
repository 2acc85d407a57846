/* The churn pipeline over HTTP: what the batch command answers, bit for bit. */
#include "serve/support.h"

#include "base/file.h"

#include <signal.h>

enum { FILE_MAX = 16 << 20 };

static char *read_text(const char *path)
{
    struct error err = {0};
    char *bytes;
    size_t size;

    EXPECT_OK(file_read(path, FILE_MAX, &bytes, &size, &err), &err);
    return bytes;
}

/* A small one of the app's pipeline; false, after saying so, without the reference data. */
static bool train(char *bundle, size_t room)
{
    static const char *const names[] = {"train", "validation", "test"};
    char rows[3][512], pipeline[512], name[64];

    for (size_t i = 0; i < 3; i++) { /* paths given are overwritten by later ones */
        snprintf(name, sizeof name, "data/churn/split1729_%s.csv", names[i]);
        const char *path = test_shared(name);
        if (!path)
            return false;
        snprintf(rows[i], sizeof rows[i], "%s", path);
    }
    snprintf(pipeline, sizeof pipeline, "%s", test_source("apps/churn/pipeline.yaml"));
    struct test_output made =
        test_quern("run '%s' --out '%s' --quiet --set source.path=null --set model.rounds=10 "
                   "--set source.train='%s' --set source.validation='%s' --set source.test='%s'",
                   pipeline, test_path("churn"), rows[0], rows[1], rows[2]);
    if (made.status != 0)
        fail_msg("cannot train: %s", made.err);
    test_output_clear(&made);
    made = test_shell("sed -e 's/,[^,]*$//' '%s' >'%s'", rows[2], test_path("rows.csv"));
    EXPECT_EQ(made.status, 0);
    test_output_clear(&made);
    snprintf(bundle, room, "%s/bundle", test_path("churn"));
    return true;
}

TEST(churn_batch_equals_http)
{
    char bundle[256];

    if (!train(bundle, sizeof bundle))
        return;
    struct test_output made = test_quern("predict '%s' '%s' -o '%s' --quiet", bundle,
                                         test_path("rows.csv"), test_path("batch.jsonl"));
    EXPECT_EQ(made.status, 0);
    test_output_clear(&made);
    struct server_process server = server_start("'%s'", bundle);
    char *rows = read_text(test_path("rows.csv")), *batch = read_text(test_path("batch.jsonl"));
    struct answer whole = ask(server.port, "POST", "/invocations",
                              "Content-Type: text/csv\r\nAccept: application/jsonlines\r\n", rows);

    EXPECT_EQ(whole.status, 200);
    EXPECT_STR(whole.body, batch);
    answer_clear(&whole);

    /* And row by row, without the header. */
    char *row_at = rows, *answer_at = batch, *row;
    size_t count = 0;
    strsep(&row_at, "\n");
    while ((row = strsep(&row_at, "\n")) && row[0]) {
        const char *want = strsep(&answer_at, "\n");
        struct answer one = ask(server.port, "POST", "/invocations",
                                "Content-Type: text/csv\r\nAccept: application/jsonlines\r\n", row);
        EXPECT_EQ(one.status, 200);
        one.body[strcspn(one.body, "\n")] = '\0';
        EXPECT_STR(one.body, want);
        answer_clear(&one);
        count++;
    }
    EXPECT(count > 300);
    free(rows);
    free(batch);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

static const char row_format[] = "KS,186,510,400-6454,no,no,0,%s,97,23.43,187.7,118,15.95,146.4,85,"
                                 "6.59,8.7,6,2.35,1";

TEST(churn_bad_rows)
{
    static const struct {
        const char *minutes;
        int status;
        const char *said;
    } rows[] = {
        {"137.8", 200, "False"},
        {"NaN", 200, "e"}, /* missing: the median takes its place */
        {"", 200, "e"},
        {"1e300", 200, "e"},
        {"abc", 400, "row 1, column 'Day Mins': 'abc' is not a number"},
        {"1e400", 400, "'Day Mins'"},
        {"inf", 400, "'Day Mins'"},
        {"1,2", 400, "21 fields, not 20"},
        {"\"1", 400, "message"},
        {"\xff\xfe", 400, "'Day Mins'"},
    };
    char bundle[256], body[512];

    if (!train(bundle, sizeof bundle))
        return;
    struct server_process server = server_start("'%s'", bundle);
    EACH_ROW(rows, r) {
        snprintf(body, sizeof body, row_format, r->minutes);
        struct answer a =
            ask(server.port, "POST", "/invocations", "Content-Type: text/csv\r\n", body);
        EXPECT_EQ(a.status, r->status);
        EXPECT_HAS(a.body, r->said);
        answer_clear(&a);
    }
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}
