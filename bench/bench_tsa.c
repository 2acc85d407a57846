/*
 * bench_tsa — temporal self-attention at the sizes of its document, full-length histories.
 *
 *   build/bench/bench_tsa train THREADS EXPERTS float32|mixed SECONDS
 *   build/bench/bench_tsa row FOLDER float32|mixed SECONDS     FOLDER of bench/peers/tsa_torch.py
 * make
 *
 * Prints one line of JSON. EXPERTS is 1 for dense layers. Training draws its rows and trains on
 * batches of BATCH; the peak is that of the product kernel in this process, one thread, just before
 * and after. `cpu` is milliseconds of processor time a row, `gflop_row` counts what our step
 * computes, products only, backward as twice forward.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/pool.h"
#include "base/rng.h"
#include "base/safetensors.h"
#include "model/temporal_attention.h"
#include "model/temporal_attention_net.h"
#include "nn/trainer.h"
#include "sequence/history.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { BATCH = 32, SLICES = 2, ROWS = 16 };

static struct temporal_attention_config document_sizes(size_t experts, bool mixed)
{
    return (struct temporal_attention_config){
        .n_cat_features = 109,
        .n_num_features = 67,
        .n_classes = 2,
        .n_embedding = 2070,
        .seq_len = 51,
        .n_engineered_num_features = 297,
        .dim_embedding_table = 64,
        .dim_attn_feedforward = 256,
        .num_heads = 1,
        .n_layers_order = 6,
        .n_layers_feature = 4,
        .dropout = 0.1,
        .emb_tbl_use_bias = true,
        .use_moe = experts > 1,
        .num_experts = experts,
        .use_time_seq = true,
        .mixed = mixed,
    };
}

/* Products of one row forward, in operations; see the peer for the reference's own count. */
static double row_operations(const struct temporal_attention_config *c)
{
    const double E = (double)c->dim_embedding_table, L = (double)c->seq_len;
    const double h = (double)c->dim_attn_feedforward * (c->use_moe ? 2 : 1), S = L + 1, d = 2 * E;
    const double tokens =
        (double)(c->n_cat_features + c->n_num_features + c->n_engineered_num_features + 1);
    const double order = S * (2 * d * d + 2 * d * h) + 2 * S * S * d;
    const double feature = tokens * (2 * E * E + 2 * E * h) + 2 * tokens * tokens * E;
    const double order_last = 2 * S * d + 2 * d * d + 2 * d * h;
    const double feature_last = 2 * tokens * E + 2 * E * E + 2 * E * h;
    double aggregation = 0;

    for (int kind = 0; kind < 2; kind++)
        for (size_t layer = 0, f = kind ? c->n_num_features : c->n_cat_features; layer < 6; layer++)
            aggregation +=
                L * E * (double)(f >> layer) * (layer < 5 ? (double)(f >> (layer + 1)) : 1);
    return 2 * (aggregation + (double)(c->n_layers_order - 1) * order + order_last +
                (double)(c->n_layers_feature - 1) * feature + feature_last + 3 * E * 1024 + 2048);
}

/* Operations a second of the product kernel, at a size that its caches like. */
static double product_peak(const struct kernels *kernels)
{
    enum { M = 480, K = 256, N = 64, TURNS = 4, SAMPLES = 400 };
    struct arena arena = {0};
    real *a = ARENA_ZERO(&arena, real, M * K), *b = ARENA_ZERO(&arena, real, K * N);
    real *c = ARENA_ZERO(&arena, real, M * N);
    real *packed = ARENA_NEW(&arena, real, kernels_packed_size(kernels, K, N));
    double best = 1e9;

    kernels->pack(packed, b, K, N, 0, kernels_panels(kernels, N));
    for (size_t sample = 0; sample < SAMPLES; sample++) {
        const double begin = clock_seconds();
        for (size_t i = 0; i < TURNS; i++)
            kernels->matmul(&(struct matmul){.m = M,
                                             .k = K,
                                             .n = N,
                                             .a = a,
                                             .a_stride = K,
                                             .b = panels_packed(kernels, packed, K),
                                             .c = c,
                                             .c_stride = N});
        best = fmin(best, (clock_seconds() - begin) / TURNS);
    }
    arena_clear(&arena);
    return 2.0 * M * K * N / best;
}

static const struct kernels *kernels_of(const struct temporal_attention_config *c)
{
    return c->mixed ? kernels_mixed() : kernels_best();
}

struct drawn {
    struct history_row row[BATCH];
    int32_t label[BATCH];
    const struct temporal_attention_net *net;
    size_t turn_rows;
};

static float *draw(struct arena *arena, size_t n, struct rng *rng)
{
    float *x = ARENA_NEW(arena, float, n);

    for (size_t i = 0; i < n; i++)
        x[i] = (float)rng_uniform(rng);
    return x;
}

static void draw_rows(struct drawn *drawn, const struct temporal_attention_config *c,
                      struct arena *arena)
{
    struct rng rng = rng_new(24, 1);
    const size_t L = c->seq_len;

    for (size_t b = 0; b < BATCH; b++) {
        int32_t *categorical = ARENA_NEW(arena, int32_t, L * c->n_cat_features);
        float *time = draw(arena, L, &rng);
        for (size_t i = 0; i < L * c->n_cat_features; i++)
            categorical[i] = 1 + (int32_t)rng_below(&rng, c->n_embedding - c->n_num_features);
        for (size_t t = 0; t < L; t++)
            time[t] = (float)(L - 1 - t) * 6e4f;
        drawn->row[b] = (struct history_row){
            .sequence[0] = {L, categorical, draw(arena, L * c->n_num_features, &rng), time},
            .engineered = draw(arena, c->n_engineered_num_features, &rng),
        };
        drawn->label[b] = (int32_t)rng_below(&rng, 2);
    }
}

static void fill(void *context, size_t step, size_t slice, size_t turn, struct graph_run *run)
{
    const struct drawn *drawn = context;
    const size_t first = slice * (BATCH / SLICES) + turn * drawn->turn_rows;

    temporal_attention_net_fill(drawn->net, run,
                                &(struct temporal_attention_turn){
                                    .rows = drawn->turn_rows,
                                    .row = drawn->row + first,
                                    .label = drawn->label + first,
                                    .total_weight = BATCH,
                                    .batch_rows = BATCH,
                                    .training = true,
                                    .seed = 24 + step,
                                    .first_row = first,
                                });
}

static double peak_mib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

/* Of this process, all threads. */
static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *taken, size_t count)
{
    qsort(taken, count, sizeof *taken, by_size);
    return taken[count / 2];
}

static bool train(size_t threads, size_t experts, bool mixed, double seconds, struct error *err)
{
    enum { STEPS_MAX = 4096 };
    const struct temporal_attention_config config = document_sizes(experts, mixed);
    const struct temporal_attention_loss loss_op = {.op = &op_softmax_cross_entropy};
    struct arena arena = {0};
    struct temporal_attention_net net;
    static struct drawn drawn;
    static double taken[STEPS_MAX];
    struct pool *pool = pool_new(threads);
    double loss = 0;
    size_t steps = 0;
    bool ok = true;

    drawn.turn_rows = temporal_attention_net_rows(&config, true);
    drawn.net = &net;
    draw_rows(&drawn, &config, &arena);
    temporal_attention_net_init(&net, &config, drawn.turn_rows, &loss_op);
    struct trainer *trainer =
        trainer_new(&(struct trainer_settings){.graph = net.graph,
                                               .loss = net.loss,
                                               .slices = SLICES,
                                               .turns = BATCH / SLICES / drawn.turn_rows,
                                               .adam = adam_defaults()},
                    pool);
    temporal_attention_net_start(&net, 1, trainer_state(trainer)->parameters);
    const double peak = product_peak(kernels_of(&config));
    const double start = clock_seconds();
    double cpu = cpu_seconds();
    while (ok && steps < STEPS_MAX && (steps < 3 || clock_seconds() - start < seconds)) {
        const double begin = clock_seconds();
        ok = trainer_run(trainer, 1, fill, &drawn, "training", &loss, err);
        taken[steps++] = clock_seconds() - begin;
    }
    cpu = cpu_seconds() - cpu;
    const double middle = median(taken, steps), rate = BATCH / middle;
    const double done = 3 * row_operations(&config) * rate;
    const double top = fmax(peak, product_peak(kernels_of(&config)));
    if (ok)
        printf(
            "{\"rows_per_second\": %.2f, \"cpu\": %.2f, \"loss\": %.6f, \"gflop_row\": %.3f, "
            "\"peak_gflops\": %.1f, \"peak_share\": %.3f, \"peak_mib\": %.1f, \"rows_a_step\": %d, "
            "\"kernels\": \"%s\"}\n",
            rate, 1e3 * cpu / (double)(BATCH * steps), loss, 3 * row_operations(&config) / 1e9,
            top / 1e9, done / (double)threads / top, peak_mib(), BATCH, kernels_of(&config)->name);
    trainer_free(trainer);
    temporal_attention_net_clear(&net);
    pool_free(pool);
    arena_clear(&arena);
    return ok;
}

/* A tensor [rows, numbers] of the file. */
static bool read(const struct safetensors *file, const char *name, enum safetensors_type type,
                 size_t numbers, const void **out, struct error *err)
{
    const struct safetensor *tensor = safetensors_find(file, name);

    if (!tensor || tensor->type != type || tensor->count != ROWS * numbers)
        return error_set(err, ERR_DATA, "%s: no tensor '%s' of %d rows", file->path, name, ROWS);
    *out = tensor->data;
    return true;
}

static bool read_rows(const struct safetensors *file, const struct temporal_attention_config *c,
                      struct history_row *row, struct arena *arena, struct error *err)
{
    const size_t L = c->seq_len, cat = L * c->n_cat_features, num = L * c->n_num_features;
    const size_t engineered = c->n_engineered_num_features;
    const void *x_cat, *x_num, *time, *x_engineered;

    if (!read(file, "x_cat", SAFETENSORS_I32, cat, &x_cat, err) ||
        !read(file, "x_num", SAFETENSORS_F32, num, &x_num, err) ||
        !read(file, "time", SAFETENSORS_F32, L, &time, err) ||
        !read(file, "x_engineered", SAFETENSORS_F32, engineered, &x_engineered, err))
        return false;
    int32_t *categories = ARENA_NEW(arena, int32_t, ROWS * cat);
    float *numbers = ARENA_NEW(arena, float, ROWS *(num + L + engineered));
    float *times = numbers + ROWS * num, *dense = times + ROWS * L;
    memcpy(categories, x_cat, ROWS * cat * sizeof *categories);
    memcpy(numbers, x_num, ROWS * num * sizeof *numbers);
    memcpy(times, time, ROWS * L * sizeof *times);
    memcpy(dense, x_engineered, ROWS * engineered * sizeof *dense);
    for (size_t b = 0; b < ROWS; b++)
        row[b] = (struct history_row){
            .sequence[0] = {L, categories + b * cat, numbers + b * num, times + b * L},
            .engineered = dense + b * engineered,
        };
    return true;
}

static void score(const struct temporal_attention *model, const struct history_row *row,
                  double seconds)
{
    enum { CALLS_MAX = 100000 };
    struct temporal_attention_scorer *scorer = temporal_attention_scorer_new(model);
    static double taken[CALLS_MAX];
    float logit[ROWS][2];
    size_t calls = 0;

    for (size_t b = 0; b < ROWS; b++)
        temporal_attention_score(scorer, row + b, 1,
                                 &(struct temporal_attention_output){.logit = logit[b]});
    double cpu = cpu_seconds();
    for (const double start = clock_seconds();
         calls < CALLS_MAX && clock_seconds() - start < seconds;) {
        const double begin = clock_seconds();
        float out;
        temporal_attention_score(scorer, row, 1,
                                 &(struct temporal_attention_output){.score = &out});
        taken[calls++] = clock_seconds() - begin;
    }
    cpu = cpu_seconds() - cpu;
    const double middle = median(taken, calls);
    printf("{\"milliseconds\": %.4f, \"cpu\": %.4f, \"peak_mib\": %.1f, \"scores\": [",
           1e3 * middle, 1e3 * cpu / (double)calls, peak_mib());
    for (size_t b = 0; b < ROWS; b++)
        printf("%s[%.9g, %.9g]", b ? ", " : "", (double)logit[b][0], (double)logit[b][1]);
    printf("]}\n");
    temporal_attention_scorer_free(scorer);
}

static bool score_files(const char *folder, const struct temporal_attention_config *config,
                        double seconds, struct error *err)
{
    struct temporal_attention *model = NULL;
    struct history_row row[ROWS];
    struct arena arena = {0};
    struct safetensors file;
    char path[4096];

    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    if (!temporal_attention_import(&model, config, path, err))
        return false;
    snprintf(path, sizeof path, "%s/rows.safetensors", folder);
    bool ok = safetensors_open(&file, path, err);
    if (ok) {
        ok = read_rows(&file, config, row, &arena, err);
        if (ok)
            score(model, row, seconds);
        safetensors_close(&file);
    }
    temporal_attention_free(model);
    arena_clear(&arena);
    return ok;
}

static void score_drawn(const struct temporal_attention_config *config, double seconds)
{
    struct temporal_attention *model = temporal_attention_new(config, 24);
    struct arena arena = {0};
    static struct drawn drawn;

    draw_rows(&drawn, config, &arena);
    score(model, drawn.row, seconds);
    temporal_attention_free(model);
    arena_clear(&arena);
}

static bool score_rows(const char *folder, bool mixed, double seconds, struct error *err)
{
    const struct temporal_attention_config config = document_sizes(1, mixed);

    if (strcmp(folder, "-") != 0)
        return score_files(folder, &config, seconds, err);
    score_drawn(&config, seconds);
    return true;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    bool ok = false;

    if (argc == 6 && strcmp(argv[1], "train") == 0)
        ok = train((size_t)strtoul(argv[2], NULL, 10), (size_t)strtoul(argv[3], NULL, 10),
                   strcmp(argv[4], "mixed") == 0, strtod(argv[5], NULL), &err);
    else if (argc == 5 && strcmp(argv[1], "row") == 0)
        ok = score_rows(argv[2], strcmp(argv[3], "mixed") == 0, strtod(argv[4], NULL), &err);
    else
        error_set(&err, ERR_ARG,
                  "bench_tsa train THREADS EXPERTS PRECISION SECONDS | "
                  "row FOLDER PRECISION SECONDS");
    if (!ok)
        fprintf(stderr, "bench_tsa: %s\n", err.text);
    return ok ? 0 : 1;
}
