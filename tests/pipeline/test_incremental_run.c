/* What a run says campaigns caused, from outside. */
#include "base/file.h"
#include "base/json.h"
#include "support/test.h"

#include <math.h>

#define SMALL                                                                                      \
    "--set train.epochs=1 --set model.lstm=4 --set model.embedding=4 --quiet "                     \
    "--set incremental.intervals=20 --set incremental.link=additive --threads 2"

#define PAIR "--set 'incremental.synergy=[[search_brand, display_retargeting]]'"

/* A run on 1,000 users with values and costs; the output is in `folder` of the test's. */
static struct test_output run(const char *folder, const char *more)
{
    static char path[128];

    if (!path[0]) {
        snprintf(path, sizeof path, "%s/raw.csv", test_folder());
        struct test_output made = test_shell(
            "$QUERN simulate attribution --users 1000 --seed 5 -o %s.csv && "
            "awk -F, '{print $0 \",\" (NR == 1 ? \"eur,paid\" : $4 == \"true\" ? \"30,0.1\" : "
            "\",0.1\")}' %s.csv > %s",
            path, path, path);
        EXPECT_EQ(made.status, 0);
        test_output_clear(&made);
    }
    return test_quern("run %s --set source.path=%s --out %s/%s " SMALL " %s",
                      test_source("apps/attribution/pipeline.yaml"), path, test_folder(), folder,
                      more);
}

static json_t *summary(const char *folder)
{
    char path[192];
    json_t *document = NULL;
    struct error err = {0};

    snprintf(path, sizeof path, "%s/%s/incremental/summary.json", test_folder(), folder);
    EXPECT_OK(json_read(path, 1 << 24, &document, &err), &err);
    return document;
}

static double sum(const json_t *list)
{
    double all = 0;

    for (size_t i = 0; i < json_array_size(list); i++)
        all += json_number_value(json_array_get(list, i));
    return all;
}

TEST(run_says_what_campaigns_caused)
{
    struct test_output o = run("whole", "--set source.value=eur --set source.cost=paid");

    EXPECT_STR(o.err, "");
    EXPECT_HAS(o.out, "conversions each campaign caused\n");
    EXPECT_HAS(o.out, "would have come without any campaign: ");
    EXPECT_HAS(o.out, "cost each");
    EXPECT(!strchr(o.out, '\033'));
    test_output_clear(&o);
    json_t *document = summary("whole"), *periods = json_object_get(document, "periods");
    const double conversions =
        json_number_value(json_object_get(json_object_get(document, "totals"), "conversions"));
    EXPECT(conversions > 100);
    EXPECT_NEAR(sum(json_object_get(document, "credit")), conversions, 1e-6);
    EXPECT_NEAR(sum(json_object_get(document, "value")), 30 * conversions, 1e-4);
    EXPECT_NEAR(sum(json_object_get(periods, "caused")) + sum(json_object_get(periods, "anyway")),
                conversions, 1e-6);
    EXPECT_EQ(json_array_size(json_object_get(document, "low")), 9);
    json_decref(document);
    o = test_shell("cd %s/whole && tail -1 attribution.csv | cut -c1-15 && "
                   "head -1 attribution.csv | tr , '\\n' | tail -9 && ls incremental",
                   test_folder());
    EXPECT_STR(o.out, "(baseline),0.0,\nincremental_conversions\nincremental_value\n"
                      "incremental_low_conversions\nincremental_low_value\n"
                      "incremental_high_conversions\nincremental_high_value\ncost\n"
                      "cost_per_incremental_conversion\nincremental_return\n"
                      "exposures.parquet\njourney_credit.parquet\nmodel.safetensors\n"
                      "summary.json\n");
    test_output_clear(&o);
}

/* Turned off after it was on: its files go, and so do its columns. */
TEST(run_leaves_out_what_was_caused)
{
    struct test_output o = run("off", "");

    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
    o = run("off", "--set incremental.enabled=false");
    EXPECT_EQ(o.status, 0);
    EXPECT(!strstr(o.out, "each campaign caused"));
    EXPECT_HAS(o.out, "by method");
    test_output_clear(&o);
    o = test_shell("cd %s/off && grep -c incremental_ attribution.csv; ls incremental 2>/dev/null; "
                   "grep -c 'What campaigns caused' report.html",
                   test_folder());
    EXPECT_STR(o.out, "0\n0\n");
    test_output_clear(&o);
}

/* The training split alone has fewer conversions; two threads and one give the same bytes, with a
 * pair that is told of too. */
TEST(run_of_the_training_split_and_of_one_thread)
{
    struct test_output o = run("train", "--set attribution.split=train");
    json_t *all, *part;

    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
    o = run("one", PAIR " --threads 1");
    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
    o = run("two", PAIR);
    EXPECT_HAS(o.out, "\ndisplay_retargeting and search_brand: ");
    EXPECT_HAS(o.out, ") came only through both together.\n");
    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
    o = test_shell("cd %s && diff -r one/incremental two/incremental && "
                   "cmp one/attribution.csv two/attribution.csv",
                   test_folder());
    EXPECT_STR(o.out, "");
    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
    all = summary("one");
    part = summary("train");
    const json_t *pair = json_array_get(json_object_get(all, "pairs"), 0);
    EXPECT_EQ(json_array_size(json_object_get(all, "pairs")), 1);
    EXPECT(json_is_number(json_object_get(pair, "low")));
    EXPECT(!json_object_get(part, "pairs"));
    const double whole = sum(json_object_get(all, "credit"));
    const double train = sum(json_object_get(part, "credit"));
    o = test_shell("grep -c 'id=\"pairs\"' %s/two/report.html; grep -c 'id=\"pairs\"' "
                   "%s/train/report.html; \"$QUERN\" whatif %s/two --stop search_brand | wc -l",
                   test_folder(), test_folder(), test_folder());
    EXPECT_STR(o.out, "1\n0\n3\n");
    test_output_clear(&o);
    EXPECT(train > 0.6 * whole && train < 0.95 * whole);
    json_decref(all);
    json_decref(part);
}

TEST(run_refuses_wrong_incremental_settings)
{
    static const struct {
        const char *set, *part;
        int status;
    } rows[] = {
        {"incremental.intervals=1", "must be 0, or 2 and more", 2},
        {"incremental.half_lives=x", "half_lives: 'x' is not a number", 2},
        {"incremental.link=probit", "must be one of", 2},
        {"incremental.speed=1", "unknown", 2},
        {"source.cost=uid", "is already 'source.entity'", 2},
        {"source.value=worth", "worth", 1},
        {"incremental.experiments=none.csv", "none.csv", 1},
        {"incremental.synergy=tv", "key 'incremental.synergy': must be a list of pairs", 2},
        {"incremental.synergy=[tv]", "'tv' is no pair: write [a, b] or a+b", 2},
        {"incremental.synergy=[[a,b,c]]", "item 1 is not a pair of campaigns", 2},
        {"incremental.synergy=[[a,a]]", "the pair [a, a] is of one campaign", 2},
        {"incremental.synergy=[[a,b],[b,a]]", "pair 2 is pair 1 again", 2},
        {"incremental.synergy=[[a,{b:c}]]", "key 'incremental.synergy[0][1]': must be text", 2},
        {"incremental.synergy=[[video_preroll,nobody]]", "there is no campaign 'nobody'", 2},
    };

    EACH_ROW(rows, r) {
        char more[96];
        snprintf(more, sizeof more, "--set %s", r->set);
        struct test_output o = run("bad", more);
        EXPECT_EQ(o.status, r->status);
        EXPECT_HAS(o.err, r->part);
        test_output_clear(&o);
    }
}
