#include "attribution/incremental_run.h"

#include "attribution/incremental_store.h"

static bool find_intervals(struct incremental_run *run, const struct incremental_job *job,
                           struct error *err)
{
    const size_t width = job->log->campaigns + 1;

    if (job->replicates == 0)
        return true;
    run->low = ARENA_NEW(&run->memory, double, width);
    run->high = ARENA_NEW(&run->memory, double, width);
    if (!incremental_draw(&run->draws, &run->fit, job->replicates, job->seed, job->pool, err))
        return false;
    incremental_intervals(&run->draws, width, run->low, run->high);
    return true;
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
    if (!incremental_fit_run(&run->fit, job->log, job->config, job->pool, err))
        return false;
    run->credit = ARENA_NEW(&run->memory, double, job->log->campaigns + 1);
    incremental_credits(&run->fit, run->fit.parameter, NULL, job->pool, run->credit);
    if (find_intervals(run, job, err) && find_doubts(run, job, err) &&
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
    incremental_draws_clear(&run->draws);
    incremental_fit_clear(&run->fit);
    arena_clear(&run->memory);
    *run = (struct incremental_run){0};
}

struct incremental_amounts incremental_run_amounts(const struct incremental_run *run)
{
    return (struct incremental_amounts){.channels = run->fit.log->campaigns,
                                        .credit = run->credit,
                                        .low = run->low,
                                        .high = run->high,
                                        .value = run->totals.value,
                                        .cost = run->fit.log->cost};
}
