/* The markets that are simulated: the one with names, and random ones. */
#include "attribution/elementary.h"
#include "attribution/simulation.h"

#include <stdio.h>
#include <string.h>

static const double LOG2_E = 1.4426950408889634;
static const double SHOWN = 0.22; /* impressions a day of an average user, over all campaigns */

void simulation_world_default(struct simulation_world *world, uint64_t seed)
{
    *world = (struct simulation_world){.seed = seed, .campaigns = SIMULATION_CAMPAIGNS};
    memcpy(world->campaign, simulation_campaigns, sizeof simulation_campaigns);
}

static double between(struct rng *rng, double low, double high)
{
    return low + (high - low) * rng_uniform(rng);
}

/* A quarter of the campaigns, at least one of several, do nothing. */
static void draw_useless(struct simulation_world *world, struct rng *rng)
{
    const size_t k = world->campaigns;
    size_t wanted = k < 2 ? 0 : k < 8 ? 1 : k / 4;

    while (wanted > 0) {
        struct simulation_campaign *c = &world->campaign[rng_below(rng, k)];
        wanted -= c->strength > 0;
        c->strength = 0;
    }
}

void simulation_world_random(struct simulation_world *world, uint64_t seed, size_t campaigns,
                             double selection, double drift)
{
    struct rng rng = rng_new(rng_mix(seed, 0x776f726c64 /* "world" */), 0);
    const size_t drawn = 6 + (size_t)rng_below(&rng, 7);

    *world = (struct simulation_world){
        .seed = seed, .campaigns = campaigns ? campaigns : drawn, .drawn = true, .drift = drift};
    for (size_t k = 0; k < world->campaigns; k++) {
        struct simulation_campaign *c = &world->campaign[k];
        snprintf(world->name[k], sizeof world->name[k], "campaign_%02u", (unsigned)k + 1);
        c->rate = SHOWN / (double)world->campaigns * exp2_exact(0.5 * rng_normal(&rng) * LOG2_E);
        c->half_life = exp2_exact(between(&rng, -1, 3.3)); /* half a day to ten days */
        c->saturation = between(&rng, 0.5, 3);
        c->strength = between(&rng, 0.005, 0.04);
        c->pull = rng_uniform(&rng) < 0.5 ? between(&rng, 0.4, 1.2) * selection : 0;
    }
    draw_useless(world, &rng);
    for (size_t k = 0; k < world->campaigns; k++)
        world->campaign[k].name = world->name[k];
}
