/* quern attribute and quern simulate, from outside. */
#include "base/file.h"
#include "support/test.h"

/* Time decay: 2 w / (1 + w) with w = 2^(-1/7), as the table has no times. */
TEST(attribute_prints_csv_into_a_pipe)
{
    const char *file = test_file("p.csv", "path,total_conversions,total_null\na > b,2,1\n");
    struct test_output o = test_quern("attribute %s --order 1", file);

    EXPECT_EQ(o.status, 0);
    EXPECT_STR(o.out, "channel_name,first_touch_conversions,last_touch_conversions,"
                      "linear_touch_conversions,time_decay_conversions,position_based_conversions,"
                      "markov_1_conversions,shapley_conversions\n"
                      "a,2,0,1,0.9505299023651953,1,1,1\nb,0,2,1,1.0494700976348048,1,1,1\n");
    test_output_clear(&o);
}

TEST(attribute_writes_three_tables)
{
    const char *file = test_file("p.csv", "path;n\na|b;2\n");
    struct test_output o = test_quern("attribute %s --sep '|' --conversions-column n -o %s", file,
                                      test_path("o.jsonl"));

    EXPECT_STR(o.err, "");
    EXPECT_EQ(o.status, 0);
    EXPECT(file_exists(test_path("o.jsonl")));
    EXPECT(file_exists(test_path("o.transition_matrix.jsonl")));
    EXPECT(file_exists(test_path("o.removal_effects.jsonl")));
    test_output_clear(&o);
}

TEST(attribute_says_what_is_wrong)
{
    static const struct {
        const char *arguments, *part;
        int status;
    } rows[] = {
        {"%s --order 4", "--order: '4'", 2},
        {"%s --half-life 0", "--half-life", 2},
        {"%s --sep ''", "--sep is empty", 2},
        {"%s --value-column worth", "worth", 1},
        {"%s.missing.csv", "missing.csv", 1},
        {"%s --truth %1$s", "channel_name", 1},
        {"%s -o /nowhere/at/all.csv", "/nowhere/at", 1},
    };
    const char *file = test_file("p.csv", "path,total_conversions\na > b,2\n");

    EACH_ROW(rows, r) {
        char arguments[2048];
        if (strstr(r->arguments, "%1$s"))
            snprintf(arguments, sizeof arguments, "%s --truth %s", file, file);
        else
            snprintf(arguments, sizeof arguments, "%s%s", file, r->arguments + 2);
        struct test_output o = test_quern("attribute %s", arguments);
        EXPECT_EQ(o.status, r->status);
        EXPECT_HAS(o.err, "quern: attribute: ");
        EXPECT_HAS(o.err, r->part);
        EXPECT_STR(o.out, "");
        test_output_clear(&o);
    }
}

TEST(an_earlier_result_survives_a_failure)
{
    const char *file = test_file("p.csv", "path,total_conversions\na > b,0\n");
    const char *output = test_file("kept.csv", "earlier\n");
    struct test_output o = test_quern("attribute %s -o %s", file, output);
    struct error err = {0};
    char *bytes;
    size_t size;

    EXPECT_EQ(o.status, 1);
    EXPECT_OK(file_read(output, 100, &bytes, &size, &err), &err);
    EXPECT_STR(bytes, "earlier\n");
    free(bytes);
    test_output_clear(&o);
}

TEST(simulate_knows_its_names)
{
    struct test_output o = test_quern("simulate weather -o %s", test_path("x.csv"));

    EXPECT_EQ(o.status, 2);
    EXPECT_HAS(o.err, "there is no simulation 'weather'; there is: attribution");
    test_output_clear(&o);
    o = test_quern("simulate attribution --users 0 -o %s", test_path("x.csv"));
    EXPECT_EQ(o.status, 2);
    EXPECT_HAS(o.err, "--users");
    test_output_clear(&o);
    o = test_quern("simulate churn --drift 3 -o %s", test_path("x.csv"));
    EXPECT_EQ(o.status, 2);
    EXPECT_HAS(o.err, "are for attribution");
    test_output_clear(&o);
    o = test_quern("simulate attribution --campaigns 65 -o %s", test_path("x.csv"));
    EXPECT_EQ(o.status, 2);
    EXPECT_HAS(o.err, "--campaigns");
    test_output_clear(&o);
    o = test_quern("simulate attribution --users 50 --drift 3 --campaigns 4 --quiet -o %s "
                   "--truth %s && tail -2 %s | cut -d, -f1",
                   test_path("x.csv"), test_path("t.csv"), test_path("t.csv"));
    EXPECT_STR(o.out, "campaign_04\n(baseline)\n");
    test_output_clear(&o);
    o = test_quern("simulate attribution --users 50 --quiet -o %s --truth %s",
                   test_path("x.parquet"), test_path("t.jsonl"));
    EXPECT_EQ(o.status, 0);
    EXPECT_STR(o.err, "");
    EXPECT(file_exists(test_path("x.parquet")) && file_exists(test_path("t.jsonl")));
    test_output_clear(&o);
}
