#include "pipeline/search.h"

#include "base/file.h"
#include "base/json.h"
#include "pipeline/trials.h"
#include "support/test.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const words[] = {"a", "b", "c"};
static struct search_range space[] = {
    {.key = "train.rate", .name = "rate", .kind = SEARCH_LOG, .low = 1e-3, .high = 0.2},
    {.key = "model.units", .name = "units", .kind = SEARCH_INT, .low = 64, .high = 256},
    {.key = "model.drop", .name = "drop", .kind = SEARCH_LINEAR, .low = 0.1, .high = 0.5},
    {.key = "train.how", .name = "how", .kind = SEARCH_CHOICE, .choice = words, .choices = 3},
};

static struct search_plan plan_of(enum search_method method, size_t trials, size_t parallel)
{
    return (struct search_plan){.method = method,
                                .trials = trials,
                                .parallel = parallel,
                                .seed = 7,
                                .metric = "test.auc",
                                .maximize = true,
                                .factor = 3,
                                .min_epochs = 2,
                                .max_epochs = 18,
                                .range = space,
                                .ranges = 4,
                                .inputs = "data 1"};
}

/* A synthetic objective: a smooth function of the values, with faults at chosen trials. */
struct fake {
    size_t fail_at, nan_at, stop_at; /* trial ids; SIZE_MAX: never */
    enum error_code stop_code;
    unsigned sleep_us;
    size_t together; /* the first trials wait until as many run at once (ten seconds at most) */
    pthread_mutex_t lock;
    size_t calls, running, most_running, reports;
    char order[4096]; /* "rung.id@epochs " of each call */
    bool slot_taken[8], slot_clash;
};

static const struct fake calm = {.fail_at = SIZE_MAX,
                                 .nan_at = SIZE_MAX,
                                 .stop_at = SIZE_MAX,
                                 .lock = PTHREAD_MUTEX_INITIALIZER};

static void enter(struct fake *f, const struct search_trial *t)
{
    pthread_mutex_lock(&f->lock);
    const size_t used = strlen(f->order);
    snprintf(f->order + used, sizeof f->order - used, "%zu.%zu@%zu ", t->rung, t->id, t->epochs);
    f->calls++;
    f->running++;
    if (f->running > f->most_running)
        f->most_running = f->running;
    f->slot_clash |= t->slot >= 8 || f->slot_taken[t->slot];
    f->slot_taken[t->slot % 8] = true;
    pthread_mutex_unlock(&f->lock);
}

static void wait_for_others(struct fake *f, const struct search_trial *t)
{
    for (int i = 0; i < 100000 && t->rung == 0 && t->id < f->together; i++) {
        pthread_mutex_lock(&f->lock);
        const bool met = f->most_running >= f->together;
        pthread_mutex_unlock(&f->lock);
        if (met)
            break;
        usleep(100);
    }
}

static void leave(struct fake *f, const struct search_trial *t)
{
    pthread_mutex_lock(&f->lock);
    f->running--;
    f->slot_taken[t->slot % 8] = false;
    pthread_mutex_unlock(&f->lock);
}

static bool fake_run(void *context, const struct search_trial *t, double *value, struct error *err)
{
    struct fake *f = context;

    enter(f, t);
    wait_for_others(f, t);
    if (f->sleep_us)
        usleep(f->sleep_us * (unsigned)(1 + t->id % 3));
    leave(f, t);
    if (t->id == f->stop_at)
        return error_set(err, f->stop_code, "stopped here");
    if (t->id == f->fail_at)
        return error_set(err, ERR_DATA, "the loss of step 3 is not a number");
    *value = t->id == f->nan_at ? NAN
                                : 0.7 - fabs(log(t->value[0].number / 0.02)) / 30 +
                                      t->value[1].number / 1e4 - 1.0 / (double)(t->epochs + 10);
    return true;
}

static void fake_report(void *context, const struct search_result *result, size_t done,
                        size_t total)
{
    EXPECT(result->parameter && result->parameter[1].number >= 64);
    EXPECT(result->failed == (result->error != NULL));
    EXPECT(done >= 1 && done <= total);
    ((struct fake *)context)->reports++;
}

static bool run(const struct search_plan *plan, struct fake *fake, const char *path,
                struct search_outcome *outcome, struct error *err)
{
    const struct search_objective objective = {fake, fake_run, fake_report};

    return search_run(plan, &objective, path, outcome, err);
}

/* trials.json without what may differ between runs: the seconds. */
static char *stored(const char *path)
{
    struct error err = {0};
    json_t *document, *trial;
    size_t i;

    EXPECT_OK(json_read(path, 1 << 24, &document, &err), &err);
    json_array_foreach(json_object_get(document, "trials"), i, trial)
        json_object_del(trial, "seconds");
    char *text = json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    json_decref(document);
    return text;
}

static void expect_same_file(const char *path, const char *other)
{
    char *a = stored(path), *b = stored(other);

    EXPECT_STR(a, b);
    free(a);
    free(b);
}

TEST(search_values_depend_on_seed_trial_and_key_only)
{
    struct arena memory = {0};
    double low = 1, high = 0, sum = 0;
    size_t count[3] = {0}, ends = 0;

    for (size_t id = 0; id < 3000; id++) {
        const struct search_value *v = search_space_draw(space, 4, 7, id, &memory);
        const struct search_value *again = search_space_draw(space + 1, 3, 7, id, &memory);
        for (size_t i = 1; i < 4; i++) {
            EXPECT_STR(v[i].text, again[i - 1].text);
            EXPECT_STR(v[i].key, space[i].key);
        }
        EXPECT(v[0].number >= 1e-3 && v[0].number <= 0.2);
        EXPECT(v[1].number >= 64 && v[1].number <= 256 && v[1].number == floor(v[1].number));
        EXPECT(v[2].number >= 0.1 && v[2].number <= 0.5);
        EXPECT(strtod(v[0].text, NULL) == v[0].number && strlen(v[0].text) < 12);
        low = fmin(low, v[0].number);
        high = fmax(high, v[0].number);
        sum += log(v[0].number);
        ends |= (v[1].number == 64) | (size_t)(v[1].number == 256) << 1;
        count[v[3].text[0] - 'a']++;
    }
    /* Uniform in the logarithm: mean log 0.001 + log(200) / 2, spread log(200) / sqrt(12). */
    EXPECT_NEAR(sum / 3000, log(1e-3) + log(200) / 2, 4 * log(200) / sqrt(12 * 3000));
    EXPECT(low < 1.1e-3 && high > 0.19);
    EXPECT_EQ(ends, 3);
    for (int i = 0; i < 3; i++)
        EXPECT(count[i] > 880 && count[i] < 1120);
    const struct search_value *a = search_space_draw(space, 4, 7, 0, &memory);
    const struct search_value *b = search_space_draw(space, 4, 8, 0, &memory);
    EXPECT(a[0].number != b[0].number && a[2].number != b[2].number);
    arena_clear(&memory);
}

TEST(search_random_finds_the_best_and_writes_every_trial)
{
    struct search_plan plan = plan_of(SEARCH_RANDOM, 10, 1);
    struct search_outcome outcome;
    struct fake fake = calm;
    struct error err = {0};
    const char *path = test_path("random.json");
    json_t *document;

    EXPECT_OK(run(&plan, &fake, path, &outcome, &err), &err);
    EXPECT_EQ(outcome.count, 10);
    EXPECT_EQ(outcome.resumed, 0);
    EXPECT_EQ(fake.calls, 10);
    EXPECT_EQ(fake.reports, 10);
    for (size_t i = 1; i < 10; i++)
        EXPECT(outcome.result[i - 1].value >= outcome.result[i].value);
    EXPECT_OK(json_read(path, 1 << 20, &document, &err), &err);
    EXPECT_EQ(json_array_size(json_object_get(document, "trials")), 10);
    EXPECT_EQ(json_integer_value(json_object_get(json_object_get(document, "best"), "id")),
              outcome.result[0].id);
    const json_t *trial = json_array_get(json_object_get(document, "trials"), 4);
    EXPECT_EQ(json_integer_value(json_object_get(trial, "id")), 4);
    EXPECT_STR(json_string_value(json_object_get(trial, "state")), "done");
    EXPECT(json_is_integer(json_object_get(json_object_get(trial, "parameters"), "model.units")));
    EXPECT(json_is_null(json_object_get(trial, "epochs")));
    json_decref(document);
    const size_t best = outcome.result[0].id, worst = outcome.result[9].id;
    search_outcome_clear(&outcome);

    plan.maximize = false;
    fake = calm;
    EXPECT_OK(run(&plan, &fake, test_path("least.json"), &outcome, &err), &err);
    EXPECT_EQ(outcome.result[0].id, worst);
    EXPECT_EQ(outcome.result[9].id, best);
    search_outcome_clear(&outcome);
}

TEST(search_rungs_give_fewer_trials_more_epochs)
{
    static const struct {
        size_t trials, factor, min, max, rungs, n[5], epochs[5];
    } rows[] = {
        {9, 3, 2, 18, 3, {9, 3, 1}, {2, 6, 18}},
        {10, 2, 1, 10, 5, {10, 5, 2, 1, 1}, {1, 2, 4, 8, 10}},
        {4, 3, 5, 5, 1, {4}, {5}},
        {27, 3, 1, 5, 3, {27, 9, 3}, {1, 3, 5}},
        {1, 2, 1, 2, 2, {1, 1}, {1, 2}},
    };
    EACH_ROW(rows, r) {
        size_t trials[SEARCH_RUNGS_MAX], epochs[SEARCH_RUNGS_MAX];
        const struct search_plan plan = {.method = SEARCH_HALVING,
                                         .trials = r->trials,
                                         .factor = r->factor,
                                         .min_epochs = r->min,
                                         .max_epochs = r->max};
        EXPECT_EQ(search_rungs(&plan, trials, epochs), r->rungs);
        for (size_t i = 0; i < r->rungs; i++) {
            EXPECT_EQ(trials[i], r->n[i]);
            EXPECT_EQ(epochs[i], r->epochs[i]);
        }
    }
}

TEST(search_halving_promotes_the_best_of_a_whole_rung)
{
    const struct search_plan plan = plan_of(SEARCH_HALVING, 9, 1);
    struct search_outcome outcome;
    struct fake fake = calm;
    struct error err = {0};
    double third = -1;
    size_t better = 0;

    fake.fail_at = 2;
    EXPECT_OK(run(&plan, &fake, test_path("halving.json"), &outcome, &err), &err);
    EXPECT_EQ(outcome.count, 9 + 3 + 1);
    EXPECT_EQ(fake.calls, 13);
    EXPECT_HAS(fake.order, "0.0@2 0.1@2 0.2@2 0.3@2 0.4@2 0.5@2 0.6@2 0.7@2 0.8@2 1.");
    EXPECT_EQ(outcome.result[0].rung, 2);
    EXPECT_EQ(outcome.result[0].epochs, 18);
    EXPECT_EQ(outcome.result[1].rung, 1);
    EXPECT_EQ(outcome.result[1].id, outcome.result[0].id);
    EXPECT_EQ(outcome.result[3].rung, 1);
    EXPECT(outcome.result[12].failed);
    EXPECT_EQ(outcome.result[12].id, 2);
    EXPECT_STR(outcome.result[12].error, "the loss of step 3 is not a number");
    /* Who went on had the three best values of the first rung. */
    for (size_t i = 4; i < 12; i++)
        for (size_t j = 1; j < 4; j++)
            if (outcome.result[i].id == outcome.result[j].id) {
                better++;
                EXPECT(i < 7);
                third = outcome.result[i].value;
            }
    EXPECT_EQ(better, 3);
    EXPECT(third >= outcome.result[7].value);
    search_outcome_clear(&outcome);
}

TEST(search_gives_the_same_trials_at_any_parallelism)
{
    static const enum search_method methods[] = {SEARCH_RANDOM, SEARCH_HALVING};

    EACH_ROW(methods, method) {
        struct search_outcome outcome;
        struct error err = {0};
        char path[3][300];
        for (size_t i = 0; i < 3; i++) {
            const struct search_plan plan = plan_of(*method, 12, i + 1);
            struct fake fake = calm;
            fake.sleep_us = 500;
            fake.together = i + 1;
            fake.nan_at = 5;
            fake.fail_at = 1;
            snprintf(path[i], sizeof path[i], "%s/same-%d-%zu.json", test_folder(), (int)*method,
                     i);
            EXPECT_OK(run(&plan, &fake, path[i], &outcome, &err), &err);
            EXPECT_EQ(fake.most_running, i + 1);
            EXPECT(!fake.slot_clash);
            search_outcome_clear(&outcome);
        }
        expect_same_file(path[1], path[0]);
        expect_same_file(path[2], path[0]);
    }
}

TEST(search_records_a_failed_trial_and_goes_on)
{
    const struct search_plan plan = plan_of(SEARCH_RANDOM, 4, 1);
    struct search_outcome outcome;
    struct fake fake = calm;
    struct error err = {0};

    fake.fail_at = 1;
    fake.nan_at = 2;
    EXPECT_OK(run(&plan, &fake, test_path("failed.json"), &outcome, &err), &err);
    EXPECT_EQ(fake.calls, 4);
    EXPECT_EQ(outcome.count, 4);
    EXPECT(!outcome.result[1].failed && outcome.result[2].failed && outcome.result[3].failed);
    EXPECT_STR(outcome.result[2].error, "the loss of step 3 is not a number");
    EXPECT_STR(outcome.result[3].error, "test.auc is not a number");
    search_outcome_clear(&outcome);

    /* Resumed, it is not tried again: the same settings would fail again. */
    EXPECT_OK(run(&plan, &fake, test_path("failed.json"), &outcome, &err), &err);
    EXPECT_EQ(fake.calls, 4);
    EXPECT_EQ(outcome.resumed, 4);
    search_outcome_clear(&outcome);

    const struct search_plan one = plan_of(SEARCH_RANDOM, 1, 1);
    fake.fail_at = 0;
    EXPECT_ERROR(run(&one, &fake, test_path("all-failed.json"), &outcome, &err), &err, ERR_CHECK,
                 "every trial failed; the first: the loss of step 3");
}

TEST(search_stops_at_what_the_next_trial_would_meet_too)
{
    static const struct {
        enum error_code code;
        bool stops;
    } rows[] = {
        {ERR_INTERRUPT, true}, {ERR_IO, true},    {ERR_ARG, true},    {ERR_CONFIG, true},
        {ERR_LIBRARY, true},   {ERR_DATA, false}, {ERR_CHECK, false}, {ERR_LIMIT, false},
    };
    EACH_ROW(rows, r) {
        const struct search_plan plan = plan_of(SEARCH_RANDOM, 5, 1);
        struct search_outcome outcome;
        struct fake fake = calm;
        struct error err = {0};
        char path[300], whole[300];
        snprintf(path, sizeof path, "%s/stop-%d.json", test_folder(), test_row);
        snprintf(whole, sizeof whole, "%s/stop-whole.json", test_folder());
        fake.stop_at = 2;
        fake.stop_code = r->code;
        if (!r->stops) {
            EXPECT_OK(run(&plan, &fake, path, &outcome, &err), &err);
            search_outcome_clear(&outcome);
            continue;
        }
        EXPECT_ERROR(run(&plan, &fake, path, &outcome, &err), &err, r->code, "stopped here");
        EXPECT_EQ(fake.calls, 3);
        fake = calm;
        EXPECT_OK(run(&plan, &fake, path, &outcome, &err), &err);
        EXPECT_EQ(outcome.resumed, 2);
        EXPECT_EQ(fake.calls, 3);
        search_outcome_clear(&outcome);
        fake = calm;
        EXPECT_OK(run(&plan, &fake, whole, &outcome, &err), &err);
        search_outcome_clear(&outcome);
        expect_same_file(path, whole);
    }
}

TEST(search_goes_on_after_kill_9)
{
    static const struct {
        enum search_method method;
        size_t parallel, kill_after;
    } rows[] = {
        {SEARCH_RANDOM, 1, 3},
        {SEARCH_RANDOM, 2, 5},
        {SEARCH_HALVING, 2, 4},
        {SEARCH_HALVING, 1, 13},
    };
    EACH_ROW(rows, r) {
        const struct search_plan plan = plan_of(r->method, 12, r->parallel);
        struct search_outcome outcome;
        struct fake fake = calm;
        struct error err = {0};
        char path[300], whole[300];
        int status;
        snprintf(path, sizeof path, "%s/killed-%d.json", test_folder(), test_row);
        snprintf(whole, sizeof whole, "%s/whole-%d.json", test_folder(), test_row);
        fake.sleep_us = 10000;
        fake.fail_at = 6;
        const pid_t child = fork();
        if (child == 0) {
            (void)!run(&plan, &fake, path, &outcome, &err);
            _exit(0);
        }
        EXPECT(trials_wait(path, r->kill_after, child));
        kill(child, SIGKILL);
        EXPECT_EQ(waitpid(child, &status, 0), child);
        EXPECT(WIFSIGNALED(status));
        const size_t kept = trials_in(path);
        fake.sleep_us = 0;
        EXPECT_OK(run(&plan, &fake, path, &outcome, &err), &err);
        EXPECT_EQ(outcome.resumed, kept);
        EXPECT(kept >= r->kill_after);
        EXPECT_EQ(fake.calls, outcome.count - kept);
        search_outcome_clear(&outcome);
        EXPECT_OK(run(&plan, &fake, whole, &outcome, &err), &err);
        search_outcome_clear(&outcome);
        expect_same_file(path, whole);
    }
}

TEST(search_can_be_extended)
{
    const struct search_plan few = plan_of(SEARCH_RANDOM, 4, 1),
                             more = plan_of(SEARCH_RANDOM, 9, 2);
    struct search_outcome outcome;
    struct fake fake = calm;
    struct error err = {0};

    EXPECT_OK(run(&few, &fake, test_path("more.json"), &outcome, &err), &err);
    search_outcome_clear(&outcome);
    EXPECT_OK(run(&more, &fake, test_path("more.json"), &outcome, &err), &err);
    EXPECT_EQ(outcome.resumed, 4);
    EXPECT_EQ(fake.calls, 9);
    search_outcome_clear(&outcome);
    EXPECT_ERROR(run(&few, &fake, test_path("more.json"), &outcome, &err), &err, ERR_DATA,
                 "has trial 4, but only 4 trials are asked for");
}

TEST(search_refuses_the_trials_of_another_search)
{
    struct search_plan first = plan_of(SEARCH_RANDOM, 2, 1);
    struct search_plan other[7];
    static const char *const sentences[] = {
        "was written by a search with another seed; remove the file to start again, or choose",
        "another metric",
        "another goal",
        "another space",
        "another space",
        "another method",
        "other data or settings"};
    struct search_range moved[4];
    struct search_outcome outcome;
    struct fake fake = calm;
    struct error err = {0};
    const char *path = test_path("first.json");

    EXPECT_OK(run(&first, &fake, path, &outcome, &err), &err);
    search_outcome_clear(&outcome);
    memcpy(moved, space, sizeof moved);
    moved[1].high = 257;
    for (size_t i = 0; i < 7; i++)
        other[i] = first;
    other[0].seed = 8;
    other[1].metric = "val.auc";
    other[2].maximize = false;
    other[3].range = moved;
    other[4].ranges = 3;
    other[5].method = SEARCH_HALVING;
    other[6].inputs = "data 2";
    char *before = stored(path);
    EACH_ROW(other, o) {
        EXPECT_ERROR(run(o, &fake, path, &outcome, &err), &err, ERR_DATA, sentences[test_row]);
        EXPECT_EQ(fake.calls, 2);
    }
    char *after = stored(path);
    EXPECT_STR(after, before);
    free(before);
    free(after);
}

TEST(search_refuses_a_damaged_file)
{
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"", "line 1"},
        {"{", "line 1"},
        {"[]", "is not a list of trials; remove it to start again"},
        {"{\"format\": 2, \"trials\": []}", "is not a list of trials"},
        {"{\"format\": 1, \"trials\": []}", "with another method"},
        {"{\"format\": 1, \"search\": S, \"trials\": [1]}", "entry 0 of 'trials' is damaged"},
        {"{\"format\": 1, \"search\": S, \"trials\": [{\"id\": -1, \"rung\": 0, \"epochs\": null, "
         "\"state\": \"done\", \"value\": 1}]}",
         "entry 0 of 'trials' is damaged"},
        {"{\"format\": 1, \"search\": S, \"trials\": [{\"id\": 0, \"rung\": 0, \"epochs\": null, "
         "\"state\": \"done\", \"value\": \"x\"}]}",
         "entry 0 of 'trials' is damaged"},
        {"{\"format\": 1, \"search\": S, \"trials\": [{\"id\": 0, \"rung\": 1, \"epochs\": null, "
         "\"state\": \"done\", \"value\": 1}]}",
         "entry 0 of 'trials' does not fit the search"},
        {"{\"format\": 1, \"search\": S, \"trials\": [{\"id\": 0, \"rung\": 0, \"epochs\": 5, "
         "\"state\": \"done\", \"value\": 1}]}",
         "entry 0 of 'trials' does not fit the search"},
        {"{\"format\": 1, \"search\": S, \"trials\": [{\"id\": 0, \"rung\": 0, \"epochs\": null, "
         "\"state\": \"done\", \"value\": 1}, {\"id\": 0, \"rung\": 0, \"epochs\": null, "
         "\"state\": \"done\", \"value\": 1}]}",
         "entry 1 of 'trials' does not fit the search"},
    };
    const struct search_plan plan = plan_of(SEARCH_RANDOM, 2, 1);
    struct search_outcome outcome;
    struct fake fake = calm;
    struct error err = {0};
    const char *path = test_path("damaged.json");
    json_t *document;

    EXPECT_OK(run(&plan, &fake, path, &outcome, &err), &err);
    search_outcome_clear(&outcome);
    EXPECT_OK(json_read(path, 1 << 20, &document, &err), &err);
    char *search = json_dumps(json_object_get(document, "search"), 0);
    json_decref(document);
    EACH_ROW(rows, r) {
        char text[4096];
        const char *mark = strchr(r->text, 'S');
        if (mark)
            snprintf(text, sizeof text, "%.*s%s%s", (int)(mark - r->text), r->text, search,
                     mark + 1);
        else
            snprintf(text, sizeof text, "%s", r->text);
        EXPECT_OK(file_write(path, text, strlen(text), &err), &err);
        EXPECT_ERROR(run(&plan, &fake, path, &outcome, &err), &err, ERR_DATA, r->sentence);
        EXPECT_HAS(err.text, "damaged.json");
    }
    free(search);
}

TEST(search_ends_when_trials_cannot_be_written)
{
    const struct search_plan plan = plan_of(SEARCH_RANDOM, 5, 2);
    struct search_outcome outcome;
    struct fake fake = calm;
    struct error err = {0};

    EXPECT_ERROR(run(&plan, &fake, test_path("no/such/folder/trials.json"), &outcome, &err), &err,
                 ERR_IO, "cannot write");
    EXPECT(fake.calls <= 2);
}
