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
