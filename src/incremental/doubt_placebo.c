#include "incremental/doubt_placebo.h"

#include "attribution/elementary.h"
#include "incremental/solve.h"
#include "base/interrupt.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 64, BLOCKS_MIN = 4, BLOCK_BYTES = 256 << 20 };

static const double LOG_ODDS_MAX = 20;

/* Sums of a block of users. */
struct block {
    double *cross;         /* [campaigns][parameters] I_zx */
    double *own, *slope;   /* [campaigns] I_zz; sum of z's slope of p */
    double *score, *seen;  /* [campaigns] */
    double *square, *mean; /* [campaigns] of adjusted scores, second pass */
    struct placebo_bin *bin;
};

struct work {
    const struct incremental_fit *fit;
    const double
        *adjust; /* [campaigns][parameters] I_zx (I_xx + ridge)^-1; NULL in the first pass */
    struct block *block; /* [blocks] */
    size_t blocks;
    atomic_size_t next;
    atomic_bool stop;
};

/* One thread's. */
struct bench {
    struct incremental_user user;
    double *local, *scaled, *score; /* [parameters] in the user's order */
    double *z, *of_z;               /* [seen] */
};

/* Of the log likelihood at an impression: by effects, and what controls have times that. */
struct slope {
    double score, weight, through, of_p;
};

static struct slope slope_of(const struct incremental_design *d,
                             const struct incremental_chance *chance, bool conversion)
{
    const double p = chance->p, rest = 1 - p;

    if (!d->additive)
        return (struct slope){conversion ? rest : -p, p * rest, 1, p * rest};
    return (struct slope){conversion ? rest / p : -1, rest / p,
                          -log_near(1 - chance->p0 > 1e-300 ? 1 - chance->p0 : 1e-300), rest};
}

/* z of the campaigns seen, at the impression at hand. */
static void set_z(struct bench *bench)
{
    const struct incremental_user *user = &bench->user;
    const size_t scales = user->design->scales;
    const double *future = user->future + (user->at - user->chunk_from) * user->seen * scales;

    for (size_t l = 0; l < user->seen; l++) {
        const double sum = future[l * scales];
        bench->z[l] = sum / (sum + 1) * user->acting[0];
    }
}

static void add_bin(struct placebo_bin *bins, double p, bool conversion)
{
    const double bounded = p < 1e-12 ? 1e-12 : p < 1 - 1e-12 ? p : 1 - 1e-12;
    const double odds = log_near(bounded / (1 - bounded));
    const double place = (odds + LOG_ODDS_MAX) / (2 * LOG_ODDS_MAX) * PLACEBO_BINS;
    struct placebo_bin *bin = &bins[place < 0              ? 0
                                    : place < PLACEBO_BINS ? (size_t)place
                                                           : PLACEBO_BINS - 1];

    bin->impressions++;
    bin->expected += p;
    bin->conversions += conversion;
    bin->spread += p * (1 - p);
}

/* First pass: what an impression adds to I_zx, I_zz and the bins. */
static void add_cross(struct bench *bench, const struct slope *slope, struct block *out)
{
    const struct incremental_user *user = &bench->user;
    const size_t count = user->design->count;

    for (size_t l = 0; l < user->seen; l++) {
        const size_t k = user->campaign[l];
        const double z = bench->z[l], weighted = z * slope->weight;
        if (z == 0)
            continue;
        out->own[k] += z * weighted;
        out->slope[k] += z * slope->of_p;
        out->score[k] += z * slope->score;
        for (size_t i = 0; i < user->size; i++)
            out->cross[k * count + user->index[i]] += weighted * bench->scaled[i];
    }
}

static void add_impression(const struct work *work, struct bench *bench, struct block *out)
{
    struct incremental_user *user = &bench->user;
    const struct incremental_chance chance = incremental_chance(user, bench->local);
    const bool conversion = user->log->conversion[user->at];
    const struct slope slope = slope_of(user->design, &chance, conversion);

    set_z(bench);
    for (size_t i = 0; i < user->size; i++)
        bench->scaled[i] = user->x[i] * (i < user->effects_from ? slope.through : 1);
    if (!work->adjust) {
        add_cross(bench, &slope, out);
        add_bin(out->bin, chance.p, conversion);
        return;
    }
    for (size_t i = 0; i < user->size; i++)
        bench->score[i] += slope.score * bench->scaled[i];
    for (size_t l = 0; l < user->seen; l++)
        bench->of_z[l] += slope.score * bench->z[l];
}

/* Second pass: the user's adjusted scores. */
static void add_scores(const struct work *work, const struct bench *bench, struct block *out)
{
    const struct incremental_user *user = &bench->user;
    const struct incremental_design *d = user->design;

    for (size_t k = 0; k < d->campaigns; k++) {
        const double *adjust = work->adjust + k * d->count;
        double score = user->place[k] >= 0 ? bench->of_z[user->place[k]] : 0;
        for (size_t i = 0; i < user->size; i++)
            score -= adjust[user->index[i]] * bench->score[i];
        out->mean[k] += score;
        out->square[k] += score * score;
    }
}

static void take_user(const struct work *work, struct bench *bench, size_t u, struct block *out)
{
    struct incremental_user *user = &bench->user;

    incremental_user_begin(user, u);
    for (size_t i = 0; i < user->size; i++)
        bench->local[i] = work->fit->parameter[user->index[i]];
    memset(bench->score, 0, user->size * sizeof *bench->score);
    memset(bench->of_z, 0, user->seen * sizeof *bench->of_z);
    for (size_t l = 0; l < user->seen; l++)
        out->seen[user->campaign[l]] += work->adjust ? 0 : 1;
    while (incremental_user_next(user))
        add_impression(work, bench, out);
    if (work->adjust)
        add_scores(work, bench, out);
}

static void run_blocks(void *context, size_t rank, size_t size)
{
    struct work *work = context;
    const struct incremental_design *d = &work->fit->design;
    const size_t users = work->fit->log->users;
    struct arena memory = {0};
    struct bench bench = {
        .local = ARENA_NEW(&memory, double, d->count),
        .scaled = ARENA_NEW(&memory, double, d->count),
        .score = ARENA_NEW(&memory, double, d->count),
        .z = ARENA_NEW(&memory, double, d->campaigns),
        .of_z = ARENA_NEW(&memory, double, d->campaigns),
    };
    struct error err;
    size_t b;

    (void)size;
    incremental_user_init(&bench.user, work->fit->log, d);
    while ((b = atomic_fetch_add(&work->next, 1)) < work->blocks)
        for (size_t u = users * b / work->blocks; u < users * (b + 1) / work->blocks; u++) {
            if (u % 1024 == 0 && !interrupt_check("doubting the fit", &err))
                atomic_store(&work->stop, true);
            if (atomic_load(&work->stop))
                break;
            exposure_log_pass(work->fit->log, rank, u);
            take_user(work, &bench, u, &work->block[b]);
        }
    incremental_user_clear(&bench.user);
    arena_clear(&memory);
}

/* One stretch of numbers a block, so that blocks are added without knowing what they hold. */
static double *block_numbers(const struct block *block)
{
    return block->cross;
}

static size_t block_size(const struct incremental_design *d)
{
    return d->campaigns * (d->count + 6) +
           PLACEBO_BINS * (sizeof(struct placebo_bin) / sizeof(double));
}

static void block_make(struct block *block, const struct incremental_design *d)
{
    const size_t n = d->campaigns;
    double *at = memory_take_zeroed(block_size(d), sizeof *at);

    block->cross = at;
    block->own = at + n * d->count;
    block->slope = block->own + n;
    block->score = block->slope + n;
    block->seen = block->score + n;
    block->square = block->seen + n;
    block->mean = block->square + n;
    block->bin = (struct placebo_bin *)(block->mean + n);
}

/* Run a pass; its sums are in the first block. */
static bool run(struct work *work, struct pool *pool, struct error *err)
{
    const size_t size = block_size(&work->fit->design);

    atomic_store(&work->next, 0);
    for (size_t b = 1; b < work->blocks; b++)
        memset(block_numbers(&work->block[b]), 0, size * sizeof(double));
    if (pool)
        pool_run(pool, run_blocks, work);
    else
        run_blocks(work, 0, 1);
    for (size_t b = 1; b < work->blocks; b++)
        for (size_t i = 0; i < size; i++)
            block_numbers(&work->block[0])[i] += block_numbers(&work->block[b])[i];
    return interrupt_check("doubting the fit", err);
}

/* I_zx (I_xx + ridge)^-1 over parameters that are not held at zero, [campaigns][parameters]. */
static bool make_adjust(const struct incremental_fit *fit, const double *cross, struct pool *pool,
                        double *adjust, struct error *err)
{
    const size_t n = fit->design.count;
    const struct incremental_objective objective = {.log = fit->log,
                                                    .design = &fit->design,
                                                    .ridge = fit->ridge,
                                                    .extra = fit->extra,
                                                    .pool = pool};
    double *matrix = memory_take(n * n + 2 * n, sizeof *matrix);
    double *gradient = matrix + n * n, *scale = gradient + n;
    struct incremental_point point = {.gradient = gradient, .hessian = matrix};

    incremental_evaluate(&objective, fit->parameter, &point);
    for (size_t i = 0; i < n; i++)
        scale[i] = fit->bounded[i] && !(fit->parameter[i] > 0) ? 0 : 1 / sqrt(matrix[i * n + i]);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            matrix[i * n + j] = i == j ? 1 + 1e-12 : matrix[i * n + j] * scale[i] * scale[j];
    const bool ok = incremental_factor(matrix, n, n);
    for (size_t k = 0; ok && k < fit->design.campaigns; k++) {
        double *row = adjust + k * n;
        for (size_t i = 0; i < n; i++)
            row[i] = cross[k * n + i] * scale[i];
        incremental_substitute(matrix, n, n, row);
        for (size_t i = 0; i < n; i++)
            row[i] *= scale[i];
    }
    free(matrix);
    return ok || error_set(err, ERR_CHECK, "the equations of the placebo cannot be solved");
}

static void finish(struct doubt_placebo *placebo, const struct incremental_fit *fit,
                   const struct block *sums, const double *cross, const double *adjust)
{
    const size_t n = fit->design.count, users = fit->log->users;

    for (size_t k = 0; k < fit->design.campaigns; k++) {
        const double mean = sums->mean[k] / (double)users;
        double v = sums->own[k];
        for (size_t i = 0; i < n; i++)
            v -= cross[k * n + i] * adjust[k * n + i];
        const double square = sums->square[k] - mean * sums->mean[k];
        const bool varies = v > 1e-9 * sums->own[k] && v > 0 && square > 0;
        const double unit = sums->slope[k] / v;
        placebo->estimate[k] = varies ? sums->score[k] * unit : NAN;
        placebo->error[k] = varies ? sqrt(square) * unit : NAN;
        placebo->seen[k] = sums->seen[k];
    }
    memcpy(placebo->bin, sums->bin, PLACEBO_BINS * sizeof *sums->bin);
}

bool doubt_placebo_run(struct doubt_placebo *placebo, const struct incremental_fit *fit,
                       struct pool *pool, struct error *err)
{
    const struct incremental_design *d = &fit->design;
    const size_t most = BLOCK_BYTES / (block_size(d) * sizeof(double));
    struct work work = {.fit = fit,
                        .blocks = most < BLOCKS_MIN ? BLOCKS_MIN
                                  : most < BLOCKS   ? most
                                                    : BLOCKS};
    double *adjust = memory_take(d->campaigns, d->count * sizeof *adjust);
    double *cross = memory_take(d->campaigns, d->count * sizeof *cross);

    *placebo = (struct doubt_placebo){0};
    placebo->estimate = ARENA_NEW(&placebo->memory, double, d->campaigns);
    placebo->error = ARENA_NEW(&placebo->memory, double, d->campaigns);
    placebo->seen = ARENA_NEW(&placebo->memory, double, d->campaigns);
    placebo->bin = ARENA_NEW(&placebo->memory, struct placebo_bin, PLACEBO_BINS);
    work.block = memory_take_zeroed(work.blocks, sizeof *work.block);
    for (size_t b = 0; b < work.blocks; b++)
        block_make(&work.block[b], d);
    bool ok = run(&work, pool, err);
    memcpy(cross, work.block[0].cross, d->campaigns * d->count * sizeof *cross);
    ok = ok && make_adjust(fit, cross, pool, adjust, err);
    work.adjust = adjust;
    ok = ok && run(&work, pool, err);
    if (ok)
        finish(placebo, fit, &work.block[0], cross, adjust);
    else
        doubt_placebo_clear(placebo);
    for (size_t b = 0; b < work.blocks; b++)
        free(work.block[b].cross);
    free(work.block);
    free(adjust);
    free(cross);
    return ok;
}

void doubt_placebo_clear(struct doubt_placebo *placebo)
{
    arena_clear(&placebo->memory);
    *placebo = (struct doubt_placebo){0};
}
