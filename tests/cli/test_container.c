/* The training contract of containers, with real processes in a folder of their own. */
#include "base/file.h"
#include "pipeline/container.h"
#include "pipeline/container_metrics.h"
#include "support/test.h"

#include <regex.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* All settings as "key=value|key=value|". */
static const char *settings_text(const struct container_job *job)
{
    static char text[4096];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < job->settings; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s=%s|", job->setting[i].key,
                                 job->setting[i].value);
    return text;
}

static void new_job(struct container_job *job)
{
    *job = (struct container_job){.hosts = 1, .host = "", .base = "/base"};
    job->channel = ARENA_NEW(&job->memory, struct container_channel, CONTAINER_CHANNELS_MAX);
    job->setting = ARENA_NEW(&job->memory, struct container_setting, CONTAINER_SETTINGS_MAX);
}

TEST(container_settings_come_as_text)
{
    static const struct {
        const char *document, *want; /* or the part of a sentence */
        bool ok;
    } rows[] = {
        {"{}", "", true},
        {"{\"eta\": \"0.2\", \"rounds\": \"100\"}", "eta=0.2|rounds=100|", true},
        {"{\"eta\": 0.5, \"rounds\": 7, \"on\": true}", "eta=0.5|rounds=7|on=true|", true},
        {"{\"model\": \"{\\\"eta\\\": 0.5, \\\"a\\\": {\\\"b\\\": \\\"c\\\"}}\"}",
         "model.eta=0.5|model.a.b=c|", true},
        {"{\"model\": {\"eta\": \"1\"}}", "model.eta=1|", true},
        {"{\"name\": \"\\\"quoted by an SDK\\\"\"}", "name=quoted by an SDK|", true},
        {"{\"name\": \"{not json\"}", "name=\"{not json\"|", true},
        {"{\"list\": \"[1, 2]\"}", "list=[1, 2]|", true},
        {"{\"x\": null, \"y\": \"\"}", "y=|", true},
        {"{\"x\": \"1\", \"pipeline\": \"p.yaml\", \"header\": \"a,b\"}", "x=1|", true},
        {"{\"_tuning_objective_metric\": \"v\", \"sagemaker_program\": \"train\"}", "", true},
        {"[]", "must be a map", false},
        {"{\"a=b\": \"1\"}", "not the name", false},
        {"{\"\": \"1\"}", "not the name", false},
        {"{\"m\": {\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}",
         "nested more than", false},
    };
    EACH_ROW(rows, r) {
        struct container_job job;
        struct error err = {0};
        json_t *document = json_loads(r->document, 0, NULL);

        new_job(&job);
        EXPECT(document);
        if (r->ok) {
            EXPECT_OK(container_read_settings(&job, "h", document, &err), &err);
            EXPECT_STR(settings_text(&job), r->want);
        } else {
            EXPECT_ERROR(container_read_settings(&job, "h", document, &err), &err, ERR_CONFIG,
                         r->want);
        }
        json_decref(document);
        container_job_clear(&job);
    }
}

TEST(container_settings_have_a_limit)
{
    struct container_job job;
    struct error err = {0};
    json_t *document = json_object();
    char key[16];

    new_job(&job);
    for (size_t i = 0; i <= CONTAINER_SETTINGS_MAX; i++) {
        snprintf(key, sizeof key, "k%zu", i);
        json_object_set_new(document, key, json_string("1"));
    }
    EXPECT_ERROR(container_read_settings(&job, "h", document, &err), &err, ERR_LIMIT, "more than");
    json_decref(document);
    container_job_clear(&job);
}

TEST(container_channels_that_cannot_be_read_are_refused)
{
    static const struct {
        const char *document;
        enum error_code code;
        const char *part;
    } rows[] = {
        {"{\"train\": {}}", ERR_NONE, NULL},
        {"{\"train\": {\"ContentType\": \"text/csv\", \"TrainingInputMode\": \"FastFile\", "
         "\"S3DistributionType\": \"FullyReplicated\", \"RecordWrapperType\": \"None\"}}",
         ERR_NONE, NULL},
        {"{\"train\": {\"TrainingInputMode\": \"Pipe\"}}", ERR_ARG, "Pipe mode"},
        {"{\"train\": {\"RecordWrapperType\": \"RecordIO\"}}", ERR_ARG, "RecordIO"},
        {"{\"train\": {\"ContentType\": 3}}", ERR_CONFIG, "'train.ContentType' must be text"},
        {"{\"train\": \"x\"}", ERR_CONFIG, "'train' must be a map"},
        {"{\"../x\": {}}", ERR_CONFIG, "not the name of a channel"},
        {"3", ERR_CONFIG, "map of channels"},
    };
    EACH_ROW(rows, r) {
        struct container_job job;
        struct error err = {0};
        json_t *document = json_loads(r->document, JSON_DECODE_ANY, NULL);

        new_job(&job);
        if (!r->part) {
            EXPECT_OK(container_read_channels(&job, "c", document, &err), &err);
            EXPECT_STR(container_channel_find(&job, "train")->folder, "/base/input/data/train");
        } else {
            EXPECT_ERROR(container_read_channels(&job, "c", document, &err), &err, r->code,
                         r->part);
        }
        json_decref(document);
        container_job_clear(&job);
    }
}

TEST(container_rank_is_the_place_in_the_list)
{
    static const struct {
        const char *document;
        size_t rank; /* SIZE_MAX: refused */
    } rows[] = {
        {"{\"current_host\": \"algo-1\", \"hosts\": [\"algo-1\"]}", 0},
        {"{\"current_host\": \"algo-2\", \"hosts\": [\"algo-1\", \"algo-10\", \"algo-2\"]}", 2},
        {"{\"current_host\": \"algo-10\", \"hosts\": [\"algo-1\", \"algo-10\", \"algo-2\"]}", 1},
        {"{\"current_host\": \"algo-3\", \"hosts\": [\"algo-1\"]}", SIZE_MAX},
        {"{\"current_host\": 3, \"hosts\": [\"algo-1\"]}", SIZE_MAX},
        {"{\"current_host\": \"a\", \"hosts\": \"a\"}", SIZE_MAX},
        {"[]", SIZE_MAX},
    };
    EACH_ROW(rows, r) {
        struct container_job job;
        struct error err = {0};
        json_t *document = json_loads(r->document, 0, NULL);

        new_job(&job);
        if (r->rank == SIZE_MAX) {
            EXPECT_ERROR(container_read_hosts(&job, "r", document, &err), &err, ERR_CONFIG, "r: ");
        } else {
            EXPECT_OK(container_read_hosts(&job, "r", document, &err), &err);
            EXPECT_EQ(job.rank, r->rank);
        }
        json_decref(document);
        container_job_clear(&job);
    }
}

/* A folder as the platform lays it out, with the attribution pipeline and small data. */
static const char *make_base(const char *name, const char *parameters)
{
    static char base[200];
    struct error err = {0};

    snprintf(base, sizeof base, "%s/%s", test_folder(), name);
    EXPECT_OK(file_remove_tree(base, &err), &err);
    struct test_output made = test_shell(
        "set -e; mkdir -p %s/input/config %s/input/data/train %s/input/data/config; cd %s/input; "
        "cp %s data/config/; \"$QUERN\" simulate attribution --users 400 --seed 4 "
        "-o data/train/events.csv; printf '%%s' '%s' >config/hyperparameters.json",
        base, base, base, base, test_source("apps/attribution/pipeline.yaml"), parameters);
    if (made.status != 0)
        fail_msg("cannot make the folder: %s", made.err);
    test_output_clear(&made);
    return base;
}

static const char quick[] = "{\"epochs\": \"2\", \"lstm\": \"8\", \"embedding\": \"4\"}";

static struct test_output train(const char *base, const char *variables)
{
    return test_shell("SAGEMAKER_BASE_DIR=%s %s \"$QUERN\" train", base, variables);
}

static char *read_text(const char *base, const char *name)
{
    char path[400], *text;
    size_t size;
    struct error err = {0};

    snprintf(path, sizeof path, "%s/%s", base, name);
    EXPECT_OK(file_read(path, 1 << 20, &text, &size, &err), &err);
    return text;
}

static bool exists(const char *base, const char *name)
{
    char path[400];

    snprintf(path, sizeof path, "%s/%s", base, name);
    return file_exists(path);
}

/* Every NAME=VALUE; of some output is found by one definition, and by one only. */
static void check_definitions(const char *output)
{
    json_t *definitions = container_metric_definitions();
    size_t found = 0;

    EXPECT(json_array_size(definitions) <= CONTAINER_METRICS_MAX);
    for (size_t i = 0; i < json_array_size(definitions); i++) {
        const json_t *entry = json_array_get(definitions, i);
        regex_t pattern;
        regmatch_t match[2];
        EXPECT_EQ(
            regcomp(&pattern, json_string_value(json_object_get(entry, "Regex")), REG_EXTENDED), 0);
        found += regexec(&pattern, output, 2, match, 0) == 0;
        regfree(&pattern);
    }
    EXPECT(found >= 10);
    json_decref(definitions);
}

TEST(train_delivers_model_and_outputs)
{
    const char *base = make_base("plain", quick);
    struct test_output got = train(base, "");

    if (got.status != 0)
        fail_msg("train failed: %s", got.err);
    EXPECT_HAS(got.out, "epoch=1; train_loss=");
    EXPECT_HAS(got.out, "epoch=2; train_loss=");
    EXPECT_HAS(got.out, "test_f1=");
    check_definitions(got.out);
    EXPECT(exists(base, "model/model.safetensors"));
    EXPECT(exists(base, "output/data/evaluation.json"));
    EXPECT(exists(base, "output/data/report.html"));
    EXPECT(exists(base, "output/data/report.json"));
    EXPECT(!exists(base, "output/failure"));
    EXPECT(!exists(base, "output/.quern"));
    EXPECT(!exists(base, "output/.quern-input"));
    test_output_clear(&got);
}

TEST(train_reads_several_files_with_odd_names)
{
    const char *base = make_base("files", quick);
    char *whole, *parts;
    struct test_output got = train(base, "");

    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
    whole = read_text(base, "output/data/evaluation.json");
    got = test_shell(
        "cd %s/input/data/train && mkdir sub && touch _SUCCESS .hidden && "
        "{ head -n 900 events.csv >part-0; { head -n 1 events.csv; tail -n +901 events.csv; } "
        ">sub/part-1; rm events.csv; } && echo '{\"train\": {\"ContentType\": "
        "\"text/csv; charset=utf-8\"}, \"config\": {}}' >../../config/inputdataconfig.json",
        base);
    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
    got = train(base, "");
    if (got.status != 0)
        fail_msg("train failed: %s", got.err);
    test_output_clear(&got);
    parts = read_text(base, "output/data/evaluation.json");
    EXPECT_STR(parts, whole);
    free(whole);
    free(parts);
}

TEST(train_gives_a_header_to_files_without_one)
{
    const char *base = make_base("header", quick);
    char *with, *without;
    struct test_output got = train(base, "");

    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
    with = read_text(base, "output/data/evaluation.json");
    got = test_shell(
        "cd %s/input && line=$(head -n 1 data/train/events.csv | tr -d '\\r') && "
        "sed -i 1d data/train/events.csv && "
        "echo '{\"train\": {\"ContentType\": \"text/csv\"}, \"config\": {}}' "
        ">config/inputdataconfig.json && "
        "printf '{\"epochs\": \"2\", \"lstm\": \"8\", \"embedding\": \"4\", \"header\": \"%%s\"}' "
        "\"$line\" >config/hyperparameters.json",
        base);
    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
    got = train(base, "");
    if (got.status != 0)
        fail_msg("train failed: %s", got.err);
    test_output_clear(&got);
    without = read_text(base, "output/data/evaluation.json");
    EXPECT_STR(without, with);
    free(with);
    free(without);
}

TEST(train_takes_variables_of_the_toolkit)
{
    const char *base = make_base("variables", "{\"epochs\": \"9\"}");
    struct test_output got = test_shell("mv %s/input/data/train %s/elsewhere", base, base);
    char variables[800];

    test_output_clear(&got);
    snprintf(variables, sizeof variables,
             "SM_CHANNEL_TRAIN=%s/elsewhere SM_MODEL_DIR=%s/m SM_OUTPUT_DATA_DIR=%s/o "
             "SM_HPS='{\"epochs\": 2, \"lstm\": 8}' SM_HP_EMBEDDING=4 SM_CURRENT_HOST=a "
             "SM_HOSTS='[\"a\", \"b\"]'",
             base, base, base);
    got = train(base, variables);
    if (got.status != 0)
        fail_msg("train failed: %s", got.err);
    EXPECT(!strstr(got.out, "epoch=3;"));
    EXPECT(exists(base, "m/model.safetensors"));
    EXPECT(exists(base, "o/report.html"));
    test_output_clear(&got);
}

TEST(train_failures_are_one_sentence_in_a_file)
{
    static const struct {
        const char *spoil; /* shell, in BASE */
        const char *part;
        int status;
    } rows[] = {
        {"rm input/data/config/pipeline.yaml", "there is no pipeline file", 2},
        {"echo '{\"pipeline\": \"/nowhere/p.yaml\"}' >input/config/hyperparameters.json",
         "/nowhere/p.yaml", 1},
        {"echo '{\"epochs\": 2' >input/config/hyperparameters.json", "hyperparameters.json", 2},
        {"echo '{\"epoch\": \"2\"}' >input/config/hyperparameters.json", "'epoch' is no key", 2},
        {"echo '{\"seed\": \"2\"}' >input/config/hyperparameters.json",
         "could be split.seed, train.seed", 2},
        {"echo '{\"train.epochs\": \"x\"}' >input/config/hyperparameters.json", "train.epochs", 2},
        {"echo '{\"train\": {\"TrainingInputMode\": \"Pipe\"}}' >input/config/inputdataconfig.json",
         "Pipe mode", 2},
        {"echo '{\"config\": {}}' >input/config/inputdataconfig.json", "no channel 'train'", 1},
        {"rm input/data/train/*", "there is no file", 1},
        {"rm -r input/data/train; echo '{\"train\": {}, \"config\": {}}' "
         ">input/config/inputdataconfig.json",
         "channel 'train'", 1},
        {"echo 'x,y' >input/data/train/events.csv", "uid", 1},
        {": >input/data/train/events.csv", "events.csv", 1},
        {"head -c 3000000 /dev/zero | tr '\\0' x >input/data/train/more.csv; echo '{\"train\": "
         "{\"ContentType\": \"text/csv\"}, \"config\": {}}' >input/config/inputdataconfig.json",
         "the first line of", 1},
        {"mkdir input/data/validation; cp input/data/train/* input/data/validation/",
         "channel 'validation'", 2},
        {"echo '{\"current_host\": \"b\", \"hosts\": [\"a\"]}' >input/config/resourceconfig.json",
         "not among", 2},
        {"echo '{\"train\": {\"S3DistributionType\": \"ShardedByS3Key\"}, \"config\": {}}' "
         ">input/config/inputdataconfig.json; echo '{\"current_host\": \"a\", \"hosts\": [\"a\", "
         "\"b\"]}' >input/config/resourceconfig.json",
         "FullyReplicated", 2},
    };
    EACH_ROW(rows, r) {
        const char *base = make_base("failing", quick);
        struct test_output got = test_shell("cd %s; %s", base, r->spoil);
        EXPECT_EQ(got.status, 0);
        test_output_clear(&got);
        got = train(base, "");
        EXPECT_EQ(got.status, r->status);
        EXPECT_HAS(got.err, r->part);
        char *failure = read_text(base, "output/failure");
        EXPECT_HAS(failure, r->part);
        EXPECT(strlen(failure) <= CONTAINER_FAILURE_MAX);
        EXPECT(!strchr(failure, '\n'));
        EXPECT(!exists(base, "model/model.safetensors"));
        free(failure);
        test_output_clear(&got);
    }
}

TEST(train_success_removes_an_old_failure)
{
    const char *base = make_base("again", quick);
    struct test_output got = test_shell("mkdir %s/output; echo old >%s/output/failure", base, base);

    test_output_clear(&got);
    got = train(base, "");
    EXPECT_EQ(got.status, 0);
    EXPECT(!exists(base, "output/failure"));
    test_output_clear(&got);
}

TEST(train_on_another_host_writes_nothing)
{
    const char *base = make_base("second", quick);
    struct test_output got =
        test_shell("echo '{\"current_host\": \"algo-10\", \"hosts\": [\"algo-1\", \"algo-10\"]}' "
                   ">%s/input/config/resourceconfig.json",
                   base);

    test_output_clear(&got);
    got = train(base, "");
    EXPECT_EQ(got.status, 0);
    EXPECT_HAS(got.err, "nothing to do");
    EXPECT(!exists(base, "model"));
    EXPECT(!exists(base, "output/data"));
    test_output_clear(&got);
}

/* SIGTERM while training: what is finished stays in checkpoints/, and the next start goes on. */
TEST(train_stopped_goes_on_from_its_checkpoints)
{
    static const char same[] = "{\"epochs\": \"40\", \"lstm\": \"32\", \"embedding\": \"4\", "
                               "\"train.early_stopping.patience\": \"0\"}";
    char base[200], script[600], path[400];
    int status = 0;

    snprintf(base, sizeof base, "%s", make_base("stopped", same));
    struct test_output got = train(base, "");
    EXPECT_EQ(got.status, 0);
    test_output_clear(&got);
    char *straight = read_text(base, "output/data/evaluation.json");
    got = test_shell("cd %s && rm -r output model && mkdir checkpoints", base);
    test_output_clear(&got);

    snprintf(script, sizeof script, "SAGEMAKER_BASE_DIR=%s exec \"$QUERN\" train >/dev/null 2>&1",
             base);
    snprintf(path, sizeof path, "%s/checkpoints/quern/.quern/work/train/.checkpoint", base);
    const pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    if (test_wait_for_file(path, child))
        kill(child, SIGTERM);
    waitpid(child, &status, 0);
    EXPECT(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 1);
    char *failure = read_text(base, "output/failure");
    EXPECT_HAS(failure, "interrupted");
    free(failure);
    EXPECT(!exists(base, "model/model.safetensors"));
    EXPECT(file_exists(path));

    got = train(base, "");
    EXPECT_EQ(got.status, 0);
    EXPECT(!exists(base, "output/failure"));
    EXPECT(!exists(base, "checkpoints/quern"));
    test_output_clear(&got);
    char *resumed = read_text(base, "output/data/evaluation.json");
    EXPECT_STR(resumed, straight);
    free(straight);
    free(resumed);
}

TEST(metric_definitions_are_what_a_tuning_job_takes)
{
    struct test_output got = test_quern("metric-definitions");
    json_t *list = json_loads(got.out, 0, NULL);

    EXPECT_EQ(got.status, 0);
    EXPECT(json_is_array(list) && json_array_size(list) > 10);
    json_decref(list);
    test_output_clear(&got);
    got = test_quern("metric-definitions extra");
    EXPECT_EQ(got.status, 2);
    test_output_clear(&got);
    got = test_quern("train extra");
    EXPECT_EQ(got.status, 2);
    test_output_clear(&got);
}

/* Channels, settings and a label-first file without a header: the model is that of a plain run. */
TEST(train_makes_the_bundle_of_a_plain_run)
{
    const char *train_rows = test_shared("data/churn/split1729_train.csv");
    const char *data = test_shared("data/churn");

    if (!train_rows || !data)
        return;
    struct test_output got = test_shell(
        "set -e; cd %s; mkdir -p churn/input/config churn/input/data/config; "
        "for p in train validation test; do mkdir churn/input/data/$p; "
        "awk -F, -v OFS=, 'NR > 1 {print $21, $0}' %s/split1729_$p.csv | sed 's/,[^,]*$//' "
        ">churn/input/data/$p/part-0; "
        "echo '\"'$p'\": {\"ContentType\": \"text/csv\"},' >>channels; done; "
        "{ echo '{'; cat channels; echo '\"config\": {}}'; } "
        ">churn/input/config/inputdataconfig.json; "
        "printf '{\"num_round\": \"12\", \"threshold\": \"0.4\", \"header\": \"Churn?,%%s\"}' "
        "\"$(head -n 1 %s | tr -d '\\r' | sed 's/,[^,]*$//')\" "
        ">churn/input/config/hyperparameters.json; "
        "cp %s churn/input/data/config/; SAGEMAKER_BASE_DIR=churn \"$QUERN\" train",
        test_folder(), data, train_rows, test_source("apps/churn/pipeline.yaml"));
    if (got.status != 0)
        fail_msg("train: %s", got.err);
    EXPECT_HAS(got.out, "round=12; train_logloss=");
    EXPECT_HAS(got.out, "test_auc=");
    test_output_clear(&got);
    got = test_shell(
        "cd %s && \"$QUERN\" run %s --out plain --quiet --set source.path=null "
        "--set model.rounds=12 --set output.threshold=0.4 --set "
        "source.train=%s/split1729_train.csv "
        "--set source.validation=%s/split1729_validation.csv "
        "--set source.test=%s/split1729_test.csv >/dev/null && "
        "for f in model.ubj transform.json transform.safetensors decision.json evaluation.json; do "
        "cmp churn/model/$f plain/bundle/$f; done && test -f churn/model/manifest.json && "
        "test ! -e churn/output/data/model && test ! -e churn/output/failure",
        test_folder(), test_source("apps/churn/pipeline.yaml"), data, data, data);
    if (got.status != 0)
        fail_msg("the bundles differ: %s%s", got.out, got.err);
    test_output_clear(&got);
}
