#include "support/test.h"

#include "base/file.h"
#include "monitor/load.h"
#include "monitor/load_bodies.h"
#include "monitor/small_server.h"

static char url[128];

static const char *to(const char *path)
{
    static int port;

    if (!port)
        port = small_server_start();
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    return url;
}

static struct load_result loaded(const struct load_options *options)
{
    struct load_result result;
    struct error err = {0};

    EXPECT_OK(load_run(&result, options, &err), &err);
    return result;
}

static const struct table_string row = {"KS,186", 6};

TEST(load_counts_answers_and_failures)
{
    static const struct {
        const char *path, *fault;
    } rows[] = {
        {"/answer", NULL},
        {"/chunks", NULL},
        {"/close", NULL},
        {"/until", NULL},
        {"/refuse", "status 422: {\"error\": \"no\"}"},
        {"/named", "status 422: {\"error\": \"no\""},
        {"/echo", "not the expected answer: KS,186"},
        {"/vanish", "the connection was closed before an answer"},
        {"/garbage", "the answer is not HTTP"},
    };
    EACH_ROW(rows, r) {
        const struct load_options options = {.url = to(r->path),
                                             .request = {.method = "POST"},
                                             .body = &row,
                                             .bodies = 1,
                                             .connections = 4,
                                             .requests = 40,
                                             .timeout = 10,
                                             .expect = "False"};
        const struct load_result result = loaded(&options);
        EXPECT_EQ(result.latency.count, 40);
        EXPECT_EQ(result.failures, r->fault ? 40 : 0);
        EXPECT_EQ(result.faults, r->fault ? 1 : 0);
        if (r->fault)
            EXPECT_STR(result.fault[0].text, r->fault);
    }
}

TEST(load_gives_up_on_a_silent_server)
{
    const struct load_options options = {.url = to("/slow"),
                                         .request = {.method = "GET"},
                                         .connections = 2,
                                         .requests = 2,
                                         .timeout = 0.2};
    const struct load_result result = loaded(&options);

    EXPECT_EQ(result.failures, 2);
    EXPECT_STR(result.fault[0].text, "no answer in time");
    EXPECT(result.seconds < 20);
}

TEST(load_sends_bodies_in_turn_and_malformed_ones)
{
    const struct table_string bodies[] = {{"a", 1}, {"bb", 2}, {"", 0}};
    const struct load_options options = {.url = to("/row"),
                                         .request = {.method = "POST"},
                                         .body = bodies,
                                         .bodies = 3,
                                         .malformed = {"x", 1},
                                         .malformed_share = 0.1,
                                         .connections = 3,
                                         .requests = 200,
                                         .timeout = 10};
    const struct load_result result = loaded(&options);

    EXPECT_EQ(result.failures, 0);
    EXPECT_EQ(result.malformed, 20);
    EXPECT_EQ(result.answer_bytes, 180 * 6 + 20 * 3);
}

TEST(load_keeps_a_large_body_whole)
{
    static char large[900000];
    const struct table_string body = {large, sizeof large};
    struct load_options options = {.url = to("/length"),
                                   .request = {.method = "POST"},
                                   .body = &body,
                                   .bodies = 1,
                                   .connections = 2,
                                   .requests = 6,
                                   .timeout = 10,
                                   .expect = "900000"};

    memset(large, 'a', sizeof large);
    EXPECT_EQ(loaded(&options).failures, 0);
    options.url = to("/echo");
    options.expect = NULL;
    const struct load_result result = loaded(&options);
    EXPECT_EQ(result.failures, 0);
    EXPECT_EQ(result.answer_bytes, 6 * sizeof large);
}

/* At a fixed rate a stall of 0.3 s holds up those that were due meanwhile, and it shows. */
TEST(load_counts_from_when_a_request_was_due)
{
    const struct load_options options = {.url = to("/stall"),
                                         .request = {.method = "GET"},
                                         .connections = 1,
                                         .rate = 200,
                                         .requests = 150,
                                         .timeout = 10};
    const struct load_result result = loaded(&options);

    EXPECT_EQ(result.failures, 0);
    EXPECT(result.seconds > 0.7);
    EXPECT(result.latency.max >= 0.3);
    EXPECT(latencies_quantile(&result.latency, 0.8) > 0.05); /* about sixty were held up */
}

TEST(load_refuses_what_is_no_url)
{
    static const struct {
        const char *url, *said;
        enum error_code code;
    } rows[] = {
        {"localhost:8080", "is not a URL", ERR_ARG},
        {"http://", "is not a URL", ERR_ARG},
        {"http://:80/", "is not a URL", ERR_ARG},
        {"http://a:0/", "is not a URL", ERR_ARG},
        {"http://a:99999/", "is not a URL", ERR_ARG},
        {"http://a/b c", "is not a URL", ERR_ARG},
        {"http://a/b\r\nX: y", "is not a URL", ERR_ARG},
        {"https://a/", "not TLS", ERR_ARG},
        {"http://127.0.0.1:1/", "cannot connect to 127.0.0.1:1", ERR_IO},
    };
    EACH_ROW(rows, r) {
        const struct load_options options = {.url = r->url,
                                             .request = {.method = "GET"},
                                             .connections = 1,
                                             .requests = 1,
                                             .timeout = 5};
        struct load_result result;
        struct error err = {0};
        EXPECT_ERROR(load_run(&result, &options, &err), &err, r->code, r->said);
    }
}

TEST(load_writes_what_locust_writes)
{
    const struct load_options options = {.url = to("/refuse"),
                                         .request = {.method = "POST"},
                                         .body = &row,
                                         .bodies = 1,
                                         .connections = 1,
                                         .requests = 3,
                                         .timeout = 10};
    const struct load_result result = loaded(&options);
    struct error err = {0};
    char prefix[256], path[300], *bytes;
    size_t size;

    snprintf(prefix, sizeof prefix, "%s/csv/load", test_folder());
    EXPECT_OK(load_write_csv(&result, &options, prefix, &err), &err);
    snprintf(path, sizeof path, "%s_stats.csv", prefix);
    EXPECT_OK(file_read(path, 1 << 20, &bytes, &size, &err), &err);
    EXPECT_HAS(bytes, "Type,Name,Request Count,Failure Count,Median Response Time,Average Response "
                      "Time,Min Response Time,Max Response Time,Average Content "
                      "Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,"
                      "100%\nPOST,\"/refuse\",3,3,");
    EXPECT_HAS(bytes, "\n,\"Aggregated\",3,3,");
    free(bytes);
    snprintf(path, sizeof path, "%s_failures.csv", prefix);
    EXPECT_OK(file_read(path, 1 << 20, &bytes, &size, &err), &err);
    EXPECT_HAS(bytes, "POST,\"/refuse\",\"status 422: {\"\"error\"\": \"\"no\"\"}\",3,");
    free(bytes);
}

TEST(loadtest_command_reports)
{
    struct test_output ran =
        test_quern("loadtest %s --data KS --requests 10 --expect False", to("/answer"));
    EXPECT_EQ(ran.status, 0);
    EXPECT_HAS(ran.out, "POST     /answer                         10       0(0.00%) |");
    test_output_clear(&ran);
    ran = test_quern("loadtest %s --requests 5 --json", to("/refuse"));
    EXPECT_EQ(ran.status, 1);
    EXPECT_HAS(ran.out, "\"failures\": 5");
    EXPECT_HAS(ran.err, "5 of 5 requests failed, first: status 422");
    test_output_clear(&ran);
    ran = test_quern("loadtest %s --body x --data y", to("/refuse"));
    EXPECT_EQ(ran.status, 2);
    test_output_clear(&ran);
}

TEST(latencies_is_within_its_promise)
{
    static const struct {
        double seconds;
    } rows[] = {{1e-9}, {255e-9}, {256e-9}, {1e-6}, {85.3e-6}, {0.001}, {1.7}, {100}, {500}};
    static const double shares[] = {0.25, 0.5, 0.75, 0.99};

    EACH_ROW(rows, r) {
        struct latencies h = {0};
        for (size_t i = 1; i <= 100; i++)
            latencies_add(&h, r->seconds * (double)i / 100);
        for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
            const double want = r->seconds * shares[i];
            EXPECT_NEAR(latencies_quantile(&h, shares[i]), want, want * 0.008 + 1e-9);
        }
        EXPECT_NEAR(latencies_quantile(&h, 1), r->seconds, r->seconds * 0.008 + 1e-9);
        EXPECT_EQ(h.count, 100);
    }
}

TEST(load_sends_a_mix)
{
    struct load_bodies bodies;
    struct error err = {0};
    const char *path =
        test_file("mix.txt", "GET /answer\r\n\nPOST /echo False\nPUT /length?a=b 12345");

    EXPECT_OK(load_bodies_read_mix(&bodies, path, &err), &err);
    EXPECT_EQ(bodies.count, 3);
    EXPECT_STR(bodies.target[0].path, "/answer");
    EXPECT(!bodies.body[0].bytes);
    EXPECT_STR(bodies.target[2].method, "PUT");
    const struct load_options options = {.url = to("/refuse"),
                                         .body = bodies.body,
                                         .target = bodies.target,
                                         .bodies = 2,
                                         .connections = 4,
                                         .requests = 40,
                                         .timeout = 10,
                                         .expect = "False"};
    EXPECT_EQ(loaded(&options).failures, 0);
    load_bodies_clear(&bodies);
}

TEST(load_refuses_what_is_no_mix)
{
    static const char *const wrong[] = {"GET /a\nGET\n", "GET /a\nGET \n", "GET /a\nget /b x\n",
                                        "GET /a\nPOST b x\n", "GET /a\n /b\n"};
    struct load_bodies bodies;
    struct error err;

    EACH_ROW(wrong, text) {
        EXPECT_ERROR(load_bodies_read_mix(&bodies, test_file("wrong.txt", *text), &err), &err,
                     ERR_DATA, "request 2 is not METHOD /PATH");
        load_bodies_clear(&bodies);
    }
}
