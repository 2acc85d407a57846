/*
 * bench_trees WHO FOLDER LIBRARY THREADS — microseconds per row of scoring boosted trees.
 *
 * FOLDER is made by bench/peers/trees_models.py. WHO is ours, tl2cgen, lightgbm or xgboost, one row
 * a call on one thread, or ours_batch or xgboost_batch, a million rows a call on THREADS threads.
 * LIBRARY is the peer's, "-" for ours. Probabilities are computed by all; the answers of tl2cgen
 * and XGBoost, whose model is ours, are compared with ours first. Prints one JSON line; the figure
 * is the median of several passes.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/pool.h"
#include "base/text.h"
#include "model/trees.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 25, ROWS = 100000, COPIES = 10, CHECKED = 2000, PASSES = 7, PART = 4096 };

struct bench {
    struct trees *trees;
    float *rows; /* [ROWS * COPIES, FEATURES] */
    double *doubles;
    float *out;
    size_t threads;
    void *library;
    void *handle, *fast;
    struct pool *pool;
};

/* Score rows first .. first + count - 1, one a call. */
typedef void (*row_scorer)(struct bench *b, size_t first, size_t count);

static void *find(struct bench *b, const char *name)
{
    void *symbol = dlsym(b->library, name);

    if (!symbol) {
        fprintf(stderr, "bench_trees: the library lacks %s\n", name);
        exit(1);
    }
    return symbol;
}

static void require(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench_trees: %s failed\n", what);
        exit(1);
    }
}

static void score_ours(struct bench *b, size_t first, size_t count)
{
    for (size_t r = first; r < first + count; r++)
        trees_predict(b->trees, b->rows + r * FEATURES, 1, b->out + r);
}

union entry {
    int missing;
    float value;
};

static void score_tl2cgen(struct bench *b, size_t first, size_t count)
{
    void (*predict)(union entry *, int, float *) = find(b, "predict");
    union entry entry[FEATURES];

    for (size_t r = first; r < first + count; r++) {
        const float *x = b->rows + r * FEATURES;

        for (size_t f = 0; f < FEATURES; f++) {
            if (isnan(x[f]))
                entry[f].missing = -1;
            else
                entry[f].value = x[f];
        }
        predict(entry, 0, b->out + r);
    }
}

static void open_lightgbm(struct bench *b, const char *folder)
{
    enum { PREDICT_NORMAL = 0, FLOAT64 = 1 };
    int (*load)(const char *, int *, void **) = find(b, "LGBM_BoosterCreateFromModelfile");
    int (*init)(void *, int, int, int, int, int32_t, const char *, void **) =
        find(b, "LGBM_BoosterPredictForMatSingleRowFastInit");
    char *path = file_join(folder, "lightgbm.txt");
    int rounds;

    require(load(path, &rounds, &b->handle) == 0, "loading LightGBM's model");
    require(init(b->handle, PREDICT_NORMAL, 0, rounds, FLOAT64, FEATURES, "num_threads=1",
                 &b->fast) == 0,
            "LightGBM's fast path");
    b->doubles = memory_take((size_t)ROWS * FEATURES, sizeof *b->doubles);
    for (size_t i = 0; i < (size_t)ROWS * FEATURES; i++)
        b->doubles[i] = b->rows[i];
    free(path);
}

static void score_lightgbm(struct bench *b, size_t first, size_t count)
{
    int (*predict)(void *, const void *, int64_t *, double *) =
        find(b, "LGBM_BoosterPredictForMatSingleRowFast");
    double out;
    int64_t length;

    for (size_t r = first; r < first + count; r++) {
        require(predict(b->fast, b->doubles + r * FEATURES, &length, &out) == 0, "LightGBM");
        b->out[r] = (float)out;
    }
}

static void open_xgboost(struct bench *b, const char *folder)
{
    int (*create)(void *const *, uint64_t, void **) = find(b, "XGBoosterCreate");
    int (*load)(void *, const char *) = find(b, "XGBoosterLoadModel");
    int (*set)(void *, const char *, const char *) = find(b, "XGBoosterSetParam");
    char *path = file_join(folder, "model.ubj");
    char threads[24];

    snprintf(threads, sizeof threads, "%zu", b->threads);
    require(create(NULL, 0, &b->handle) == 0 && set(b->handle, "nthread", threads) == 0 &&
                load(b->handle, path) == 0,
            "loading XGBoost's model");
    free(path);
}

/* `count` rows in one call, in place, which is XGBoost's fastest way. */
static void call_xgboost(struct bench *b, size_t first, size_t count)
{
    static const char config[] = "{\"type\": 0, \"training\": false, \"iteration_begin\": 0, "
                                 "\"iteration_end\": 0, \"strict_shape\": false, \"missing\": NaN, "
                                 "\"cache_id\": 0}";
    static int (*predict)(void *, const char *, const char *, void *, const uint64_t **, uint64_t *,
                          const float **);
    const uint64_t *shape;
    uint64_t dimensions;
    const float *result;
    char array[160];

    if (!predict)
        predict = find(b, "XGBoosterPredictFromDense");
    snprintf(array, sizeof array,
             "{\"data\": [%zu, true], \"shape\": [%zu, %d], \"typestr\": \"<f4\", \"version\": 3}",
             (size_t)(b->rows + first * FEATURES), count, FEATURES);
    require(predict(b->handle, array, config, NULL, &shape, &dimensions, &result) == 0, "XGBoost");
    memcpy(b->out + first, result, count * sizeof *result);
}

static void score_xgboost(struct bench *b, size_t first, size_t count)
{
    for (size_t r = first; r < first + count; r++)
        call_xgboost(b, r, 1);
}

static void score_part(void *context, size_t rank, size_t size)
{
    struct bench *b = context;
    const size_t total = (size_t)ROWS * COPIES;

    for (size_t r = rank * PART; r < total; r += size * PART)
        trees_predict(b->trees, b->rows + r * FEATURES, total - r < PART ? total - r : PART,
                      b->out + r);
}

static void score_ours_batch(struct bench *b, size_t first, size_t count)
{
    (void)first;
    (void)count;
    pool_run(b->pool, score_part, b);
}

static void check(struct bench *b, row_scorer scorer, size_t rows)
{
    float *want = memory_take(CHECKED, sizeof *want);

    trees_predict(b->trees, b->rows, CHECKED, want);
    scorer(b, 0, rows);
    for (size_t r = 0; r < CHECKED; r++)
        if (!(fabsf(want[r] - b->out[r]) <= 2e-6f)) {
            fprintf(stderr, "bench_trees: row %zu: %.9g, ours %.9g\n", r, (double)b->out[r],
                    (double)want[r]);
            exit(1);
        }
    free(want);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double measure(struct bench *b, row_scorer scorer, size_t rows)
{
    double seconds[PASSES];

    for (size_t i = 0; i < PASSES; i++) {
        const double started = clock_seconds();

        scorer(b, 0, rows);
        seconds[i] = clock_seconds() - started;
    }
    qsort(seconds, PASSES, sizeof *seconds, ascending);
    return seconds[PASSES / 2] / (double)rows * 1e6;
}

static const struct {
    const char *who;
    row_scorer score;
    void (*open)(struct bench *b, const char *folder);
    bool batch, other_model;
    size_t rows; /* a pass */
} kinds[] = {
    {"ours", score_ours, NULL, false, false, ROWS},
    {"tl2cgen", score_tl2cgen, NULL, false, false, ROWS},
    {"lightgbm", score_lightgbm, open_lightgbm, false, true, ROWS / 2},
    {"xgboost", score_xgboost, open_xgboost, false, false, ROWS / 20},
    {"ours_batch", score_ours_batch, NULL, true, false, (size_t)ROWS *COPIES},
    {"xgboost_batch", call_xgboost, open_xgboost, true, false, (size_t)ROWS *COPIES},
};

static bool load(struct bench *b, const char *folder, bool batch, struct error *err)
{
    char *model = file_join(folder, "model.ubj"), *path = file_join(folder, "rows.bin"), *bytes;
    const size_t wanted = (size_t)ROWS * FEATURES * sizeof(float), copies = batch ? COPIES : 1;
    size_t size = 0;
    bool ok = trees_load(&b->trees, model, err) && file_read(path, wanted, &bytes, &size, err);

    if (ok && size != wanted)
        ok = error_set(err, ERR_DATA, "'%s' has %zu bytes, not %zu", path, size, wanted);
    if (ok) {
        b->rows = memory_take(copies, wanted);
        b->out = memory_take(copies * ROWS, sizeof *b->out);
        for (size_t i = 0; i < copies; i++)
            memcpy(b->rows + i * ROWS * FEATURES, bytes, wanted);
        memset(b->out, 0, copies * ROWS * sizeof *b->out);
        free(bytes);
    }
    free(model);
    free(path);
    return ok;
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    struct error err = {0};
    int64_t threads;
    size_t kind = 0;

    while (argc == 5 && kind < sizeof kinds / sizeof *kinds &&
           strcmp(kinds[kind].who, argv[1]) != 0)
        kind++;
    if (argc != 5 || kind == sizeof kinds / sizeof *kinds ||
        !text_to_int64(argv[4], strlen(argv[4]), &threads) || threads < 1 || threads > POOL_MAX) {
        fprintf(stderr, "usage: bench_trees WHO FOLDER LIBRARY THREADS\n");
        return 2;
    }
    b.threads = (size_t)threads;
    if (!load(&b, argv[2], kinds[kind].batch, &err)) {
        fprintf(stderr, "bench_trees: %s\n", err.text);
        return 1;
    }
    if (strcmp(argv[3], "-") != 0)
        require((b.library = dlopen(argv[3], RTLD_NOW)) != NULL, "opening the library");
    b.pool = pool_new(b.threads);
    if (kinds[kind].open)
        kinds[kind].open(&b, argv[2]);
    if (!kinds[kind].other_model)
        check(&b, kinds[kind].score, kinds[kind].batch ? kinds[kind].rows : CHECKED);
    printf("{\"who\": \"%s\", \"threads\": %zu, \"microseconds_per_row\": %.6f}\n", argv[1],
           b.threads, measure(&b, kinds[kind].score, kinds[kind].rows));
    pool_free(b.pool);
    trees_free(b.trees);
    free(b.rows);
    free(b.doubles);
    free(b.out);
    return 0;
}
