/*
 * incremental_run — the incremental method from a log to its amounts: fitted, credited, resampled,
 * each journey divided.
 *
 *     struct incremental_run run;
 *     if (!incremental_run(&run, &job, err)) return false;
 *     ... run.credit, run.low, run.totals.value, run.fit ...
 *     incremental_run_clear(&run);
 */
#ifndef QUERN_INCREMENTAL_RUN_H
#define QUERN_INCREMENTAL_RUN_H

#include "incremental/columns.h"
#include "incremental/doubt.h"
#include "incremental/interval.h"
#include "incremental/journey.h"
#include "incremental/lift.h"
#include "incremental/pair_credit.h"

struct incremental_job {
    const struct exposure_log *log; /* must outlive the run */
    const struct incremental_config *config;
    size_t replicates; /* of the bootstrap; 0: no intervals, else 2 and more */
    uint64_t seed;
    struct pool *pool;       /* may be NULL */
    const char *journeys;    /* file for journey credits (the log then has identity), or NULL */
    const char *save;        /* folder for the fitted model (store.h), or NULL */
    const char *keep;        /* file for replicates on their way (interval.h), or NULL */
    bool doubt;              /* also look for reasons not to trust it */
    const char *experiments; /* table of measured lifts (lift.h), or NULL */
};

struct incremental_run {
    struct incremental_fit fit;
    struct incremental_draws draws; /* count 0: none */
    struct incremental_totals totals;
    double *credit, *low, *high; /* [campaigns + 1]; ends NULL without replicates */
    double *before; /* [campaigns + 1] credits without the experiments; NULL where there are none */
    double *lift_before, *lift_after; /* [lifts.count] the model's numbers without and with them */
    struct incremental_lifts lifts;
    struct incremental_pair_amounts pairs;
    struct incremental_doubt doubt; /* empty where the job did not ask */
    struct arena memory;
};

/* The run must stay where it is: its fit may point into it. ERR_CONFIG, ERR_DATA, ERR_LIMIT,
 * ERR_CHECK, ERR_INTERRUPT, ERR_IO */
MUST_CHECK bool incremental_run(struct incremental_run *run, const struct incremental_job *job,
                                struct error *err);
void incremental_run_clear(struct incremental_run *run);

/* In the order of the log's campaigns; borrowed. */
struct incremental_amounts incremental_run_amounts(const struct incremental_run *run);

#endif
