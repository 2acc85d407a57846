/*
 * make_trees FOLDER — what bench_trees scores: 100 trees of depth 5 over 25 features.
 *
 * Trained by libxgboost on 50,000 rows, of which one cell in fifty is missing. Writes model.ubj,
 * train.bin (float32 [50000, 25]), label.bin (float32 [50000]) and rows.bin (float32 [100000, 25]),
 * rows the model has not seen; the same bytes every time.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/rng.h"
#include "model/tree_training.h"

#include <math.h>

enum { FEATURES = 25, TREES = 100, DEPTH = 5, TRAIN = 50000, ROWS = 100000, SEED = 5 };

static void make_rows(float *x, float *label, size_t rows)
{
    const struct rng start = rng_new(SEED, 0);
    struct rng weights = start;
    double weight[FEATURES];

    for (size_t f = 0; f < FEATURES; f++)
        weight[f] = rng_normal(&weights);
    struct rng rng = rng_new(SEED, 1);

    for (size_t r = 0; r < rows; r++, x += FEATURES) {
        double score = rng_normal(&rng) * 2;

        for (size_t f = 0; f < FEATURES; f++) {
            x[f] = (float)rng_normal(&rng);
            score += weight[f] * x[f];
        }
        score += x[0] * x[1] + fabsf(x[2]) * 2;
        label[r] = score > 1;
        for (size_t f = 0; f < FEATURES; f++)
            if (rng_uniform(&rng) < 0.02)
                x[f] = NAN;
    }
}

static bool write_in(const char *folder, const char *name, const float *numbers, size_t count,
                     struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = file_write(path, numbers, count * sizeof *numbers, err);

    free(path);
    return ok;
}

static bool train(const char *folder, const float *x, const float *label, struct error *err)
{
    const struct tree_rows rows = {TRAIN, FEATURES, x, label, NULL};
    struct tree_history history = {0};
    struct tree_config config;
    char *path = file_join(folder, "model.ubj");

    config_defaults(&config, tree_fields);
    config.rounds = TREES;
    config.max_depth = DEPTH;
    config.eta = 0.1;
    config.seed = SEED;
    const bool ok = config_set(&config, config_find(tree_fields, "tree_method"), "hist", err) &&
                    tree_training_run(&config, &rows, NULL, NULL, 1, path, &history, err);

    tree_history_clear(&history);
    free(path);
    return ok;
}

int main(int argc, char **argv)
{
    struct error err = {0};

    if (argc != 2) {
        fprintf(stderr, "usage: make_trees FOLDER\n");
        return 2;
    }
    float *x = memory_take((size_t)(TRAIN + ROWS) * FEATURES, sizeof *x);
    float *label = memory_take(TRAIN + ROWS, sizeof *label);

    make_rows(x, label, TRAIN + ROWS);
    const bool ok = file_make_folders(argv[1], &err) &&
                    write_in(argv[1], "train.bin", x, (size_t)TRAIN * FEATURES, &err) &&
                    write_in(argv[1], "label.bin", label, TRAIN, &err) &&
                    write_in(argv[1], "rows.bin", x + (size_t)TRAIN * FEATURES,
                             (size_t)ROWS * FEATURES, &err) &&
                    train(argv[1], x, label, &err);

    if (!ok)
        fprintf(stderr, "make_trees: %s\n", err.text);
    free(x);
    free(label);
    return ok ? 0 : 1;
}
