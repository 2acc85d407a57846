/* Answers no server gives on request: failures that pass, half answers, errors after success. */
#include "base/file.h"
#include "remote/place.h"
#include "remote/store.h"
#include "remote/support.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

/* Answers one connection after the other with the texts of a list, then closes. */
struct canned {
    const char *const *answer;
    size_t count, served;
    int fd;
    pthread_t thread;
    char request[4][16384]; /* of the last four */
};

static void *serve(void *context)
{
    struct canned *canned = context;
    char request[16384];

    for (; canned->served < canned->count; canned->served++) {
        const int fd = accept(canned->fd, NULL, NULL);
        size_t used = 0;
        if (fd < 0)
            break;
        request[0] = '\0';
        while (!strstr(request, "\r\n\r\n") && used < sizeof request - 1) {
            const ssize_t got = recv(fd, request + used, sizeof request - 1 - used, 0);
            if (got <= 0)
                break;
            used += (size_t)got;
            request[used] = '\0';
        }
        memcpy(canned->request[canned->served % 4], request, sizeof request);
        const char *text = canned->answer[canned->served];
        if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
            perror("send");
        close(fd);
    }
    return NULL;
}

static void canned_start(struct canned *canned, const char *const *answer, size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct store store = {0};

    *canned = (struct canned){.answer = answer, .count = count};
    canned->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(canned->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(canned->fd, 8) != 0 ||
        getsockname(canned->fd, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&canned->thread, NULL, serve, canned) != 0)
        abort();
    snprintf(store.endpoint, sizeof store.endpoint, "http://127.0.0.1:%d", ntohs(address.sin_port));
    store_environment(&store);
}

static size_t canned_stop(struct canned *canned)
{
    shutdown(canned->fd, SHUT_RDWR);
    pthread_join(canned->thread, NULL);
    close(canned->fd);
    return canned->served;
}

#define OBJECT                                                                                     \
    "HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\nContent-Range: bytes 0-2/3\r\n"          \
    "ETag: \"e\"\r\nConnection: close\r\n\r\nabc"
#define SHORT                                                                                      \
    "HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\nContent-Range: bytes 0-2/3\r\n"          \
    "ETag: \"e\"\r\nConnection: close\r\n\r\nab"
#define XML_ERROR(status, code, more)                                                              \
    "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n<?xml version=\"1.0\"?><Error><Code>" code    \
    "</Code><Message>why &amp; how</Message>" more "</Error>"

TEST(failures_that_pass_are_tried_again)
{
    static const struct {
        const char *first;
    } rows[] = {
        {XML_ERROR("503 Slow Down", "SlowDown", "")},
        {XML_ERROR("500 Internal Server Error", "InternalError", "")},
        {"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {XML_ERROR("400 Bad Request", "RequestTimeout", "")},
        {SHORT},
        {""},
    };

    EACH_ROW(rows, r) {
        const char *const answers[] = {r->first, OBJECT};
        struct canned canned;
        canned_start(&canned, answers, 2);
        expect_text("s3://quern/x.csv", "abc");
        EXPECT_EQ(canned_stop(&canned), 2);
    }
}

TEST(failures_that_stay_become_a_sentence)
{
    static const struct {
        const char *answer;
        size_t served;
        const char *sentence;
    } rows[] = {
        {XML_ERROR("503 Slow Down", "SlowDown", ""), 3,
         "s3://quern/x.csv: failure of the store, 3 times: 503 SlowDown: why & how"},
        {XML_ERROR("403 Forbidden", "AccessDenied", ""), 1,
         "s3://quern/x.csv: access is denied to the access key '" STORE_KEY "'"},
        {XML_ERROR("403 Forbidden", "RequestTimeTooSkewed", ""), 1, "clock of this machine"},
        {XML_ERROR("400 Bad Request", "ExpiredToken", ""), 1, "AWS_SESSION_TOKEN"},
        {XML_ERROR("400 Bad Request", "AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>"),
         1, "the bucket is in region 'eu-west-3', not 'us-east-1': set AWS_REGION"},
        {"HTTP/1.1 301 Moved\r\nx-amz-bucket-region: eu-west-3\r\nContent-Length: 0\r\n\r\n", 1,
         "region 'eu-west-3'"},
        {XML_ERROR("418 I'm a teapot", "Odd", ""), 1, "refusal of the store: 418 Odd: why & how"},
        {SHORT, 3, "no answer from http://127.0.0.1:"},
        {"not http at all\r\n\r\n", 1, "no answer"},
    };
    struct place place;
    struct error err = {0};

    EACH_ROW(rows, r) {
        const char *const answers[] = {r->answer, r->answer, r->answer, r->answer};
        struct canned canned;
        canned_start(&canned, answers, 4);
        err = (struct error){0};
        EXPECT(!place_fetch(&place, "s3://quern/x.csv", &err));
        EXPECT_EQ(canned_stop(&canned), r->served);
        EXPECT_HAS(err.text, r->sentence);
        EXPECT(!place.scratch && !place.local);
    }
}

/* Keys that would leave the folder of the copies. */
TEST(listings_that_lead_outside_are_refused)
{
    static const char *const keys[] = {"in/../../etc/passwd", "in//x", "in/./x", "elsewhere/x",
                                       "in/a/.."};
    static const char missing[] = XML_ERROR("404 Not Found", "NoSuchKey", "");
    struct place place;
    struct error err = {0};

    EACH_ROW(keys, key) {
        char listing[1024];
        snprintf(listing, sizeof listing,
                 "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<ListBucketResult>"
                 "<Contents><Key>%s</Key><Size>1</Size></Contents></ListBucketResult>",
                 *key);
        const char *const answers[] = {missing, listing};
        struct canned canned;
        canned_start(&canned, answers, 2);
        err = (struct error){0};
        EXPECT(!place_fetch(&place, "s3://quern/in", &err));
        EXPECT_EQ(canned_stop(&canned), 2);
        EXPECT_HAS(err.text, *key);
    }
}

TEST(containers_give_credentials)
{
    static const char keys[] =
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"AccessKeyId\": \"from-host\", "
        "\"SecretAccessKey\": \"x\", \"Token\": \"session/token\", \"Expiration\": \"never\"}";
    static const char *const answers[] = {keys, OBJECT};
    static const char *const none[] = {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}"};
    struct canned canned;
    struct place place;
    struct error err = {0};
    char url[100];

    canned_start(&canned, answers, 2);
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    snprintf(url, sizeof url, "%s/creds", getenv("AWS_ENDPOINT_URL"));
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "letmein", 1);
    expect_text("s3://quern/x.csv", "abc");
    EXPECT_EQ(canned_stop(&canned), 2);
    EXPECT_HAS(canned.request[0], "GET /creds ");
    EXPECT_HAS(canned.request[0], "Authorization: letmein\r\n");
    EXPECT_HAS(canned.request[1], "Credential=from-host/");
    EXPECT_HAS(canned.request[1], "x-amz-security-token: session/token\r\n");
    EXPECT_HAS(canned.request[1], "x-amz-content-sha256;x-amz-date;x-amz-security-token");

    canned_start(&canned, none, 1);
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    snprintf(url, sizeof url, "%s/creds", getenv("AWS_ENDPOINT_URL"));
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
    EXPECT_ERROR(place_fetch(&place, "s3://quern/x.csv", &err), &err, ERR_IO,
                 "has no AccessKeyId and SecretAccessKey");
    canned_stop(&canned);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1.example.com/creds", 1);
    EXPECT_ERROR(place_fetch(&place, "s3://quern/x.csv", &err), &err, ERR_CONFIG,
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
}
