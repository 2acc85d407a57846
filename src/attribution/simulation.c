#include "attribution/simulation.h"

#include "attribution/elementary.h"

static const double INTENT_SPREAD = 1.0, ACTIVITY_SPREAD = 0.7;
static const double LOG2_FACTOR_MAX = 4.321928094887363; /* of 20 */
static const double BASELINE = 0.005; /* conversions a day of an average user shown nothing */
static const double LOG2_E = 1.4426950408889634;

/*
 * Two campaigns are bait: brand search and coupons find those who would have bought anyway, so they
 * stand last on many converting paths. Prospecting is on many paths and does nothing at all. Video
 * works slowly and is seldom the last impression.
 */
const struct simulation_campaign simulation_campaigns[SIMULATION_CAMPAIGNS] = {
    {.name = "affiliate_coupon", .rate = 0.012, .pull = 1.2, .half_life = 1, .saturation = 1},
    {.name = "display_prospecting", .rate = 0.040, .half_life = 1, .saturation = 1},
    {.name = "display_retargeting",
     .rate = 0.080,
     .pull = 0.3,
     .strength = 0.012,
     .half_life = 1,
     .saturation = 2,
     .retargeting = true},
    {.name = "email_newsletter",
     .rate = 0.024,
     .strength = 0.030,
     .half_life = 3,
     .saturation = 1.5},
    {.name = "search_brand",
     .rate = 0.020,
     .pull = 1.0,
     .strength = 0.010,
     .half_life = 0.5,
     .saturation = 1},
    {.name = "search_generic",
     .rate = 0.020,
     .pull = 0.5,
     .strength = 0.080,
     .half_life = 1,
     .saturation = 1},
    {.name = "social_feed", .rate = 0.030, .strength = 0.020, .half_life = 4, .saturation = 2},
    {.name = "video_preroll", .rate = 0.014, .strength = 0.040, .half_life = 8, .saturation = 1},
};

static const struct {
    size_t first, second;
    double synergy; /* conversions a day when both are saturated */
} pairs[] = {
    {3, 5, 0.06}, /* email_newsletter and search_generic */
    {6, 7, 0.05}, /* social_feed and video_preroll */
};

enum { PAIRS = sizeof pairs / sizeof *pairs, CAMPAIGNS = SIMULATION_CAMPAIGNS };

struct user {
    struct rng rng;
    double baseline;          /* h0 */
    double rate[CAMPAIGNS];   /* cumulative, per day */
    double stock[CAMPAIGNS];  /* at the time below */
    double effect[CAMPAIGNS]; /* Shapley shares of the hazard at the time below */
    double when;              /* days */
    double shown[CAMPAIGNS];  /* day of the last impression, or far in the past */
};

/* Base 2 logarithm of a log-normal factor of mean 1, cut at 20. */
static double log_factor(struct rng *rng, double spread)
{
    const double factor = (spread * rng_normal(rng) - spread * spread / 2) * LOG2_E;

    return factor > LOG2_FACTOR_MAX ? LOG2_FACTOR_MAX : factor;
}

static void begin(struct user *user, uint64_t seed, uint64_t uid)
{
    double sum = 0;

    *user = (struct user){.rng = rng_new(rng_mix(seed, 0x6d61726b6574 /* "market" */), uid)};
    const double intent = log_factor(&user->rng, INTENT_SPREAD);
    const double activity = log_factor(&user->rng, ACTIVITY_SPREAD);
    user->baseline = BASELINE * exp2_exact(intent);
    for (size_t k = 0; k < CAMPAIGNS; k++) {
        const struct simulation_campaign *c = &simulation_campaigns[k];
        sum += c->rate * exp2_exact(activity + c->pull * intent);
        user->rate[k] = sum;
        user->shown[k] = -SIMULATION_DAYS;
    }
}

static bool saw_another(const struct user *user, size_t campaign, double when)
{
    for (size_t k = 0; k < CAMPAIGNS; k++)
        if (k != campaign && when - user->shown[k] < SIMULATION_RETARGETING_DAYS)
            return true;
    return false;
}

/* The next impression after `when`; its day is past the end when there is none. */
static struct simulation_impression next_impression(struct user *user, double when)
{
    struct simulation_impression next = {.day = when};

    while (next.day < SIMULATION_DAYS) {
        size_t k = 0;
        next.day += rng_exponential(&user->rng) / user->rate[CAMPAIGNS - 1];
        const double u = rng_uniform(&user->rng) * user->rate[CAMPAIGNS - 1];
        while (k < CAMPAIGNS - 1 && user->rate[k] <= u)
            k++;
        if (simulation_campaigns[k].retargeting && !saw_another(user, k, next.day))
            continue;
        next.campaign = (uint32_t)k;
        break;
    }
    return next;
}

/* Let time pass, then work out each campaign's share of the hazard. Returns the hazard. */
static double advance(struct user *user, double when)
{
    double level[CAMPAIGNS], hazard = user->baseline;

    for (size_t k = 0; k < CAMPAIGNS; k++) {
        const struct simulation_campaign *c = &simulation_campaigns[k];
        if (user->stock[k] > 0 && when > user->when)
            user->stock[k] *= exp2_exact((user->when - when) / c->half_life);
        level[k] = user->stock[k] / (user->stock[k] + c->saturation);
        user->effect[k] = c->strength * level[k];
    }
    for (size_t i = 0; i < PAIRS; i++) {
        const double both = pairs[i].synergy * level[pairs[i].first] * level[pairs[i].second];
        user->effect[pairs[i].first] += both / 2;
        user->effect[pairs[i].second] += both / 2;
    }
    for (size_t k = 0; k < CAMPAIGNS; k++)
        hazard += user->effect[k];
    user->when = when;
    return hazard;
}

/* Does the user convert before `end`? Thinning: the hazard at hand bounds all later ones. */
static bool converts(struct user *user, double end, struct simulation_truth *truth)
{
    double bound = advance(user, user->when);

    for (;;) {
        const double when = user->when + rng_exponential(&user->rng) / bound;
        if (when >= end)
            return false;
        const double hazard = advance(user, when);
        if (rng_uniform(&user->rng) * bound < hazard) {
            truth->conversions++;
            truth->uncaused += user->baseline / hazard;
            for (size_t k = 0; k < CAMPAIGNS; k++)
                truth->caused[k] += user->effect[k] / hazard;
            return true;
        }
        bound = hazard;
    }
}

static void show(struct user *user, const struct simulation_impression *impression)
{
    advance(user, impression->day);
    user->stock[impression->campaign] += 1;
    user->shown[impression->campaign] = impression->day;
}

size_t simulation_user(uint64_t seed, uint64_t uid, struct simulation_impression *out,
                       struct simulation_truth *truth)
{
    struct user user;
    size_t count = 0;

    begin(&user, seed, uid);
    struct simulation_impression next = next_impression(&user, 0);
    while (next.day < SIMULATION_DAYS && count < SIMULATION_IMPRESSIONS_MAX) {
        struct simulation_impression *now = &out[count++];
        *now = next;
        show(&user, now);
        next = next_impression(&user, now->day);
        now->conversion =
            converts(&user, next.day < SIMULATION_DAYS ? next.day : SIMULATION_DAYS, truth);
        for (size_t k = 0; now->conversion && k < CAMPAIGNS; k++)
            user.stock[k] = 0;
    }
    truth->users++;
    truth->impressions += count;
    return count;
}
