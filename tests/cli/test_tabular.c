/* `quern run` and `quern evaluate` with trees, as the commands a person types. */
#include "base/file.h"
#include "base/json.h"
#include "support/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const char pipeline[] =
    "name: t\n"
    "source: {path: d.csv, label: 'Churn?', positive: 'True.'}\n"
    "steps:\n"
    "  - {columns: [Day Mins, Eve Mins, CustServ Calls, Intl Calls], impute: median}\n"
    "  - {columns: [State, \"Int'l Plan\"], encode: one_hot}\n"
    "model: {type: trees, rounds: 12, max_depth: 3}\n";

/* A folder of these tests with d.csv and p.yaml, made once; commands run in it. */
static const char *folder(void)
{
    static char path[200];

    if (path[0])
        return path;
    snprintf(path, sizeof path, "%s/tabular", test_folder());
    struct test_output got =
        test_shell("mkdir %s && \"$QUERN\" simulate churn --rows 1200 --seed 2 --quiet -o %s/d.csv",
                   path, path);
    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
    test_file("tabular/p.yaml", pipeline);
    return path;
}

static struct test_output run_quiet(const char *out, const char *more)
{
    return test_shell("cd %s && \"$QUERN\" run p.yaml --out %s --quiet %s", folder(), out, more);
}

static void expect_run(const char *out, const char *more)
{
    struct test_output got = run_quiet(out, more);

    if (got.status != 0)
        fail_msg("row %d: run failed: %s", test_row, got.err);
    test_output_clear(&got);
}

static void expect_same(const char *a, const char *b)
{
    struct test_output got =
        test_shell("cd %s && diff -r -q --exclude=.quern %s %s", folder(), a, b);

    EXPECT_STR(got.out, "");
    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
}

static json_t *read_json(const char *name)
{
    json_t *document;
    struct error err = {0};
    char path[300];

    snprintf(path, sizeof path, "%s/%s", folder(), name);
    EXPECT_OK(json_read(path, 1 << 24, &document, &err), &err);
    return document;
}

static double figure(const json_t *evaluation, const char *group, const char *metric)
{
    const json_t *metrics = json_object_get(evaluation, group);
    const json_t *value = json_object_get(json_object_get(metrics, metric), "value");

    EXPECT(json_is_number(value));
    return json_number_value(value);
}

TEST(tabular_run_writes_every_output)
{
    static const char *const files[] = {
        "bundle/bundle.json",
        "bundle/decision.json",
        "bundle/evaluation.json",
        "bundle/lineage.json",
        "bundle/manifest.json",
        "bundle/model.ubj",
        "bundle/pipeline.yaml",
        "bundle/reference.json",
        "bundle/transform.json",
        "data.json",
        "decision.json",
        "evaluation.json",
        "model/model.ubj",
        "model/transform.json",
        "pipeline.yaml",
        "reference.json",
        "report.html",
        "report.json",
        "training.json",
    };
    struct test_output got = run_quiet("every", "");

    EXPECT_EQ(got.status, 0);
    EXPECT_HAS(got.out, "features: ");
    EXPECT_HAS(got.out, "trees: 12 rounds");
    EXPECT_HAS(got.out, "AUC ");
    EXPECT_HAS(got.out, "bundle: every/bundle\nreport: every/report.html\n");
    test_output_clear(&got);
    EACH_ROW(files, file) {
        char path[300];
        snprintf(path, sizeof path, "%s/every/%s", folder(), *file);
        EXPECT(file_exists(path));
    }
}

TEST(tabular_run_gives_the_same_bytes_again)
{
    expect_run("one", "--threads 1");
    expect_run("two", "--threads 2");
    expect_same("one", "two");
    expect_run("three", "--set model.seed=5 --set model.subsample=0.7");
    struct test_output got =
        test_shell("cd %s && cmp one/bundle/model.ubj three/bundle/model.ubj", folder());
    EXPECT_EQ(got.status, 1);
    test_output_clear(&got);
}

/* The pipeline a run writes out is the pipeline it ran. */
TEST(tabular_run_repeats_from_its_own_pipeline_file)
{
    expect_run("repeated", "--set output.calibrate=platt --set 'output.threshold={recall: 0.5}'");
    struct test_output got = test_shell(
        "cd %s && \"$QUERN\" run repeated/pipeline.yaml --out repeated-again --quiet", folder());
    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
    expect_same("repeated", "repeated-again");
}

TEST(tabular_run_skips_what_is_up_to_date)
{
    static const struct {
        const char *set;
        const char *skipped, *done;
    } rows[] = {
        {"", "prepare      unchanged, skipped", NULL},
        {"", "bundle       unchanged, skipped", NULL},
        {"--set output.threshold=best_f1", "train        unchanged, skipped", "evaluate     done"},
        {"--set model.rounds=13", "prepare      unchanged, skipped", "train   "},
    };

    EACH_ROW(rows, r) {
        expect_run("skip", "");
        struct test_output got = test_shell(
            "cd %s && \"$QUERN\" run p.yaml --out skip %s 2>&1 >/dev/null", folder(), r->set);
        EXPECT_EQ(got.status, 0);
        EXPECT_HAS(got.out, r->skipped);
        if (r->done)
            EXPECT_HAS(got.out, r->done);
        test_output_clear(&got);
    }
}

TEST(tabular_run_measures_over_folds)
{
    double sum = 0, share;

    expect_run("plain", "--threads 1");
    expect_run("folds", "--threads 1 --folds 4");
    expect_run("folds2", "--threads 2 --folds 4");
    expect_same("folds", "folds2");
    json_t *document = read_json("folds/evaluation.json"),
           *plain = read_json("plain/evaluation.json");
    const json_t *metrics = json_object_get(document, "binary_classification_metrics");
    const json_t *folds = json_object_get(document, "folds"), *fold;
    size_t k, rows = 0;

    /* Every row is in one fold, and scored as well as the test rows of a plain run. */
    EXPECT_EQ(json_array_size(folds), 4);
    json_array_foreach(folds, k, fold)
    {
        share = json_number_value(json_object_get(fold, "samples")) / 1200;
        EXPECT(share > 0.2 && share < 0.3);
        rows += (size_t)json_integer_value(json_object_get(fold, "samples"));
        sum += json_number_value(json_object_get(fold, "auc"));
    }
    EXPECT_EQ(rows, 1200);
    EXPECT_EQ(json_integer_value(json_object_get(metrics, "samples")), 1200);
    EXPECT_NEAR(figure(document, "binary_classification_metrics", "auc"), sum / 4, 1e-12);
    EXPECT_NEAR(sum / 4, figure(plain, "binary_classification_metrics", "auc"), 0.15);
    EXPECT(json_is_number(json_object_get(json_object_get(metrics, "auc"), "standard_deviation")));
    json_decref(document);
    json_decref(plain);

    /* The bundle scores as it did, and nothing of the folds is left behind. */
    struct test_output got =
        test_shell("cd %s && cmp plain/bundle/model.ubj folds/bundle/model.ubj && "
                   "cmp plain/bundle/decision.json folds/bundle/decision.json && "
                   "cmp folds/evaluation.json folds/bundle/evaluation.json && "
                   "grep -q '4 folds of all rows' folds/report.html && find folds -name '.fold*'",
                   folder());
    EXPECT_EQ(got.status, 0);
    EXPECT_STR(got.out, "");
    test_output_clear(&got);
}

TEST(tabular_run_stops_where_it_is_told)
{
    char path[300];

    expect_run("until", "--until train");
    snprintf(path, sizeof path, "%s/until/model/model.ubj", folder());
    EXPECT(file_exists(path));
    snprintf(path, sizeof path, "%s/until/bundle", folder());
    EXPECT(!file_exists(path));
}

TEST(tabular_splits_named_by_the_source_are_taken_as_they_are)
{
    struct test_output got = test_shell(
        "cd %s && { head -1 d.csv; sed -n 2,801p d.csv; } >a.csv && { head -1 d.csv; sed -n "
        "802,1001p d.csv; } >b.csv && { head -1 d.csv; sed -n 1002,1201p d.csv; } >c.csv",
        folder());
    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
    expect_run("named", "--set source.train=a.csv --set source.validation=b.csv "
                        "--set source.test=c.csv");
    json_t *data = read_json("named/data.json");
    const json_t *splits = json_object_get(data, "splits");
    static const struct {
        const char *name;
        int rows;
    } want[] = {{"train", 800}, {"validation", 200}, {"test", 200}};
    EACH_ROW(want, w) {
        const json_t *part = json_object_get(splits, w->name);
        EXPECT_EQ(json_integer_value(json_object_get(part, "rows")), w->rows);
    }
    json_decref(data);
}

/* Rows are dealt by what they hold: their order does not matter, and equal rows stay together. */
TEST(tabular_split_does_not_depend_on_the_order_of_rows)
{
    struct test_output got =
        test_shell("cd %s && { head -1 d.csv; tail -n +2 d.csv | tac; } >r.csv", folder());

    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
    expect_run("forward", "--until prepare");
    expect_run("backward", "--until prepare --set source.path=r.csv");
    json_t *a = read_json("forward/data.json"), *b = read_json("backward/data.json");
    EXPECT(json_equal(json_object_get(a, "splits"), json_object_get(b, "splits")));
    json_decref(a);
    json_decref(b);
}

TEST(tabular_run_learns_what_the_simulation_hides)
{
    expect_run("good", "--set model.rounds=60");
    json_t *evaluation = read_json("good/evaluation.json");
    EXPECT(figure(evaluation, "binary_classification_metrics", "auc") > 0.75);
    json_decref(evaluation);
}

TEST(tabular_run_predicts_classes_and_numbers)
{
    static const struct {
        const char *sets, *group, *metric;
        double low;
        const char *bundle_has;
    } rows[] = {
        {"--set source.label=\"Int'l Plan\" --set source.positive= --set "
         "model.objective=multi:softprob --set 'steps.1.columns=[State]'",
         "multiclass_classification_metrics", "accuracy", 0.8, "score_yes"},
        {"--set 'source.label=Day Charge' --set source.positive= --set "
         "model.objective=reg:squarederror",
         "regression_metrics", "r2", 0.9, "\"score\""},
    };

    EACH_ROW(rows, r) {
        char *document;
        size_t size;
        struct error err = {0};
        char path[300];
        expect_run("kind", r->sets);
        json_t *evaluation = read_json("kind/evaluation.json");
        EXPECT(figure(evaluation, r->group, r->metric) > r->low);
        json_decref(evaluation);
        snprintf(path, sizeof path, "%s/kind/bundle/bundle.json", folder());
        EXPECT_OK(file_read(path, 1 << 20, &document, &size, &err), &err);
        EXPECT_HAS(document, r->bundle_has);
        free(document);
        struct test_output got = test_shell("cd %s && \"$QUERN\" evaluate kind/bundle d.csv -o "
                                            "kind.json && grep -c value kind.json",
                                            folder());
        EXPECT_EQ(got.status, 0);
        test_output_clear(&got);
    }
}

TEST(evaluate_repeats_the_evaluation_of_the_run)
{
    static const char *const sets[] = {"", "--set output.calibrate=isotonic",
                                       "--set output.calibrate=spline",
                                       "--set 'source.weight=Account Length'"};

    EACH_ROW(sets, set) {
        char more[400];
        snprintf(more, sizeof more,
                 "--set source.train=d.csv --set source.validation=d.csv --set source.test=d.csv "
                 "%s",
                 *set);
        expect_run("again", more);
        struct test_output got =
            test_shell("cd %s && \"$QUERN\" evaluate again/bundle d.csv >e.json && cmp e.json "
                       "again/evaluation.json",
                       folder());
        EXPECT_STR(got.out, "");
        EXPECT_EQ(got.status, 0);
        test_output_clear(&got);
    }
}

TEST(evaluate_refuses_what_it_cannot_measure)
{
    static const struct {
        const char *prepare, *arguments;
        int status;
        const char *part;
    } rows[] = {
        {"true", "whole/bundle nofile.csv", 1, "nofile.csv"},
        {"true", "nobundle d.csv", 1, "bundle 'nobundle': there is no such"},
        {"cut -d, -f1-20 d.csv >nolabel.csv", "whole/bundle nolabel.csv", 1, "no column 'Churn?'"},
        {"sed 's/False/Perhaps/' d.csv >other.csv", "whole/bundle other.csv", 1,
         "column 'Churn?': the label 'Perhaps.' is none of the training rows'"},
        {"tail -n +2 d.csv >bare.csv", "whole/bundle bare.csv", 1,
         "needs a header line that names the label column 'Churn?'"},
        {"seq 9 >bare.csv", "whole/bundle bare.csv", 1,
         "needs a header line that names the label column 'Churn?'"},
        {"head -1 d.csv >none.csv", "whole/bundle none.csv", 1, "has no rows"},
        {"rm -rf cut; \"$QUERN\" split whole/bundle -o cut >/dev/null", "cut/2-trees d.csv", 1,
         "does not say which column has the truth"},
    };

    expect_run("whole", "");
    EACH_ROW(rows, r) {
        struct test_output got = test_shell("cd %s && { %s; } && \"$QUERN\" evaluate %s", folder(),
                                            r->prepare, r->arguments);
        EXPECT_EQ(got.status, r->status);
        EXPECT_HAS(got.err, r->part);
        EXPECT_STR(got.out, "");
        test_output_clear(&got);
    }
}

TEST(tabular_run_refuses_with_a_sentence)
{
    static const struct {
        const char *sets;
        int status;
        const char *part;
    } rows[] = {
        {"--set source.label=Nope", 1, "source.label: 'd.csv' has no column 'Nope'"},
        {"--set source.label=", 2, "key 'source.label': is missing; name a column"},
        {"--set source.positive=", 2, "which value of 'Churn?' is the positive class?"},
        {"--set source.positive=Maybe", 1, "has the label 'Maybe' (source.positive); there are"},
        {"--set source.label=State --set source.positive=KS --set 'steps.1.columns=[Area Code]'", 1,
         "has 51 values; binary:logistic needs two"},
        {"--set source.weight=Phone", 1, "column 'Phone'"},
        {"--set source.weight='Churn?'", 2, "is already 'source.label'"},
        {"--set 'source.ignore=[Nope]'", 1, "source.ignore: 'd.csv' has no column 'Nope'"},
        {"--set 'source.ignore=[State]'", 2, "a column of source.ignore is used"},
        {"--set 'source.ignore=[\"Churn?\"]'", 2, "is the label or the weight"},
        {"--set source.path=none.csv", 1, "none.csv"},
        {"--set source.path=", 2, "key 'source.path': is missing"},
        {"--set source.query='DROP x'", 2, "is given too"},
        {"--set source.path= --set source.query='DROP x'", 2, "must begin with SELECT"},
        {"--set source.train=d.csv", 2, "a source names all three splits or none"},
        {"--set source.trian=d.csv", 2, "unknown key 'source.trian'"},
        {"--set split.test=0.5", 2, "must add up to 1, not 1.4"},
        {"--set split.test=0 --set split.train=0.8", 2, "key 'split.test': must be above 0"},
        {"--set split.by=Nope", 1, "no column 'Nope'"},
        {"--set split.by=\"Int'l Plan\"", 1, "split"},
        {"--set 'steps.0.columns=[Nope]'", 2, "there is no column 'Nope'"},
        {"--set 'steps.0.columns=[Phone]'", 1, "column 'Phone'"},
        {"--set output.threshold=high", 2, "key 'output.threshold': must be a number from 0 to 1"},
        {"--set 'output.threshold={f2: 1}'", 2, "key 'output.threshold': must be"},
        {"--set 'output.threshold={recall: 2}'", 2, "key 'output.threshold': must be"},
        {"--set 'output.labels=[a]'", 2, "must be two texts"},
        {"--set 'output.labels=[a, a]'", 2, "'a' is there twice"},
        {"--set 'output.columns=[x]'", 2, "the answer has no column 'x'; it has: label, score"},
        {"--set output.calibrate=beta", 2, "key 'output.calibrate': must be one of none, platt"},
        {"--set model.objective=rank:ndcg", 2, "gives no scores that can be answered with"},
        {"--set model.objective=reg:squarederror", 2, "is for binary:logistic, not for reg"},
        {"--set 'source.label=Area Code' --set source.positive= --set "
         "model.objective=multi:softprob "
         "--set model.num_class=4",
         2, "key 'model.num_class': is 4, the label has 3 values"},
        {"--set 'source.label=Area Code' --set source.positive= --set "
         "model.objective=multi:softprob "
         "--set 'output.labels=[a, b]'",
         2, "there are 2 texts for 3 classes"},
        {"--set model.rounds=0", 2, "key 'model.rounds'"},
        {"--set model.depth=3", 2, "unknown key 'model.depth'"},
        {"--set report=attribution", 2, "is a page of another 'model.type'"},
        {"--folds 3 --set 'source.label=Area Code' --set source.positive= --set "
         "model.objective=multi:softprob",
         2, "--folds: is for two classes"},
        {"--folds 100 --set source.path=few.csv", 1, " of 100: the test split of"},
        {"--until trian", 2,
         "there is no stage 'trian'; stages are prepare, train, evaluate, "
         "bundle, report"},
    };

    struct test_output few = test_shell("cd %s && head -301 d.csv >few.csv", folder());
    test_output_clear(&few);
    EACH_ROW(rows, r) {
        struct test_output got = run_quiet("refused", r->sets);
        if (got.status != r->status || !strstr(got.err, r->part))
            fail_msg("row %d: status %d: %s", test_row, got.status, got.err);
        char path[300];
        snprintf(path, sizeof path, "%s/refused/bundle", folder());
        EXPECT(!file_exists(path));
        test_output_clear(&got);
    }
}

/* However a missing number is spelled, it is the same data. */
TEST(tabular_run_takes_spellings_of_a_missing_number)
{
    static const char *const spellings[] = {"", "nan", "NaN", "NA", "null", " "};
    char first[17] = "";

    EACH_ROW(spellings, spelling) {
        struct test_output got = test_shell(
            "cd %s && awk -F, -v OFS=, 'NR==9{$8=\"%s\"}1' d.csv >spelled.csv && "
            "rm -rf spelled && \"$QUERN\" run p.yaml --quiet --out spelled --until prepare "
            "--set source.path=spelled.csv",
            folder(), *spelling);
        if (got.status != 0)
            fail_msg("row %d: %s", test_row, got.err);
        test_output_clear(&got);
        json_t *data = read_json("spelled/data.json");
        const char *hash = json_string_value(json_object_get(data, "hash"));
        if (!hash)
            fail_msg("data.json has no hash");
        else if (!first[0])
            snprintf(first, sizeof first, "%s", hash);
        EXPECT_STR(hash, first);
        json_decref(data);
    }
}

TEST(tabular_run_names_the_row_at_fault)
{
    static const struct {
        const char *edit, *part;
    } rows[] = {
        {"sed '11s/,[^,]*$/,/'", "row 10 of 'bad.csv': column 'Churn?': the label is missing"},
        {"awk -F, -v OFS=, 'NR==8{$8=\"lots\"}1'", "row 7 of 'bad.csv'"},
        {"awk -F, -v OFS=, 'NR==9{$8=\"1e300\"}1'",
         "row 8 of 'bad.csv': feature 'Day Mins' is 1e+300, too large"},
        {"awk -F, -v OFS=, 'NR==9{$8=\"nane\"}1'", "row 8 of 'bad.csv': column 'Day Mins'"},
        {"head -1", "has no rows"},
        {"grep -v 'True.$'", "have the label 'False.'"},
        {"head -3", "label"},
        {"sed 's/,Day Mins,/,Eve Mins,/'", "Eve Mins"},
        {"head -c 3000", "bad.csv"},
    };

    EACH_ROW(rows, r) {
        struct test_output got = test_shell(
            "cd %s && { %s; } <d.csv >bad.csv && \"$QUERN\" run p.yaml --quiet --out bad "
            "--set source.train=bad.csv --set source.validation=d.csv --set "
            "source.test=d.csv",
            folder(), r->edit);
        if (got.status != 1 || !strstr(got.err, r->part))
            fail_msg("row %d: status %d: %s", test_row, got.status, got.err);
        test_output_clear(&got);
    }
}

TEST(tabular_run_can_be_interrupted)
{
    char script[600], path[300];
    int status = 0;

    expect_run("calm", "");
    snprintf(script, sizeof script,
             "cd %s && exec \"$QUERN\" run p.yaml --quiet --out calm --set model.rounds=100000 "
             ">/dev/null 2>stop.txt",
             folder());
    const pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    snprintf(path, sizeof path, "%s/calm/.quern/work/train", folder());
    EXPECT(test_wait_for_file(path, child));
    kill(child, SIGINT);
    waitpid(child, &status, 0);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    struct test_output said = test_shell("cat %s/stop.txt", folder());
    EXPECT_HAS(said.out, "interrupted");
    test_output_clear(&said);
    expect_run("fresh", "");
    expect_same("calm", "fresh"); /* earlier outputs stay */
}

/* What the app promises of the real customers, where they are at hand. */
TEST(churn_app_reaches_its_figures)
{
    static const struct {
        const char *pipeline;
        double auc, f1;
        int features, before;
    } rows[] = {
        {"pipeline.yaml", 0.85, 0.50, 25, 69},
        {"direct.yaml", 0.92, 0.85, 69, 69},
    };
    const char *train = test_shared("data/churn/split1729_train.csv");

    if (!train)
        return;
    char base[400];
    snprintf(base, sizeof base, "%.*s", (int)(strlen(train) - strlen("train.csv")), train);
    EACH_ROW(rows, r) {
        struct test_output got = test_shell(
            "cd %s && \"$QUERN\" run %s/%s --quiet --out app --set source.train=%strain.csv --set "
            "source.validation=%svalidation.csv --set source.test=%stest.csv",
            folder(), test_source("apps/churn"), r->pipeline, base, base, base);
        if (got.status != 0)
            fail_msg("row %d: %s", test_row, got.err);
        test_output_clear(&got);
        json_t *evaluation = read_json("app/evaluation.json"),
               *training = read_json("app/training.json");
        EXPECT(figure(evaluation, "binary_classification_metrics", "auc") >= r->auc);
        EXPECT(figure(evaluation, "binary_classification_metrics", "f1") >= r->f1);
        EXPECT_EQ(json_integer_value(json_object_get(training, "features")), r->features);
        EXPECT_EQ(json_integer_value(json_object_get(training, "features_before_pca")), r->before);
        const json_t *metrics = json_object_get(evaluation, "binary_classification_metrics");
        EXPECT_EQ(json_integer_value(json_object_get(metrics, "samples")), 334);
        EXPECT_NEAR(json_number_value(json_object_get(metrics, "threshold")), 0.5, 0);
        json_decref(evaluation);
        json_decref(training);
    }
}
