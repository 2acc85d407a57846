#include "support/test.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "monitor/request_line.h"
#include "monitor/request_log.h"

#include <pthread.h>
#include <unistd.h>

#define BYTES(literal)                                                                             \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static struct request_record common_record(void)
{
    return (struct request_record){.time = 1769851613120000,
                                   .latency_us = 85,
                                   .id = "4b1c",
                                   .method = "POST",
                                   .path = "/invocations",
                                   .status = 200,
                                   .rows = 1,
                                   .model = "churn",
                                   .version = "3",
                                   .content_type = "text/csv",
                                   .accept = "application/json",
                                   .request = BYTES("KS,186"),
                                   .response = BYTES("False")};
}

static char *line_of(const struct request_record *record, bool payloads)
{
    const size_t bound = request_line_bound(record, payloads);
    char *line = memory_take(bound + 1, 1);
    const size_t length = request_line_format(line, record, payloads);

    EXPECT(length <= bound && bound <= REQUEST_LINE_MAX);
    line[length] = '\0';
    return line;
}

TEST(request_line_is_the_documented_one)
{
    const struct request_record record = common_record();
    char *plain = line_of(&record, false), *full = line_of(&record, true);

    EXPECT_STR(plain, "{\"@timestamp\":\"2026-01-31T09:26:53.120Z\",\"log.level\":\"info\","
                      "\"message\":\"request\",\"id\":\"4b1c\",\"method\":\"POST\","
                      "\"path\":\"/invocations\",\"status\":200,\"latency_us\":85,\"rows\":1,"
                      "\"model\":\"churn\",\"version\":\"3\",\"content_type\":\"text/csv\","
                      "\"accept\":\"application/json\"}\n");
    EXPECT_HAS(full, "\"accept\":\"application/json\",\"request\":\"KS,186\","
                     "\"response\":\"False\"}\n");
    free(plain);
    free(full);
}

TEST(request_line_of_a_failure_has_the_payload)
{
    struct request_record record = common_record();

    record.status = 422;
    record.error = "row 1: column 'Day Mins': \"abc\" is not a number";
    char *line = line_of(&record, false);
    EXPECT_HAS(line, "\"log.level\":\"warn\"");
    EXPECT_HAS(line, "\"error\":\"row 1: column 'Day Mins': \\\"abc\\\" is not a number\"");
    EXPECT_HAS(line, "\"request\":\"KS,186\"");
    free(line);
}

TEST(request_line_takes_any_bytes)
{
    static const struct {
        struct table_string request;
        const char *shown;
    } rows[] = {
        {BYTES(""), "\"request\":\"\","},
        {BYTES("a\"\\\n\r\t\x01z"), "\"request\":\"a\\\"\\\\\\n\\r\\t\\u0001z\""},
        {BYTES("k\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x98\x80"),
         "\"request\":\"k\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x98\x80\""},
        {BYTES("a\0b"), "\"request\":\"a\\u0000b\""},
        {BYTES("\xff"), "\"request\":{\"base64\":\"/w==\"}"},
        {BYTES("\xc0\x80x"), "\"request\":{\"base64\":\"wIB4\"}"},            /* not the shortest */
        {BYTES("\xed\xa0\x80"), "\"request\":{\"base64\":\"7aCA\"}"},         /* a surrogate */
        {BYTES("\xf4\x90\x80\x80"), "\"request\":{\"base64\":\"9JCAgA==\"}"}, /* over 10ffff */
        {BYTES("12345678\xe2\x82"), "\"request\":{\"base64\":\"MTIzNDU2Nzjigg==\"}"},
    };
    EACH_ROW(rows, r) {
        struct request_record record = common_record();
        json_error_t problem;
        record.request = r->request;
        record.path = "/\xff\"";
        char *line = line_of(&record, true);
        EXPECT_HAS(line, r->shown);
        EXPECT_HAS(line, "\"path\":\"/\xef\xbf\xbd\\\"\"");
        json_t *read = json_loads(line, JSON_ALLOW_NUL, &problem);
        EXPECT(read);
        json_decref(read);
        free(line);
    }
}

TEST(request_line_cuts_a_long_payload)
{
    const size_t size = REQUEST_LOG_PAYLOAD_MAX + 1;
    char *bytes = memory_take(size, 1);
    struct request_record record = common_record();

    memset(bytes, 1, size); /* six characters a byte */
    record.request = record.response = (struct table_string){bytes, size};
    char *line = line_of(&record, true);
    EXPECT_EQ(strlen(line) > 12 * (size_t)REQUEST_LOG_PAYLOAD_MAX, 1);
    EXPECT_HAS(line, "\"request_cut\":true");
    EXPECT_HAS(line, "\"response_cut\":true");
    free(line);
    memset(bytes, 'a', size);
    memcpy(bytes + size - 2, "\xc3\xa9", 2); /* the cut would fall inside */
    line = line_of(&record, true);
    EXPECT_HAS(line, "aaaa\",\"request_cut\":true");
    free(line);
    free(bytes);
}

enum { THREADS = 4, LINES = 5000 };

static void *write_lines(void *context)
{
    struct request_record record = common_record();
    char id[32];

    for (size_t i = 0; i < LINES; i++) {
        snprintf(id, sizeof id, "%p-%zu", (void *)&record, i);
        record.id = id;
        request_log_write(context, &record);
    }
    return NULL;
}

TEST(request_log_keeps_every_line_of_every_thread)
{
    char path[256];
    struct request_log *log;
    struct error err = {0};
    pthread_t thread[THREADS];
    char *bytes;
    size_t size, lines = 0;

    snprintf(path, sizeof path, "%s", test_path("requests.jsonl"));
    EXPECT_OK(request_log_open(&log, path, true, &err), &err);
    EXPECT(request_log_payloads(log));
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, write_lines, log);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    request_log_close(log);
    EXPECT_OK(file_read(path, 64 << 20, &bytes, &size, &err), &err);
    for (char *at = bytes, *end; at < bytes + size; at = end + 1, lines++) {
        json_error_t problem;
        end = strchr(at, '\n');
        EXPECT(end);
        json_t *read = json_loadb(at, (size_t)(end - at), 0, &problem);
        EXPECT(read && json_object_get(read, "response"));
        json_decref(read);
    }
    free(bytes);
    EXPECT_EQ(lines, (size_t)THREADS * LINES);
}

TEST(request_log_reaches_the_disk_within_a_second)
{
    const struct request_record record = common_record();
    struct request_log *log;
    struct error err = {0};
    char path[256], *bytes = NULL;
    size_t size = 0;

    snprintf(path, sizeof path, "%s", test_path("soon.jsonl"));
    EXPECT_OK(request_log_open(&log, path, false, &err), &err);
    request_log_write(log, &record);
    const double start = clock_seconds();
    while (size == 0 && clock_seconds() - start < 30) {
        free(bytes);
        usleep(10000);
        EXPECT_OK(file_read(path, 1 << 20, &bytes, &size, &err), &err);
    }
    EXPECT(size > 0);
    free(bytes);
    request_log_close(log);
}

TEST(request_log_to_nowhere_and_to_a_folder)
{
    const struct request_record record = common_record();
    struct request_log *log;
    struct error err = {0};

    EXPECT_OK(request_log_open(&log, NULL, true, &err), &err);
    EXPECT(!request_log_payloads(log));
    request_log_write(log, &record);
    request_log_close(log);
    request_log_close(NULL);
    EXPECT_ERROR(request_log_open(&log, test_folder(), true, &err), &err, ERR_IO, "request log");
}

TEST(request_log_line_is_cheap)
{
    struct request_record record = common_record();
    char line[4096];
    size_t sum = 0;
    double best = 1;

    for (size_t round = 0; round < 20; round++) {
        const double start = clock_seconds();
        for (size_t i = 0; i < 1000; i++) {
            record.latency_us = i;
            record.time += 1000;
            sum += request_line_format(line, &record, false);
        }
        const double each = (clock_seconds() - start) / 1000;
        best = each < best ? each : best;
    }
    printf("a line of %zu bytes takes %.0f ns\n", sum / 20000, best * 1e9);
    EXPECT(best < 20e-6); /* of a build with sanitizers on a busy machine */
}
