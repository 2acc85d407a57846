#include "support/test.h"

#include "base/file.h"
#include "monitor/base64.h"
#include "monitor/replay.h"
#include "monitor/request_log.h"
#include "monitor/request_reader.h"
#include "monitor/small_server.h"

static const char *server(void)
{
    static char url[64];

    if (!url[0])
        snprintf(url, sizeof url, "http://127.0.0.1:%d", small_server_start());
    return url;
}

TEST(base64_there_and_back)
{
    unsigned char bytes[300], back[300];
    char text[400];
    size_t size;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37);
    for (size_t n = 0; n < sizeof bytes; n++) {
        base64_encode(text, bytes, n);
        EXPECT(base64_decode(back, &size, text, base64_encoded_size(n)));
        EXPECT_EQ(size, n);
        EXPECT(memcmp(back, bytes, n) == 0);
    }
    EXPECT(!base64_decode(back, &size, "abc", 3));
    EXPECT(!base64_decode(back, &size, "ab=c", 4));
    EXPECT(!base64_decode(back, &size, "a===", 4));
    EXPECT(!base64_decode(back, &size, "ab==abcd", 8));
    EXPECT(!base64_decode(back, &size, "ab\0d", 4));
}

TEST(replay_compares_numbers_within_a_tolerance)
{
    static const struct {
        const char *a, *b;
        double tolerance;
        bool equal;
    } rows[] = {
        {"False", "False", 0, true},
        {"False", "True", 0, false},
        {"0.5", "0.50", 0, false},
        {"0.5", "0.50", 1e-9, true},
        {"{\"score\": 0.123456789}", "{\"score\": 0.123456788}", 1e-8, true},
        {"{\"score\": 0.123456789}", "{\"score\": 0.123456788}", 1e-10, false},
        {"1e6,2", "1000000.5,2", 1e-6, true},
        {"1e6,2", "1000002,2", 1e-6, false},
        {"-1", "1", 0.5, false},
        {"a1", "a2", 1, false}, /* part of a word */
        {"1a", "2a", 1, false},
        {"1,2", "1,2,3", 1, false},
        {"1", "", 1, false},
        {"", "", 1, true},
        {"nan", "nan", 1, true},
        {"1", "x", 1, false},
    };
    EACH_ROW(rows, r) {
        EXPECT_EQ(replay_equal(r->a, strlen(r->a), r->b, strlen(r->b), r->tolerance), r->equal);
        EXPECT_EQ(replay_equal(r->b, strlen(r->b), r->a, strlen(r->a), r->tolerance), r->equal);
    }
}

static struct replay_result replayed(const char *log, double tolerance)
{
    const struct replay_options options = {
        .log = log, .to = server(), .tolerance = tolerance, .timeout = 10};
    struct replay_result result;
    struct error err = {0};

    EXPECT_OK(replay_run(&result, &options, &err), &err);
    return result;
}

static void log_one(struct request_log *log, const char *path, int status,
                    struct table_string request, struct table_string response)
{
    const struct request_record record = {.time = 1769851613120000,
                                          .id = "one",
                                          .method = "POST",
                                          .path = path,
                                          .status = status,
                                          .content_type = "text/csv",
                                          .request = request,
                                          .response = response};

    request_log_write(log, &record);
}

#define BYTES(literal) ((struct table_string){literal, sizeof(literal) - 1})

/* What the log writes is what the replay reads, for any bytes. */
TEST(replay_sends_what_was_logged)
{
    static char large[REQUEST_LOG_PAYLOAD_MAX + 10];
    struct request_log *log;
    struct error err = {0};
    char path[256];

    memset(large, 'a', sizeof large);
    snprintf(path, sizeof path, "%s/log.jsonl", test_folder());
    EXPECT_OK(request_log_open(&log, path, true, &err), &err);
    log_one(log, "/echo", 200, BYTES("KS,\"1\"\n\\\t\x01"), BYTES("KS,\"1\"\n\\\t\x01"));
    log_one(log, "/echo", 200, BYTES("\xff\0\x80"), BYTES("\xff\0\x80"));
    log_one(log, "/echo", 200, BYTES("a\0b"), BYTES("a\0b"));
    log_one(log, "/echo", 200, BYTES("0.5000001"), BYTES("0.5"));
    log_one(log, "/refuse", 422, BYTES("x"), BYTES("{\"error\": \"no\"}"));
    log_one(log, "/refuse", 200, BYTES("x"), BYTES("False\n"));
    log_one(log, "/answer", 200, BYTES("x"), (struct table_string){0});
    log_one(log, "/answer", 200, (struct table_string){0}, (struct table_string){0});
    log_one(log, "/answer", 200, (struct table_string){large, sizeof large}, BYTES("False\n"));
    log_one(log, "/models", 200, BYTES("{}"), BYTES("{}"));
    log_one(log, "/v2/repository/models/a/load", 200, BYTES("{}"), BYTES("{}"));
    request_log_close(log);
    struct replay_result result = replayed(path, 0);
    EXPECT_EQ(result.sent, 7);
    EXPECT_EQ(result.agree, 5);
    EXPECT_EQ(result.without_payload, 1);
    EXPECT_EQ(result.cut, 1);
    EXPECT_EQ(result.changing, 2);
    EXPECT_EQ(result.shown, 2);
    EXPECT_EQ(result.difference[0].line, 4);
    EXPECT_STR(result.difference[0].answer, "0.5000001");
    EXPECT_EQ(result.difference[1].line, 6);
    EXPECT_EQ(result.difference[1].status, 422);
    replay_clear(&result);
    result = replayed(path, 1e-6);
    EXPECT_EQ(result.agree, 6);
    replay_clear(&result);
}

TEST(replay_reads_captured_data)
{
    char path[256];
    snprintf(
        path, sizeof path, "%s",
        test_file("captured.jsonl",
                  "{\"captureData\": {\"endpointInput\": {\"observedContentType\": \"text/csv\", "
                  "\"mode\": "
                  "\"INPUT\", \"data\": \"69,0\\n\", \"encoding\": \"CSV\"}, \"endpointOutput\": "
                  "{\"observedContentType\": \"text/csv; charset=utf-8\", \"mode\": \"OUTPUT\", "
                  "\"data\": "
                  "\"0.0254\", \"encoding\": \"CSV\"}}, \"eventMetadata\": {\"eventId\": \"e-1\", "
                  "\"inferenceTime\": \"2022-02-14T17:25:49Z\"}, \"eventVersion\": \"0\"}\n"
                  "{\"captureData\": {\"endpointInput\": {\"data\": \"/w==\", \"encoding\": "
                  "\"BASE64\"}}}\n"
                  "{\"log.level\": \"info\", \"message\": \"started\"}\n"
                  "[1, 2]\n"
                  "{\"captureData\": {\"endpointIn"));
    struct request_reader *reader;
    struct logged_request q;
    struct error err = {0};
    bool more;

    EXPECT_OK(request_reader_open(&reader, path, &err), &err);
    EXPECT_OK(request_reader_next(reader, &q, &more, &err), &err);
    EXPECT(more);
    EXPECT_STR(q.id, "e-1");
    EXPECT_STR(q.path, "/invocations");
    EXPECT_STR(q.content_type, "text/csv");
    EXPECT_STR(q.request.bytes, "69,0\n");
    EXPECT_STR(q.response.bytes, "0.0254");
    EXPECT_OK(request_reader_next(reader, &q, &more, &err), &err);
    EXPECT_EQ(q.request.length, 1);
    EXPECT_EQ((unsigned char)q.request.bytes[0], 255);
    EXPECT_OK(request_reader_next(reader, &q, &more, &err), &err);
    EXPECT(!more);
    EXPECT_EQ(request_reader_passed_over(reader), 3); /* two other lines and the unfinished one */
    request_reader_close(reader);
}

TEST(replay_says_what_is_wrong_with_a_log)
{
    static const struct {
        const char *text, *said;
        enum error_code code;
    } rows[] = {
        {"", "no request to send again", ERR_DATA},
        {"{}\n{\"a\": \n", "line 2 is not JSON", ERR_DATA},
        {"{\"method\": \"POST\", \"path\": \"/echo\", \"request\": {\"base64\": \"?\"}}\n",
         "line 1: a payload is not base64", ERR_DATA},
        {"{\"method\": \"POST\", \"path\": \"/echo\", \"request\": {\"base64\": 1}}\n",
         "line 1: a payload is not base64", ERR_DATA},
        {"{\"method\": \"POST\", \"path\": \"/a b\", \"request\": \"x\"}\n", "is not a path",
         ERR_DATA},
        {"{\"method\": \"POST\", \"path\": \"/echo\", \"request\": \"x\", \"id\": \"a\\r\\nb\"}\n",
         "control character", ERR_DATA},
        {"{\"method\": \"POST\", \"path\": \"/vanish\", \"request\": \"x\"}\n", "line 1: 127.0.0.1",
         ERR_IO},
    };
    EACH_ROW(rows, r) {
        char path[256];
        struct replay_result result;
        struct error err = {0};
        snprintf(path, sizeof path, "%s", test_file("wrong.jsonl", r->text));
        const struct replay_options options = {.log = path, .to = server(), .timeout = 10};
        EXPECT_ERROR(replay_run(&result, &options, &err), &err, r->code, r->said);
    }
}

TEST(replay_command_exits_by_agreement)
{
    char path[256];
    struct test_output ran;

    snprintf(path, sizeof path, "%s",
             test_file(
                 "small.jsonl",
                 "{\"method\": \"POST\", \"path\": \"/echo\", \"status\": 200, \"request\": \"a\", "
                 "\"response\": \"a\"}\n"));
    ran = test_quern("replay %s --to %s", path, server());
    EXPECT_EQ(ran.status, 0);
    EXPECT_HAS(ran.out, "1 requests sent again, 1 agree, 0 differ");
    test_output_clear(&ran);
    ran = test_quern("replay %s --to %s/refuse?x=1 --json", path, server());
    EXPECT_EQ(ran.status, 1); /* nothing answers below /refuse */
    test_output_clear(&ran);
    test_file("small.jsonl", "{\"method\": \"POST\", \"path\": \"/echo\", \"status\": 200, "
                             "\"request\": \"a\", \"response\": \"b\"}\n");
    ran = test_quern("replay %s --to %s/ --json", path, server());
    EXPECT_EQ(ran.status, 1);
    EXPECT_HAS(ran.out, "\"differ\": 1");
    EXPECT_HAS(ran.err, "1 of 1 answers differ");
    test_output_clear(&ran);
}
