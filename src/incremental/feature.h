/*
 * incremental_feature — what the incremental model sees at an impression, worked out in one pass
 * over a user.
 *
 * Parameters stand as
 *
 *   [0, dense)                          controls of every impression (enum below)
 *   dense + k per + [0, controls)       controls of campaign k
 *   dense + k per + controls + [0, e)   effects of campaign k:  half-life h, saturation s at 2 h +
 * s
 *   pairs_from + q pair_per + ..        controls, then effects of pair q (synergy.h), one each
 *                                       half-life
 *
 * With S the stock of campaign k at half-life h, the impression itself included and emptied by a
 * conversion, the effects are S / (S + 1) and min(S, 20). Where effects last until the next
 * impression, they are multiplied by the time they act until then, (1 - 2^(-gap / h)) h / log 2:
 * with the additive link by all of it, with the proportional one by its share of the gap.
 *
 * The controls of campaign k, all 0 where the user never sees it, so that a pass costs what users
 * saw and not the number of campaigns:
 *
 *   log(1 + n_k)                        n_k impressions in the whole period
 *   log(1 + 2 m_k(tau) / edge(tau))     for each time scale tau, m_k(tau) = the sum over all OTHER
 *                                       impressions of k, past and future alike, of
 *                                       exp(-|t - t_i| / tau); edge is the share of that window
 *                                       that lies within the log
 *
 * Features are never stored for the log: a user is gone through forward with what lies ahead
 * summed backward, FEATURE_CHUNK impressions at a time, so that memory does not grow with a user.
 */
#ifndef QUERN_INCREMENTAL_FEATURE_H
#define QUERN_INCREMENTAL_FEATURE_H

#include "incremental/config.h"
#include "incremental/exposure_log.h"
#include "incremental/synergy.h"

enum { FEATURE_CHUNK = 512, FEATURE_RATES_MAX = INCREMENTAL_HALVES_MAX + INCREMENTAL_SCALES_MAX };

enum feature_dense {
    FEATURE_INTERCEPT,
    FEATURE_COUNT,       /* log(1 + all impressions of the user) */
    FEATURE_EARLIER,     /* log(conversions so far + 0.5) */
    FEATURE_EARLIER_ANY, /* 1 after a conversion */
    FEATURE_OTHER_RATE,  /* conversions of all other impressions to those expected, or 0 */
    FEATURE_OTHER_ANY,
    FEATURE_GAP,       /* log of the days to the next impression, or to the log's end */
    FEATURE_GAP_HALF,  /* log min(gap, 0.5) */
    FEATURE_GAP_THREE, /* log min(gap, 3) */
    FEATURE_GAP_TEN,   /* log min(gap, 10) */
    FEATURE_HOUR,      /* two sines and cosines of the hour (UTC) */
    FEATURE_WEEKDAY = FEATURE_HOUR + 4,  /* three of the weekday: any course of a week */
    FEATURE_LOCAL = FEATURE_WEEKDAY + 6, /* for each time scale: all impressions near this one */
};

struct incremental_design {
    size_t campaigns, halves, scales;
    size_t dense, controls, effects, per, count; /* of parameters; see above */
    size_t pairs, pairs_from, pair_per;
    struct incremental_pair pair[INCREMENTAL_PAIRS_MAX];
    double half_life[INCREMENTAL_HALVES_MAX], scale[INCREMENTAL_SCALES_MAX]; /* days */
    double days;                               /* from the first impression to the last */
    double conversion_rate;                    /* conversions by impressions */
    double local_rate[INCREMENTAL_SCALES_MAX]; /* mean of other impressions near one, a day */
    int link;      /* enum incremental_link, of those that are not auto */
    bool additive; /* effects add to the hazard; else to the log of the odds */
    bool lasting;  /* effects act until the next impression */
    bool others;   /* there are controls of conversions before and after */
    int known;     /* enum incremental_controls: all others are 0 everywhere */
};

/* ERR_CONFIG; ERR_LIMIT: more than INCREMENTAL_CAMPAIGNS_MAX campaigns. */
MUST_CHECK bool incremental_design_make(struct incremental_design *design,
                                        const struct exposure_log *log,
                                        const struct incremental_config *config, struct error *err);

/* Parameter of an effect of campaign k. */
static inline size_t incremental_effect(const struct incremental_design *design, size_t k, size_t e)
{
    return design->dense + k * design->per + design->controls + e;
}

/* Is parameter j one of effects, of a campaign or of a pair? */
static inline bool incremental_is_effect(const struct incremental_design *design, size_t j)
{
    if (j < design->dense)
        return false;
    return (j < design->pairs_from
                ? (j - design->dense) % design->per
                : (j - design->pairs_from) % design->pair_per) >= design->controls;
}

/*
 * One user at a time:
 *
 *     incremental_user_begin(&user, u);
 *     while (incremental_user_next(&user)) ... user.x[0 .. user.size) ...
 *
 * x holds the features of this user alone: dense, then the controls of each campaign seen and of
 * each pair seen, then from x[effects_from] the effects of each campaign and from x[pairs_from]
 * those of each pair; index[] says which parameter each one is.
 */
struct incremental_user {
    const struct exposure_log *log;
    const struct incremental_design *design;
    size_t size, effects_from, pairs_from, seen, pairs; /* pairs: of campaigns seen */
    uint32_t *index;                                    /* [size] */
    double *x;                                          /* [size] */
    uint16_t *campaign;                                 /* [seen] */
    struct incremental_seen_pair {
        uint16_t which, place[2];          /* in design.pair[], and its campaigns in campaign[] */
    } pair[INCREMENTAL_PAIRS_MAX];         /* [pairs] */
    size_t at;                             /* of the impression in the log */
    double local[INCREMENTAL_SCALES_MAX];  /* all other impressions near this one, a day */
    double acting[INCREMENTAL_HALVES_MAX]; /* how long effects act, see above, or 1 */

    size_t from, end, chunk_from, chunk_end, saved_room;
    int32_t *place;                 /* [campaigns] in campaign[]; -1 */
    uint32_t *count;                /* [seen] */
    double rate[FEATURE_RATES_MAX]; /* of decays: 1 / days */
    double *decay;                  /* [FEATURE_CHUNK + 1][rates], from the impression before */
    double *future;                 /* [FEATURE_CHUNK][seen][scales] */
    double *saved;        /* [chunks][seen][scales]: future at a chunk's last impression */
    double *past, *stock; /* [seen][scales], [seen][halves] */
    double prior, conversions;
    double course[24 * 4 + 7 * 6]; /* sines and cosines by hour and weekday */
};

void incremental_user_init(struct incremental_user *user, const struct exposure_log *log,
                           const struct incremental_design *design);
void incremental_user_clear(struct incremental_user *user);
void incremental_user_begin(struct incremental_user *user, size_t u);
bool incremental_user_next(struct incremental_user *user);

/* Effects of the l-th campaign seen at the impression at hand, were its stock `scale` times what it
 * is: x [design.effects]. */
void incremental_user_effects(const struct incremental_user *user, size_t l, double scale,
                              double *x);

/* Of the q-th pair seen, were the stocks of its campaigns `scale` times what they are: x [halves].
 */
void incremental_user_pair_effects(const struct incremental_user *user, size_t q,
                                   const double scale[2], double *x);

/* Is x[i], an effect, one of the l-th campaign seen or of a pair that it is in? */
static inline bool incremental_user_moves(const struct incremental_user *user, size_t l, size_t i)
{
    const struct incremental_design *d = user->design;

    if (i < user->pairs_from)
        return (i - user->effects_from) / d->effects == l;
    const struct incremental_seen_pair *pair = &user->pair[(i - user->pairs_from) / d->halves];
    return pair->place[0] == l || pair->place[1] == l;
}

#endif
