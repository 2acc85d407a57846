/* What a server is told on its command line: log, token, TLS, threads. */
#include "serve/support.h"

#include "base/json.h"
#include "base/text.h"

#include <signal.h>

/* The log's last line; json_decref() it. */
static json_t *last_line(const char *path)
{
    struct test_output said = test_shell("tail -n 1 '%s'", path);
    json_t *line = json_loads(said.out, 0, NULL);

    EXPECT(line != NULL);
    test_output_clear(&said);
    return line;
}

static void expect_text(const json_t *line, const char *key, const char *want)
{
    EXPECT_STR(json_string_value(json_object_get(line, key)), want);
}

TEST(options_log_requests)
{
    const char *bundle = pair_bundle("pair", "no", "yes"), *path = test_path("requests.jsonl");
    struct server_process server = server_start("'%s' --log '%s'", bundle, path);
    struct answer a =
        ask(server.port, "POST", "/invocations",
            "Content-Type: text/csv\r\nAccept: application/json\r\nX-Request-Id: r-1\r\n",
            "1,2\n3,4\n");

    EXPECT_EQ(a.status, 200);
    answer_clear(&a);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
    json_t *line = last_line(path);
    expect_text(line, "id", "r-1");
    expect_text(line, "path", "/invocations");
    expect_text(line, "model", "pair");
    expect_text(line, "version", "1");
    expect_text(line, "content_type", "text/csv");
    EXPECT_EQ(json_integer_value(json_object_get(line, "rows")), 2);
    EXPECT_EQ(json_integer_value(json_object_get(line, "status")), 200);
    EXPECT(json_object_get(line, "request") == NULL);
    json_decref(line);

    /* A failed request is kept whole, and all are when asked for. */
    server = server_start("'%s' --log '%s'", bundle, path);
    a = ask(server.port, "POST", "/invocations", "Content-Type: text/csv\r\n", "1,x");
    answer_clear(&a);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
    line = last_line(path);
    expect_text(line, "request", "1,x");
    EXPECT_HAS(json_string_value(json_object_get(line, "error")), "'second'");
    json_decref(line);
    server = server_start("'%s' --log '%s' --log-payloads", bundle, path);
    a = ask(server.port, "POST", "/invocations", "Content-Type: text/csv\r\n", "1,2");
    answer_clear(&a);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
    line = last_line(path);
    expect_text(line, "request", "1,2");
    expect_text(line, "response", "yes\n");
    json_decref(line);
}

TEST(options_token_guards_changes)
{
    struct server_process server =
        server_start("'%s' --token secret", pair_bundle("pair", "no", "yes"));
    struct answer a = ask(server.port, "DELETE", "/models/pair", "", NULL);

    EXPECT_EQ(a.status, 401);
    EXPECT_HAS(a.head, "WWW-Authenticate: Bearer\r\n");
    answer_clear(&a);
    a = ask(server.port, "POST", "/invocations", "Content-Type: text/csv\r\n", "1,2");
    EXPECT_EQ(a.status, 200);
    answer_clear(&a);
    a = ask(server.port, "DELETE", "/models/pair", "Authorization: Bearer secret\r\n", NULL);
    EXPECT_EQ(a.status, 200);
    answer_clear(&a);
    a = ask(server.port, "POST", "/invocations", "Content-Type: text/csv\r\n", "1,2");
    EXPECT_EQ(a.status, 503);
    answer_clear(&a);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
    /* Who can be reached from elsewhere takes no changes without a token. */
    server = server_start("'%s' --host 0.0.0.0", test_path("pair"));
    a = ask(server.port, "DELETE", "/models/pair", "", NULL);
    EXPECT_EQ(a.status, 403);
    answer_clear(&a);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(options_tls)
{
    char key[256], certificate[256];

    snprintf(key, sizeof key, "%s", test_path("key.pem"));
    snprintf(certificate, sizeof certificate, "%s", test_path("certificate.pem"));
    struct test_output made = test_shell("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "
                                         "/CN=localhost -keyout '%s' -out '%s'",
                                         key, certificate);
    if (made.status != 0) {
        print_message("SKIPPED: options_tls needs openssl\n");
        test_output_clear(&made);
        return;
    }
    test_output_clear(&made);
    struct server_process server = server_start("'%s' --tls-cert '%s' --tls-key '%s'",
                                                pair_bundle("pair", "no", "yes"), certificate, key);
    struct test_output said = test_shell(
        "printf 'POST /invocations HTTP/1.1\\r\\nHost: t\\r\\nContent-Type: text/csv\\r\\n"
        "Content-Length: 3\\r\\nConnection: close\\r\\n\\r\\n1,2' | "
        "timeout 20 openssl s_client -quiet -CAfile '%s' -verify_return_error -connect "
        "127.0.0.1:%u 2>'%s'",
        certificate, server.port, test_path("s_client.log"));
    EXPECT_HAS(said.out, "200 OK");
    EXPECT_HAS(said.out, "yes");
    test_output_clear(&said);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
    struct test_output wrong = test_quern("serve '%s' --port 0 --tls-cert '%s' --tls-key '%s'",
                                          test_path("pair"), key, certificate);
    EXPECT_EQ(wrong.status, 1);
    EXPECT_HAS(wrong.err, "PEM");
    test_output_clear(&wrong);
}

/* A row's answer does not depend on the rows beside it, nor on the thread that answers. */
TEST(options_any_batch_same_bits)
{
    struct server_process server =
        server_start("'%s' --threads 2", pair_bundle("pair", "no", "yes"));
    struct text batch = {0}, singles = {0};
    unsigned seed = 1;

    for (int i = 0; i < 200; i++) {
        char row[64];
        seed = seed * 1664525u + 1013904223u;
        snprintf(row, sizeof row, "%.17g,%.9g", seed / 4294967296.0, (seed >> 7) / 33554432.0);
        text_add_format(&batch, "%s\n", row);
        struct answer a = ask(server.port, "POST", "/invocations",
                              "Content-Type: text/csv\r\nAccept: application/jsonlines\r\n", row);
        EXPECT_EQ(a.status, 200);
        text_add(&singles, a.body, a.size);
        answer_clear(&a);
    }
    struct answer a =
        ask(server.port, "POST", "/invocations",
            "Content-Type: text/csv\r\nAccept: application/jsonlines\r\n", batch.bytes);
    EXPECT_EQ(a.status, 200);
    EXPECT_STR(a.body, singles.bytes);
    answer_clear(&a);
    text_clear(&batch);
    text_clear(&singles);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}
