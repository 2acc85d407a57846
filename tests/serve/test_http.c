/* A server as a process, over real sockets. */
#include "serve/support.h"

#include "base/clock.h"
#include "base/text.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char good[] = "POST /invocations HTTP/1.1\r\nHost: t\r\nContent-Type: text/csv\r\n"
                           "Content-Length: 7\r\n\r\n0.2,0.8";

static void pause_ms(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000L}, NULL);
}

TEST(http_answers_and_stops)
{
    struct server_process server = server_start("%s", pair_bundle("pair", "no", "yes"));
    struct answer a = ask(server.port, "POST", "/invocations",
                          "Content-Type: text/csv\r\nX-Request-Id: r-1\r\n"
                          "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                          "X-Amzn-SageMaker-Custom-Attributes: a=b\r\n",
                          "0.2,0.8");

    EXPECT_EQ(a.status, 200);
    EXPECT_STR(a.body, "yes\n");
    EXPECT_HAS(a.head, "Content-Type: text/csv");
    EXPECT_HAS(a.head, "X-Request-Id: r-1\r\n");
    EXPECT_HAS(a.head, "X-Amzn-SageMaker-Custom-Attributes: a=b\r\n");
    EXPECT(!strstr(a.head, "chunked"));
    answer_clear(&a);
    a = ask(server.port, "GET", "/ping", "X-Amzn-SageMaker-Inference-Id: i-1\r\n", NULL);
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(a.size, 0);
    EXPECT_HAS(a.head, "X-Amzn-SageMaker-Inference-Id: i-1\r\n");
    answer_clear(&a);
    a = ask(server.port, "PUT", "/ping", "", NULL);
    EXPECT_EQ(a.status, 405);
    EXPECT_HAS(a.head, "Allow: GET, HEAD\r\n");
    answer_clear(&a);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(http_keeps_connections_and_takes_pipelined_requests)
{
    struct server_process server = server_start("%s --threads 2", pair_bundle("pair", "no", "yes"));
    const int fd = server_connect(server.port);
    struct text many = {0};

    for (int i = 0; i < 50; i++)
        text_add(&many, good, sizeof good - 1);
    send_bytes(fd, many.bytes, many.length);
    for (int i = 0; i < 50; i++) {
        struct answer a = receive_answer(fd);
        EXPECT_EQ(a.status, 200);
        EXPECT_STR(a.body, "yes\n");
        answer_clear(&a);
    }
    close(fd);
    text_clear(&many);
    EXPECT_EQ(server_stop(&server, SIGINT), 0);
}

TEST(http_answers_a_half_closed_connection)
{
    struct server_process server = server_start("%s --timeout 1", pair_bundle("pair", "no", "yes"));
    int fd = server_connect(server.port);

    send_text(fd, good);
    shutdown(fd, SHUT_WR);
    struct answer a = receive_answer(fd);
    EXPECT_EQ(a.status, 200);
    EXPECT_STR(a.body, "yes\n");
    EXPECT(is_closed(fd));
    answer_clear(&a);
    close(fd);

    a = ask(server.port, "GET", "/ping", "", NULL);
    EXPECT_EQ(a.status, 200);
    answer_clear(&a);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

/* Whether the end comes with the last bytes or after them, there is an answer, long before 60 s. */
TEST(http_tells_clients_that_end_in_the_middle)
{
    static const struct {
        const char *head, *rest;
        bool pause;
    } rows[] = {
        {"POST /invocations HTTP/1.1\r\nHost: t\r\nContent-Length: 500\r\n\r\n", "0.2,", false},
        {"POST /invocations HTTP/1.1\r\nHost: t\r\nContent-Length: 500\r\n\r\n", "0.2,", true},
        {"POST /invocations HTTP/1.1\r\nHost: t\r\nContent-Length: 500\r\n\r\n", "", true},
        {"POST /invocations HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n", "7\r\n0.2,",
         false},
        {"POST /invocations HTTP/1.1\r\nHost: t\r\nContent-", "Le", false},
    };
    struct server_process server = server_start("%s", pair_bundle("pair", "no", "yes"));
    const double began = clock_seconds();
    struct answer a;

    EACH_ROW(rows, r) {
        const int fd = server_connect(server.port);
        send_text(fd, r->head);
        send_text(fd, r->rest);
        if (r->pause)
            pause_ms(100);
        shutdown(fd, SHUT_WR);
        a = receive_answer(fd);
        EXPECT_EQ(a.status, 400);
        EXPECT_HAS(a.body, "before the request was complete");
        EXPECT(is_closed(fd));
        answer_clear(&a);
        close(fd);
    }
    EXPECT(clock_seconds() - began < 30);
    a = ask(server.port, "GET", "/metrics", "", NULL);
    EXPECT_HAS(a.body, "code=\"400\"} 5\n");
    answer_clear(&a);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

/* What follows the first body must not be taken for a request. */
TEST(http_refuses_bodies_with_two_ends)
{
    static const struct {
        const char *head;
        int status;
    } rows[] = {
        {"Content-Length: 7\r\nContent-Length: 7\r\n", 200},
        {"Content-Length: 7\r\nContent-Length: 70\r\n", 400},
        {"content-length: 7\r\nX: y\r\nCONTENT-LENGTH: 0\r\n", 400},
        {"Content-Length: 7\r\nTransfer-Encoding: chunked\r\n", 400},
        {"Transfer-Encoding: chunked\r\nContent-Length: 7\r\n", 400},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400},
        {"Transfer-Encoding: xchunked\r\n", 400},
    };
    struct server_process server = server_start("%s", pair_bundle("pair", "no", "yes"));

    EACH_ROW(rows, r) {
        const int fd = server_connect(server.port);
        char text[512];
        snprintf(text, sizeof text, "POST /invocations HTTP/1.1\r\nHost: t\r\n%s\r\n0.2,0.8",
                 r->head);
        send_text(fd, text);
        struct answer a = receive_answer(fd);
        EXPECT_EQ(a.status, r->status);
        if (r->status == 400) {
            EXPECT_HAS(a.body, "\"message\": \"the ");
            EXPECT(is_closed(fd));
        }
        answer_clear(&a);
        close(fd);
    }
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(http_tells_slow_clients)
{
    struct server_process server = server_start("%s --timeout 1", pair_bundle("pair", "no", "yes"));
    const int body = server_connect(server.port), head = server_connect(server.port),
              idle = server_connect(server.port);
    const double began = clock_seconds();

    /* One byte every 50 ms would take seconds, and each keeps the connection alive. */
    send_bytes(body, good, sizeof good - 8);
    send_text(head, "GET /ping HTTP/1.1\r\nX-Slow: ");
    struct pollfd wait = {.fd = body, .events = POLLIN};
    while (poll(&wait, 1, 50) == 0 && clock_seconds() - began < 10)
        if (clock_seconds() - began < 0.3)
            send_text(body, "0");
        else
            send_text(head, "x");
    EXPECT(clock_seconds() - began < 5);
    struct answer a = receive_answer(body);
    EXPECT_EQ(a.status, 408);
    EXPECT_HAS(a.body, "in time");
    answer_clear(&a);
    a = receive_answer(head);
    EXPECT_EQ(a.status, 408);
    answer_clear(&a);
    EXPECT(is_closed(body) && is_closed(head) && is_closed(idle));
    close(body);
    close(head);
    close(idle);
    for (int i = 0; i < 100 && !a.body; i++) { /* event loops notice the end a little later */
        a = ask(server.port, "GET", "/metrics", "", NULL);
        EXPECT_HAS(a.body, "code=\"408\"} 2\n");
        if (!strstr(a.body, "quern_requests_in_progress 1\n") && i < 99)
            answer_clear(&a);
        pause_ms(10);
    }
    EXPECT_HAS(a.body, "quern_requests_in_progress 1\n");
    answer_clear(&a);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(http_bounds_bodies)
{
    struct server_process server =
        server_start("%s --max-body 1000", pair_bundle("pair", "no", "yes"));
    char *large = calloc(300001, 1);

    memset(large, '1', 300000);
    struct answer a = ask(server.port, "POST", "/invocations", "", large);
    EXPECT_EQ(a.status, 413);
    EXPECT_HAS(a.body, "1000 bytes");
    answer_clear(&a);

    /* Who asks first is told before the body is sent. */
    int fd = server_connect(server.port);
    send_text(fd, "POST /invocations HTTP/1.1\r\nHost: t\r\nContent-Length: 300000\r\n"
                  "Expect: 100-continue\r\n\r\n");
    a = receive_answer(fd);
    EXPECT_EQ(a.status, 413);
    answer_clear(&a);
    close(fd);
    fd = server_connect(server.port);
    send_text(fd, "POST /invocations HTTP/1.1\r\nHost: t\r\nContent-Length: 7\r\n"
                  "Expect: 100-continue\r\n\r\n");
    pause_ms(100);
    send_text(fd, "0.2,0.8");
    a = receive_answer(fd);
    EXPECT_EQ(a.status, 200);
    answer_clear(&a);
    close(fd);

    /* Chunks have no length to look at before. */
    fd = server_connect(server.port);
    send_text(fd, "POST /invocations HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\n0.2\r\n4\r\n,0.8\r\n0\r\n\r\n");
    a = receive_answer(fd);
    EXPECT_EQ(a.status, 200);
    answer_clear(&a);
    send_text(fd,
              "POST /invocations HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n");
    send_bytes(fd, large, 1001);
    send_text(fd, "\r\n0\r\n\r\n");
    a = receive_answer(fd);
    EXPECT_EQ(a.status, 413);
    answer_clear(&a);
    close(fd);
    free(large);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(http_refuses_what_is_not_http)
{
    static const char *const rows[] = {
        "GARBAGE\r\n\r\n",
        "GET /ping HTTP/9.9\r\n\r\n",
        "POST /invocations HTTP/1.1\r\nHost: t\r\nContent-Length: abc\r\n\r\n",
        "POST /invocations HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    };
    struct server_process server = server_start("%s", pair_bundle("pair", "no", "yes"));
    struct text large = {0};

    EACH_ROW(rows, r) {
        const int fd = server_connect(server.port);
        send_text(fd, *r);
        shutdown(fd, SHUT_WR);
        struct answer a = receive_answer(fd);
        EXPECT(a.status == 0 || (a.status >= 400 && a.status < 600));
        answer_clear(&a);
        close(fd);
    }
    text_add_format(&large, "GET /ping HTTP/1.1\r\nX-Large: ");
    for (int i = 0; i < 100000; i++)
        text_add(&large, "x", 1);
    text_add(&large, "\r\n\r\n", 4);
    const int fd = server_connect(server.port);
    send_bytes(fd, large.bytes, large.length);
    struct answer a = receive_answer(fd);
    EXPECT(a.status == 0 || a.status == 431 || a.status == 413);
    answer_clear(&a);
    close(fd);
    text_clear(&large);
    a = ask(server.port, "GET", "/ping", "", NULL);
    EXPECT_EQ(a.status, 200);
    answer_clear(&a);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

/* Until another request than that of the question is in progress. */
static void wait_for_a_request(unsigned port)
{
    for (int i = 0; i < 500; i++) {
        struct answer a = ask(port, "GET", "/metrics", "", NULL);
        const bool begun = strstr(a.body, "quern_requests_in_progress 2\n") != NULL;
        answer_clear(&a);
        if (begun)
            return;
        pause_ms(10);
    }
    fail_msg("no request is in progress");
}

TEST(http_finishes_what_it_accepted)
{
    struct server_process server = server_start("%s", pair_bundle("pair", "no", "yes"));
    const int fd = server_connect(server.port);

    send_bytes(fd, good, sizeof good - 4);
    wait_for_a_request(server.port);
    kill(server.process, SIGTERM);
    for (int i = 0; i < 1000 && !server_refuses(server.port); i++)
        pause_ms(10);
    EXPECT(server_refuses(server.port));
    send_text(fd, good + sizeof good - 4);
    struct answer a = receive_answer(fd);
    EXPECT_EQ(a.status, 200);
    EXPECT_STR(a.body, "yes\n");
    EXPECT_HAS(a.head, "Connection: close");
    answer_clear(&a);
    EXPECT(is_closed(fd));
    close(fd);
    EXPECT_EQ(server_stop(&server, 0), 0);
}

TEST(http_says_why_it_does_not_start)
{
    static const struct {
        const char *arguments;
        int status;
        const char *said;
    } rows[] = {
        {"", 1, "there is no bundle in '/opt/ml/model'"},
        {"/nowhere", 1, "/nowhere"},
        {"registry:nobody --registry /nowhere", 1, "nobody"},
        {"/nowhere --port 70000", 2, "port"},
        {"/nowhere --tls-cert x", 2, "TLS"},
        {"/nowhere --max-body 0", 2, "max-body"},
    };

    EACH_ROW(rows, r) {
        struct test_output got = test_quern("serve %s", r->arguments);
        EXPECT_EQ(got.status, r->status);
        EXPECT_HAS(got.err, r->said);
        test_output_clear(&got);
    }
    const char *bundle = pair_bundle("pair", "no", "yes");
    struct server_process server = server_start("%s", bundle);
    struct test_output got = test_quern("serve %s --port %u", bundle, server.port);
    EXPECT_EQ(got.status, 1);
    EXPECT_HAS(got.err, "cannot listen");
    test_output_clear(&got);
    got = test_quern("serve %s %s --port 0", bundle, bundle);
    EXPECT_EQ(got.status, 2);
    EXPECT_HAS(got.err, "'pair' is served already");
    test_output_clear(&got);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}
