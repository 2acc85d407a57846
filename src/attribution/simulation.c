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

enum { PAIRS = sizeof pairs / sizeof *pairs, CAMPAIGNS = SIMULATION_CAMPAIGNS_MAX };

static const double STEP = 0.5; /* days in which intent does not move */

struct user {
    const struct simulation_world *world;
    struct rng rng;
    double activity;            /* log2 */
    double z[SIMULATION_STEPS]; /* of a random market: log intent before its mean is set */
    double baseline;            /* h0 */
    double rate[CAMPAIGNS];     /* cumulative, per day */
    double stock[CAMPAIGNS];    /* at the time below */
    double effect[CAMPAIGNS];   /* Shapley shares of the hazard at the time below */
    double when;                /* days */
    double shown[CAMPAIGNS];    /* day of the last impression, or far in the past */
};

/* Base 2 logarithm of a log-normal factor of mean 1, cut at 20. */
static double log_factor(struct rng *rng, double spread)
{
    const double factor = (spread * rng_normal(rng) - spread * spread / 2) * LOG2_E;

    return factor > LOG2_FACTOR_MAX ? LOG2_FACTOR_MAX : factor;
}

static void begin_default(struct user *user)
{
    double sum = 0;
    const double intent = log_factor(&user->rng, INTENT_SPREAD);

    user->activity = log_factor(&user->rng, ACTIVITY_SPREAD);
    user->baseline = BASELINE * exp2_exact(intent);
    for (size_t k = 0; k < user->world->campaigns; k++) {
        const struct simulation_campaign *c = &user->world->campaign[k];
        sum += c->rate * exp2_exact(user->activity + c->pull * intent);
        user->rate[k] = sum;
    }
}

/* The half day that `when` is in. */
static size_t step_of(double when)
{
    const size_t step = (size_t)(when / STEP);

    return step < SIMULATION_STEPS ? step : SIMULATION_STEPS - 1;
}

/* When what a user is likely to do changes by itself: the end of a half day, where intent moves. */
static double next_change(const struct user *user, double when)
{
    return user->world->drift > 0 ? (double)(step_of(when) + 1) * STEP : SIMULATION_DAYS;
}

/* Rates and the baseline of a random market at `when`. */
static void set_intent(struct user *user, double when)
{
    const double z = user->z[step_of(when)];
    double sum = 0;

    user->baseline = BASELINE * exp2_exact((z - 0.5) * LOG2_E);
    for (size_t k = 0; k < user->world->campaigns; k++) {
        const struct simulation_campaign *c = &user->world->campaign[k];
        sum += c->rate * exp2_exact(user->activity + c->pull * (z - c->pull / 2) * LOG2_E);
        user->rate[k] = sum;
    }
}

static void begin_random(struct user *user)
{
    const double drift = user->world->drift;
    const double keep = drift > 0 ? exp2_exact(-STEP / drift * LOG2_E) : 1;

    user->activity = log_factor(&user->rng, ACTIVITY_SPREAD);
    user->z[0] = rng_normal(&user->rng);
    for (size_t i = 1; i < SIMULATION_STEPS; i++)
        user->z[i] = drift > 0 ? keep * user->z[i - 1] +
                                     __builtin_sqrt(1 - keep * keep) * rng_normal(&user->rng)
                               : user->z[0];
    set_intent(user, 0);
}

static void begin(struct user *user, const struct simulation_world *world, uint64_t uid)
{
    *user = (struct user){
        .world = world,
        .rng = rng_new(rng_mix(world->seed, 0x6d61726b6574 /* "market" */), uid),
    };
    if (world->drawn)
        begin_random(user);
    else
        begin_default(user);
    for (size_t k = 0; k < world->campaigns; k++)
        user->shown[k] = -SIMULATION_DAYS;
}

static bool saw_another(const struct user *user, size_t campaign, double when)
{
    for (size_t k = 0; k < user->world->campaigns; k++)
        if (k != campaign && when - user->shown[k] < SIMULATION_RETARGETING_DAYS)
            return true;
    return false;
}

/* The next impression after `when`; its day is past the end when there is none. */
static struct simulation_impression next_impression(struct user *user, double when)
{
    struct simulation_impression next = {.day = when};
    const size_t last = user->world->campaigns - 1;

    while (next.day < SIMULATION_DAYS) {
        const double change = next_change(user, next.day);
        size_t k = 0;
        if (user->world->drift > 0)
            set_intent(user, next.day);
        next.day += rng_exponential(&user->rng) / user->rate[last];
        if (user->world->drift > 0 &&
            next.day >= change) { /* the wait begins anew with the rates after it */
            next.day = change;
            continue;
        }
        const double u = rng_uniform(&user->rng) * user->rate[last];
        while (k < last && user->rate[k] <= u)
            k++;
        if (user->world->campaign[k].retargeting && !saw_another(user, k, next.day))
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
    const size_t pairs_there = user->world->drawn ? 0 : PAIRS;

    for (size_t k = 0; k < user->world->campaigns; k++) {
        const struct simulation_campaign *c = &user->world->campaign[k];
        if (user->stock[k] > 0 && when > user->when)
            user->stock[k] *= exp2_exact((user->when - when) / c->half_life);
        level[k] = user->stock[k] / (user->stock[k] + c->saturation);
        user->effect[k] = c->strength * level[k];
    }
    for (size_t i = 0; i < pairs_there; i++) {
        const double both = pairs[i].synergy * level[pairs[i].first] * level[pairs[i].second];
        user->effect[pairs[i].first] += both / 2;
        user->effect[pairs[i].second] += both / 2;
    }
    for (size_t k = 0; k < user->world->campaigns; k++)
        hazard += user->effect[k];
    user->when = when;
    return hazard;
}

static void keep_books(const struct user *user, double hazard, struct simulation_truth *truth)
{
    truth->conversions++;
    truth->uncaused += user->baseline / hazard;
    for (size_t k = 0; k < user->world->campaigns; k++)
        truth->caused[k] += user->effect[k] / hazard;
}

/*
 * Does the user convert before `end`? Thinning: the hazard at hand bounds all later ones, until
 * intent moves; there the wait begins anew.
 */
static bool converts(struct user *user, double end, struct simulation_truth *truth)
{
    for (;;) {
        const double change = next_change(user, user->when), until = change < end ? change : end;
        if (user->world->drift > 0)
            set_intent(user, user->when);
        double bound = advance(user, user->when);
        for (;;) {
            const double when = user->when + rng_exponential(&user->rng) / bound;
            if (when >= until)
                break;
            const double hazard = advance(user, when);
            if (rng_uniform(&user->rng) * bound < hazard) {
                keep_books(user, hazard, truth);
                return true;
            }
            bound = hazard;
        }
        if (until == end)
            return false;
        advance(user, until);
    }
}

static void show(struct user *user, const struct simulation_impression *impression)
{
    advance(user, impression->day);
    user->stock[impression->campaign] += 1;
    user->shown[impression->campaign] = impression->day;
}

size_t simulation_user(const struct simulation_world *world, uint64_t uid,
                       struct simulation_impression *out, struct simulation_truth *truth)
{
    struct user user;
    size_t count = 0;

    begin(&user, world, uid);
    struct simulation_impression next = next_impression(&user, 0);
    while (next.day < SIMULATION_DAYS && count < SIMULATION_IMPRESSIONS_MAX) {
        struct simulation_impression *now = &out[count++];
        *now = next;
        show(&user, now);
        next = next_impression(&user, now->day);
        now->conversion =
            converts(&user, next.day < SIMULATION_DAYS ? next.day : SIMULATION_DAYS, truth);
        for (size_t k = 0; now->conversion && k < world->campaigns; k++)
            user.stock[k] = 0;
    }
    truth->users++;
    truth->impressions += count;
    return count;
}
