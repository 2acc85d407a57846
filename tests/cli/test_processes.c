/* Temporal attention trained by several real processes: mpirun, hosts of a job, and kill -9. */
#include "base/file.h"
#include "base/rng.h"
#include "base/text.h"
#include "support/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ORDERS = 3000 };

/*
 * Open MPI unloads its parts at the end, so what they leave behind has no name that could be
 * suppressed; and it takes its own locks in more than one order.
 */
#define MPIRUN                                                                                     \
    "ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\" "                                               \
    "TSAN_OPTIONS=\"$TSAN_OPTIONS:detect_deadlocks=0\" "                                           \
    "timeout -k 5 120 mpirun --allow-run-as-root --oversubscribe --bind-to none -np 2"

static const char pipeline[] =
    "source: {path: %s, time: at, outcome: fraud, outcome_after: 1 day}\n"
    "histories:\n"
    "  by: [customer, shop]\n"
    "  seq_len: 5\n"
    "  features:\n"
    "    - {column: amount}\n"
    "    - {column: kind, type: category}\n"
    "  engineered:\n"
    "    - {column: amount, log: true}\n"
    "split:\n"
    "  train: [2024-01-01, 2024-01-20]\n"
    "  validation: [2024-01-21, 2024-01-24]\n"
    "  calibration: [2024-01-25, 2024-01-27]\n"
    "  test: [2024-01-28, 2024-01-30]\n"
    "model: {type: temporal_attention, dim_embedding_table: 8, "
    "dim_attn_feedforward: 16, n_layers_order: 1, n_layers_feature: 1}\n"
    "train: {epochs: 4, batch: 64, schedule: one_cycle, "
    "learning_rate: 0.01, checkpoint: {steps: 7}}\n";

/* orders.csv: 100 a day; large amounts in small shops are frauds, mostly. */
static void write_orders(const char *name)
{
    struct text csv = {0};
    struct rng rng = rng_new(4, 2);

    text_add_format(&csv, "at,customer,shop,amount,kind,fraud\n");
    for (size_t i = 0; i < ORDERS; i++) {
        const size_t shop = rng_below(&rng, 60);
        const double amount = rng_exponential(&rng) * 50;
        const bool fraud = amount + (shop < 10 ? 60 : 0) + 20 * rng_uniform(&rng) > 130;
        text_add_format(&csv, "2024-01-%02zu %02zu:%02zu:00,c%zu,s%zu,%.2f,%c,%d\n", 1 + i / 100,
                        i % 100 / 5, i % 5 * 10, (size_t)rng_below(&rng, 300), shop, amount,
                        "abc"[rng_below(&rng, 3)], fraud);
    }
    test_file(name, csv.bytes);
    text_clear(&csv);
}

static void write_inputs(void)
{
    char file[2048];

    if (file_exists(test_path("pipeline.yaml")))
        return;
    write_orders("orders.csv");
    snprintf(file, sizeof file, pipeline, "orders.csv");
    test_file("pipeline.yaml", file);
}

static void expect_shell(const char *command)
{
    struct test_output output = test_shell("cd %s && %s", test_folder(), command);

    if (output.status != 0)
        fail_msg("row %d: %s: %s%s", test_row, command, output.out, output.err);
    test_output_clear(&output);
}

static void run_whole(void)
{
    write_inputs();
    if (!file_exists(test_path("whole")))
        expect_shell("$QUERN run pipeline.yaml --out whole --threads 2 --quiet");
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

TEST(processes_of_mpirun_write_what_one_writes)
{
    if (!has_mpirun())
        return;
    run_whole();
    expect_shell(MPIRUN " $QUERN run pipeline.yaml --out mpi --threads 1 --quiet");
    expect_shell("diff -r -x .quern whole mpi");
    /* Nothing to do, and both know it. */
    expect_shell(MPIRUN " $QUERN run pipeline.yaml --out mpi --threads 1 --quiet");
}

TEST(processes_of_mpirun_train_temporal_attention_only)
{
    if (!has_mpirun())
        return;
    write_inputs();
    test_file("trees.yaml",
              "source: {path: orders.csv, label: fraud, positive: \"1\"}\nmodel: {type: trees}\n");
    struct test_output output =
        test_shell("cd %s && " MPIRUN " $QUERN run trees.yaml --out trees", test_folder());
    EXPECT(output.status != 0);
    EXPECT_HAS(output.err, "several processes train temporal_attention, not trees");
    test_output_clear(&output);
}

/* A child that is this process's own, so that exactly it is killed. */
static pid_t start(const char *out)
{
    const pid_t child = fork();

    if (child != 0)
        return child;
    if (chdir(test_folder()) != 0 || !freopen("killed.err", "w", stderr))
        _exit(9);
    const char *program = getenv("QUERN");
    execl(program, program, "run", "pipeline.yaml", "--out", out, "--threads", "1", "--quiet",
          "--set", "train.checkpoint.steps=1", (char *)NULL);
    _exit(9);
}

/* The file of a training in progress. */
static bool has_checkpoint(const void *context)
{
    struct test_output output = test_shell("find %s/%s -name .checkpoint | grep -q .",
                                           test_folder(), (const char *)context);
    const bool there = output.status == 0;

    test_output_clear(&output);
    return there;
}

TEST(processes_killed_while_training_go_on_as_if_they_had_not)
{
    int status = 0;

    write_inputs();
    const pid_t child = start("killed");
    EXPECT(test_wait_until(has_checkpoint, "killed", child));
    kill(child, SIGKILL);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFSIGNALED(status));
    EXPECT(!file_exists(test_path("killed/model")));
    expect_shell("$QUERN run pipeline.yaml --out killed --quiet --set train.checkpoint.steps=1");
    expect_shell("$QUERN run pipeline.yaml --out unkilled --quiet --set train.checkpoint.steps=1");
    expect_shell("diff -r -x .quern unkilled killed");
}

TEST(processes_of_mpirun_stop_when_one_is_killed)
{
    if (!has_mpirun())
        return;
    run_whole();
    struct test_output output = test_shell(
        "cd %s && " MPIRUN " sh -c '[ \"$OMPI_COMM_WORLD_RANK\" = 0 ] || "
        "(while [ -z \"$(find lost -name .checkpoint)\" ]; do sleep 0.05; done; kill -9 $$) & "
        "exec $QUERN run pipeline.yaml --out lost --quiet --set train.epochs=4000'",
        test_folder());
    EXPECT(output.status != 0);
    EXPECT_HAS(output.err, "quern: run: train: stopped after step ");
    EXPECT_HAS(output.err, "; the checkpoint has it, a new start goes on: ");
    test_output_clear(&output);
    EXPECT(has_checkpoint("lost"));
}

/* A folder of the container contract for host `host` of two on this machine. */
static void make_host(const char *base, const char *host)
{
    char path[256], text[2048];
    struct error err = {0};

    snprintf(path, sizeof path, "%s/input/config/resourceconfig.json", base);
    EXPECT_OK(file_make_parents(test_path(path), &err), &err);
    snprintf(text, sizeof text,
             "{\"current_host\": \"%s\", \"hosts\": [\"localhost\", \"127.0.0.1\"]}", host);
    test_file(path, text);
    snprintf(path, sizeof path, "%s/input/data/train/orders.csv", base);
    EXPECT_OK(file_make_parents(test_path(path), &err), &err);
    write_orders(path);
    snprintf(path, sizeof path, "%s/input/data/code/pipeline.yaml", base);
    EXPECT_OK(file_make_parents(test_path(path), &err), &err);
    snprintf(text, sizeof text, pipeline, "orders.csv");
    test_file(path, text);
}

TEST(processes_on_two_hosts_train_together)
{
    char command[1024];
    const size_t port = 20000 + (size_t)getpid() % 30000;

    run_whole();
    make_host("host0", "localhost");
    make_host("host1", "127.0.0.1");
    snprintf(command, sizeof command,
             "export QUERN_HOSTS_PORT=%zu QUERN_HOSTS_WAIT=60; "
             "SAGEMAKER_BASE_DIR=host1 $QUERN train >host1.out 2>host1.err & "
             "SAGEMAKER_BASE_DIR=host0 $QUERN train >host0.out && wait $!",
             port);
    expect_shell(command);
    expect_shell("cmp host0/model/model.safetensors whole/model/model.safetensors");
    expect_shell("grep -q 'epoch=4; train_loss=' host0.out");
    expect_shell("[ ! -s host1.out ] && [ ! -e host1/model ] && "
                 "grep -q \"host '127.0.0.1' is process 1 of 2\" host1.err");
}

TEST(processes_on_two_hosts_stop_when_one_is_killed)
{
    char command[1024];
    const size_t port = 20000 + (size_t)getpid() % 30000 + 11;

    make_host("left", "localhost");
    make_host("killed1", "127.0.0.1");
    snprintf(command, sizeof command,
             "mkdir -p left/checkpoints; export QUERN_HOSTS_PORT=%zu QUERN_HOSTS_WAIT=60 "
             "SM_HP_EPOCHS=100000; SAGEMAKER_BASE_DIR=killed1 $QUERN train 2>killed1.err & "
             "other=$!; (while [ -z \"$(find left/checkpoints -name .checkpoint)\" ]; do "
             "sleep 0.05; done; kill -9 $other) & SAGEMAKER_BASE_DIR=left timeout 100 $QUERN train "
             ">left.out; [ $? = 1 ]",
             port);
    expect_shell(command);
    expect_shell("grep -q \"stopped after step .* a new start goes on: lost process 1 of 2 "
                 "('127.0.0.1'): \" left/output/failure");
    EXPECT(has_checkpoint("left/checkpoints"));
}

TEST(processes_name_the_host_that_is_missing)
{
    char command[1024];
    const size_t port = 20000 + (size_t)getpid() % 30000 + 7;

    make_host("alone", "localhost");
    snprintf(command, sizeof command,
             "QUERN_HOSTS_PORT=%zu QUERN_HOSTS_WAIT=1 SAGEMAKER_BASE_DIR=alone $QUERN train; "
             "[ $? = 1 ] && grep -q \"host '127.0.0.1' (process 1 of 2) has not come within 1 "
             "seconds\" alone/output/failure",
             port);
    expect_shell(command);
    expect_shell("QUERN_HOSTS_WAIT=soon SAGEMAKER_BASE_DIR=alone $QUERN train; "
                 "[ $? = 2 ] && grep -q 'QUERN_HOSTS_WAIT: must be a number' alone/output/failure");
}
