#include "pipeline/search_run.h"

#include "base/file.h"
#include "base/json.h"
#include "pipeline/trials.h"
#include "support/test.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const char pipeline[] =
    "name: tuned\n"
    "source: {path: \"a b.csv\", entity: u, time: t, token: c, outcome: o}\n"
    "train: {epochs: 9, learning_rate: 0.5}\n"
    "search:\n"
    "  trials: 9\n"
    "  seed: 3\n"
    "  space: {learning_rate: {log: [0.001, 0.1]}, lstm: {int: [8, 64]}, mask: {choice: [true, "
    "false]}}\n";

/* Remembers the last configuration it was given. */
struct subject {
    size_t calls, threads, most_epochs;
    double best;
    struct pipeline_config at_best;
};

static bool run_subject(void *context, const struct pipeline_config *config, const char *metric,
                        size_t threads, double *value, struct error *err)
{
    struct subject *s = context;

    EXPECT_STR(metric, "test.auc");
    EXPECT_EQ(config->train.batch, 64);
    s->calls++;
    s->threads = threads;
    if (config->train.epochs > s->most_epochs)
        s->most_epochs = config->train.epochs;
    *value = 0.8 - fabs(log10(config->train.learning_rate) + 2) / 10 +
             (double)config->model.journey_attention.lstm / 1000 +
             (double)config->train.epochs / 10000;
    if (*value > s->best) {
        s->best = *value;
        s->at_best = *config;
    }
    return true;
}

static bool search(const char *out, const char *set, uint64_t data_key, struct subject *s,
                   struct error *err)
{
    const struct search_options options = {.out = out, .threads = 4, .quiet = true};
    const struct search_subject subject = {s, data_key, run_subject};
    struct search_outcome outcome;
    struct pipeline_config config = {0};

    *s = (struct subject){.best = -1};
    EXPECT_OK(pipeline_config_parse(&config, "p.yaml", pipeline, strlen(pipeline), &set,
                                    set != NULL, err),
              err);
    config.search.parallel = 1;
    const bool ok = search_run_pipeline(&config, &options, &subject, &outcome, err);
    if (ok) {
        EXPECT_NEAR(outcome.result[0].value, s->calls ? s->best : outcome.result[0].value, 1e-12);
        search_outcome_clear(&outcome);
    }
    pipeline_config_clear(&config);
    return ok;
}

static const char *new_folder(const char *name)
{
    struct error err = {0};
    const char *path = test_path(name);

    EXPECT_OK(file_make_folders(path, &err), &err);
    return path;
}

TEST(search_run_writes_the_winner_as_a_pipeline)
{
    const char *out = new_folder("winner");
    struct pipeline_config best = {0};
    struct subject s;
    struct error err = {0};

    EXPECT_OK(search(out, NULL, 1, &s, &err), &err);
    EXPECT_EQ(s.calls, 9);
    EXPECT_EQ(s.threads, 4);
    EXPECT_OK(pipeline_config_load(&best, test_path("winner/best.yaml"), NULL, 0, &err), &err);
    EXPECT_STR(best.name, "tuned");
    EXPECT_STR(best.source.path, "a b.csv");
    EXPECT(best.train.learning_rate == s.at_best.train.learning_rate);
    EXPECT_EQ(best.model.journey_attention.lstm, s.at_best.model.journey_attention.lstm);
    EXPECT_EQ(best.model.journey_attention.mask, s.at_best.model.journey_attention.mask);
    EXPECT_EQ(best.train.epochs, 9);
    EXPECT_EQ(best.search.ranges, 3);
    pipeline_config_clear(&best);
}

TEST(search_run_halving_ends_with_all_epochs)
{
    struct subject s;
    struct error err = {0};

    EXPECT_OK(search(new_folder("halved"), "search.method=halving", 1, &s, &err), &err);
    EXPECT_EQ(s.calls, 9 + 3 + 1);
    EXPECT_EQ(s.most_epochs, 9);
    EXPECT_EQ(s.at_best.train.epochs, 9);
}

TEST(search_run_resumes_only_what_would_give_the_same_values)
{
    static const struct {
        const char *set;
        uint64_t data_key;
        size_t calls; /* SIZE_MAX: refused */
    } rows[] = {
        {NULL, 1, 0},
        {"train.learning_rate=0.25", 1, 0}, /* searched: its own value does not matter */
        {"name=other", 1, 0},
        {"search.trials=11", 1, 2},
        {"train.batch=64", 1, 0},
        {"train.seed=5", 1, SIZE_MAX},
        {"model.dropout=0.3", 1, SIZE_MAX},
        {NULL, 2, SIZE_MAX},
    };
    EACH_ROW(rows, r) {
        struct subject s;
        struct error err = {0};
        char name[32];
        snprintf(name, sizeof name, "resumed-%d", test_row);
        const char *out = new_folder(name);
        EXPECT_OK(search(out, NULL, 1, &s, &err), &err);
        if (r->calls == SIZE_MAX) {
            EXPECT_ERROR(search(out, r->set, r->data_key, &s, &err), &err, ERR_DATA,
                         "trials.json was written by a search with other data or settings");
            continue;
        }
        EXPECT_OK(search(out, r->set, r->data_key, &s, &err), &err);
        EXPECT_EQ(s.calls, r->calls);
    }
}

TEST(search_run_prints_each_trial_once_at_its_latest_rung)
{
    const struct search_value value[] = {{"train.learning_rate", "0.01", 0.01, true},
                                         {"model.lstm", "32", 32, true},
                                         {"model.mask", "true", 0, false}};
    struct search_result result[] = {
        {.id = 4, .rung = 1, .epochs = 9, .value = 0.75, .seconds = 1.25, .parameter = value},
        {.id = 4, .epochs = 3, .value = 0.7, .seconds = 1, .parameter = value},
        {.id = 12, .epochs = 3, .value = 0.61234567, .seconds = 10, .parameter = value},
        {.id = 3, .epochs = 3, .failed = true, .error = "x", .parameter = value},
    };
    const struct search_outcome outcome = {.result = result, .count = 4};
    const char *set = "search.method=halving";
    struct pipeline_config config = {0};
    struct error err = {0};
    char text[1024] = "";
    FILE *to = fmemopen(text, sizeof text, "w");

    EXPECT_OK(pipeline_config_parse(&config, "p.yaml", pipeline, strlen(pipeline), &set, 1, &err),
              &err);
    search_run_print(&config, &outcome, to);
    fclose(to);
    EXPECT_STR(text, "rank  trial  test.auc  epochs  learning_rate  lstm  mask  seconds\n"
                     "   1      4   0.75000       9           0.01    32  true      1.2\n"
                     "   2     12   0.61235       3           0.01    32  true     10.0\n"
                     "   -      3    failed       3           0.01    32  true      0.0\n");
    pipeline_config_clear(&config);
}

/* A small log with something to learn: campaign a converts, b does not. */
static void write_impressions(const char *path)
{
    FILE *to = fopen(path, "w");

    fputs("uid,timestamp,campaign,conversion\n", to);
    for (int u = 0; u < 400; u++)
        for (int i = 0; i < 1 + u % 4; i++)
            fprintf(to, "%d,%d,%c,%s\n", u, 1500000000 + u * 100 + i, 'a' + (u * 7 + i * 3) % 5,
                    i == u % 4 && (u * 7 + i * 3) % 5 < 2 ? "true" : "false");
    fclose(to);
}

static char *setting_text(const char *name)
{
    static char text[1024];

    snprintf(text, sizeof text,
             "--set source.path=%s --set 'search.space={learning_rate: {log: [0.001, 0.1]}, lstm: "
             "{int: [4, 8]}}' --set train.epochs=2 --set model.embedding=4 --out %s/%s",
             test_path("i.csv"), test_folder(), name);
    return text;
}

static json_t *trials_of(const char *name)
{
    struct error err = {0};
    json_t *document, *trial;
    size_t i;
    char path[300];

    snprintf(path, sizeof path, "%s/%s/trials.json", test_folder(), name);
    EXPECT_OK(json_read(path, 1 << 20, &document, &err), &err);
    json_array_foreach(json_object_get(document, "trials"), i, trial)
        json_object_del(trial, "seconds");
    return document;
}

static const char *app(void)
{
    return test_source("apps/attribution/pipeline.yaml");
}

TEST(search_command_gives_the_same_trials_at_any_parallelism)
{
    write_impressions(test_path("i.csv"));
    struct test_output one =
        test_quern("search %s %s --trials 4 --parallel 1 --threads 1", app(), setting_text("cli1"));
    EXPECT_EQ(one.status, 0);
    EXPECT_HAS(one.out, "rank  trial  test.auc  learning_rate  lstm  seconds\n   1      ");
    EXPECT_HAS(one.err, "search: 4 of 4: trial 3: test.auc 0.");
    EXPECT_HAS(one.err, "cli1/best.yaml");
    struct test_output two =
        test_quern("search %s %s --trials 4 --parallel 3 --threads 6", app(), setting_text("cli2"));
    EXPECT_EQ(two.status, 0);
    json_t *a = trials_of("cli1"), *b = trials_of("cli2");
    EXPECT_EQ(json_array_size(json_object_get(a, "trials")), 4);
    EXPECT(json_equal(a, b));
    json_decref(a);
    json_decref(b);
    test_output_clear(&one);
    test_output_clear(&two);
}

TEST(search_command_refuses_wrong_use)
{
    static const struct {
        const char *arguments, *sentence;
    } rows[] = {
        {"", "PIPELINE is missing"},
        {"--trials 0 p.yaml", "--trials: '0' is not a whole number from 1 to 10000"},
        {"missing.yaml", "cannot open 'missing.yaml'"},
        {"APP --set search.maximize=test.acc",
         "--set search.maximize=test.acc: key 'search.maximize': must be auc or loss"},
        {"APP --set source.path=missing.csv --out OUT", "missing.csv"},
        {"APP --set split.train=0.9 --set split.test=0 --out OUT",
         "key 'search.maximize': 'test.auc' cannot be measured: split.test is 0"},
    };
    EACH_ROW(rows, r) {
        char arguments[2048], *at;
        snprintf(arguments, sizeof arguments, "%s", r->arguments);
        if (strncmp(arguments, "APP", 3) == 0)
            snprintf(arguments, sizeof arguments, "%s %s", app(), r->arguments + 3);
        if ((at = strstr(arguments, "OUT")))
            snprintf(at, sizeof arguments - (size_t)(at - arguments), "%s", test_path("refused"));
        struct test_output got = test_quern("search %s", arguments);
        EXPECT(got.status == 1 || got.status == 2);
        EXPECT_HAS(got.err, r->sentence);
        EXPECT_STR(got.out, "");
        test_output_clear(&got);
    }
    EXPECT(!file_exists(test_path("refused/trials.json")));
}

TEST(search_command_goes_on_after_a_signal)
{
    static const int signals[] = {SIGINT, SIGKILL};
    static const char values[] = "--trials 12 --parallel 2 --threads 2 --set train.epochs=12 "
                                 "--set train.early_stopping.patience=0";

    write_impressions(test_path("i.csv"));
    struct test_output whole = test_quern("search %s %s %s", app(), setting_text("whole"), values);
    EXPECT_EQ(whole.status, 0);
    test_output_clear(&whole);
    EACH_ROW(signals, number) {
        char command[4096], name[32], path[300];
        int status;
        snprintf(name, sizeof name, "signal-%d", test_row);
        snprintf(path, sizeof path, "%s/%s/trials.json", test_folder(), name);
        snprintf(command, sizeof command, "exec \"$QUERN\" search %s %s %s >/dev/null 2>&1", app(),
                 setting_text(name), values);
        const pid_t child = fork();
        if (child == 0) {
            execl("/bin/sh", "sh", "-c", command, (char *)NULL);
            _exit(127);
        }
        EXPECT(trials_wait(path, 2, child));
        kill(child, *number);
        waitpid(child, &status, 0);
        const size_t kept = trials_in(path);
        EXPECT(kept >= 2);
        if (kept < 12) /* else the machine was too busy to stop it in time */
            EXPECT(*number == SIGKILL ? WIFSIGNALED(status)
                                      : WIFEXITED(status) && WEXITSTATUS(status) == 1);
        struct test_output rest = test_quern("search %s %s %s", app(), setting_text(name), values);
        EXPECT_EQ(rest.status, 0);
        test_output_clear(&rest);
        json_t *a = trials_of("whole"), *b = trials_of(name);
        EXPECT(json_equal(a, b));
        json_decref(a);
        json_decref(b);
    }
}
