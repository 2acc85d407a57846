#include "support/test.h"

TEST(command_line_mistakes_exit_2_with_a_sentence)
{
    static const struct {
        const char *arguments;
        int status;
        const char *out, *err;
    } rows[] = {
        {"", 2, NULL, "usage: quern COMMAND"},
        {"--help", 0, "usage: quern COMMAND", NULL},
        {"help", 0, "describe", NULL},
        {"--version", 0, "quern ", NULL},
        {"version", 0, "quern ", NULL},
        {"frobnicate", 2, NULL, "unknown command 'frobnicate'"},
        {"version extra", 2, NULL, "unexpected argument 'extra'"},
        {"version --loud", 2, NULL, "unknown option '--loud'"},
        {"version -x", 2, NULL, "unknown option '-x'"},
        {"version --help", 0, "usage: quern version", NULL},
        {"run", 2, NULL, "PIPELINE is missing"},
        {"run p.yaml --threads many", 2, NULL, "--threads: 'many' is not a whole number"},
        {"run p.yaml --threads", 2, NULL, "--threads needs a value"},
        {"run p.yaml --folds=1", 2, NULL, "--folds"},
        {"run /nowhere/p.yaml --out /nowhere/out", 1, NULL, "/nowhere/p.yaml"},
        {"describe /nowhere/x.parquet", 1, NULL, "/nowhere/x.parquet"},
        {"attribute /nowhere/x.csv", 1, NULL, "/nowhere/x.csv"},
        {"simulate nothing --users 5 -o /dev/null", 2, NULL, "nothing"},
        {"search /nowhere/p.yaml", 1, NULL, "/nowhere/p.yaml"},
    };
    EACH_ROW(rows, r) {
        struct test_output got = test_quern("%s", r->arguments);
        EXPECT_EQ(got.status, r->status);
        if (r->out)
            EXPECT_HAS(got.out, r->out);
        else
            EXPECT_STR(got.out, "");
        if (r->err)
            EXPECT_HAS(got.err, r->err);
        test_output_clear(&got);
    }
}

TEST(every_command_has_help)
{
#define COMMAND(name, summary)                                                                     \
    {                                                                                              \
        struct test_output got = test_quern(#name " --help");                                      \
        EXPECT_EQ(got.status, 0);                                                                  \
        EXPECT_HAS(got.out, "usage: quern " #name);                                                \
        EXPECT_HAS(got.out, summary);                                                              \
        test_output_clear(&got);                                                                   \
    }
#include "cli/commands.def"
#undef COMMAND
}
