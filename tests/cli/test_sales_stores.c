/*
 * A sales server as clients see it when something fails: it is killed, its database goes away, a
 * second one uses the same store; and under the load it is made for.
 */
#include "serving.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "monitor/http_client.h"
#include "support/postgres.h"
#include "support/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SELLERS = 4, KILLS = 10, STORE_MAX = 512, POSTS_MAX = 15000 /* to the year 2188 */ };

static struct serving start(const char *store)
{
    char arguments[STORE_MAX + 256];

    snprintf(arguments, sizeof arguments, "%s --store '%s' --port 0 --threads 2 --quiet",
             test_source("apps/sales/service.yaml"), store);
    return serving_start("", arguments);
}

static bool sqlite_store(char *store, const char *name)
{
    snprintf(store, STORE_MAX, "sqlite:%s/%s.db", test_folder(), name);
    return true;
}

static bool csv_store(char *store, const char *name)
{
    snprintf(store, STORE_MAX, "csv:%s/%s-csv", test_folder(), name);
    return true;
}

static bool postgres_store(char *store, const char *name)
{
    struct test_postgres *server = test_postgres_shared();

    (void)name;
    if (server)
        test_postgres_place(server, store, STORE_MAX);
    return server;
}

typedef bool (*store_place)(char *store, const char *name);
static const store_place places[] = {sqlite_store, csv_store, postgres_store};

/* A client that posts one row after the other, each with a key of its own. */
struct seller {
    int port, number;
    _Atomic int acknowledged; /* rows up to this one were answered 200 */
    _Atomic int refused;      /* posts answered 503 */
    _Atomic bool stop;        /* when it is told */
    bool patient;             /* go on after a 503; else the first failure is the end */
    char fault[256];          /* an answer that must not be */
    pthread_t thread;
};

static void connect_to(struct http_client *client, int port, const char *path)
{
    struct error err = {0};
    char url[128];

    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    EXPECT_OK(http_client_open(client, url, 30, &err), &err);
}

static int post_row(struct http_client *client, int seller, int row, char *said, size_t size)
{
    char body[128];
    struct http_answer answer;
    struct error err = {0};
    const int length =
        snprintf(body, sizeof body, "[{\"year_week\": %d, \"vegetable\": \"s%d\", \"sales\": 1}]",
                 (1900 + row / 52) * 100 + 1 + row % 52, seller);
    const struct http_request request = {
        .method = "POST", .content_type = "application/json", .body = {body, (size_t)length}};

    if (!http_client_ask(client, &request, &answer, &err))
        return 0;
    snprintf(said, size, "%.*s", (int)answer.body.length, answer.body.bytes);
    return answer.status == 200 && !strstr(said, "\"accepted\": 1,") ? 1 : answer.status;
}

static void *sell(void *context)
{
    struct seller *seller = context;
    struct http_client client;
    char said[256];

    connect_to(&client, seller->port, "/post_sales");
    for (int row = seller->acknowledged; row < POSTS_MAX && !seller->stop;) {
        const int status = post_row(&client, seller->number, row, said, sizeof said);
        if (status == 200) {
            seller->acknowledged = ++row;
        } else if (status == 503 && seller->patient) {
            if (seller->refused++ == 0 && !strstr(said, "not stored"))
                snprintf(seller->fault, sizeof seller->fault, "%s", said);
            usleep(2000);
        } else {
            if (status != 0)
                snprintf(seller->fault, sizeof seller->fault, "%d %.200s", status, said);
            break;
        }
    }
    http_client_close(&client);
    return NULL;
}

static void start_sellers(struct seller *seller, int port, bool patient)
{
    for (int i = 0; i < SELLERS; i++) {
        seller[i].port = port;
        seller[i].number = i;
        seller[i].patient = patient;
        seller[i].stop = false;
        EXPECT(pthread_create(&seller[i].thread, NULL, sell, &seller[i]) == 0);
    }
}

static void join_sellers(struct seller *seller)
{
    for (int i = 0; i < SELLERS; i++)
        pthread_join(seller[i].thread, NULL);
    for (int i = 0; i < SELLERS; i++)
        EXPECT_STR(seller[i].fault, "");
}

static int acknowledged(const struct seller *seller)
{
    int sum = 0;

    for (int i = 0; i < SELLERS; i++)
        sum += seller[i].acknowledged;
    return sum;
}

static json_t *raw_sales(int port)
{
    struct http_client client;
    struct http_answer answer;
    struct error err = {0};

    connect_to(&client, port, "/get_raw_sales");
    EXPECT_OK(http_client_ask(&client, &(struct http_request){.method = "GET"}, &answer, &err),
              &err);
    EXPECT_EQ(answer.status, 200);
    json_t *list = json_loadb(answer.body.bytes, answer.body.length, 0, NULL);
    EXPECT(json_is_array(list));
    http_client_close(&client);
    return list;
}

/* Every row a seller was told is in is there. */
static void expect_all(const struct seller *seller, int port)
{
    json_t *list = raw_sales(port), *row;
    size_t i;
    bool *there[SELLERS];

    for (int s = 0; s < SELLERS; s++)
        there[s] = memory_take_zeroed(POSTS_MAX + 1, 1);
    json_array_foreach(list, i, row)
    {
        const char *name = json_string_value(json_object_get(row, "vegetable"));
        const int week = (int)json_integer_value(json_object_get(row, "year_week"));
        const int number = (week / 100 - 1900) * 52 + week % 100 - 1;
        EXPECT(name && name[0] == 's' && name[1] >= '0' && name[1] < '0' + SELLERS);
        EXPECT(number >= 0 && number <= POSTS_MAX);
        there[name[1] - '0'][number] = true;
    }
    for (int s = 0; s < SELLERS; s++) {
        for (int n = 0; n < seller[s].acknowledged; n++)
            if (!there[s][n])
                fail_msg("row %d of seller %d was answered 200 and is gone", n, s);
        free(there[s]);
    }
    json_decref(list);
}

static void kill_under_load(const char *store)
{
    struct seller seller[SELLERS] = {0};
    int before = 0;

    for (int round = 0; round < KILLS; round++) {
        struct serving server = start(store);
        expect_all(seller, server.port);
        start_sellers(seller, server.port, false);
        while (acknowledged(seller) < before + 20)
            usleep(1000);
        usleep((useconds_t)(round * 7919 % 30) * 1000);
        kill(server.pid, SIGKILL);
        waitpid(server.pid, NULL, 0);
        join_sellers(seller);
        before = acknowledged(seller);
    }
    struct serving server = start(store);
    expect_all(seller, server.port);
    EXPECT_EQ(serving_stop(&server), 0);
}

TEST(sales_lose_nothing_to_kills_under_load)
{
    char store[STORE_MAX];

    EACH_ROW(places, place) {
        if ((*place)(store, "killed"))
            kill_under_load(store);
    }
}

/* Posts are refused with a sentence while PostgreSQL is away, lists are answered, and it goes on.
 */
TEST(sales_outlive_postgres)
{
    struct test_postgres *postgres = test_postgres_shared();
    struct seller seller[SELLERS] = {0};
    char store[STORE_MAX];

    if (!postgres)
        return;
    postgres_store(store, "away");
    struct serving server = start(store);
    start_sellers(seller, server.port, true);
    for (int round = 0; round < 2; round++) {
        const int before = acknowledged(seller);
        while (acknowledged(seller) < before + 40)
            usleep(1000);
        test_postgres_stop(postgres);
        const int refused = seller[0].refused;
        const double away = clock_seconds();
        while (seller[0].refused < refused + 5) {
            EXPECT(clock_seconds() - away < 20);
            usleep(1000);
        }
        json_decref(raw_sales(server.port));
        test_postgres_start(postgres);
    }
    const int before = acknowledged(seller);
    const double back = clock_seconds();
    while (acknowledged(seller) < before + 40) {
        EXPECT(clock_seconds() - back < 20);
        usleep(1000);
    }
    for (int i = 0; i < SELLERS; i++)
        seller[i].stop = true;
    join_sellers(seller);
    expect_all(seller, server.port);
    EXPECT_EQ(serving_stop(&server), 0);
    server = start(store);
    expect_all(seller, server.port);
    EXPECT_EQ(serving_stop(&server), 0);
    struct test_output said =
        test_shell("grep -c '%s' %s/served.txt", TEST_POSTGRES_PASSWORD, test_folder());
    EXPECT_STR(said.out, "0\n");
    test_output_clear(&said);
}

static void two_servers(const char *store)
{
    struct seller seller[SELLERS] = {0};
    struct serving first = start(store), second = start(store);

    start_sellers(seller, first.port, false);
    struct http_client client;
    char said[256];
    connect_to(&client, second.port, "/post_sales");
    for (int row = POSTS_MAX / 2; row < POSTS_MAX / 2 + 50; row++)
        EXPECT_EQ(post_row(&client, 0, row, said, sizeof said), 200);
    http_client_close(&client);
    for (int i = 0; i < SELLERS; i++)
        seller[i].stop = true;
    join_sellers(seller);
    const double start_of_wait = clock_seconds();
    size_t a = 0, b = 0;
    do {
        json_t *of_first = raw_sales(first.port), *of_second = raw_sales(second.port);
        a = json_array_size(of_first);
        b = json_array_size(of_second);
        json_decref(of_first);
        json_decref(of_second);
        usleep(10000);
    } while ((a != b || a < 50) && clock_seconds() - start_of_wait < 5);
    EXPECT_EQ(a, b);
    EXPECT_EQ(a, acknowledged(seller) + 50);
    expect_all(seller, second.port);
    EXPECT_EQ(serving_stop(&first), 0);
    EXPECT_EQ(serving_stop(&second), 0);
}

TEST(sales_of_two_servers_are_one)
{
    static const store_place shared[] = {sqlite_store, postgres_store};
    char store[STORE_MAX];

    EACH_ROW(shared, place) {
        if ((*place)(store, "two"))
            two_servers(store);
    }
    csv_store(store, "two");
    struct serving first = start(store);
    struct test_output second =
        test_quern("serve %s --store '%s' --port 0", test_source("apps/sales/service.yaml"), store);
    EXPECT_EQ(second.status, 1);
    EXPECT_HAS(second.err, "is used by another server");
    test_output_clear(&second);
    EXPECT_EQ(serving_stop(&first), 0);
}

/* 500 posts, 250 raw and 250 monthly lists a second: all are answered. How fast: tools/sales-load.
 */
TEST(sales_answer_the_mix)
{
    char store[STORE_MAX];
    struct test_output made =
        test_shell("python3 -B %s >%s/mix.txt", test_source("apps/sales/mix.py"), test_folder());

    EXPECT_EQ(made.status, 0);
    test_output_clear(&made);
    EACH_ROW(places, place) {
        if (!(*place)(store, "mix"))
            continue;
        struct serving server = start(store);
        struct test_output load = test_quern(
            "loadtest http://127.0.0.1:%d --mix %s/mix.txt --content-type application/json "
            "--rate 1000 --requests 2500 --json",
            server.port, test_folder());
        if (load.status != 0)
            fail_msg("store %d: %s", test_row, load.err);
        json_t *told = json_loads(load.out, 0, NULL);
        EXPECT_EQ(json_integer_value(json_object_get(told, "requests")), 2500);
        EXPECT_EQ(json_integer_value(json_object_get(told, "failures")), 0);
        json_decref(told);
        test_output_clear(&load);
        EXPECT_EQ(serving_stop(&server), 0);
    }
}

/* As many connections as libmicrohttpd takes events at a time, all of them asking at once. */
TEST(sales_answer_128_clients)
{
    char store[STORE_MAX], arguments[STORE_MAX + 256];

    sqlite_store(store, "clients");
    snprintf(arguments, sizeof arguments, "%s --store '%s' --port 0 --threads 1 --quiet",
             test_source("apps/sales/service.yaml"), store);
    struct serving server = serving_start("", arguments);
    struct test_output load = test_quern(
        "loadtest http://127.0.0.1:%d/post_sales --content-type application/json --connections 128 "
        "--seconds 2 --timeout 8 --data "
        "'[{\"year_week\": 202005, \"vegetable\": \"Tomate\", \"sales\": 1}]'",
        server.port);
    if (load.status != 0)
        fail_msg("%s", load.err);
    test_output_clear(&load);
    EXPECT_EQ(serving_stop(&server), 0);
}
