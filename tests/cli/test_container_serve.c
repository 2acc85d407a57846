/* The serving contract of containers: the environment, and where the model is. */
#include "base/file.h"
#include "serve/container.h"
#include "support/test.h"

#include <unistd.h>

static const char *const variables[] = {
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
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
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
