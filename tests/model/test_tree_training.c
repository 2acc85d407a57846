#include "support/test.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/rng.h"
#include "model/tree_training.h"
#include "model/trees.h"

#include <math.h>

enum { ROWS = 3000, HELD = 1000, COLUMNS = 5 };

struct sample {
    float x[ROWS * COLUMNS], label[ROWS];
    struct tree_rows train, held;
};

/* Two columns decide, one cell in ten is missing; the last HELD rows are for validation. */
static struct sample *make_sample(void)
{
    struct sample *s = memory_take_zeroed(1, sizeof *s);
    struct rng rng = rng_new(7, 1);

    for (size_t r = 0; r < ROWS; r++) {
        float *x = s->x + r * COLUMNS;

        for (size_t c = 0; c < COLUMNS; c++)
            x[c] = (float)(rng_uniform(&rng) * 2 - 1);
        s->label[r] = x[0] + x[1] * x[1] + (float)rng_uniform(&rng) * 0.6f > 0.6f;
        for (size_t c = 0; c < COLUMNS; c++)
            if (rng_uniform(&rng) < 0.1)
                x[c] = NAN;
    }
    s->train = (struct tree_rows){ROWS - HELD, COLUMNS, s->x, s->label, NULL};
    s->held = (struct tree_rows){HELD, COLUMNS, s->x + (ROWS - HELD) * COLUMNS,
                                 s->label + (ROWS - HELD), NULL};
    return s;
}

static const char *const names[COLUMNS] = {"a", "b", "c", "d <e>", "f"};

static struct tree_config settings(void)
{
    struct tree_config config;

    config_defaults(&config, tree_fields);
    config.rounds = 30;
    config.max_depth = 4;
    return config;
}

static double log_loss(const struct trees *trees, const struct tree_rows *rows)
{
    double sum = 0;

    for (size_t r = 0; r < rows->rows; r++) {
        float p;

        trees_predict(trees, rows->x + r * COLUMNS, 1, &p);
        sum -= log(rows->label[r] > 0 ? p : 1 - p);
    }
    return sum / (double)rows->rows;
}

TEST(tree_training_learns_and_keeps_names)
{
    struct sample *s = make_sample();
    struct tree_config config = settings();
    struct tree_history history = {0};
    struct trees *trees;
    struct error err = {0};
    static const char *const files[] = {"model.json", "model.ubj"};

    EACH_ROW(files, file) {
        const char *path = test_path(*file);

        EXPECT_OK(tree_training_run(&config, &s->train, &s->held, names, 1, path, &history, &err),
                  &err);
        EXPECT_OK(trees_load(&trees, path, &err), &err);
        EXPECT_EQ(trees_count(trees), 30);
        EXPECT_EQ(trees_features(trees), COLUMNS);
        EXPECT_STR(trees_feature_name(trees, 3), "d <e>");
        EXPECT_STR(trees_objective(trees), "binary:logistic");
        EXPECT_STR(history.metric, "logloss");
        EXPECT_EQ(history.rounds, 30);
        EXPECT_EQ(history.best, 29);
        EXPECT(history.train[29] < 0.25);
        /* The library's own figure of its last round, from our scores. */
        EXPECT_NEAR(log_loss(trees, &s->train), history.train[29], 2e-6);
        EXPECT_NEAR(log_loss(trees, &s->held), history.validation[29], 2e-6);
        trees_free(trees);
        tree_history_clear(&history);
    }
    free(s);
}

TEST(tree_training_stops_early_and_cuts)
{
    static const struct {
        const char *metric;
        bool maximize;
    } rows[] = {{"logloss", false}, {"auc", true}, {"error", false}};
    struct sample *s = make_sample();
    struct error err = {0};

    EACH_ROW(rows, r) {
        struct tree_config config = settings();
        struct tree_history history = {0};
        struct trees *trees;

        config.rounds = 400;
        config.early_stopping_rounds = 8;
        config.eval_metric = r->metric;
        EXPECT_OK(tree_training_run(&config, &s->train, &s->held, NULL, 1,
                                    test_path("stopped.json"), &history, &err),
                  &err);
        EXPECT_EQ(history.maximize, r->maximize);
        EXPECT(history.rounds < 400);
        EXPECT_EQ(history.rounds, history.best + 9);
        for (size_t i = 0; i < history.rounds; i++) {
            const double gap = history.validation[i] - history.validation[history.best];

            EXPECT(r->maximize ? gap <= 0 : gap >= 0);
            EXPECT(i >= history.best || gap != 0);
        }
        EXPECT_OK(trees_load(&trees, test_path("stopped.json"), &err), &err);
        EXPECT_EQ(trees_count(trees), history.best + 1);
        if (strcmp(r->metric, "logloss") == 0)
            EXPECT_NEAR(log_loss(trees, &s->held), history.validation[history.best], 2e-6);
        trees_free(trees);
        tree_history_clear(&history);
    }
    free(s);
}

TEST(tree_training_is_the_same_at_any_number_of_threads)
{
    static const int methods[] = {0, 1, 2, 3}; /* auto, exact, approx, hist */
    struct sample *s = make_sample();
    struct error err = {0};

    EACH_ROW(methods, method) {
        char *first = NULL;
        size_t size = 0;

        for (size_t threads = 1; threads <= 4; threads++) {
            struct tree_config config = settings();
            struct tree_history history = {0};
            char *bytes;
            size_t got;

            config.tree_method = *method;
            config.subsample = 0.7;
            config.colsample_bytree = 0.8;
            config.seed = 11;
            EXPECT_OK(tree_training_run(&config, &s->train, NULL, names, threads,
                                        test_path("threads.json"), &history, &err),
                      &err);
            EXPECT(!history.validation);
            tree_history_clear(&history);
            EXPECT_OK(file_read(test_path("threads.json"), 1 << 24, &bytes, &got, &err), &err);
            if (threads > 1) {
                EXPECT_EQ(got, size);
                EXPECT(memcmp(bytes, first, got) == 0);
                free(bytes);
                continue;
            }
            first = bytes;
            size = got;
        }
        free(first);
    }
    free(s);
}

TEST(tree_training_has_classes)
{
    struct sample *s = make_sample();
    struct tree_config config = settings();
    struct tree_history history = {0};
    struct trees *trees;
    struct error err = {0};
    float p[3];

    for (size_t r = 0; r < ROWS; r++)
        s->label[r] += s->x[r * COLUMNS + 2] > 0.3f;
    config.objective = "multi:softprob";
    config.num_class = 3;
    config.booster = TREE_BOOSTER_DART;
    config.rate_drop = 0.2;
    EXPECT_OK(tree_training_run(&config, &s->train, NULL, NULL, 2, test_path("classes.ubj"),
                                &history, &err),
              &err);
    EXPECT_STR(history.metric, "mlogloss");
    EXPECT_OK(trees_load(&trees, test_path("classes.ubj"), &err), &err);
    EXPECT_EQ(trees_outputs(trees), 3);
    EXPECT_EQ(trees_count(trees), 90);
    trees_predict(trees, s->x, 1, p);
    EXPECT_NEAR(p[0] + p[1] + p[2], 1, 1e-6);
    trees_free(trees);
    tree_history_clear(&history);
    free(s);
}

TEST(tree_training_says_what_is_wrong)
{
    struct sample *s = make_sample();
    struct tree_history history = {0};
    struct error err = {0};
    const char *path = test_path("none.json");
    struct tree_config config = settings();
    struct tree_rows rows = s->train;
    const float kept = s->label[17];

#define RUN(validation) tree_training_run(&config, &rows, validation, NULL, 1, path, &history, &err)
    s->label[17] = 2;
    EXPECT_ERROR(RUN(NULL), &err, ERR_DATA, "training row 17: a label of 2");
    s->label[17] = NAN;
    EXPECT_ERROR(RUN(NULL), &err, ERR_DATA, "training row 17: a label of nan");
    s->label[17] = kept;
    config.num_class = 3;
    EXPECT_ERROR(RUN(NULL), &err, ERR_CONFIG, "num_class must be left out");
    config.num_class = 0;
    config.early_stopping_rounds = 3;
    EXPECT_ERROR(RUN(NULL), &err, ERR_CONFIG, "early_stopping_rounds needs validation rows");
    config.early_stopping_rounds = 0;
    config.objective = "binary:logistics";
    EXPECT_ERROR(RUN(NULL), &err, ERR_LIBRARY, "binary:logistics");
    config.objective = "binary:logistic";
    config.eval_metric = "aucc";
    EXPECT_ERROR(RUN(NULL), &err, ERR_LIBRARY, "aucc");
    config.eval_metric = NULL;
    config.monotone_constraints = "(1,x)";
    EXPECT_ERROR(RUN(NULL), &err, ERR_LIBRARY, "monotone_constraints");
    config.monotone_constraints = NULL;
    rows.rows = 0;
    EXPECT_ERROR(RUN(NULL), &err, ERR_DATA, "there are no training rows");
    rows = s->train;
    rows.weight = memory_take_zeroed(rows.rows, sizeof(float));
    ((float *)rows.weight)[4] = -1;
    EXPECT_ERROR(RUN(NULL), &err, ERR_DATA, "row 4: a weight of -1");
    free((float *)rows.weight);
    EXPECT(!file_exists(path));
    free(s);
}
