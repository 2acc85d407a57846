#include "base/file.h"
#include "support/test.h"

#include <unistd.h>

/* Small enough for seconds, large enough for every part of a run. */
#define SMALL "--set train.epochs=2 --set model.lstm=8 --set model.embedding=4 --quiet --threads 2"

static const char *pipeline(void)
{
    return test_source("apps/attribution/pipeline.yaml");
}

/* Impressions of 1,500 users, made once. */
static const char *impressions(void)
{
    static char path[128];

    if (!path[0]) {
        snprintf(path, sizeof path, "%s/impressions.csv", test_folder());
        struct test_output made =
            test_quern("simulate attribution --users 1500 --seed 3 -o %s --truth %s/truth.csv",
                       path, test_folder());
        EXPECT_EQ(made.status, 0);
        test_output_clear(&made);
    }
    return path;
}

static void expect_run(const char *out, const char *more)
{
    struct test_output got = test_quern("run %s --set source.path=%s --out %s/%s " SMALL " %s",
                                        pipeline(), impressions(), test_folder(), out, more);

    if (got.status != 0)
        fail_msg("run failed: %s", got.err);
    test_output_clear(&got);
}

/* All published files of two runs, byte for byte. */
static void expect_same(const char *a, const char *b)
{
    struct test_output got =
        test_shell("cd %s && diff -r -q --exclude=.quern %s %s", test_folder(), a, b);

    EXPECT_STR(got.out, "");
    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
}

TEST(run_writes_every_output)
{
    static const char *const files[] = {
        "attention_report/attention_score.parquet",
        "attention_report/campaign_attention.parquet",
        "attribution.csv",
        "attribution.parquet",
        "attribution.json",
        "incremental/exposures.parquet",
        "incremental/journey_credit.parquet",
        "incremental/model.safetensors",
        "incremental/summary.json",
        "removal_effects.csv",
        "transition_matrix.csv",
        "evaluation.json",
        "feature_store/campaigns.json",
        "feature_store/test.parquet",
        "feature_store/train.parquet",
        "feature_store/val.parquet",
        "journeys.bin",
        "model/model.safetensors",
        "pipeline.yaml",
        "report.html",
        "report.json",
        "training.json",
    };
    char name[128];

    expect_run("every", "");
    EACH_ROW(files, file) {
        snprintf(name, sizeof name, "every/%s", *file);
        EXPECT(file_exists(test_path(name)));
    }
    EXPECT(!file_exists(test_path("every/feature_store_preprocessed")));
}

TEST(run_gives_the_same_bytes_at_any_number_of_threads_and_again)
{
    expect_run("one", "--threads 1 --folds 2");
    expect_run("two", "--threads 2 --folds 2");
    expect_run("again", "--threads 2 --folds 2");
    expect_same("one", "two");
    expect_same("two", "again");
}

TEST(run_skips_what_has_not_changed)
{
    expect_run("skip", "");
    struct test_output before =
        test_shell("stat -c '%%n %%i' %s/skip/model/* %s/skip/feature_store/* "
                   "%s/skip/attribution.csv",
                   test_folder(), test_folder(), test_folder());
    expect_run("skip", "");
    expect_run("skip", "--set attribution.half_life_days=3"); /* touches attribution only */
    struct test_output after =
        test_shell("stat -c '%%n %%i' %s/skip/model/* %s/skip/feature_store/* "
                   "%s/skip/attribution.csv",
                   test_folder(), test_folder(), test_folder());
    char *old_credits = strstr(before.out, "attribution.csv");
    char *new_credits = strstr(after.out, "attribution.csv");
    EXPECT(old_credits && new_credits && strcmp(old_credits, new_credits) != 0);
    *old_credits = *new_credits = '\0';
    EXPECT_STR(after.out, before.out);
    test_output_clear(&before);
    test_output_clear(&after);
}

TEST(run_writes_one_hot_columns_when_asked)
{
    expect_run("hot", "--set journey.one_hot=true --until features");
    EXPECT(file_exists(test_path("hot/feature_store_preprocessed/train.parquet")));
    EXPECT(!file_exists(test_path("hot/model")));
    expect_run("hot", "--set journey.one_hot=false --until features");
    EXPECT(!file_exists(test_path("hot/feature_store_preprocessed/train.parquet")));
}

TEST(run_with_bad_input_says_one_sentence_and_keeps_earlier_outputs)
{
    static const struct {
        const char *content; /* of the CSV; NULL: the file does not exist */
        const char *more;
        int status;
        const char *said[2];
    } rows[] = {
        {NULL, "", 1, {"bad.csv", ""}},
        {"uid,timestamp,conversion\n1,1,true\n", "", 1, {"bad.csv", "campaign"}},
        {"uid,timestamp,campaign,conversion\n1,1,a,true\n2,1,b,maybe\n", "", 1, {"maybe", "2"}},
        {"uid,timestamp,campaign,conversion\n", "", 1, {"bad.csv", "no rows"}},
        {"", "", 1, {"bad.csv", ""}},
        {"uid,timestamp,campaign,conversion\n1,1,a,true\n,2,b,false\n", "", 1, {"uid", "2"}},
        {"uid,timestamp,campaign,conversion\n1,1,a,true\n1,,b,false\n", "", 1, {"timestamp", "2"}},
        {"uid,timestamp,campaign,conversion\n1,1,a,true\n1,soon,b,false\n", "", 1, {"soon", "2"}},
        {"uid,timestamp,campaign,conversion\n1,1,a,false\n2,2,b,false\n3,3,a,false\n",
         "",
         1,
         {"conver", ""}},
        {"uid,timestamp,campaign,conversion\n1,1,a,true\n2,2,a,false\n3,3,a,true\n4,4,a,false\n5,5,"
         "a,true\n"
         "6,1,a,true\n7,2,a,false\n8,3,a,true\n9,4,a,false\n10,5,a,true\n",
         "",
         1,
         {"campaign", ""}},
        {"uid,timestamp,campaign,conversion\n1,1,a,true\n",
         "--set train.epoch=3",
         2,
         {"train.epoch", "epochs"}},
        {"uid,timestamp,campaign,conversion\n1,1,a,true\n",
         "--set train.epochs=lots",
         2,
         {"train.epochs", "lots"}},
        {"uid,timestamp,campaign,conversion\n1,1,a,true\n",
         "--set split.train=0.9",
         2,
         {"split", "1"}},
        {"uid,timestamp,campaign,conversion\n1,1,a,true\n",
         "--until never",
         2,
         {"never", "features"}},
        {"uid,timestamp,campaign,conversion\n1,1,a,true,extra\n", "", 1, {"bad.csv", ""}},
        {"uid,timestamp,campaign,conversion\n1,1,\"a,true\n", "", 1, {"bad.csv", ""}},
    };

    expect_run("kept", "");
    struct test_output copied =
        test_shell("cd %s && rm -rf kept-before && cp -r kept kept-before", test_folder());
    test_output_clear(&copied);
    EACH_ROW(rows, r) {
        unlink(test_path("bad.csv"));
        if (r->content)
            test_file("bad.csv", r->content);
        struct test_output got =
            test_quern("run %s --set source.path=%s/bad.csv --out %s/kept " SMALL " %s", pipeline(),
                       test_folder(), test_folder(), r->more);
        EXPECT_EQ(got.status, r->status);
        EXPECT_HAS(got.err, r->said[0]);
        EXPECT_HAS(got.err, r->said[1]);
        EXPECT_EQ(strchr(got.err, '\n') - got.err, (long)strlen(got.err) - 1); /* one line */
        EXPECT_STR(got.out, "");
        test_output_clear(&got);
        expect_same("kept", "kept-before");
    }
}

TEST(run_with_a_bad_pipeline_file_names_line_and_key)
{
    static const struct {
        const char *content;
        const char *said;
    } rows[] = {
        {"name: x\nsource: {path: a.csv}\nmodel: {type: journey_attention}\nsplitt: {seed: 1}\n",
         ":4"},
        {"name: [", ":"},
        {"", "empty"},
        {"name: x\nname: y\n", ":2"},
    };

    EACH_ROW(rows, r) {
        test_file("bad.yaml", r->content);
        struct test_output got =
            test_quern("run %s/bad.yaml --out %s/none", test_folder(), test_folder());
        EXPECT_EQ(got.status, 2);
        EXPECT_HAS(got.err, "bad.yaml");
        EXPECT_HAS(got.err, r->said);
        test_output_clear(&got);
    }
    EXPECT(!file_exists(test_path("none")));
}

TEST(run_on_a_full_disk_says_so_and_keeps_earlier_outputs)
{
    expect_run("full", "");
    struct test_output copied = test_shell("cd %s && cp -r full full-before", test_folder());
    test_output_clear(&copied);
    /* No file may grow beyond 8 KiB: a write fails half way, as on a full disk. */
    struct test_output got = test_shell("ulimit -f 8; \"$QUERN\" run %s --set source.path=%s --set "
                                        "split.seed=5 --out %s/full " SMALL,
                                        pipeline(), impressions(), test_folder());
    EXPECT_EQ(got.status, 1);
    EXPECT_HAS(got.err, "cannot write");
    test_output_clear(&got);
    expect_same("full", "full-before");

    got = test_shell("mkdir -p %s/disk && mount -t tmpfs -o size=160k tmpfs %s/disk", test_folder(),
                     test_folder());
    if (got.status != 0) {
        fprintf(stderr, "*** SKIPPED: a small file system cannot be mounted here ***\n");
        test_output_clear(&got);
        return;
    }
    test_output_clear(&got);
    got = test_quern("run %s --set source.path=%s --out %s/disk/out " SMALL, pipeline(),
                     impressions(), test_folder());
    struct test_output left =
        test_shell("ls %s/disk/out; umount %s/disk", test_folder(), test_folder());
    EXPECT_EQ(got.status, 1);
    EXPECT_HAS(got.err, "No space left");
    EXPECT_STR(left.out, "");
    test_output_clear(&got);
    test_output_clear(&left);
}

TEST(run_without_a_test_split_says_that_nothing_was_measured)
{
    struct test_output got = test_quern("run %s --set source.path=%s --out %s/all " SMALL
                                        " --set split.train=1 --set split.test=0 --set split.val=0",
                                        pipeline(), impressions(), test_folder());

    EXPECT_EQ(got.status, 0);
    EXPECT_HAS(got.out, "AUC of the journey model: not measured");
    test_output_clear(&got);
}

TEST(run_asks_a_truth_that_is_a_query_again)
{
    char more[256], first[64], second[64];

    (void)impressions();
    snprintf(more, sizeof more,
             "--set \"attribution.truth=SELECT channel_name, conversions_caused FROM '%s'\"",
             test_path("asked.csv"));
    struct test_output copied =
        test_shell("cp %s/truth.csv %s/asked.csv", test_folder(), test_folder());
    test_output_clear(&copied);
    expect_run("asked", more);
    struct test_output got = test_shell("md5sum < %s/asked/report.json", test_folder());
    snprintf(first, sizeof first, "%s", got.out);
    test_output_clear(&got);
    copied = test_shell("awk -F, 'NR==4 {$2=$2*3} {print $1\",\"$2}' %s/truth.csv > %s/asked.csv",
                        test_folder(), test_folder());
    test_output_clear(&copied);
    expect_run("asked", more);
    got = test_shell("md5sum < %s/asked/report.json", test_folder());
    snprintf(second, sizeof second, "%s", got.out);
    test_output_clear(&got);
    EXPECT(strcmp(first, second) != 0);
}

TEST(run_compares_with_a_known_truth)
{
    char more[160];

    snprintf(more, sizeof more, "--set attribution.truth=%s/truth.csv", test_folder());
    (void)impressions();
    expect_run("truth", more);
    struct test_output got =
        test_shell("grep -c total_variation %s/truth/report.json", test_folder());
    EXPECT(strtol(got.out, NULL, 10) >= 9);
    test_output_clear(&got);
}

/* The columns of attribution.csv that removing campaigns gives: their sum, -1 without any. */
static double removal_sum(const char *out)
{
    struct test_output got = test_shell(
        "awk -F, 'NR==1 {for (i = 1; i <= NF; i++) if ($i == \"removal_conversions\") c = i; next} "
        "c && $c < 0 {exit 1} c {s += $c} END {print c ? s : -1}' %s/%s/attribution.csv",
        test_folder(), out);
    const double sum = strtod(got.out, NULL);

    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
    return sum;
}

TEST(run_divides_by_removing_campaigns_unless_told_not_to)
{
    expect_run("removal", "--set incremental.enabled=false");
    struct test_output got = test_shell(
        "awk -F, 'NR>1 {s += $2} END {print s}' %s/removal/attribution.csv", test_folder());
    EXPECT_NEAR(removal_sum("removal"), strtod(got.out, NULL), 1e-3);
    test_output_clear(&got);
    expect_run("removal", "--set incremental.enabled=false --set attribution.removal=false");
    EXPECT_NEAR(removal_sum("removal"), -1, 0);
}
