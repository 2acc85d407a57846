#include "support/test.h"

#include "base/file.h"
#include "pipeline/small_bundle.h"

static char bundle[256], registry[256];

static void begin(const char *name)
{
    snprintf(bundle, sizeof bundle, "%s/small", test_folder());
    snprintf(registry, sizeof registry, "%s/%s", test_folder(), name);
    if (!file_exists(bundle))
        small_bundle_write(bundle, 0.5);
}

TEST(load_test_goes_into_the_entry)
{
    begin("measured");
    struct test_output ran =
        test_quern("registry push %s small --registry %s --alias champion --load-test --seconds "
                   "0.3 --connections 4 --min-throughput 1 --max-p99 60000",
                   bundle, registry);
    EXPECT_STR(ran.err, "");
    EXPECT_EQ(ran.status, 0);
    test_output_clear(&ran);
    ran = test_quern("registry show small@champion --registry %s --json", registry);
    EXPECT_HAS(ran.out, "\"load_test\": {");
    EXPECT_HAS(ran.out, "\"throughput\": ");
    EXPECT_HAS(ran.out, "\"p99_ms\": ");
    EXPECT_HAS(ran.out, "\"failures\": 0");
    test_output_clear(&ran);
}

TEST(load_test_refuses_what_is_too_slow)
{
    static const struct {
        const char *limit, *said;
    } rows[] = {
        {"--min-throughput 1e9", "requests/s in the load test, the limit is 1000000000"},
        {"--max-p99 0.0001", "in the load test, the limit is 0.0001 ms"},
    };
    begin("refused");
    EACH_ROW(rows, r) {
        struct test_output ran = test_quern("registry push %s small --registry %s --alias "
                                            "champion --seconds 0.2 --connections 2 %s",
                                            bundle, registry, r->limit);
        EXPECT_EQ(ran.status, 1);
        EXPECT_HAS(ran.err, r->said);
        test_output_clear(&ran);
        EXPECT(!file_exists(registry));
    }
}

TEST(load_test_says_when_nothing_can_be_served)
{
    begin("none");
    struct test_output ran =
        test_quern("registry push /nowhere small --registry %s --load-test", registry);
    EXPECT_EQ(ran.status, 1);
    EXPECT_HAS(ran.err, "/nowhere");
    test_output_clear(&ran);
}

/* What a server logged, it answers again; a bundle that answers otherwise is found out. */
TEST(replay_against_a_bundle)
{
    static const char log[] =
        "{\"method\": \"POST\", \"path\": \"/invocations\", \"status\": 200, \"content_type\": "
        "\"text/csv\", \"request\": \"0.7\", \"response\": \"True\\n\"}\n"
        "{\"method\": \"POST\", \"path\": \"/invocations\", \"status\": 200, \"content_type\": "
        "\"text/csv\", \"request\": \"0.3\", \"response\": \"False\\n\"}\n";
    char path[256], other[256];

    begin("unused");
    snprintf(path, sizeof path, "%s", test_file("two.jsonl", log));
    snprintf(other, sizeof other, "%s/other", test_folder());
    small_bundle_write(other, 0.25);
    struct test_output ran = test_quern("replay %s --to %s", path, bundle);
    EXPECT_STR(ran.err, "");
    EXPECT_EQ(ran.status, 0);
    EXPECT_HAS(ran.out, "2 requests sent again, 2 agree, 0 differ");
    test_output_clear(&ran);
    ran = test_quern("replay %s --to %s", path, other);
    EXPECT_EQ(ran.status, 1);
    EXPECT_HAS(
        ran.out,
        "line 2, /invocations: status 200, was 200\n  was  \"False\\n\"\n  is   \"True\\n\"");
    EXPECT_HAS(ran.out, "2 requests sent again, 1 agree, 1 differ");
    test_output_clear(&ran);
}
