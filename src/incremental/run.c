#include "incremental/run.h"

#include "incremental/rival.h"
#include "incremental/store.h"
#include "base/interrupt.h"

/* Go on from a fit with what experiments measured. */
static bool use_experiments(struct incremental_run *run, const struct incremental_job *job,
                            struct error *err)
{
    const size_t width = job->log->campaigns + 1;
    struct incremental_fit *fit = &run->fit;

    if (!job->experiments)
        return true;
    run->before = ARENA_NEW(&run->memory, double, width);
    run->lift_before = ARENA_NEW(&run->memory, double, run->lifts.count);
    run->lift_after = ARENA_NEW(&run->memory, double, run->lifts.count);
    run->lifts.seed = job->seed;
    incremental_credits(fit, fit->parameter, NULL, job->pool, run->before);
    incremental_lifts_expect(&run->lifts, fit, fit->parameter, job->pool, run->lift_before);
    if (!incremental_fit_extend(fit, &run->lifts.extra, job->pool, err))
        return error_wrap(err, "with experiments");
    incremental_lifts_expect(&run->lifts, fit, fit->parameter, job->pool, run->lift_after);
    return true;
}

static bool find_intervals(struct incremental_run *run, const struct incremental_job *job,
                           struct error *err)
{
    const size_t width = job->log->campaigns + 1;

    if (job->replicates == 0)
        return true;
    run->low = ARENA_NEW(&run->memory, double, width);
    run->high = ARENA_NEW(&run->memory, double, width);
    const struct incremental_draw_request request = {.replicates = job->replicates,
                                                     .seed = job->seed,
                                                     .pool = job->pool,
                                                     .keep = job->keep,
                                                     .show = job->show};
    if (!incremental_draw_kept(&run->draws, &run->fit, &request, err) ||
        !incremental_rivals_draw(&run->draws, &run->fit, job->config, &request, err))
        return false;
    incremental_intervals(&run->draws, run->credit, width, run->low, run->high);
    return true;
}

static bool find_pairs(struct incremental_run *run, const struct incremental_job *job,
                       struct error *err)
{
    incremental_pair_amounts(&run->pairs, &run->fit, &run->draws, job->seed, job->pool,
                             &run->memory);
    return interrupt_check("crediting pairs", err);
}

static bool find_doubts(struct incremental_run *run, const struct incremental_job *job,
                        struct error *err)
{
    const struct doubt_request request = {.fit = &run->fit,
                                          .credit = run->credit,
                                          .low = run->low,
                                          .high = run->high,
                                          .pool = job->pool};

    return !job->doubt || incremental_doubt_run(&run->doubt, &request, err);
}

bool incremental_run(struct incremental_run *run, const struct incremental_job *job,
                     struct error *err)
{
    *run = (struct incremental_run){0};
    if (job->experiments && !incremental_lifts_read(&run->lifts, job->experiments, job->log, err))
        return false;
    if (!incremental_fit_run(&run->fit, job->log, job->config, job->pool, err) ||
        !use_experiments(run, job, err)) {
        incremental_run_clear(run);
        return false;
    }
    run->credit = ARENA_NEW(&run->memory, double, job->log->campaigns + 1);
    incremental_credits(&run->fit, run->fit.parameter, NULL, job->pool, run->credit);
    if (find_intervals(run, job, err) && find_pairs(run, job, err) && find_doubts(run, job, err) &&
        incremental_journeys(&run->totals, &run->fit, job->journeys, err) &&
        (!job->save ||
         incremental_store_write(job->save, &run->fit, job->config, &run->draws, err)))
        return true;
    incremental_run_clear(run);
    return false;
}

void incremental_run_clear(struct incremental_run *run)
{
    incremental_totals_clear(&run->totals);
    incremental_doubt_clear(&run->doubt);
    incremental_lifts_clear(&run->lifts);
    incremental_draws_clear(&run->draws);
    incremental_fit_clear(&run->fit);
    arena_clear(&run->memory);
    *run = (struct incremental_run){0};
}

struct incremental_amounts incremental_run_amounts(const struct incremental_run *run)
{
    return (struct incremental_amounts){.channels = run->fit.log->campaigns,
                                        .credit = run->credit,
                                        .before = run->before,
                                        .low = run->low,
                                        .high = run->high,
                                        .value = run->totals.value,
                                        .cost = run->fit.log->cost};
}
