/* Ctrl-C and kill -9 in every stage: earlier outputs stay, running again goes on. */
#include "base/file.h"
#include "support/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *make_impressions(void)
{
    static char path[128];

    if (!path[0]) {
        snprintf(path, sizeof path, "%s/many.csv", test_folder());
        struct test_output made =
            test_quern("simulate attribution --users 6000 --seed 4 -o %s", path);
        EXPECT_EQ(made.status, 0);
        test_output_clear(&made);
    }
    return path;
}

static void build_command(char *command, size_t size, const char *out, const char *more)
{
    snprintf(command, size,
             "run %s --set source.path=%s --out %s/%s --quiet "
             "--set model.lstm=16 --set model.embedding=4 --set train.early_stopping.patience=0 %s",
             test_source("apps/attribution/pipeline.yaml"), make_impressions(), test_folder(), out,
             more);
}

static void run_to_end(const char *out, const char *more)
{
    char command[1024];

    build_command(command, sizeof command, out, more);
    struct test_output got = test_quern("%s", command);
    if (got.status != 0)
        fail_msg("run failed: %s", got.err);
    test_output_clear(&got);
}

/* Start a run, send `number` once `sign` exists below its work folder; its wait status. */
static int run_and_kill(const char *out, const char *more, const char *sign, int number)
{
    char command[1024], script[1200], path[300];
    int status = 0;

    build_command(command, sizeof command, out, more);
    snprintf(script, sizeof script, "exec \"$QUERN\" %s >/dev/null 2>%s/killed.txt", command,
             test_folder());
    snprintf(path, sizeof path, "%s/%s/.quern/work/%s", test_folder(), out, sign);
    const pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    if (test_wait_for_file(path, child))
        kill(child, number);
    waitpid(child, &status, 0);
    return status;
}

static bool same(const char *a, const char *b)
{
    struct test_output got =
        test_shell("cd %s && diff -r -q --exclude=.quern %s %s", test_folder(), a, b);
    const bool equal = got.status == 0;

    if (!equal)
        fprintf(stderr, "%s%s", got.out, got.err);
    test_output_clear(&got);
    return equal;
}

/* A stage is under way when its work folder (or what it writes there) has appeared. */
static const struct {
    const char *sign;
    bool long_enough; /* the stage cannot end before the signal arrives */
} stages[] = {
    {"features", false},
    {"train/.checkpoint", true},
    {"evaluate/.fold-1", true},
    {"attribution", false},
};

TEST(run_interrupted_in_any_stage_keeps_earlier_outputs_and_goes_on)
{
    static const char settings[] = "--set train.epochs=12 --folds 3";
    struct error err = {0};

    run_to_end("before", "--set train.epochs=1 --set split.seed=9");
    run_to_end("straight", settings);
    EACH_ROW(stages, stage) {
        EXPECT_OK(file_remove_tree(test_path("stopped"), &err), &err);
        struct test_output copied = test_shell("cd %s && cp -r before stopped", test_folder());
        test_output_clear(&copied);
        const int status = run_and_kill("stopped", settings, stage->sign, SIGINT);
        EXPECT(WIFEXITED(status));
        if (stage->long_enough)
            EXPECT_EQ(WEXITSTATUS(status), 1);
        if (WEXITSTATUS(status) == 1) {
            char *said;
            size_t size;
            EXPECT_OK(file_read(test_path("killed.txt"), 10000, &said, &size, &err), &err);
            EXPECT_HAS(said, "interrupted");
            free(said);
            EXPECT(same("stopped", "before"));
        } else {
            EXPECT(same("stopped", "straight"));
        }
        run_to_end("stopped", settings);
        EXPECT(same("stopped", "straight"));
    }
}

TEST(run_killed_in_any_stage_keeps_earlier_outputs_and_goes_on)
{
    static const char settings[] = "--set train.epochs=12 --folds 3";
    struct error err = {0};

    EACH_ROW(stages, stage) {
        EXPECT_OK(file_remove_tree(test_path("stopped"), &err), &err);
        struct test_output copied = test_shell("cd %s && cp -r before stopped", test_folder());
        test_output_clear(&copied);
        const int status = run_and_kill("stopped", settings, stage->sign, SIGKILL);
        if (stage->long_enough)
            EXPECT(WIFSIGNALED(status));
        if (WIFSIGNALED(status))
            EXPECT(same("stopped", "before"));
        run_to_end("stopped", settings);
        EXPECT(same("stopped", "straight"));
    }
}
