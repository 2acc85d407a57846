/* Training of temporal attention: threads, processes, killed and gone on, and what is refused. */
#include "base/file.h"
#include "base/safetensors.h"
#include "model/history_rows.h"
#include "model/temporal_attention_net.h"
#include "support/test.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* The program beside this one. */
static const char *program(void)
{
    static char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 32);

    EXPECT(length > 0);
    path[length] = '\0';
    snprintf(strrchr(path, '/'), 32, "/model/train_rows");
    EXPECT(file_exists(path));
    return path;
}

static char *contents(const char *name, size_t *size)
{
    struct error err = {0};
    char *bytes;

    EXPECT_OK(file_read(test_path(name), 1 << 24, &bytes, size, &err), &err);
    return bytes;
}

static void expect_same(const char *one, const char *other)
{
    size_t size, other_size;
    char *bytes = contents(one, &size), *other_bytes = contents(other, &other_size);

    EXPECT_EQ(size, other_size);
    EXPECT(memcmp(bytes, other_bytes, size) == 0);
    free(bytes);
    free(other_bytes);
}

static void expect_run(const char *arguments)
{
    struct test_output output = test_shell("cd %s && %s %s", test_folder(), program(), arguments);

    if (output.status != 0)
        fail_msg("row %d: train_rows %s: %s", test_row, arguments, output.err);
    test_output_clear(&output);
}

TEST(temporal_fit_is_the_same_at_any_thread_count)
{
    static const char *const kinds[] = {"", "two=1", "experts=3", "mixed=1 two=1"};
    char arguments[256];

    EACH_ROW(kinds, kind) {
        snprintf(arguments, sizeof arguments, "one threads=1 %s", *kind);
        expect_run(arguments);
        snprintf(arguments, sizeof arguments, "three threads=3 %s", *kind);
        expect_run(arguments);
        expect_same("one", "three");
        expect_same("one.losses", "three.losses");
    }
}

/* Other bits, but the same course: bfloat16 has eight bits of a factor. */
TEST(temporal_fit_mixed_follows_float32)
{
    size_t size;

    expect_run("plain epochs=2");
    expect_run("rounded epochs=2 mixed=1");
    char *plain = contents("plain.losses", &size), *rounded = contents("rounded.losses", &size);
    const char *a = plain, *b = rounded;
    double difference = 0, loss, other;
    int step, other_step, used, other_used;
    while (sscanf(a, "%d %lf%n", &step, &loss, &used) == 2 &&
           sscanf(b, "%d %lf%n", &other_step, &other, &other_used) == 2) {
        EXPECT_EQ(step, other_step);
        EXPECT_NEAR(other, loss, 0.02);
        difference += fabs(other - loss);
        a += used;
        b += other_used;
    }
    EXPECT_EQ(step, 20);
    EXPECT(difference > 0);
    free(plain);
    free(rounded);
}

/* A child of this process, so that exactly it is killed. */
static pid_t start(const char *name, const char *const *arguments)
{
    const char *list[16] = {program()};
    const pid_t child = fork();

    if (child != 0)
        return child;
    for (size_t i = 0; arguments[i]; i++)
        list[i + 1] = arguments[i];
    if (chdir(test_folder()) != 0 || !freopen(name, "w", stderr))
        _exit(9);
    execv(list[0], (char *const *)(uintptr_t)list);
    _exit(9);
}

static bool has_lines(const void *context)
{
    const char *path = test_path("killed.losses");
    struct error err = {0};
    char *text;
    size_t size, lines = 0;

    if (!file_read(path, 1 << 20, &text, &size, &err))
        return false;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    free(text);
    return lines >= *(const size_t *)context;
}

TEST(temporal_fit_killed_goes_on_as_if_it_had_not)
{
    /* 10 steps an epoch, a checkpoint every 3: in the first epoch, in the second and in the last.
     */
    static const size_t steps[] = {4, 15, 28};
    const char *const killed[] = {"killed",  "epochs=3", "steps=3", "checkpoint=progress",
                                  "slow=20", "two=1",    NULL};

    expect_run("whole epochs=3 steps=3 two=1");
    EACH_ROW(steps, step) {
        struct error err = {0};
        int status;
        unlink(test_path("killed.losses"));
        const pid_t child = start("killed.err", killed);
        EXPECT(test_wait_until(has_lines, step, child));
        kill(child, SIGKILL);
        EXPECT_EQ(waitpid(child, &status, 0), child);
        EXPECT(WIFSIGNALED(status));
        EXPECT(file_exists(test_path("progress")));
        expect_run("killed epochs=3 steps=3 two=1 checkpoint=progress");
        expect_same("whole", "killed");
        size_t size, whole_size;
        char *whole = contents("whole.losses", &whole_size),
             *rest = contents("killed.losses", &size);
        EXPECT(size > 0 && size < whole_size);
        EXPECT_STR(whole + whole_size - size, rest);
        free(whole);
        free(rest);
        EXPECT_OK(file_remove_tree(test_path("progress"), &err), &err);
    }
}

TEST(temporal_fit_interrupted_keeps_the_last_step)
{
    const char *const stopped[] = {"killed", "epochs=3", "checkpoint=kept", "slow=20", NULL};
    const size_t step = 7;
    size_t size;
    int status;

    unlink(test_path("killed.losses"));
    const pid_t child = start("stopped.err", stopped);
    EXPECT(test_wait_until(has_lines, &step, child));
    kill(child, SIGTERM);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    char *said = contents("stopped.err", &size);
    EXPECT_HAS(said, "the checkpoint has it, a new start goes on: interrupted while training");
    free(said);
    expect_run("whole epochs=3");
    expect_run("killed epochs=3 checkpoint=kept");
    expect_same("whole", "killed");
}

/* Two processes on this machine as two hosts: the numbers of one process with the whole batch. */
TEST(temporal_fit_on_two_hosts_is_that_of_one)
{
    const size_t port = 20000 + (size_t)getpid() % 30000;
    char port_text[32];
    pid_t child[2];

    snprintf(port_text, sizeof port_text, "port=%zu", port);
    expect_run("single epochs=5 experts=3");
    for (size_t r = 0; r < 2; r++) {
        const char *const arguments[] = {
            "pair", "epochs=5", "experts=3", "hosts=2", port_text, r ? "rank=1" : "rank=0", NULL};
        child[r] = start(r ? "pair1.err" : "pair0.err", arguments);
    }
    for (size_t r = 0; r < 2; r++) {
        int status;
        size_t size;
        EXPECT_EQ(waitpid(child[r], &status, 0), child[r]);
        char *said = contents(r ? "pair1.err" : "pair0.err", &size);
        EXPECT_STR(said, "");
        free(said);
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    expect_same("single", "pair");
    expect_same("single.losses", "pair.losses");
}

static bool has_mpirun(void)
{
    struct test_output output = test_shell("command -v mpirun");
    const bool there = output.status == 0;

    test_output_clear(&output);
    if (!there)
        printf("SKIPPED: there is no mpirun (tools/setup installs Open MPI)\n");
    return there;
}

/*
 * Open MPI unloads its parts at the end, so what they leave behind has no name that could be
 * suppressed; and it takes its own locks in more than one order.
 */
#define MPIRUN                                                                                     \
    "ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\" "                                               \
    "TSAN_OPTIONS=\"$TSAN_OPTIONS:detect_deadlocks=0\" "                                           \
    "timeout -k 5 120 mpirun --allow-run-as-root --oversubscribe --bind-to none -np 2"

TEST(temporal_fit_under_mpirun_is_that_of_one)
{
    if (!has_mpirun())
        return;
    expect_run("single epochs=5");
    struct test_output output =
        test_shell("cd %s && " MPIRUN " %s pair epochs=5", test_folder(), program());
    if (output.status != 0)
        fail_msg("mpirun: %s", output.err);
    test_output_clear(&output);
    expect_same("single", "pair");
    expect_same("single.losses", "pair.losses");
}

TEST(temporal_fit_under_mpirun_stops_when_one_is_killed)
{
    if (!has_mpirun())
        return;
    expect_run("whole epochs=5");
    unlink(test_path("killed.losses"));
    /* The second process of the job kills itself; the shell is its parent and knows its number. */
    struct test_output output =
        test_shell("cd %s && " MPIRUN " sh -c '[ \"$OMPI_COMM_WORLD_RANK\" = 0 ] || (while [ ! -e "
                   "lost ]; do sleep 0.05; done; kill -9 $$) & "
                   "exec %s killed epochs=5 steps=3 slow=100 checkpoint=lost'",
                   test_folder(), program());
    EXPECT(output.status != 0);
    EXPECT_HAS(output.err, "the checkpoint has it, a new start goes on: ");
    test_output_clear(&output);
    EXPECT(file_exists(test_path("lost")));
    output = test_shell("cd %s && " MPIRUN " %s killed epochs=5 checkpoint=lost", test_folder(),
                        program());
    if (output.status != 0)
        fail_msg("mpirun: %s", output.err);
    test_output_clear(&output);
    expect_same("whole", "killed");
}

/* What a fit in this process needs. */
struct trial {
    struct history_rows_made made;
    struct temporal_attention_config config;
    struct train_config train;
    struct temporal_attention_fit fit;
    struct temporal_attention_fit_result result;
    struct error err;
    double auc[64];
};

static void on_epoch(void *context, const struct temporal_attention_epoch *epoch)
{
    struct trial *t = context;

    t->auc[epoch->epoch - 1] = epoch->val_auc;
}

static void trial_init(struct trial *t)
{
    *t = (struct trial){.config = history_rows_model(false)};
    config_defaults(&t->train, train_history_fields);
    t->train.epochs = 2;
    t->train.batch = 32;
    history_rows_make(&t->made, 400, 3);
    t->fit = (struct temporal_attention_fit){.set = &t->made.set,
                                             .train = t->made.train,
                                             .val = t->made.val,
                                             .pool = pool_new(2),
                                             .on_epoch = on_epoch,
                                             .context = t};
}

static bool trial_run(struct trial *t)
{
    struct temporal_attention *model = NULL;
    const bool ok =
        temporal_attention_fit(&model, &t->config, &t->train, &t->fit, &t->result, &t->err);

    if (ok)
        temporal_attention_free(model);
    return ok;
}

static void trial_clear(struct trial *t)
{
    pool_free((struct pool *)t->fit.pool);
    history_rows_free(&t->made);
}

TEST(temporal_fit_learns_with_every_loss)
{
    static const struct {
        int loss;
        const char *weights;
    } rows[] = {{TRAIN_LOSS_CROSS_ENTROPY, "none"},
                {TRAIN_LOSS_CROSS_ENTROPY, "1, 3.5"},
                {TRAIN_LOSS_FOCAL, "balanced"},
                {TRAIN_LOSS_ASYMMETRIC, "none"},
                {TRAIN_LOSS_CYCLICAL_FOCAL, "none"}};

    EACH_ROW(rows, r) {
        struct trial t;
        trial_init(&t);
        t.train.loss = r->loss;
        t.train.class_weights = r->weights;
        t.train.epochs = 12;
        t.train.learning_rate = 0.01;
        t.train.schedule = TRAIN_SCHEDULE_ONE_CYCLE;
        EXPECT_OK(trial_run(&t), &t.err);
        EXPECT(t.auc[11] > 0.68);
        EXPECT_EQ(t.result.epochs, 12);
        EXPECT_EQ(t.result.rows, 12 * t.made.train.count);
        trial_clear(&t);
    }
}

TEST(temporal_fit_stops_early_and_keeps_the_best)
{
    struct trial t;
    double best = 0;

    trial_init(&t);
    t.train.epochs = 60;
    t.train.learning_rate = 0.03;
    t.train.early_stopping.patience = 3;
    EXPECT_OK(trial_run(&t), &t.err);
    EXPECT(t.result.stopped_early && t.result.epochs < 60);
    EXPECT_EQ(t.result.epochs, t.result.best_epoch + 3);
    for (size_t e = 0; e < t.result.epochs; e++)
        best = fmax(best, t.auc[e]);
    EXPECT_NEAR(t.auc[t.result.best_epoch - 1], best, 0);
    trial_clear(&t);
}

TEST(temporal_fit_refuses_what_it_cannot_use)
{
    struct trial t;

    trial_init(&t);
    t.train.class_weights = "1, x";
    EXPECT_ERROR(trial_run(&t), &t.err, ERR_CONFIG, "train.class_weights must be");
    t.train.class_weights = "1,2,3";
    EXPECT_ERROR(trial_run(&t), &t.err, ERR_CONFIG, "2 numbers above 0");
    t.train.class_weights = "1,-2";
    EXPECT_ERROR(trial_run(&t), &t.err, ERR_CONFIG, "not '1,-2'");
    t.train.class_weights = "none";
    t.made.set.outcome[5] = NAN;
    EXPECT_ERROR(trial_run(&t), &t.err, ERR_DATA, "row 6: the outcome is nan");
    t.made.set.outcome[5] = 2;
    EXPECT_ERROR(trial_run(&t), &t.err, ERR_DATA, "row 6: the outcome is 2");
    for (size_t i = 0; i < t.made.set.rows; i++)
        t.made.set.outcome[i] = 0;
    EXPECT_ERROR(trial_run(&t), &t.err, ERR_DATA, "have the same outcome");
    t.fit.train.count = 0;
    EXPECT_ERROR(trial_run(&t), &t.err, ERR_DATA, "there are no training rows");
    trial_clear(&t);
}

/* The checkpoint with other numbers in `progress`. */
static void spoil_progress(const char *path, double steps)
{
    struct safetensors file;
    struct error err = {0};
    double progress[2];

    EXPECT_OK(safetensors_open(&file, path, &err), &err);
    for (size_t i = 0; i < file.count; i++)
        if (strcmp(file.tensor[i].name, "progress") == 0) {
            EXPECT_EQ(file.tensor[i].bytes, sizeof progress);
            memcpy(progress, file.tensor[i].data, sizeof progress);
            progress[0] = steps;
            file.tensor[i].data = progress;
        }
    EXPECT_OK(safetensors_write(path, file.tensor, file.count, file.text, file.texts, &err), &err);
    safetensors_close(&file);
}

TEST(temporal_fit_says_what_is_wrong_with_a_checkpoint)
{
    static const double steps[] = {-1, 11, 2.5, NAN, INFINITY};
    struct trial t;

    trial_init(&t);
    t.fit.checkpoint = test_path("spoilt");
    EXPECT_OK(trial_run(&t), &t.err);
    spoil_progress(t.fit.checkpoint, 0);
    EXPECT_OK(trial_run(&t), &t.err);
    EACH_ROW(steps, step) {
        spoil_progress(t.fit.checkpoint, *step);
        EXPECT_ERROR(trial_run(&t), &t.err, ERR_DATA, "remove the file to start anew");
    }
    trial_clear(&t);
}

TEST(temporal_fit_leaves_a_checkpoint_of_other_settings_alone)
{
    struct trial t;

    trial_init(&t);
    t.fit.checkpoint = test_path("settings");
    EXPECT_OK(trial_run(&t), &t.err);
    EXPECT_OK(trial_run(&t), &t.err);
    EXPECT_EQ(t.result.rows, 0); /* it was done */
    t.train.epochs = 3;
    EXPECT_OK(trial_run(&t), &t.err);
    EXPECT_EQ(t.result.rows, t.made.train.count);
    t.train.loss = TRAIN_LOSS_FOCAL;
    EXPECT_OK(trial_run(&t), &t.err);
    EXPECT_EQ(t.result.rows, 3 * t.made.train.count);
    t.config.dim_attn_feedforward = 24; /* a model of other sizes */
    EXPECT_OK(trial_run(&t), &t.err);
    EXPECT_EQ(t.result.rows, 3 * t.made.train.count);
    test_file("settings", "not a checkpoint");
    EXPECT_ERROR(trial_run(&t), &t.err, ERR_LIMIT, "settings");
    trial_clear(&t);
}
