/* Models that change while requests are answered. */
#include "serve/support.h"

#include "base/clock.h"
#include "serve/service.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

enum { READERS = 3, SWAPS = 60 };

struct reader {
    struct service *service;
    size_t worker;
    atomic_bool *stop;
    size_t answered, wrong;
};

static void *keep_asking(void *context)
{
    struct reader *reader = context;
    struct text out = {0};

    while (!atomic_load(reader->stop)) {
        struct serve_response got;
        const struct serve_request request = {
            .method = "POST",
            .path = "/models/pair/invoke",
            .body = "1,2",
            .size = 3,
            .started = clock_seconds(),
            .header = {.content_type = "text/csv", .content_length = "3"}};
        serve_answer(reader->service, reader->worker, &request, &out, &got);
        const bool right =
            got.status == 200 && (strcmp(got.body, "yes\n") == 0 || strcmp(got.body, "two\n") == 0);
        reader->wrong += !right;
        reader->answered++;
    }
    text_clear(&out);
    return NULL;
}

/* Readers never wait and never see a model that is gone, whatever writers do. */
TEST(reload_under_load)
{
    struct service *service = NULL;
    struct error err = {0};
    struct reader reader[READERS];
    pthread_t thread[READERS];
    atomic_bool stop = false;
    char path[256], other[256];

    EXPECT_OK(service_open(
                  &service,
                  &(struct service_options){.workers = READERS, .body_max = 1000, .rows_max = 10},
                  &err),
              &err);
    struct models *models = service_models(service);
    snprintf(path, sizeof path, "%s", pair_bundle("pair", "no", "yes"));
    EXPECT_EQ(models_add(models, NULL, path, &err), MODELS_DONE);
    for (size_t i = 0; i < READERS; i++) {
        reader[i] = (struct reader){service, i, &stop, 0, 0};
        EXPECT_EQ(pthread_create(&thread[i], NULL, keep_asking, &reader[i]), 0);
    }
    for (size_t i = 0; i < SWAPS; i++) {
        pair_bundle("pair", "one", i % 2 ? "yes" : "two");
        models_refresh(models, true);
        snprintf(other, sizeof other, "other-%zu", i);
        EXPECT_EQ(models_add(models, other, path, &err), MODELS_DONE);
        if (i % 3 == 0)
            EXPECT_EQ(models_remove(models, other, strlen(other), &err), MODELS_DONE);
        models_collect(models);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(thread[i], NULL);
        EXPECT(reader[i].answered > 0);
        EXPECT_EQ(reader[i].wrong, 0);
    }
    const struct model_set *set = models_enter(models, 0);
    EXPECT_EQ(set->count, 1 + SWAPS - SWAPS / 3);
    models_leave(models, 0);
    service_close(service);
}

/* A registry with two versions, the alias at `version`; what a push and a promotion leave. */
static void point_alias(const char *registry, int version)
{
    char text[128], path[256];

    snprintf(text, sizeof text, "{\"aliases\": {\"champion\": %d}, \"history\": []}", version);
    snprintf(path, sizeof path, "%s/pair/aliases.json.new", registry);
    FILE *file = fopen(path, "w");
    EXPECT(file && fputs(text, file) >= 0 && fclose(file) == 0);
    struct test_output moved = test_shell("mv '%s' '%s/pair/aliases.json'", path, registry);
    EXPECT_EQ(moved.status, 0);
    test_output_clear(&moved);
}

static void add_version(const char *registry, int version, const char *label)
{
    struct test_output made =
        test_shell("d='%s/pair/versions/%d'; mkdir -p $d && mv '%s' $d/bundle "
                   "&& echo '{\"version\": %d}' >$d/entry.json",
                   registry, version, pair_bundle("made", "no", label), version);
    EXPECT_EQ(made.status, 0);
    test_output_clear(&made);
}

/*
 * Ask until an answer is `want`, for at most a minute: a server made for a sanitizer, beside other
 * work, takes seconds. Every answer must be a good one.
 */
static void expect_answers_become(const struct server_process *server, const char *want)
{
    const double began = clock_seconds();
    char last[64] = "";
    size_t asked = 0;

    while (clock_seconds() - began < 60) {
        struct answer a =
            ask(server->port, "POST", "/invocations", "Content-Type: text/csv\r\n", "1,2");
        const bool good = a.status == 200;
        asked++;
        snprintf(last, sizeof last, "%d %.40s", a.status, a.body ? a.body : "(none)");
        answer_clear(&a);
        if (good && strcmp(last + 4, want) == 0)
            return;
        if (!good)
            break;
    }
    struct test_output said = test_shell("cat '%s'", server->log);
    fail_msg("after %.1f s answer %zu is '%s', not '%s'; the server said:\n%s",
             clock_seconds() - began, asked, last, want, said.out);
}

TEST(reload_follows_the_alias)
{
    char registry[256];

    snprintf(registry, sizeof registry, "%s/registry", test_folder());
    add_version(registry, 1, "v1");
    add_version(registry, 2, "v2");
    point_alias(registry, 1);
    struct server_process server =
        server_start("registry:pair@champion --registry '%s' --poll 0.1", registry);
    expect_answers_become(&server, "v1\n");
    point_alias(registry, 2);
    expect_answers_become(&server, "v2\n");
    struct answer a = ask(server.port, "GET", "/v2/models/pair", "", NULL);
    EXPECT_HAS(a.body, "\"versions\": [\"2\"]");
    answer_clear(&a);

    /* A version that does not open changes nothing and is told of once. */
    add_version(registry, 3, "v3");
    struct test_output spoilt =
        test_shell("echo x >'%s/pair/versions/3/bundle/bundle.json'", registry);
    test_output_clear(&spoilt);
    point_alias(registry, 3);
    struct test_output said =
        test_shell("for i in $(seq 600); do grep -q 'stays at' '%s' && break; "
                   "sleep 0.1; done; sleep 0.5; "
                   "grep -c 'stays at version 2' '%s'",
                   server.log, server.log);
    expect_answers_become(&server, "v2\n");
    EXPECT_STR(said.out, "1\n");
    test_output_clear(&said);
    point_alias(registry, 1);
    expect_answers_become(&server, "v1\n");
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

TEST(reload_on_hangup)
{
    const char *path = pair_bundle("hup", "no", "old");
    struct server_process server = server_start("'%s'", path);

    expect_answers_become(&server, "old\n");
    pair_bundle("hup", "no", "new");
    kill(server.process, SIGHUP);
    expect_answers_become(&server, "new\n");
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
}

enum { LOADERS = 12 };

/* Models are loaded aside: many at a time, over kept connections, also while the server stops. */
TEST(reload_loads_models_aside)
{
    const char *path = pair_bundle("pair", "no", "yes");
    struct server_process server = server_start("'%s' --threads 2", path);
    int fd[LOADERS];
    char request[1024], body[512];

    for (int round = 0; round < 2; round++)
        for (int i = 0; i < LOADERS; i++) {
            if (round == 0)
                fd[i] = server_connect(server.port);
            const int length = snprintf(
                body, sizeof body, "{\"model_name\": \"m%d-%d\", \"url\": \"%s\"}", round, i, path);
            snprintf(request, sizeof request,
                     "POST /models HTTP/1.1\r\nHost: t\r\nX-Request-Id: r%d-%d\r\n"
                     "Content-Length: %d\r\n\r\n%s"
                     "GET /models/m%d-%d HTTP/1.1\r\nHost: t\r\n\r\n",
                     round, i, length, body, round, i);
            send_text(fd[i], request);
        }
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < LOADERS; i++) {
            struct answer a = receive_answer(fd[i]);
            snprintf(request, sizeof request, "X-Request-Id: r%d-%d\r\n", round, i);
            EXPECT_EQ(a.status, 200);
            EXPECT_HAS(a.head, request);
            answer_clear(&a);
            a = receive_answer(fd[i]);
            EXPECT_EQ(a.status, 200);
            answer_clear(&a);
        }
    for (int i = 0; i < LOADERS; i++) {
        snprintf(request, sizeof request, "DELETE /models/m0-%d HTTP/1.1\r\nHost: t\r\n\r\n", i);
        send_text(fd[i], request);
    }
    usleep(20000);
    EXPECT_EQ(server_stop(&server, SIGTERM), 0);
    for (int i = 0; i < LOADERS; i++) {
        struct answer a = receive_answer(fd[i]);
        EXPECT_EQ(a.status, 200);
        answer_clear(&a);
        close(fd[i]);
    }
}
