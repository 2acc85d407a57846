/* quern attribute on a table of impressions, from outside. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

static const char *impressions(const char *header)
{
    static char text[65536];
    size_t used = (size_t)snprintf(text, sizeof text, "%s\n", header);

    for (unsigned i = 0; i < 600; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "u%u,%u,%c,%d\n", i % 150,
                                 1500000000 + i * 3571 % 2000000, 'a' + (char)(i * 11 % 3),
                                 i * 31 % 7 == 0 || (i * 11 % 3 == 1 && i % 2));
    return test_file("i.csv", text);
}

TEST(attribute_takes_impressions)
{
    const char *file = impressions("uid,timestamp,campaign,conversion");
    const char *truth =
        test_file("t.csv", "channel_name,conversions_caused\na,1\nb,90\nc,2\n(baseline),100\n");
    struct test_output o = test_quern("attribute %s --link logit --quiet --truth %s", file, truth);

    EXPECT_STR(o.err, "");
    EXPECT_EQ(o.status, 0);
    EXPECT_HAS(o.out, "incremental,");
    EXPECT_HAS(o.out, "last_touch,");
    test_output_clear(&o);
    o = test_quern("attribute %s --link logit", file);
    EXPECT_HAS(o.out, ",incremental_conversions\na,");
    EXPECT_HAS(o.out, "\n(baseline),0,0,0,0,0,0,0,0,0,");
    test_output_clear(&o);
    o = test_quern("attribute %s --link logit --intervals 20 --quiet | head -1", file);
    EXPECT_HAS(o.out, ",incremental_conversions,incremental_low_conversions,"
                      "incremental_high_conversions\n");
    test_output_clear(&o);
    o = test_quern("attribute %s --link logit --intervals 20 --quiet --truth %s", file, truth);
    EXPECT(!strstr(o.out, "incremental_low"));
    test_output_clear(&o);
    o = test_quern("attribute %s --quiet --threads 1 -o %s", file, test_path("o1.csv"));
    EXPECT_STR(o.err, "");
    test_output_clear(&o);
    o = test_quern("attribute %s --threads 2 -o %s", file, test_path("o2.csv"));
    EXPECT_HAS(o.err, "the incremental model is ");
    test_output_clear(&o);
    o = test_shell("cmp %s %s && tail -1 %s | cut -c1-10", test_path("o1.csv"), test_path("o2.csv"),
                   test_path("o1.csv"));
    EXPECT_STR(o.out, "(baseline)\n");
    test_output_clear(&o);
    o = test_shell("grep -c baseline %s", test_path("o1.removal_effects.csv"));
    EXPECT_STR(o.out, "0\n");
    test_output_clear(&o);
}

TEST(columns_of_impressions_are_named_by_flags)
{
    struct test_output o =
        test_quern("attribute %s --uid-column who --timestamp-column at --campaign-column ad "
                   "--conversion-column sale --link additive --order 0 | head -1",
                   impressions("who,at,ad,sale"));

    EXPECT_STR(o.out, "channel_name,first_touch_conversions,last_touch_conversions,"
                      "linear_touch_conversions,time_decay_conversions,position_based_conversions,"
                      "shapley_conversions,additive_hazard_conversions,incremental_conversions\n");
    test_output_clear(&o);
}

TEST(attribute_says_what_is_wrong_with_impressions)
{
    static const struct {
        const char *arguments, *part;
        int status;
    } rows[] = {
        {"--link probit", "--link: must be", 2},
        {"--campaign-column advert", "advert", 1},
        {"--conversion-column uid", "two roles", 2},
        {"--truth t.csv", "t.csv", 1},
    };
    const char *file = impressions("uid,timestamp,campaign,conversion");

    EACH_ROW(rows, r) {
        struct test_output o = test_quern("attribute %s %s", file, r->arguments);
        EXPECT_EQ(o.status, r->status);
        EXPECT_HAS(o.err, r->part);
        EXPECT_STR(o.out, "");
        test_output_clear(&o);
    }
}

/* More campaigns than the dense equations take: the other methods still answer. */
TEST(too_many_campaigns_leave_the_model_out)
{
    static char text[32768];
    size_t used = (size_t)snprintf(text, sizeof text, "uid,timestamp,campaign,conversion\n");

    for (unsigned i = 0; i < 300; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%u,%u,c%u,1\n", i / 3,
                                 1500000000 + i, i);
    struct test_output o =
        test_quern("attribute %s --order 0 | head -1", test_file("many.csv", text));
    EXPECT_HAS(o.err, "300 campaigns are more than the 256");
    EXPECT(!strstr(o.out, "incremental"));
    EXPECT_HAS(o.out, "shapley_conversions");
    test_output_clear(&o);
}

/* Values and costs by flags, and the credits of each journey, which add up to those of campaigns.
 */
TEST(journeys_values_and_costs_of_impressions)
{
    static char text[65536];
    size_t used =
        (size_t)snprintf(text, sizeof text, "uid,timestamp,campaign,conversion,eur,paid\n");

    for (unsigned i = 0; i < 900; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "u%u,%u,%c,%d,%s,0.5\n", i % 150,
                                 1500000000 + i * 3571 % 2000000, 'a' + (char)(i * 11 % 3),
                                 i * 31 % 7 == 0 || (i * 11 % 3 == 1 && i % 2), i % 5 ? "10" : "");
    char *file = strdup(test_file("v.csv", text));
    struct test_output o =
        test_quern("attribute %s --link logit --order 0 --quiet --value-column eur --cost-column "
                   "paid --journeys %s -o %s",
                   file, test_path("j1.csv"), test_path("c1.csv"));

    EXPECT_STR(o.err, "");
    test_output_clear(&o);
    o = test_shell("head -1 %s; head -1 %s | cut -d, -f9-", test_path("j1.csv"),
                   test_path("c1.csv"));
    EXPECT_STR(o.out, "journey_id,uid,conversion_status,campaign,impressions,"
                      "incremental_conversions,incremental_value\n"
                      "incremental_conversions,incremental_value,cost,"
                      "cost_per_incremental_conversion,incremental_return\n");
    test_output_clear(&o);
    /* Every journey that converts is one conversion, divided; no other has any part of one. */
    o = test_shell("awk -F, 'NR > 1 {s[$1] += $6; if ($3 == \"true\") c[$1] = 1; n += $5} "
                   "END {for (j in s) {d = s[j] - c[j]; if (d > 1e-9 || d < -1e-9) print j} "
                   "print n}' %s",
                   test_path("j1.csv"));
    EXPECT_STR(o.out, "900\n");
    test_output_clear(&o);
    o = test_shell("awk -F, 'NR == FNR {if (FNR > 1) {s[$4] += $6; v[$4] += $7}; next} "
                   "FNR > 1 {d = $9 - s[$1]; e = $10 - v[$1]; n++; "
                   "if (d > 1e-6 || d < -1e-6 || e > 1e-6 || e < -1e-6) print $1, d, e} "
                   "END {print n}' %s %s",
                   test_path("j1.csv"), test_path("c1.csv"));
    EXPECT_STR(o.out, "4\n");
    test_output_clear(&o);
    o = test_quern("attribute %s --link logit --order 0 --quiet --value-column eur --cost-column "
                   "paid --journeys %s -o %s --threads 1",
                   file, test_path("j2.csv"), test_path("c2.csv"));
    test_output_clear(&o);
    o = test_shell("cd %s && cmp j1.csv j2.csv && cmp c1.csv c2.csv", test_folder());
    EXPECT_STR(o.out, "");
    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
    o = test_quern("attribute %s --cost-column eur --value-column conversion", file);
    EXPECT_HAS(o.err, "two roles");
    EXPECT_EQ(o.status, 2);
    test_output_clear(&o);
    free(file);
}

TEST(penalties_are_given_by_a_flag)
{
    static const struct {
        const char *flag, *error;
    } wrong[] = {
        {"none", "--penalties: "},
        {"0.3,", "--penalties: control_penalty"},
        {",1", "--penalties: effect_penalty"},
        {"0.3,-1", "--penalties: control_penalty"},
        {"1,2,3", "--penalties: control_penalty"},
    };
    const char *file = impressions("uid,timestamp,campaign,conversion");
    struct test_output plain = test_quern("attribute %s --link logit --order 0", file);
    struct test_output o =
        test_quern("attribute %s --link logit --order 0 --penalties 0.3,1", file);

    EXPECT_STR(o.out, plain.out);
    test_output_clear(&o);
    o = test_quern("attribute %s --link logit --order 0 --penalties 0.3,1000", file);
    EXPECT(strcmp(o.out, plain.out) != 0);
    test_output_clear(&o);
    o = test_quern("attribute %s --link logit --order 0 --penalties cv", file);
    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
    for (size_t c = 0; c < sizeof wrong / sizeof *wrong; c++) {
        o = test_quern("attribute %s --penalties %s", file, wrong[c].flag);
        EXPECT_HAS(o.err, wrong[c].error);
        EXPECT(o.status != 0);
        test_output_clear(&o);
    }
    test_output_clear(&plain);
}
