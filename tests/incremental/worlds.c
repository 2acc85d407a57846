#include "worlds.h"

#include <stdlib.h>

static const double DAY = 86400e6;

enum { ROOM = SIMULATION_IMPRESSIONS_MAX };

void world_make(struct world_log *world, size_t users, uint64_t seed, double selection,
                double drift)
{
    struct arena memory = {0};
    struct simulation_world *market = ARENA_NEW(&memory, struct simulation_world, 1);
    struct simulation_impression *shown = ARENA_NEW(&memory, struct simulation_impression, ROOM);
    struct simulation_truth truth = {0};
    const char *name[SIMULATION_CAMPAIGNS_MAX];
    uint32_t *user = NULL;
    int64_t *time = NULL;
    uint16_t *campaign = NULL;
    uint8_t *conversion = NULL;
    size_t room = 0, count = 0, seen = 0;

    simulation_world_random(market, seed, 0, selection, drift);
    for (size_t u = 0; u < users; u++) {
        const size_t n = simulation_user(market, u + 1, shown, &truth);
        if (count + n > room) {
            room = 2 * room + ROOM;
            user = memory_resize(user, room, sizeof *user);
            time = memory_resize(time, room, sizeof *time);
            campaign = memory_resize(campaign, room, sizeof *campaign);
            conversion = memory_resize(conversion, room, sizeof *conversion);
        }
        for (size_t i = 0; i < n; i++, count++) {
            user[count] = (uint32_t)seen;
            time[count] = INT64_C(1500000000000000) + (int64_t)(shown[i].day * DAY);
            campaign[count] = (uint16_t)shown[i].campaign;
            conversion[count] = shown[i].conversion;
        }
        seen += n > 0;
    }
    for (size_t k = 0; k < market->campaigns; k++) {
        name[k] = market->campaign[k].name;
        world->caused[k] = truth.caused[k];
    }
    world->caused[market->campaigns] = truth.uncaused;
    exposure_log_build(&world->log, &(struct exposure_rows){.users = seen,
                                                            .count = count,
                                                            .campaigns = market->campaigns,
                                                            .user = user,
                                                            .time = time,
                                                            .campaign = campaign,
                                                            .conversion = conversion,
                                                            .name = name});
    free(user);
    free(time);
    free(campaign);
    free(conversion);
    arena_clear(&memory);
}
