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
        {"run ''", 2, NULL, "PIPELINE is empty"},
        {"run p.yaml --out ''", 2, NULL, "--out is empty"},
        {"run p.yaml --threads many", 2, NULL, "--threads: 'many' is not a whole number"},
        {"run p.yaml --threads", 2, NULL, "--threads needs a value"},
        {"run p.yaml --folds=1", 2, NULL, "--folds"},
        {"run /nowhere/p.yaml --out /nowhere/out", 1, NULL, "/nowhere/p.yaml"},
        {"describe /nowhere/x.parquet", 1, NULL, "/nowhere/x.parquet"},
        {"attribute /nowhere/x.csv", 1, NULL, "/nowhere/x.csv"},
        {"simulate nothing --users 5 -o /dev/null", 2, NULL, "nothing"},
        {"simulate attribution --users 5 -o /nowhere/x.csv --truth /nowhere/x.csv", 2, NULL,
         "the impressions and the truth have the same name"},
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

TEST(output_that_is_lost_is_a_failure)
{
    static const char *const rows[] = {"--help", "run --help", "settings", "version"};

    EACH_ROW(rows, r) {
        struct test_output full = test_shell("\"$QUERN\" %s >/dev/full", *r);
        struct test_output closed = test_shell("\"$QUERN\" %s >&-", *r);
        EXPECT_EQ(full.status, 1);
        EXPECT_HAS(full.err, "cannot write to stdout");
        EXPECT_EQ(closed.status, 1);
        EXPECT_HAS(closed.err, "cannot write to stdout");
        test_output_clear(&full);
        test_output_clear(&closed);
    }
}

/* Numbers 1 and 2 are free then, and must not become those of an output file. */
TEST(messages_never_land_in_a_file_when_streams_are_closed)
{
    const char *folder = test_folder();
    struct test_output got =
        test_shell("\"$QUERN\" simulate attribution --users 50 -o %s/a.csv &&"
                   "\"$QUERN\" simulate attribution --users 50 -o %s/b.csv <&- >&- 2>&- ;"
                   "cmp %s/a.csv %s/b.csv",
                   folder, folder, folder, folder);

    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
}

TEST(every_command_has_help)
{
#define COMMAND(name, summary) {#name, summary},
    static const struct {
        const char *name, *summary;
    } rows[] = {
#include "cli/commands.def"
    };
#undef COMMAND

    EACH_ROW(rows, r) {
        char name[64], usage[96];
        snprintf(name, sizeof name, "%s", r->name);
        for (char *c = name; *c; c++)
            if (*c == '_')
                *c = '-';
        snprintf(usage, sizeof usage, "usage: quern %s", name);
        struct test_output got = test_quern("%s --help", name);
        EXPECT_EQ(got.status, 0);
        EXPECT_HAS(got.out, usage);
        EXPECT_HAS(got.out, r->summary);
        test_output_clear(&got);
    }
}
