/*
 * kill -9 at any moment of `registry push`, `registry promote` and `predict`: what was there before
 * stays whole, and the same command works afterwards.
 */
#include "base/file.h"
#include "base/json.h"
#include "serving.h"
#include "support/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOMENTS = 10 };

/* Start a command, kill it after some microseconds. True: that was before its end. */
static bool run_and_kill(const char *arguments, useconds_t after)
{
    char script[2048];
    int status = 0;

    snprintf(script, sizeof script, "exec \"$QUERN\" %s >%s/killed.txt 2>&1 </dev/null", arguments,
             test_folder());
    const pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    usleep(after);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
}

/* The standard output of a command that must work; free() it. */
static char *output_of(const char *arguments)
{
    struct test_output got = test_quern("%s", arguments);

    if (got.status != 0)
        fail_msg("quern %s: %s", arguments, got.err);
    free(got.err);
    return got.out;
}

static void expect_done(const char *arguments)
{
    free(output_of(arguments));
}

/*
 * Kill a command at moments spread over the time it takes; `check` looks at what is left each time.
 * At least one must have been killed, or nothing was tested.
 */
static void kill_at_moments(const char *arguments, useconds_t whole, void (*check)(void))
{
    size_t killed = 0;

    for (useconds_t m = 0; m < MOMENTS; m++) {
        killed += run_and_kill(arguments, whole * m / (MOMENTS - 2));
        check();
    }
    EXPECT(killed > 0);
}

static char registry_option[200];

static json_t *show(void)
{
    char arguments[300];

    snprintf(arguments, sizeof arguments, "registry show churn --json %s", registry_option);
    char *text = output_of(arguments);
    json_t *document = json_loads(text, 0, NULL);
    EXPECT(document);
    free(text);
    return document;
}

static void check_champion(void)
{
    json_t *document = show();
    const json_int_t champion =
        json_integer_value(json_object_get(json_object_get(document, "aliases"), "champion"));

    EXPECT(champion == 1 || champion == 2);
    json_decref(document);
}

/* Versions are numbered without a gap, and the newest opens. */
static void check_versions(void)
{
    json_t *document = show();
    const size_t count = json_array_size(json_object_get(document, "versions"));
    char arguments[400];

    EXPECT(count >= 2);
    snprintf(arguments, sizeof arguments, "split %s/registry/churn/versions/%zu/bundle -o %s/cut",
             test_folder(), count, test_folder());
    expect_done(arguments);
    struct test_output gone = test_shell("rm -r %s/cut", test_folder());
    test_output_clear(&gone);
    json_decref(document);
}

static bool make_registry(void)
{
    char arguments[600];

    if (!serving_bundle())
        return false;
    snprintf(registry_option, sizeof registry_option, "--registry %s/registry", test_folder());
    if (file_exists(test_path("registry")))
        return true;
    for (int i = 0; i < 2; i++) {
        snprintf(arguments, sizeof arguments, "registry push %s churn %s", serving_bundle(),
                 registry_option);
        expect_done(arguments);
    }
    return true;
}

TEST(kill_during_promote_leaves_the_old_alias_or_the_new)
{
    char to[300], back[300];

    if (!make_registry())
        return;
    snprintf(back, sizeof back, "registry promote churn/1 champion %s", registry_option);
    snprintf(to, sizeof to, "registry promote churn/2 champion %s", registry_option);
    expect_done(back);
    kill_at_moments(to, 12000, check_champion);
    kill_at_moments(back, 12000, check_champion);
    expect_done(to);
}

TEST(kill_during_push_leaves_whole_versions)
{
    char push[600];

    if (!make_registry())
        return;
    snprintf(push, sizeof push, "registry push %s churn %s", serving_bundle(), registry_option);
    kill_at_moments(push, 24000, check_versions);
    json_t *document = show();
    const size_t before = json_array_size(json_object_get(document, "versions"));
    json_decref(document);
    expect_done(push);
    document = show();
    EXPECT_EQ(json_array_size(json_object_get(document, "versions")), before + 1);
    json_decref(document);
    struct test_output left =
        test_shell("find %s/registry -name '.*partial*' -o -name '.*.tmp*'", test_folder());
    EXPECT_STR(left.out, "");
    test_output_clear(&left);
}

static char *read_answers(void)
{
    char *answers;
    size_t size;
    struct error err = {0};

    EXPECT_OK(file_read(test_path("kill-answers.csv"), 64 << 20, &answers, &size, &err), &err);
    return answers;
}

/* Whether the answers in the file are still those to the few rows; else they are all the new. */
static bool answers_are_old(const char *few, const char *all)
{
    char *now = read_answers();
    const bool old = strcmp(now, few) == 0;

    if (!old)
        EXPECT_STR(now, all);
    free(now);
    return old;
}

/* The answers to other rows stand in the output file until the new ones are whole. */
TEST(kill_during_predict_leaves_the_old_answers)
{
    char predict[600], few[600];

    if (!serving_bundle())
        return;
    struct test_output made = test_shell(
        "cd %s && for i in $(seq 60); do cat %s; done >kill-rows.csv && head -n 9 %s >kill-few.csv",
        test_folder(), serving_rows(), serving_rows());
    EXPECT_EQ(made.status, 0);
    test_output_clear(&made);
    snprintf(few, sizeof few, "predict %s %s/kill-few.csv -o %s/kill-answers.csv", serving_bundle(),
             test_folder(), test_folder());
    snprintf(predict, sizeof predict, "predict %s %s/kill-rows.csv -o %s/kill-answers.csv",
             serving_bundle(), test_folder(), test_folder());
    expect_done(predict);
    char *all_answers = read_answers();
    expect_done(few);
    char *few_answers = read_answers();
    size_t killed = 0;
    for (useconds_t m = 0; m < MOMENTS; m++) {
        /* A kill may also come between the rename and the end of the process. */
        killed += run_and_kill(predict, 4000 * m);
        if (!answers_are_old(few_answers, all_answers))
            expect_done(few);
    }
    EXPECT(killed > 0);
    free(few_answers);
    free(all_answers);
    expect_done(predict);
    made = test_shell("wc -l <%s/kill-answers.csv", test_folder());
    EXPECT_STR(made.out, "20040\n");
    test_output_clear(&made);
}
