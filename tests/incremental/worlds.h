/* worlds — simulated markets as exposure logs, with what campaigns caused in them. */
#ifndef QUERN_TESTS_ATTRIBUTION_WORLDS_H
#define QUERN_TESTS_ATTRIBUTION_WORLDS_H

#include "incremental/exposure_log.h"
#include "attribution/simulation.h"

struct world_log {
    struct exposure_log log;
    double caused[SIMULATION_CAMPAIGNS_MAX + 1]; /* of the log's campaigns, then the baseline */
};

/* A market of simulation_world_random(); clear `log`. */
void world_make(struct world_log *world, size_t users, uint64_t seed, double selection,
                double drift);

#endif
