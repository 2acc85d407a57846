/* The sales service over HTTP, as a process. */
#include "serve/support.h"

#include "base/json.h"
#include "base/text.h"
#include "serve/compress.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLS = 10, LANES = 4, ROWS_A_POST = 3 };

static struct server_process start_sales(const char *store, const char *more)
{
    return server_start("'%s' --store '%s' %s", test_source("apps/sales/service.yaml"), store,
                        more);
}

static const char *sqlite_store(const char *name)
{
    static char where[512];

    snprintf(where, sizeof where, "sqlite:%s", test_path(name));
    return where;
}

static void expect_answer(unsigned port, const char *method, const char *path, const char *body,
                          int status, const char *part)
{
    struct answer a = ask(port, method, path, "", body);

    if (a.status != status || !a.body || !strstr(a.body, part))
        fail_msg("row %d: %s %s: %d %s", test_row, method, path, a.status, a.body);
    answer_clear(&a);
}

static const char rows[] =
    "[{\"date\": \"2020-01-06\", \"vegetable\": \"Poire\", \"kilo_sold\": 7},"
    " {\"year_week\": 202001, \"vegetable\": \"Tomate\", \"sales\": 50}, {\"vegetable\": \"x\"}]";

TEST(sales_endpoints_answer)
{
    static const struct {
        const char *method, *path, *body;
        int status;
        const char *part;
    } asked[] = {
        {"GET", "/get_raw_sales", NULL, 200, "[]"},
        {"POST", "/post_sales", rows, 200, "{\"accepted\": 2, \"rejected\": [{\"index\": 2, "},
        {"POST", "/post_sales/", rows, 200, "{\"accepted\": 2"},
        {"POST", "/post_sales/", "[]", 200, "{\"accepted\": 0, \"rejected\": []}"},
        {"GET", "/get_raw_sales", NULL, 200,
         "[{\"date\": \"2020-01-06\", \"vegetable\": \"Poire\", \"kilo_sold\": 7}, {\"year_week\": "
         "202001, \"vegetable\": \"Tomate\", \"sales\": 50}]"},
        {"GET", "/get_raw_sales/", NULL, 200, "Poire"},
        {"GET", "/get_monthly_sales/?remove_outliers=True", NULL, 200,
         "[{\"year_month\": 202001, \"vegetable\": \"pear\", \"sales\": 7}, {\"year_month\": "
         "202001, \"vegetable\": \"tomato\", \"sales\": 50}]"},
        {"GET", "/get_monthly_sales?remove_outliers=1", NULL, 200, "\"sales\": 50}]"},
        {"GET", "/get_monthly_sales?remove_outliers=false&details=true", NULL, 200,
         "\"is_outlier\": false, \"weeks\": 1}"},
        {"GET", "/get_monthly_sales?remove_outliers=perhaps", NULL, 400, "remove_outliers"},
        {"GET", "/get_unrecognised", NULL, 200, "[]"},
        {"GET", "/health", NULL, 200, "\"Healthy\""},
        {"GET", "/post_sales", NULL, 405, "POST"},
        {"DELETE", "/get_raw_sales", NULL, 405, "GET"},
        {"POST", "/get_monthly_sales/", "[]", 405, "GET"},
        {"DELETE", "/init_database", NULL, 405, "GET, POST"},
        {"POST", "/post_sales", "{\"a\": 1}", 400, "not a list"},
        {"POST", "/post_sales", "[{]", 400, "not JSON"},
        {"POST", "/post_sales", "", 400, "empty"},
        {"GET", "/post_sales/x", NULL, 404, "nothing at"},
        {"GET", "/init_database", NULL, 200, "empty"},
        {"GET", "/get_raw_sales", NULL, 200, "[]"},
        {"POST", "/post_sales", rows, 200, "{\"accepted\": 2"},
        {"POST", "/init_db/", NULL, 200, "empty"},
        {"GET", "/get_monthly_sales", NULL, 200, "[]"},
    };
    struct server_process server = start_sales(sqlite_store("http.db"), "");

    EACH_ROW(asked, r) {
        expect_answer(server.port, r->method, r->path, r->body, r->status, r->part);
    }
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

/* A list is packed as other answers are, for who takes it so. */
TEST(sales_lists_are_packed)
{
    struct server_process server = start_sales(sqlite_store("packed.db"), "");
    struct arena memory = {0};
    struct text post = {0};
    struct error err = {0};
    const char *plain;
    size_t size;

    for (int i = 0; i < 100; i++)
        text_add_format(&post, "%s{\"year_week\": %d, \"vegetable\": \"leek\", \"sales\": %d}",
                        i ? ", " : "[", 202001 + i / 50 * 100 + i % 50, i);
    text_add(&post, "]", 2);
    expect_answer(server.port, "POST", "/post_sales", post.bytes, 200, "\"accepted\": 100");
    struct answer whole = ask(server.port, "GET", "/get_raw_sales", "", NULL);
    struct answer packed =
        ask(server.port, "GET", "/get_raw_sales", "Accept-Encoding: gzip, deflate\r\n", NULL);
    EXPECT_HAS(packed.head, "Content-Encoding: gzip\r\n");
    EXPECT(packed.size < whole.size / 4);
    EXPECT_OK(
        coding_unpack(CODING_GZIP, packed.body, packed.size, 1 << 20, &plain, &size, &memory, &err),
        &err);
    EXPECT_STR(plain, whole.body);
    EXPECT(!strstr(whole.head, "Content-Encoding"));
    answer_clear(&whole);
    answer_clear(&packed);
    arena_clear(&memory);
    text_clear(&post);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(sales_are_emptied_with_the_token)
{
    struct server_process server = start_sales(sqlite_store("token.db"), "--token secret");
    struct answer a;

    expect_answer(server.port, "POST", "/post_sales", rows, 200, "\"accepted\": 2");
    expect_answer(server.port, "POST", "/init_database", NULL, 401, "Bearer");
    expect_answer(server.port, "GET", "/init_db/", NULL, 401, "Bearer");
    expect_answer(server.port, "GET", "/get_raw_sales", NULL, 200, "Poire");
    a = ask(server.port, "POST", "/init_database/", "Authorization: Bearer secret\r\n", "");
    EXPECT_EQ(a.status, 200);
    answer_clear(&a);
    expect_answer(server.port, "GET", "/get_raw_sales", NULL, 200, "[]");
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(sales_routes_are_only_those_of_sales_servers)
{
    struct server_process server = server_start("'%s'", pair_bundle("pair", "no", "yes"));

    expect_answer(server.port, "GET", "/get_raw_sales", NULL, 404, "nothing at");
    expect_answer(server.port, "POST", "/init_database", "x", 404, "nothing at");
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(sales_bodies_are_bounded)
{
    struct server_process server = start_sales(sqlite_store("bounded.db"), "--max-body 80000000");
    struct text body = {0};

    text_add(&body, "[", 1);
    for (int i = 0; i < 1000000; i++)
        text_add_format(&body, "%s{\"year_week\":202001,\"vegetable\":\"v%d\",\"sales\":1}",
                        i ? "," : "", i);
    text_add(&body, "]", 1);
    expect_answer(server.port, "POST", "/post_sales", body.bytes, 413, "limit of 100000 rows");
    body.length = 0;
    text_add_format(&body, "[{\"year_week\":202001,\"sales\":1,\"vegetable\":\"");
    for (int i = 0; i < 100000; i++)
        text_add(&body, "0123456789abcdef0123456789abcdef", 32);
    text_add(&body, "\"}]", 3);
    expect_answer(server.port, "POST", "/post_sales", body.bytes, 200, "longer than 200 bytes");
    body.length = 0;
    for (int i = 0; i < 50000; i++)
        text_add(&body, "[", 1);
    expect_answer(server.port, "POST", "/post_sales", body.bytes, 400, "not JSON");
    expect_answer(server.port, "GET", "/get_raw_sales", NULL, 200, "[]");
    text_clear(&body);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

/* A limit on the size of files is what a full disk is to a write: none of it goes in. */
TEST(sales_survive_a_full_disk)
{
    const struct rlimit small = {.rlim_cur = 400 << 10, .rlim_max = RLIM_INFINITY};
    struct rlimit usual;
    struct text body = {0};

    EXPECT(getrlimit(RLIMIT_FSIZE, &usual) == 0);
    signal(SIGXFSZ, SIG_IGN);
    EXPECT(setrlimit(RLIMIT_FSIZE, &small) == 0);
    struct server_process server = start_sales(sqlite_store("full.db"), "");
    EXPECT(setrlimit(RLIMIT_FSIZE, &usual) == 0);
    expect_answer(server.port, "POST", "/post_sales", rows, 200, "\"accepted\": 2");
    text_add(&body, "[", 1);
    for (int i = 0; i < 20000; i++)
        text_add_format(&body, "%s{\"year_week\":202002,\"vegetable\":\"v%d\",\"sales\":1}",
                        i ? "," : "", i);
    text_add(&body, "]", 1);
    expect_answer(server.port, "POST", "/post_sales", body.bytes, 503, "were not stored");
    text_clear(&body);
    expect_answer(server.port, "GET", "/get_raw_sales", NULL, 200, "Poire");
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
    server = start_sales(sqlite_store("full.db"), "");
    expect_answer(server.port, "GET", "/get_monthly_sales", NULL, 200, "\"pear\", \"sales\": 7}");
    expect_answer(server.port, "GET", "/get_unrecognised", NULL, 200, "[]");
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(sales_need_a_file_that_says_so)
{
    static const struct {
        const char *text, *more, *said;
    } files[] = {
        {"store: sqlite:x.db\n", "", "service: sales"},
        {"service: hats\n", "", "service"},
        {"service: sales\nport: 8000\n", "", "port"},
        {"service: sales\n", "--store mysql:x", "is no store"},
        {"service: sales\nstore: csv\n", "", "is no store"},
    };

    EACH_ROW(files, f) {
        struct test_output said =
            test_quern("serve '%s' --port 0 %s", test_file("service.yaml", f->text), f->more);
        EXPECT(said.status != 0);
        EXPECT_HAS(said.err, f->said);
        test_output_clear(&said);
    }
    struct test_output said = test_quern("serve --store sqlite:x.db --port 0 pair");
    EXPECT_EQ(said.status, 2);
    EXPECT_HAS(said.err, "--store");
    test_output_clear(&said);
}

/* Send post `number` of a lane: rows that no other post has. */
static void send_post(int socket, int lane, int number)
{
    struct text body = {0}, request = {0};

    text_add(&body, "[", 1);
    for (int i = 0; i < ROWS_A_POST; i++)
        text_add_format(&body, "%s{\"year_week\":202001,\"vegetable\":\"v%d-%d-%d\",\"sales\":1}",
                        i ? "," : "", lane, number, i);
    text_add(&body, "]", 1);
    text_add_format(&request,
                    "POST /post_sales/ HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
                    body.length, body.bytes);
    send_bytes(socket, request.bytes, request.length);
    text_clear(&request);
    text_clear(&body);
}

/* Read until an answer's end; false when the connection ends first, or 10 seconds are over. */
static bool is_accepted(int socket)
{
    char bytes[1024];
    size_t length = 0;
    struct pollfd wait = {.fd = socket, .events = POLLIN};

    while (length + 1 < sizeof bytes && poll(&wait, 1, 10000) == 1) {
        const ssize_t got = recv(socket, bytes + length, sizeof bytes - 1 - length, 0);
        if (got <= 0)
            return false;
        length += (size_t)got;
        bytes[length] = '\0';
        if (strstr(bytes, "]}\n"))
            return strstr(bytes, "{\"accepted\": 3, \"rejected\": []}") != NULL;
    }
    return false;
}

/* A process that ends another one after a while. */
static pid_t kill_later(pid_t victim, long milliseconds)
{
    const pid_t child = fork();

    if (child == 0) {
        nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000L}, NULL);
        kill(victim, SIGKILL);
        _exit(0);
    }
    return child;
}

/* Post on all lanes until the server is gone; counts what was acknowledged on each. */
static void post_until_killed(unsigned port, int next[LANES], long milliseconds, pid_t victim)
{
    int lane[LANES];
    bool all = true;

    for (int i = 0; i < LANES; i++)
        lane[i] = server_connect(port);
    const pid_t killer = kill_later(victim, milliseconds);
    while (all) {
        for (int i = 0; i < LANES; i++)
            send_post(lane[i], i, next[i]);
        for (int i = 0; i < LANES; i++) {
            const bool accepted = is_accepted(lane[i]);
            next[i] += accepted;
            all &= accepted;
        }
    }
    for (int i = 0; i < LANES; i++)
        close(lane[i]);
    waitpid(killer, NULL, 0);
}

static void expect_all(unsigned port, const int next[LANES])
{
    struct answer a = ask(port, "GET", "/get_raw_sales", "", NULL);
    json_t *list = json_loadb(a.body, a.size, 0, NULL), *there = json_object(), *row;
    size_t at;
    char name[64];

    EXPECT_EQ(a.status, 200);
    json_array_foreach(list, at, row) json_object_set_new(
        there, json_string_value(json_object_get(row, "vegetable")), json_true());
    EXPECT_EQ(json_object_size(there) % ROWS_A_POST, 0); /* a post is in as a whole */
    for (int i = 0; i < LANES; i++)
        for (int n = 0; n < next[i]; n++)
            for (int r = 0; r < ROWS_A_POST; r++) {
                snprintf(name, sizeof name, "v%d-%d-%d", i, n, r);
                if (!json_object_get(there, name))
                    fail_msg("row '%s' was acknowledged and is lost", name);
            }
    json_decref(list);
    json_decref(there);
    answer_clear(&a);
}

TEST(sales_lose_no_acknowledged_row_when_killed)
{
    int next[LANES] = {0};

    for (int round = 0; round < KILLS; round++) {
        struct server_process server = start_sales(sqlite_store("killed.db"), "");
        expect_all(server.port, next);
        post_until_killed(server.port, next, 20 + 13 * round, server.process);
        waitpid(server.process, NULL, 0);
    }
    EXPECT(next[0] > KILLS);
    struct server_process server = start_sales(sqlite_store("killed.db"), "");
    expect_all(server.port, next);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}
