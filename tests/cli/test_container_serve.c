/* The serving contract of containers: the environment, and where the model is. */
#include "base/file.h"
#include "serve/container.h"
#include "serving.h"
#include "support/test.h"

#include <unistd.h>

static const char *const known[] = {
    "SAGEMAKER_BASE_DIR",
    "SAGEMAKER_BIND_TO_PORT",
    "SAGEMAKER_MAX_PAYLOAD_IN_MB",
    "SAGEMAKER_BATCH",
    "SAGEMAKER_BATCH_STRATEGY",
    "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",
    "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT",
    "SAGEMAKER_MULTI_MODEL",
    "SAGEMAKER_MODEL_SERVER_WORKERS",
    "SAGEMAKER_MODEL_SERVER_TIMEOUT",
    "SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS",
    "SAGEMAKER_SAFE_PORT_RANGE",
};

static void clear_variables(void)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        unsetenv(known[i]);
}

/* Set "NAME=VALUE NAME=VALUE" and a base that holds what looks like a bundle. */
static void set_variables(const char *assignments)
{
    char text[512], base[200];
    struct error err = {0};

    clear_variables();
    EXPECT_OK(file_make_folders(test_path("base/model"), &err), &err);
    test_file("base/model/bundle.json", "{}");
    snprintf(base, sizeof base, "%s/base", test_folder());
    setenv("SAGEMAKER_BASE_DIR", base, 1);
    snprintf(text, sizeof text, "%s", assignments);
    for (char *at = text, *one; (one = strsep(&at, " "));) {
        char *equals = strchr(one, '=');
        if (!equals)
            continue;
        *equals = '\0';
        setenv(one, equals + 1, 1);
    }
}

TEST(container_serving_reads_its_variables)
{
    static const struct {
        const char *set;
        size_t port, payload, concurrent, workers, timeout;
        bool single;
    } rows[] = {
        {"", 8080, 6, 0, 0, 0, false},
        {"SAGEMAKER_BIND_TO_PORT=4001 SAGEMAKER_SAFE_PORT_RANGE=nonsense", 4001, 6, 0, 0, 0, false},
        {"SAGEMAKER_BIND_TO_PORT=", 8080, 6, 0, 0, 0, false},
        {"SAGEMAKER_MAX_PAYLOAD_IN_MB=0", 8080, 0, 0, 0, 0, false},
        {"SAGEMAKER_MAX_PAYLOAD_IN_MB=100 SAGEMAKER_BATCH=true "
         "SAGEMAKER_BATCH_STRATEGY=SINGLE_RECORD SAGEMAKER_MAX_CONCURRENT_TRANSFORMS=8",
         8080, 100, 8, 0, 0, true},
        {"SAGEMAKER_BATCH_STRATEGY=MultiRecord", 8080, 6, 0, 0, 0, false},
        {"SAGEMAKER_MODEL_SERVER_WORKERS=3 SAGEMAKER_MODEL_SERVER_TIMEOUT=9", 8080, 6, 0, 3, 9,
         false},
        {"SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS=7", 8080, 6, 0, 0, 7, false},
    };
    EACH_ROW(rows, r) {
        struct container_serving got;
        struct arena memory = {0};
        struct error err = {0};

        set_variables(r->set);
        EXPECT_OK(container_serving_read(&got, &memory, &err), &err);
        EXPECT_EQ(got.port, r->port);
        EXPECT_EQ(got.payload_mb, r->payload);
        EXPECT_EQ(got.concurrent, r->concurrent);
        EXPECT_EQ(got.workers, r->workers);
        EXPECT_EQ(got.timeout, r->timeout);
        EXPECT_EQ(got.single_record, r->single);
        EXPECT_EQ(got.models, 1);
        arena_clear(&memory);
    }
    clear_variables();
}

TEST(container_serving_refuses_values_that_cannot_be)
{
    static const char *const rows[] = {
        "SAGEMAKER_BIND_TO_PORT=0",
        "SAGEMAKER_BIND_TO_PORT=65536",
        "SAGEMAKER_BIND_TO_PORT=http",
        "SAGEMAKER_BIND_TO_PORT=99999999999999999999",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB=-1",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB=101",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB=6MB",
        "SAGEMAKER_BATCH=perhaps",
        "SAGEMAKER_BATCH_STRATEGY=ALL",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS=1001",
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT=image/png",
        "SAGEMAKER_MULTI_MODEL=2",
        "SAGEMAKER_MODEL_SERVER_WORKERS=0",
        "SAGEMAKER_MODEL_SERVER_WORKERS=257",
        "SAGEMAKER_MODEL_SERVER_TIMEOUT=0.5",
        "SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS=86400",
    };
    EACH_ROW(rows, r) {
        struct container_serving got;
        struct arena memory = {0};
        struct error err = {0};
        char name[64];

        set_variables(*r);
        snprintf(name, sizeof name, "%.*s must be ", (int)strcspn(*r, "="), *r);
        EXPECT_ERROR(container_serving_read(&got, &memory, &err), &err, ERR_CONFIG, name);
        arena_clear(&memory);
    }
    clear_variables();
}

TEST(container_serving_finds_the_model)
{
    static const struct {
        const char *make; /* shell, in BASE */
        const char *set;
        const char *want; /* end of the path, or the part of a sentence */
        bool ok;
    } rows[] = {
        {"mkdir model; touch model/bundle.json model/manifest.json", "", "/model", true},
        {"mkdir model; touch model/model.tar.gz", "", "/model/model.tar.gz", true},
        {"mkdir -p model/churn; touch model/churn/bundle.json", "", "/model/churn", true},
        {"mkdir -p model/a model/b; touch model/a/bundle.json model/b/bundle.json", "",
         "there are 2 bundles", false},
        {"mkdir -p model/a; touch model/x.bin", "", "there is no bundle in", false},
        {":", "", "there is no bundle in", false},
        {":", "SAGEMAKER_MULTI_MODEL=true", "", true},
        {"mkdir -p models/m; touch models/m/bundle.json", "SAGEMAKER_MULTI_MODEL=true", "/models/m",
         true},
    };
    EACH_ROW(rows, r) {
        struct container_serving got;
        struct arena memory = {0};
        struct error err = {0};
        struct test_output made = test_shell("cd %s && rm -rf base", test_folder());

        test_output_clear(&made);
        set_variables(r->set);
        made = test_shell("cd %s/base && rm -r model && %s", test_folder(), r->make);
        EXPECT_EQ(made.status, 0);
        test_output_clear(&made);
        if (r->ok) {
            EXPECT_OK(container_serving_read(&got, &memory, &err), &err);
            EXPECT_EQ(got.models, r->want[0] != '\0');
            if (got.models)
                EXPECT_STR(strstr(got.model[0], "/base/") + 5, r->want);
        } else {
            EXPECT_ERROR(container_serving_read(&got, &memory, &err), &err, ERR_DATA, r->want);
        }
        arena_clear(&memory);
    }
    clear_variables();
}

/* What curl says: "STATUS BODY". */
static const char *ask(const char *arguments)
{
    static char answer[4096];
    struct test_output got = test_shell(
        "curl -sS --max-time 30 -o %s/answer -w '%%{http_code} ' %s; head -c 3000 %s/answer",
        test_folder(), arguments, test_folder());

    EXPECT_EQ(got.status, 0);
    snprintf(answer, sizeof answer, "%s", got.out);
    test_output_clear(&got);
    return answer;
}

#define ASK(server, path, arguments) ask(url_of((server).port, (path), (arguments)))

static const char *url_of(int port, const char *path, const char *arguments)
{
    static char text[2048];

    snprintf(text, sizeof text, "%s http://127.0.0.1:%d%s", arguments, port, path);
    return text;
}

static const char post_row[] =
    "-H 'Content-Type: text/csv' --data 'KS,186,510,400-6454,no,no,0,137.8,97,23.43,187.7,118,"
    "15.95,146.4,85,6.59,8.7,6,2.35,1'";

/* A base folder made by shell commands that see the bundle as $B. */
static bool make_base(const char *script)
{
    if (!serving_bundle())
        return false;
    struct test_output made =
        test_shell("set -e; B=$(realpath %s); rm -rf %s/served; mkdir %s/served; cd %s/served; %s",
                   serving_bundle(), test_folder(), test_folder(), test_folder(), script);
    if (made.status != 0)
        fail_msg("%s", made.err);
    test_output_clear(&made);
    return true;
}

static struct serving start(const char *variables)
{
    char text[600];

    snprintf(text, sizeof text, "SAGEMAKER_BASE_DIR=%s/served %s", test_folder(), variables);
    return serving_start(text, strstr(variables, "BIND_TO_PORT") ? "" : "--port 0");
}

TEST(container_serves_as_its_environment_says)
{
    if (!make_base("cp -r $B model"))
        return;
    struct serving server = start("SAGEMAKER_MAX_PAYLOAD_IN_MB=1 SAGEMAKER_BATCH=true "
                                  "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS=5 "
                                  "SAGEMAKER_BATCH_STRATEGY=SINGLE_RECORD "
                                  "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT=application/json "
                                  "SAGEMAKER_SAFE_PORT_RANGE=1-2 SAGEMAKER_PROGRAM=x.py");
    EXPECT_STR(ASK(server, "/ping", ""), "200 ");
    const char *said = ASK(server, "/execution-parameters", "");
    EXPECT_HAS(said, "\"MaxConcurrentTransforms\": 5");
    EXPECT_HAS(said, "\"BatchStrategy\": \"SINGLE_RECORD\"");
    EXPECT_HAS(said, "\"MaxPayloadInMB\": 1");
    EXPECT_HAS(ASK(server, "/invocations", post_row),
               "200 {\"predictions\": [{\"label\": \"False\"");
    struct test_output made =
        test_shell("head -c 1100000 /dev/zero | tr '\\0' '1' >%s/large", test_folder());
    test_output_clear(&made);
    char large[200];
    snprintf(large, sizeof large, "-H 'Content-Type: text/csv' --data-binary @%s/large",
             test_folder());
    EXPECT_HAS(ASK(server, "/invocations", large), "413 ");
    EXPECT_EQ(serving_stop(&server), 0);
}

TEST(container_binds_to_the_port_it_is_given)
{
    char variables[100];

    if (!make_base("mkdir model; \"$QUERN\" pack $B -o model/model.tar.gz"))
        return;
    struct serving first = start(""); /* to learn of a port that is free */
    const int port = first.port;
    EXPECT_EQ(serving_stop(&first), 0);
    snprintf(variables, sizeof variables, "SAGEMAKER_BIND_TO_PORT=%d", port);
    struct serving server = start(variables);
    EXPECT_EQ(server.port, port);
    EXPECT_STR(ASK(server, "/invocations", post_row), "200 False\n");
    EXPECT_EQ(serving_stop(&server), 0);
}

TEST(container_takes_several_models)
{
    char load[400];

    if (!make_base("mkdir models; cp -r $B models/here; cp -r $B elsewhere"))
        return;
    struct serving server = start("SAGEMAKER_MULTI_MODEL=true");
    EXPECT_STR(ASK(server, "/models/here/invoke", post_row), "200 False\n");
    snprintf(load, sizeof load,
             "-H 'Content-Type: application/json' "
             "--data '{\"model_name\": \"other\", \"url\": \"%s/served/elsewhere\"}'",
             test_folder());
    EXPECT_HAS(ASK(server, "/models", load), "200 ");
    EXPECT_HAS(ASK(server, "/models", load), "409 ");
    EXPECT_STR(ASK(server, "/models/other/invoke", post_row), "200 False\n");
    EXPECT_HAS(ASK(server, "/models/other", "-X DELETE"), "200 ");
    EXPECT_HAS(ASK(server, "/models/other/invoke", post_row), "404 ");
    EXPECT_EQ(serving_stop(&server), 0);
}

TEST(container_that_cannot_serve_says_why)
{
    static const struct {
        const char *variables, *part;
        int status;
    } rows[] = {
        {"SAGEMAKER_BASE_DIR=/nowhere", "there is no bundle in '/nowhere/model'", 1},
        {"SAGEMAKER_BIND_TO_PORT=eighty", "SAGEMAKER_BIND_TO_PORT must be", 2},
    };
    EACH_ROW(rows, r) {
        struct test_output got = test_shell("%s \"$QUERN\" serve", r->variables);
        EXPECT_EQ(got.status, r->status);
        EXPECT_HAS(got.err, r->part);
        test_output_clear(&got);
    }
}
