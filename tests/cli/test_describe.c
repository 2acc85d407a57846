#include "base/json.h"
#include "support/test.h"

TEST(describe_prints_journeys)
{
    const char *path =
        test_file("d.csv", "uid,timestamp,campaign,conversion\na,1,x,1\na,2,y,0\na,3,x,0\n"
                           "b,1,x,0\n");
    struct test_output output = test_quern("describe %s", path);

    EXPECT_EQ(output.status, 0);
    EXPECT_HAS(output.out, "impressions    4\n");
    EXPECT_HAS(output.out, "journeys       3\n");
    EXPECT_HAS(output.out, "conversions    1 (33.33 % of journeys)\n");
    EXPECT_HAS(output.out, "80 % of journeys are whole at length 2\n");
    EXPECT_HAS(output.out, "       1            2   66.7 % ####");
    EXPECT(!strchr(output.out, '\x1b'));
    test_output_clear(&output);
    output = test_quern("describe %s --token uid", path);
    EXPECT_EQ(output.status, 2);
    EXPECT_HAS(output.err, "two roles");
    test_output_clear(&output);
}

TEST(describe_prints_columns_of_other_tables)
{
    struct test_output output = test_quern("describe %s", test_file("o.csv", "a,b\n1,x\n2,\n"));

    EXPECT_EQ(output.status, 0);
    EXPECT_HAS(output.out, "rows     2\ncolumns  2\n");
    test_output_clear(&output);
    output = test_quern("describe %s --entity a", test_path("o.csv"));
    EXPECT_EQ(output.status, 1);
    EXPECT_HAS(output.err, "has no column 'timestamp'; it has: a, b\n");
    test_output_clear(&output);
    output = test_quern("describe /nowhere.csv");
    EXPECT_EQ(output.status, 1);
    EXPECT_STR(output.out, "");
    EXPECT_STR(output.err,
               "quern: describe: cannot open '/nowhere.csv': No such file or directory\n");
    test_output_clear(&output);
    output = test_quern("describe x.csv --time-unit fortnight");
    EXPECT_EQ(output.status, 2);
    test_output_clear(&output);
}

static const char pipeline[] =
    "name: leavers\n"
    "source: {path: d.csv, label: 'Churn?', positive: 'True.', ignore: [Phone]}\n"
    "steps:\n"
    "  - {columns: [Day Mins, Eve Mins, CustServ Calls], impute: median, scale: standard}\n"
    "  - {columns: [Area Code, \"Int'l Plan\"], encode: one_hot}\n"
    "  - {pca: 4}\n"
    "model: {type: trees, rounds: 7, max_depth: 3}\n"
    "output: {threshold: 0.25, calibrate: platt, labels: [stays, leaves]}\n";

/* A bundle in d/out/bundle, made once. */
static void make_bundle(void)
{
    static bool made;

    if (made)
        return;
    struct test_output run = test_shell("mkdir %s/d", test_folder());
    test_output_clear(&run);
    test_file("d/p.yaml", pipeline);
    run = test_shell("cd %s/d && \"$QUERN\" simulate churn --rows 900 --seed 2 --quiet -o d.csv && "
                     "\"$QUERN\" run p.yaml --out out --quiet && "
                     "\"$QUERN\" registry push out/bundle leavers --registry reg && "
                     "tar -C out -czf b.tar.gz bundle && \"$QUERN\" split out/bundle -o parts",
                     test_folder());
    if (run.status != 0)
        fail_msg("%s", run.err);
    test_output_clear(&run);
    made = true;
}

TEST(describe_prints_bundles)
{
    static const char *const places[] = {"out/bundle", "b.tar.gz", "registry:leavers"};
    static const char *const said[] = {
        "bundle      leavers\n",
        "format      1\n",
        "created by  quern ",
        "  number    Day Mins\n",
        "  text      Area Code\n",
        "  ignored   Phone\n",
        "features    8, reduced to 4\n",
        "model       7 trees of depth 3 at most, binary:logistic\n",
        "decision    'leaves' from a score of 0.25 on, else 'stays'; calibration: platt\n",
        "answer      label (text), score (number); in CSV: label\n",
        "truth       column 'Churn?': False., True.\n",
        "  auc                           0.",
        "lineage",
        "  data_hash ",
    };

    make_bundle();
    EACH_ROW(places, place) {
        struct test_output got =
            test_shell("cd %s/d && \"$QUERN\" describe %s --registry reg", test_folder(), *place);
        if (got.status != 0)
            fail_msg("row %d: %s", test_row, got.err);
        for (size_t i = 0; i < sizeof said / sizeof *said; i++)
            EXPECT_HAS(got.out, said[i]);
        EXPECT((strstr(got.out, "version     1\n") != NULL) == (test_row == 2));
        test_output_clear(&got);
    }
    struct test_output got = test_shell("cd %s/d && \"$QUERN\" describe parts/3-trees && "
                                        "COLUMNS=20 \"$QUERN\" describe parts/1-preprocessing",
                                        test_folder());
    EXPECT_EQ(got.status, 0);
    EXPECT_HAS(got.out, "model       7 trees");
    EXPECT(!strstr(got.out, "decision"));
    test_output_clear(&got);
}

TEST(describe_gives_bundles_as_json)
{
    make_bundle();
    struct test_output got =
        test_shell("cd %s/d && \"$QUERN\" describe out/bundle --json", test_folder());
    EXPECT_EQ(got.status, 0);
    json_t *document = json_loads(got.out, 0, NULL);
    EXPECT(document);
    EXPECT_EQ(json_integer_value(json_object_get(json_object_get(document, "features"), "before")),
              8);
    EXPECT_EQ(json_integer_value(json_object_get(json_object_get(document, "model"), "trees")), 7);
    EXPECT_EQ(json_array_size(json_object_get(document, "input")), 20);
    EXPECT(!strstr(got.out, "curve"));
    json_decref(document);
    test_output_clear(&got);
}

TEST(describe_says_what_is_no_bundle)
{
    static const struct {
        const char *arguments;
        int status;
        const char *part;
    } rows[] = {
        {"d", 1, "bundle 'd': "},
        {"d/p.tar.gz", 1, "bundle 'd/p.tar.gz': there is no such file"},
        {"registry:nobody --registry d/reg", 1, "nobody"},
        {"o.csv --json", 2, "--json is for bundles"},
    };

    make_bundle();
    test_file("o.csv", "a,b\n1,x\n");
    EACH_ROW(rows, r) {
        struct test_output got =
            test_shell("cd %s && \"$QUERN\" describe %s", test_folder(), r->arguments);
        EXPECT_EQ(got.status, r->status);
        EXPECT_HAS(got.err, r->part);
        test_output_clear(&got);
    }
}
