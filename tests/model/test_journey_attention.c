#include "model/journey_attention.h"

#include "base/file.h"
#include "base/interrupt.h"
#include "metric/ranking.h"
#include "model/journeys.h"
#include "base/safetensors.h"
#include "support/test.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A small fit that each test bends to its purpose. */
struct trial {
    struct journey_set *set;
    struct journey_attention_config config;
    struct train_config train;
    uint32_t *row;
    struct journey_fit fit;
    struct journey_fit_result result;
    size_t threads;
    struct journey_epoch epoch[100]; /* as reported */
    size_t epochs;
};

static void note_epoch(void *context, const struct journey_epoch *epoch)
{
    struct trial *trial = context;

    trial->epoch[trial->epochs++] = *epoch;
}

static void trial_begin(struct trial *trial, struct journey_set *set)
{
    *trial = (struct trial){.set = set, .threads = 1};
    config_defaults(&trial->config, journey_attention_fields);
    config_defaults(&trial->train, train_fields);
    trial->config.embedding = 6;
    trial->config.lstm = 16;
    trial->train.epochs = 3;
    trial->row = malloc(set->count * sizeof *trial->row);
    for (size_t i = 0; i < set->count; i++)
        trial->row[i] = (uint32_t)i;
    trial->fit = (struct journey_fit){
        .set = set, .train = {trial->row, set->count}, .on_epoch = note_epoch, .context = trial};
}

static void trial_end(struct trial *trial)
{
    journeys_free(trial->set);
    free(trial->row);
}

static struct journey_attention *trial_run(struct trial *trial)
{
    struct journey_attention *model = NULL;
    struct error err = {0};
    struct pool *pool = pool_new(trial->threads);

    trial->fit.pool = pool;
    trial->epochs = 0;
    EXPECT_OK(journey_attention_fit(&model, &trial->config, &trial->train, &trial->fit,
                                    &trial->result, &err),
              &err);
    pool_free(pool);
    return model;
}

static bool trial_fails(struct trial *trial, struct error *err)
{
    struct journey_attention *model = NULL;
    struct pool *pool = pool_new(trial->threads);

    trial->fit.pool = pool;
    trial->epochs = 0;
    const bool ok = journey_attention_fit(&model, &trial->config, &trial->train, &trial->fit,
                                          &trial->result, err);
    pool_free(pool);
    journey_attention_free(model);
    return ok;
}

static uint64_t saved_hash(const struct journey_attention *model, const char *name)
{
    struct error err = {0};
    uint64_t hash = 0;

    EXPECT_OK(journey_attention_save(model, test_path(name), &err), &err);
    EXPECT_OK(file_hash(test_path(name), &hash, &err), &err);
    return hash;
}

static void predict(const struct journey_attention *model, const struct journey_set *set,
                    struct journey_rows rows, float *score, float *attention)
{
    struct pool *pool = pool_new(2);

    journey_attention_predict(model, set, rows, score, attention, pool);
    pool_free(pool);
}

TEST(fit_gives_the_same_bytes_at_any_thread_count)
{
    static const struct {
        size_t threads, seed;
        double average;
    } rows[] = {{1, 5, 0}, {2, 5, 0}, {3, 5, 0}, {2, 5, 0}, {1, 6, 0}, {1, 5, 0.9}, {2, 5, 0.9}};
    uint64_t hash[7];
    size_t n = 0;
    struct trial trial;

    trial_begin(&trial, journeys_random(700, 5, 6, 0.5, 0.1, 3));
    trial.fit.val = (struct journey_rows){trial.row + 600, 100};
    trial.fit.train.count = 600;
    trial.train.batch = 100;
    EACH_ROW(rows, r) {
        trial.threads = r->threads;
        trial.train.seed = r->seed;
        trial.train.average = r->average;
        struct journey_attention *model = trial_run(&trial);
        hash[n++] = saved_hash(model, "threads.safetensors");
        journey_attention_free(model);
    }
    EXPECT(hash[0] == hash[1] && hash[0] == hash[2] && hash[0] == hash[3]);
    EXPECT(hash[0] != hash[4] && hash[0] != hash[5]);
    EXPECT(hash[5] == hash[6]);
    trial_end(&trial);
}

/* Order decides here: "ab" converts, "ba" does not. */
TEST(fit_learns_a_tiny_set_by_heart)
{
    static const bool masks[] = {true, false};
    EACH_ROW(masks, mask) {
        struct trial trial;
        float score[8];
        trial_begin(&trial, journeys_of("ab+ba-abc+bac-a-b-cab+cba-", 3, 5));
        trial.train.epochs = 400;
        trial.fit.on_epoch = NULL;
        trial.train.learning_rate = 0.01;
        trial.config.dropout = trial.config.recurrent_dropout = 0;
        trial.config.mask = *mask;
        struct journey_attention *model = trial_run(&trial);
        predict(model, trial.set, trial.fit.train, score, NULL);
        for (size_t i = 0; i < 8; i++)
            EXPECT(trial.set->converted[i] ? score[i] > 0.9f : score[i] < 0.1f);
        journey_attention_free(model);
        trial_end(&trial);
    }
}

/* Campaign 0 alone makes a conversion likely; the model must find it and look at it. */
TEST(fit_finds_the_campaign_that_matters)
{
    struct trial trial;
    float *score = malloc(2000 * sizeof *score), *attention = malloc(2000 * 6 * sizeof *attention);
    double on_it = 0, elsewhere = 0, mean = 0, rate = 0;
    size_t its = 0, others = 0;

    trial_begin(&trial, journeys_random(2000, 5, 6, 0.6, 0.05, 3));
    trial.train.epochs = 12;
    trial.train.learning_rate = 0.005;
    struct journey_attention *model = trial_run(&trial);
    EXPECT(trial.epoch[11].train_auc > 0.79); /* knowing the truth gives 0.805 */
    predict(model, trial.set, trial.fit.train, score, attention);
    EXPECT_NEAR(scored_auc_float(trial.set->converted, score, 2000), trial.epoch[11].train_auc, 0);
    for (size_t i = 0; i < 2000; i++) {
        const size_t length = (size_t)(trial.set->offset[i + 1] - trial.set->offset[i]);
        double sum = 0;
        for (size_t t = 0; t < 6; t++) {
            const double a = (double)attention[i * 6 + t];
            sum += a;
            if (t >= length) {
                EXPECT(a == 0);
                continue;
            }
            const bool it = trial.set->token[trial.set->offset[i] + t] == 0;
            *(it ? &on_it : &elsewhere) += a * (double)length;
            ++*(it ? &its : &others);
        }
        EXPECT_NEAR(sum, 1, 1e-5);
        mean += (double)score[i] / 2000;
        rate += trial.set->converted[i] / 2000.0;
    }
    EXPECT(on_it / (double)its > 1.2 * elsewhere / (double)others);
    /* Oversampled in training, calibrated in the end. */
    EXPECT_NEAR(mean, rate, 0.06);
    EXPECT(rate < 0.45);
    journey_attention_free(model);
    free(score);
    free(attention);
    trial_end(&trial);
}

TEST(scores_do_not_depend_on_company)
{
    struct trial trial;
    float score[300], attention[300 * 6], one, one_attention[6];

    trial_begin(&trial, journeys_random(300, 5, 6, 0.5, 0.1, 3));
    struct journey_attention *model = trial_run(&trial);
    predict(model, trial.set, trial.fit.train, score, attention);
    struct journey_scorer *scorer = journey_scorer_new(model);
    for (size_t i = 0; i < 300; i++) {
        const int32_t *token = trial.set->token + trial.set->offset[i];
        const size_t length = (size_t)(trial.set->offset[i + 1] - trial.set->offset[i]);
        journey_scorer_run(scorer, &token, &length, 1, &one, one_attention);
        EXPECT(one == score[i]);
        EXPECT(memcmp(one_attention, attention + 6 * i, sizeof one_attention) == 0);
    }
    journey_scorer_free(scorer);
    journey_attention_free(model);
    trial_end(&trial);
}

/* d is in no training row, z is outside the vocabulary: both mean "something, but not known". */
TEST(unseen_campaigns_are_all_zero)
{
    struct trial trial;
    float score[8];

    trial_begin(&trial, journeys_of("ab+ba-abc+bac-a-b-cd-cz-", 4, 5));
    trial.fit.train.count = 6;
    trial.train.epochs = 20;
    struct journey_attention *model = trial_run(&trial);
    predict(model, trial.set, (struct journey_rows){trial.row, 8}, score, NULL);
    EXPECT(score[6] == score[7]);
    journey_attention_free(model);
    trial_end(&trial);
}

TEST(longer_journeys_count_by_their_end)
{
    struct trial trial;
    float score[2], attention[2 * 7];

    trial_begin(&trial, journeys_random(200, 4, 3, 0.5, 0.1, 3));
    struct journey_attention *model = trial_run(&trial);
    struct journey_set *longer = journeys_of("ddabc-abc-", 4, 7);
    predict(model, longer, (struct journey_rows){(const uint32_t[]){0, 1}, 2}, score, attention);
    EXPECT(score[0] == score[1]);
    EXPECT(attention[0] == 0 && attention[1] == 0);
    EXPECT(memcmp(attention + 2, attention + 7, 3 * sizeof *attention) == 0);
    EXPECT(attention[5] == 0 && attention[6] == 0);
    journeys_free(longer);
    journey_attention_free(model);
    trial_end(&trial);
}

TEST(early_stopping_brings_the_best_weights_back)
{
    static const int metrics[] = {TRAIN_METRIC_AUC, TRAIN_METRIC_LOSS};
    EACH_ROW(metrics, metric) {
        struct trial trial;
        float score[100];
        size_t best = 0;
        /* Nothing to be learned: validation soon gets worse. */
        trial_begin(&trial, journeys_random(300, 6, 6, 0.3, 0.3, 3));
        trial.fit.train.count = 200;
        trial.fit.val = (struct journey_rows){trial.row + 200, 100};
        trial.train.epochs = 60;
        trial.train.learning_rate = 0.02;
        trial.train.early_stopping.metric = *metric;
        trial.train.early_stopping.patience = 4;
        struct journey_attention *model = trial_run(&trial);
        for (size_t i = 1; i < trial.epochs; i++)
            if (*metric == TRAIN_METRIC_AUC ? trial.epoch[i].val_auc > trial.epoch[best].val_auc
                                            : trial.epoch[i].val_loss < trial.epoch[best].val_loss)
                best = i;
        EXPECT(trial.result.stopped_early);
        EXPECT_EQ(trial.result.epochs, trial.epochs);
        EXPECT_EQ(trial.result.best_epoch, best + 1);
        EXPECT_EQ(trial.epochs, best + 1 + 4);
        predict(model, trial.set, trial.fit.val, score, NULL);
        EXPECT_NEAR(scored_auc_float(trial.set->converted + 200, score, 100),
                    trial.epoch[best].val_auc, 0);
        journey_attention_free(model);
        trial_end(&trial);
    }
}

TEST(save_and_load_give_the_same_scores)
{
    struct trial trial;
    struct error err = {0};
    float score[2][300], attention[2][300 * 6];
    char *path = strdup(test_path("model.safetensors"));

    trial_begin(&trial, journeys_random(300, 5, 6, 0.5, 0.1, 3));
    trial.config.mask = false;
    struct journey_attention *model = trial_run(&trial), *loaded = NULL;
    EXPECT_OK(journey_attention_save(model, path, &err), &err);
    EXPECT_OK(journey_attention_load(&loaded, path, &err), &err);
    predict(model, trial.set, trial.fit.train, score[0], attention[0]);
    predict(loaded, trial.set, trial.fit.train, score[1], attention[1]);
    EXPECT(memcmp(score[0], score[1], sizeof score[0]) == 0);
    EXPECT(memcmp(attention[0], attention[1], sizeof attention[0]) == 0);
    EXPECT_EQ(journey_attention_max_length(loaded), 6);
    EXPECT_EQ(journey_attention_vocabulary(loaded), 5);
    const struct journey_attention_config *config = journey_attention_settings(loaded);
    EXPECT_EQ(config->embedding, trial.config.embedding);
    EXPECT_EQ(config->lstm, trial.config.lstm);
    EXPECT_NEAR(config->dropout, trial.config.dropout, 0);
    EXPECT_NEAR(config->recurrent_dropout, trial.config.recurrent_dropout, 0);
    EXPECT_EQ(config->mask, trial.config.mask);
    EXPECT(saved_hash(model, "a") == saved_hash(loaded, "b"));
    journey_attention_free(model);
    journey_attention_free(loaded);
    free(path);
    trial_end(&trial);
}

TEST(load_refuses_what_is_not_the_model)
{
    static const struct {
        const char *from, *to; /* replaced in the file, of the same length */
        const char *part;
    } rows[] = {
        {"quern journey_attention 1", "quern journey_attention 9", "not a"},
        {"\\\"vocabulary\\\": 5", "\\\"vocabulary\\\": 6", "'embedding.kernel'"},
        {"\\\"vocabulary\\\": 5", "\\\"vocabulary\\\": 0", "'vocabulary' is not a size"},
        {"\\\"lstm\\\": 16", "\\\"lstm\\\": 17", "'lstm.kernel'"},
        {"\\\"lstm\\\": 16", "\\\"lstm\\\": -1", "'lstm' is not a size"},
        {"\\\"mask\\\": true", "\\\"mask\\\": 1   ", "'mask'"},
        {"\\\"dropout\\\": 0.", "\\\"dropout\\\": 9.", "'dropout' is not a number"},
        {"\\\"max_length\\\"", "\\\"max_lenght\\\"", "'max_length' is not a size"},
        {"\"output.bias\"", "\"output.bios\"", "'output.bias' is missing"},
    };
    struct trial trial;
    struct error err = {0};
    struct journey_attention *loaded = NULL;
    char *path = strdup(test_path("bent.safetensors")), *bytes;
    size_t size;

    trial_begin(&trial, journeys_random(100, 5, 6, 0.5, 0.1, 3));
    struct journey_attention *model = trial_run(&trial);
    EACH_ROW(rows, r) {
        EXPECT_OK(journey_attention_save(model, path, &err), &err);
        EXPECT_OK(file_read(path, 1 << 20, &bytes, &size, &err), &err);
        char *place = memmem(bytes, size, r->from, strlen(r->from));
        EXPECT(place);
        memcpy(place, r->to, strlen(r->to));
        EXPECT_OK(file_write(path, bytes, size, &err), &err);
        free(bytes);
        EXPECT_ERROR(journey_attention_load(&loaded, path, &err), &err, ERR_DATA, r->part);
        EXPECT_HAS(err.text, "bent.safetensors");
    }
    EXPECT_OK(journey_attention_save(model, path, &err), &err);
    EXPECT_OK(file_read(path, 1 << 20, &bytes, &size, &err), &err);
    memcpy(bytes + size - 4, &(float){NAN}, 4);
    EXPECT_OK(file_write(path, bytes, size, &err), &err);
    EXPECT_ERROR(journey_attention_load(&loaded, path, &err), &err, ERR_DATA, "not finite");
    EXPECT_OK(file_write(path, bytes, size - 1, &err), &err);
    EXPECT(!journey_attention_load(&loaded, path, &err));
    free(bytes);
    journey_attention_free(model);
    free(path);
    trial_end(&trial);
}

TEST(fit_refuses_what_teaches_nothing)
{
    static const struct {
        const char *journeys;
        size_t rows;
        const char *part;
    } rows[] = {
        {"ab-b-a-", 3, "none of the 3 training journeys ends in a conversion"},
        {"ab+b+a+", 3, "all 3 training journeys end in a conversion"},
        {"aa+a-a-", 3, "one campaign only ('a')"},
        {"aa+a-b-", 2, "one campaign only ('a')"},
        {"aa+a-b-", 0, "no training journeys"},
    };
    EACH_ROW(rows, r) {
        struct trial trial;
        struct error err = {0};
        trial_begin(&trial, journeys_of(r->journeys, 3, 4));
        trial.fit.train.count = r->rows;
        EXPECT_ERROR(trial_fails(&trial, &err), &err, ERR_DATA, r->part);
        trial_end(&trial);
    }
}

TEST(fit_stops_when_the_loss_is_lost)
{
    static const size_t threads[] = {1, 2};
    EACH_ROW(threads, n) {
        struct trial trial;
        struct error err = {0};
        trial_begin(&trial, journeys_random(300, 5, 6, 0.5, 0.1, 3));
        trial.threads = *n;
        trial.train.learning_rate = 1e38;
        EXPECT_ERROR(trial_fails(&trial, &err), &err, ERR_DATA, "no longer a finite number");
        EXPECT_HAS(err.text, "learning_rate");
        trial_end(&trial);
    }
}

/* A run of `epochs` epochs that keeps a checkpoint. */
static struct trial checkpointed(const char *path, size_t epochs)
{
    struct trial trial;

    trial_begin(&trial, journeys_random(1500, 5, 6, 0.5, 0.1, 3));
    trial.fit.train.count = 1300;
    trial.fit.val = (struct journey_rows){trial.row + 1300, 200};
    trial.fit.checkpoint = path;
    trial.fit.key = "test";
    trial.train.epochs = epochs;
    trial.train.average = 0.95;
    trial.train.early_stopping.patience = 50;
    trial.fit.context = NULL;
    trial.fit.on_epoch = NULL;
    return trial;
}

TEST(resume_after_kill_gives_the_same_bytes)
{
    char *path = strdup(test_path("killed.checkpoint")), *whole = strdup(test_path("whole"));
    struct trial trial = checkpointed(whole, 30);
    struct journey_attention *model = trial_run(&trial);
    const uint64_t want = saved_hash(model, "whole.safetensors");
    const size_t all = trial.result.journeys;
    struct error err = {0};

    journey_attention_free(model);
    trial.fit.checkpoint = path;
    const pid_t child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        trial.train.epochs = 100000; /* epochs are no part of the key */
        (void)trial_fails(&trial, &err);
        _exit(0);
    }
    EXPECT(test_wait_for_file(path, child));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    model = trial_run(&trial);
    EXPECT(trial.result.journeys < all);
    EXPECT(saved_hash(model, "resumed.safetensors") == want);
    uint64_t a = 0, b = 1;
    EXPECT_OK(file_hash(path, &a, &err), &err);
    EXPECT_OK(file_hash(whole, &b, &err), &err);
    EXPECT(a == b);
    journey_attention_free(model);
    trial_end(&trial);
    free(path);
    free(whole);
}

TEST(resume_in_two_halves_with_other_threads)
{
    char *path = strdup(test_path("halves.checkpoint"));
    struct trial trial = checkpointed(NULL, 8);
    struct journey_attention *model = trial_run(&trial);
    const uint64_t want = saved_hash(model, "eight.safetensors");

    journey_attention_free(model);
    trial.fit.checkpoint = path;
    trial.fit.context = &trial;
    trial.fit.on_epoch = note_epoch;
    trial.train.epochs = 3;
    journey_attention_free(trial_run(&trial));
    trial.train.epochs = 8;
    trial.threads = 2;
    model = trial_run(&trial);
    EXPECT_EQ(trial.epochs, 8); /* the restored ones are reported too */
    EXPECT_EQ(trial.result.journeys, 5 * 1300);
    EXPECT(saved_hash(model, "halves.safetensors") == want);
    journey_attention_free(model);
    /* Another setting, key or data: a new start. */
    trial.fit.key = "other";
    journey_attention_free(trial_run(&trial));
    EXPECT_EQ(trial.result.journeys, 8 * 1300);
    trial.train.seed = 1;
    journey_attention_free(trial_run(&trial));
    EXPECT_EQ(trial.result.journeys, 8 * 1300);
    trial.fit.train.count = 1299;
    journey_attention_free(trial_run(&trial));
    EXPECT_EQ(trial.result.journeys, 8 * 1299);
    trial_end(&trial);
    free(path);
}

TEST(fit_ends_on_a_signal_and_keeps_the_checkpoint)
{
    char *path = strdup(test_path("signal.checkpoint"));
    struct trial trial = checkpointed(path, 100000);
    struct error err = {0};
    int status = 0;

    const pid_t child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        interrupt_install();
        const bool ok = trial_fails(&trial, &err);
        _exit(!ok && err.code == ERR_INTERRUPT && strstr(err.text, "training") ? 7 : 8);
    }
    EXPECT(test_wait_for_file(path, child));
    kill(child, SIGINT);
    waitpid(child, &status, 0);
    EXPECT(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 7);
    trial.train.epochs = 100000;
    struct safetensors file;
    EXPECT_OK(safetensors_open(&file, path, &err), &err);
    safetensors_close(&file);
    trial_end(&trial);
    free(path);
}
