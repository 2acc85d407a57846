/* The replicates of the bootstrap: interval.h. */
#include "incremental/draw_file.h"
#include "incremental/interval.h"
#include "incremental/solve.h"
#include "base/interrupt.h"
#include "base/progress.h"

#include <stdlib.h>
#include <string.h>

struct bootstrap {
    const struct incremental_fit *fit;
    struct pool *pool;
    uint64_t seed;
    double *hessian, *pull; /* of the whole log; pull = hessian * parameter */
    double *gradients;      /* [parameters][lanes] */
    double *gradient, *right;
    float *weight; /* [users], for the extra term alone */
};

static void init(struct bootstrap *b, struct arena *memory)
{
    const size_t n = b->fit->design.count;

    b->hessian = ARENA_NEW(memory, double, n *n);
    b->pull = ARENA_ZERO(memory, double, n);
    b->gradients = ARENA_NEW(memory, double, n *RESAMPLE_LANES);
    b->gradient = ARENA_NEW(memory, double, n);
    b->right = ARENA_NEW(memory, double, n);
    if (b->fit->extra)
        b->weight = ARENA_NEW(memory, float, b->fit->log->users);
}

static void learn_pull(struct bootstrap *b)
{
    const struct incremental_fit *fit = b->fit;
    const size_t n = fit->design.count;
    const struct incremental_objective objective = {.log = fit->log,
                                                    .design = &fit->design,
                                                    .ridge = fit->ridge,
                                                    .extra = fit->extra,
                                                    .pool = b->pool};
    struct incremental_point point = {.gradient = b->gradient, .hessian = b->hessian};

    incremental_evaluate(&objective, fit->parameter, &point);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            b->pull[i] +=
                (i >= j ? b->hessian[i * n + j] : b->hessian[j * n + i]) * fit->parameter[j];
}

/* The extra term, whose numbers are drawn anew in each replicate. */
static void add_extra(struct bootstrap *b, const struct incremental_resample *resample, size_t lane)
{
    const struct incremental_fit *fit = b->fit;
    const struct incremental_objective objective = {.log = fit->log,
                                                    .design = &fit->design,
                                                    .weight = b->weight,
                                                    .ridge = fit->ridge,
                                                    .extra = fit->extra,
                                                    .draw = resample->first + lane + 1,
                                                    .pool = b->pool};
    struct incremental_point point = {.gradient = b->gradient};

    incremental_resample_log(resample, lane, fit->log->users, b->weight);
    fit->extra->add(fit->extra, &objective, fit->parameter, &point);
}

/* Where the replicate's least lies by the quadratic model around the fit. */
static bool move(struct bootstrap *b, const struct incremental_resample *resample, size_t lane,
                 double *moved, struct error *err)
{
    const struct incremental_fit *fit = b->fit;
    const size_t n = fit->design.count;

    for (size_t j = 0; j < n; j++)
        b->gradient[j] =
            b->gradients[j * resample->lanes + lane] + fit->ridge[j] * fit->parameter[j];
    if (fit->extra)
        add_extra(b, resample, lane);
    for (size_t j = 0; j < n; j++)
        b->right[j] = b->pull[j] - b->gradient[j];
    memcpy(moved, fit->parameter, n * sizeof *moved);
    return incremental_solve(moved, b->hessian, b->right, fit->bounded, n, err);
}

/* Replicates from..end - 1, in one pass for gradients and one for credits. */
static bool run_batch(struct bootstrap *b, struct incremental_draws *draws, size_t from, size_t end,
                      struct error *err)
{
    const struct incremental_fit *fit = b->fit;
    const size_t n = fit->design.count, width = fit->design.campaigns + 1, many = end - from;
    const struct incremental_objective objective = {
        .log = fit->log, .design = &fit->design, .pool = b->pool};
    const struct incremental_resample resample = {b->seed, from, (many + 7) / 8 * 8};

    incremental_gradients(&objective, fit->parameter, &resample, b->gradients);
    for (size_t lane = 0; lane < many; lane++)
        if (!move(b, &resample, lane, draws->parameter + (from + lane) * n, err))
            return false;
    incremental_credits_resampled(fit, draws->parameter + from * n, &resample, many, b->pool,
                                  draws->credit + from * width);
    return true;
}

/* From the replicates that the file holds, `done`, to all. */
static bool run_rest(struct bootstrap *b, struct incremental_draws *draws, size_t done,
                     struct draw_file *file, bool show, struct error *err)
{
    struct progress progress;
    bool ok = true;

    progress_begin(&progress, "resampling", draws->count, !show);
    while (ok && done < draws->count) {
        const size_t left = draws->count - done;
        const size_t end = done + (left < RESAMPLE_LANES ? left : RESAMPLE_LANES);
        ok = interrupt_check("resampling for the intervals", err) &&
             run_batch(b, draws, done, end, err) &&
             (!file || draw_file_add(file, draws, done, end, err));
        done = end;
        progress_update(&progress, done, NULL);
    }
    if (ok)
        progress_end(&progress, "");
    else
        progress_cancel(&progress);
    return ok;
}

bool incremental_draw_kept(struct incremental_draws *draws, const struct incremental_fit *fit,
                           const struct incremental_draw_request *request, struct error *err)
{
    const size_t n = fit->design.count, width = fit->design.campaigns + 1;
    struct arena memory = {0};
    struct bootstrap b = {.fit = fit, .pool = request->pool, .seed = request->seed};
    struct draw_file file = {0};
    size_t done = 0;

    *draws = (struct incremental_draws){
        .count = request->replicates,
        .parameter = memory_take(request->replicates, n * sizeof(double)),
        .credit = memory_take(request->replicates, width * sizeof(double)),
    };
    bool ok = !request->keep ||
              draw_file_open(&file, request->keep, fit, request->seed, draws, &done, err);
    if (ok && done < draws->count) {
        init(&b, &memory);
        learn_pull(&b);
        ok = run_rest(&b, draws, done, request->keep ? &file : NULL, request->show, err);
    }
    ok = draw_file_close(&file, ok ? err : NULL) && ok;
    arena_clear(&memory);
    if (!ok)
        incremental_draws_clear(draws);
    return ok;
}

bool incremental_draw(struct incremental_draws *draws, const struct incremental_fit *fit,
                      size_t replicates, uint64_t seed, struct pool *pool, struct error *err)
{
    const struct incremental_draw_request request = {
        .replicates = replicates, .seed = seed, .pool = pool};

    return incremental_draw_kept(draws, fit, &request, err);
}
