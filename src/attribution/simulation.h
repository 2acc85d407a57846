/*
 * simulation — impressions of an invented market in which the true credit of each campaign is
 * known.
 *
 * The generative model, per user, over SIMULATION_DAYS days (docs/attribution.md has it in full):
 *
 *   taste     intent and activity of a user: independent log-normal factors of mean 1, cut at 20
 *   showing   campaign k is shown at a rate per day of
 *                 rate[k] * activity * intent^pull[k],
 *             retargeting only within SIMULATION_RETARGETING_DAYS of another campaign's impression
 *   stock     S_k(t) = sum over impressions i of k since the user's last conversion of
 *                 2^(-(t - t_i) / half_life[k])
 *   effect    e_k = strength[k] * g(S_k),  g(S) = S / (S + saturation[k]);
 *             a pair (k, l) adds synergy * g(S_k) * g(S_l)
 *   hazard    h(t) = h0 + sum of effects, conversions per day; h0 = baseline * intent
 *
 * Conversion times are drawn from h exactly, by thinning (Lewis and Shedler 1979; between two
 * impressions h only falls). A conversion ends the journey: stocks are empty after it and no other
 * follows before the next impression. It is written as `conversion` true on the user's latest
 * impression; a conversion of somebody who has seen nothing is in no log.
 *
 * True credit: at a conversion with hazard h, the share 1 - h0 / h is caused by campaigns. It is
 * divided by the Shapley value of h over campaigns, which for sums and pairs is each campaign's own
 * effect and half of each pair's: credit_k = (e_k + half its pairs) / h. The credits of a
 * conversion and its baseline part h0 / h sum to 1.
 *
 * simulation_world_random() draws other markets: K campaigns of random rate, half-life, saturation
 * and strength, a quarter of them useless, half of them (at random) drawn to intent by
 * `selection` times a random pull. There intent moves: log intent is a normal variable z of
 * spread 1 that keeps to exp(-1 / (2 drift)) of itself from one half day to the next (drift in
 * days; 0: steady), and campaign k is shown at rate[k] * activity * exp(pull z - pull^2 / 2).
 *
 * Rows are sorted by uid, then time. Users are independent random streams of the seed: the same
 * seed gives the same first users however many there are, and nothing but one user is in memory.
 */
#ifndef QUERN_ATTRIBUTION_SIMULATION_H
#define QUERN_ATTRIBUTION_SIMULATION_H

#include "base/error.h"
#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SIMULATION_DAYS = 30,
    SIMULATION_RETARGETING_DAYS = 5,
    SIMULATION_CAMPAIGNS = 8, /* of the default market */
    SIMULATION_CAMPAIGNS_MAX = 64,
    SIMULATION_USERS_MAX = 1000000000,
    SIMULATION_IMPRESSIONS_MAX = 4096, /* of one user */
};

struct simulation_campaign {
    const char *name;
    double rate;       /* impressions a day of an average user */
    double pull;       /* how much intent draws it: 0 not at all */
    double strength;   /* conversions a day when saturated */
    double half_life;  /* days */
    double saturation; /* stock of half the strength */
    bool retargeting;  /* shown only to those who have seen another campaign lately */
};

extern const struct simulation_campaign simulation_campaigns[SIMULATION_CAMPAIGNS];

enum { SIMULATION_NAME_MAX = 16, SIMULATION_STEPS = 2 * SIMULATION_DAYS };

struct simulation_world {
    uint64_t seed;
    size_t campaigns;
    struct simulation_campaign campaign[SIMULATION_CAMPAIGNS_MAX];
    char name[SIMULATION_CAMPAIGNS_MAX][SIMULATION_NAME_MAX]; /* of random markets */
    bool drawn;
    double drift; /* days; 0: intent is steady */
};

/* The market of docs/attribution.md. */
void simulation_world_default(struct simulation_world *world, uint64_t seed);

/* `campaigns` 0: 6 to 12, by the seed. */
void simulation_world_random(struct simulation_world *world, uint64_t seed, size_t campaigns,
                             double selection, double drift);

struct simulation_impression {
    double day; /* since the start */
    uint32_t campaign;
    bool conversion;
};

/* What happened to the users simulated so far. */
struct simulation_truth {
    uint64_t users, impressions, conversions;
    double caused[SIMULATION_CAMPAIGNS_MAX];
    double uncaused; /* conversions by the baseline */
};

/* Impressions of one user into `out` [SIMULATION_IMPRESSIONS_MAX]; adds to `truth`. */
size_t simulation_user(const struct simulation_world *world, uint64_t uid,
                       struct simulation_impression *out, struct simulation_truth *truth);

struct simulation_request {
    size_t users;
    uint64_t seed;
    const char *output; /* uid, timestamp (seconds), campaign, conversion */
    const char *truth;  /* channel_name, conversions_caused, share of the caused; NULL: not written.
                           The last row is "(baseline)", without a share */
    bool drawn;         /* a market of simulation_world_random() */
    double selection, drift;
    size_t campaigns;
    bool quiet;
};

/*
 * Each file appears whole or not at all; when the truth cannot be written the impressions stay.
 *
 * ERR_ARG  both files have the same name
 */
MUST_CHECK bool simulation_write(const struct simulation_request *request,
                                 struct simulation_truth *truth, struct error *err);

#endif
