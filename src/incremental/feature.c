#include "incremental/feature.h"

#include "attribution/elementary.h"
#include "incremental/feature_pair.h"

#include <stdlib.h>
#include <string.h>

static const double DAY = 86400e6, LOG2_E = 1.4426950408889634, LN_2 = 0.693147180559945309417;
static const double GAP_MIN = 1e-3; /* days */
static const double STOCK_MAX = 20;

/*
 * sin and cos of 2 pi i j / n by turning a unit vector, as the C library's may differ between
 * machines. `turn` is (cos, sin) of 2 pi / n.
 */
static void make_course(double *out, size_t n, size_t waves, const double turn[2])
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 1; j <= waves; j++) {
            double c = 1, s = 0;
            for (size_t step = 0; step < i * j % n; step++) {
                const double next = c * turn[0] - s * turn[1];
                s = c * turn[1] + s * turn[0];
                c = next;
            }
            out[(i * waves + j - 1) * 2] = c;
            out[(i * waves + j - 1) * 2 + 1] = s;
        }
}

static void learn_local_rate(struct incremental_design *design, const struct exposure_log *log)
{
    struct incremental_user user;
    double sum[INCREMENTAL_SCALES_MAX] = {0};
    size_t rows = 0;

    incremental_user_init(&user, log, design);
    for (size_t u = 0; u < log->users; u++) {
        exposure_log_pass(log, 0, u);
        if (!exposure_log_sampled(log, u))
            continue;
        incremental_user_begin(&user, u);
        for (; incremental_user_next(&user); rows++)
            for (size_t j = 0; j < design->scales; j++)
                sum[j] += user.local[j];
    }
    incremental_user_clear(&user);
    for (size_t j = 0; j < design->scales; j++)
        design->local_rate[j] = sum[j] / (double)rows;
}

bool incremental_design_make(struct incremental_design *design, const struct exposure_log *log,
                             const struct incremental_config *config, struct error *err)
{
    struct incremental_design made = {
        .campaigns = log->campaigns,
        .days = (double)(log->end - log->start) / DAY,
        .conversion_rate = (double)log->conversions / (double)log->impressions,
        .link = config->link,
        .known = config->controls,
        .additive = config->link == INCREMENTAL_ADDITIVE || config->link == INCREMENTAL_NOISY_OR,
        .lasting = config->link == INCREMENTAL_ADDITIVE || config->link == INCREMENTAL_PROPORTIONAL,
    };

    if (log->campaigns > INCREMENTAL_CAMPAIGNS_MAX)
        return error_set(err, ERR_LIMIT, "%zu campaigns are more than the limit of %d",
                         log->campaigns, INCREMENTAL_CAMPAIGNS_MAX);
    if (!incremental_days(config->half_lives, "half_lives", made.half_life, INCREMENTAL_HALVES_MAX,
                          &made.halves, err) ||
        !incremental_days(config->time_scales, "time_scales", made.scale, INCREMENTAL_SCALES_MAX,
                          &made.scales, err))
        return false;
    if (!incremental_pairs_find(made.pair, &made.pairs, config->synergy, log, err))
        return error_wrap(err, "synergy");
    made.dense = FEATURE_LOCAL + made.scales;
    made.controls = 1 + made.scales;
    made.effects = 2 * made.halves;
    made.per = made.controls + made.effects;
    made.pairs_from = made.dense + made.campaigns * made.per;
    made.pair_per = made.controls + made.halves;
    made.count = made.pairs_from + made.pairs * made.pair_per;
    learn_local_rate(&made, log);
    made.others = !made.additive;
    *design = made;
    return true;
}

void incremental_user_init(struct incremental_user *user, const struct exposure_log *log,
                           const struct incremental_design *design)
{
    static const double hour[2] = {0.96592582628906829, 0.25881904510252076};
    static const double weekday[2] = {0.62348980185873353, 0.78183148246802981};
    const size_t k = design->campaigns, scales = design->scales;
    const size_t size = design->count;

    *user = (struct incremental_user){.log = log, .design = design};
    user->index = memory_take(size, sizeof *user->index);
    user->x = memory_take_zeroed(size, sizeof *user->x);
    user->campaign = memory_take(k, sizeof *user->campaign);
    user->place = memory_take(k, sizeof *user->place);
    user->count = memory_take(k, sizeof *user->count);
    user->decay = memory_take(FEATURE_CHUNK + 1, (design->halves + scales) * sizeof(double));
    user->future = memory_take(FEATURE_CHUNK, k * scales * sizeof(double));
    user->past = memory_take(k, scales * sizeof(double));
    user->stock = memory_take(k, design->halves * sizeof(double));
    for (size_t i = 0; i < k; i++)
        user->place[i] = -1;
    for (size_t h = 0; h < design->halves; h++)
        user->rate[h] = 1 / design->half_life[h];
    for (size_t j = 0; j < scales; j++)
        user->rate[design->halves + j] = LOG2_E / design->scale[j];
    make_course(user->course, 24, 2, hour);
    make_course(user->course + 96, 7, 3, weekday);
}

void incremental_user_clear(struct incremental_user *user)
{
    free(user->index);
    free(user->x);
    free(user->campaign);
    free(user->place);
    free(user->count);
    free(user->decay);
    free(user->future);
    free(user->saved);
    free(user->past);
    free(user->stock);
    *user = (struct incremental_user){0};
}

/* Which campaigns the user sees, and how often. */
static void find_seen(struct incremental_user *user)
{
    const struct exposure_log *log = user->log;

    for (size_t l = 0; l < user->seen; l++)
        user->place[user->campaign[l]] = -1;
    user->seen = 0;
    user->conversions = 0;
    for (size_t i = user->from; i < user->end; i++) {
        int32_t *place = &user->place[log->campaign[i]];
        if (*place < 0) {
            *place = (int32_t)user->seen;
            user->campaign[user->seen] = log->campaign[i];
            user->count[user->seen++] = 0;
        }
        user->count[*place]++;
        user->conversions += log->conversion[i];
    }
}

static void set_index(struct incremental_user *user)
{
    const struct incremental_design *d = user->design;
    const size_t pairs_at = d->dense + user->seen * d->controls;

    user->effects_from = pairs_at + user->pairs * d->controls;
    user->pairs_from = user->effects_from + user->seen * d->effects;
    user->size = user->pairs_from + user->pairs * d->halves;
    for (size_t j = 0; j < d->dense; j++)
        user->index[j] = (uint32_t)j;
    for (size_t l = 0; l < user->seen; l++) {
        const size_t first = d->dense + user->campaign[l] * d->per;
        for (size_t j = 0; j < d->controls; j++)
            user->index[d->dense + l * d->controls + j] = (uint32_t)(first + j);
        for (size_t j = 0; j < d->effects; j++)
            user->index[user->effects_from + l * d->effects + j] =
                (uint32_t)(first + d->controls + j);
    }
    for (size_t q = 0; q < user->pairs; q++)
        feature_pair_index(user, q, pairs_at + q * d->controls, user->pairs_from + q * d->halves);
}

/* What the time before impressions first .. end - 1 leaves of everything; none before a user's. */
static void fill_decays(struct incremental_user *user, size_t first, size_t end)
{
    const size_t rates = user->design->halves + user->design->scales;
    const int64_t *time = user->log->time;

    for (size_t i = first; i < end; i++) {
        const double days = i > user->from ? (double)(time[i] - time[i - 1]) / DAY : 0;
        for (size_t r = 0; r < rates; r++)
            user->decay[(i - first) * rates + r] = exp2_decay(days * user->rate[r]);
    }
}

/* From what lies ahead of impression `i` + 1 to what lies ahead of `i`. */
static void step_back(const struct incremental_user *user, size_t i, const double *decay,
                      const double *after, double *out)
{
    const size_t scales = user->design->scales;
    const size_t next = (size_t)user->place[user->log->campaign[i + 1]];

    for (size_t l = 0; l < user->seen; l++)
        for (size_t j = 0; j < scales; j++)
            out[l * scales + j] = decay[j] * (after[l * scales + j] + (l == next ? 1 : 0));
}

/* A user of several chunks: what lies ahead of the last impression of each. */
static void save_futures(struct incremental_user *user)
{
    const struct incremental_design *d = user->design;
    const size_t chunks = (user->end - user->from + FEATURE_CHUNK - 1) / FEATURE_CHUNK;
    const size_t width = user->seen * d->scales;

    if (chunks * width > user->saved_room) {
        user->saved_room = chunks * width;
        user->saved = memory_resize(user->saved, user->saved_room, sizeof *user->saved);
    }
    memset(user->saved + (chunks - 1) * width, 0, width * sizeof *user->saved);
    for (size_t c = chunks - 1; c > 0; c--) {
        const size_t first = user->from + c * FEATURE_CHUNK;
        const size_t end = first + FEATURE_CHUNK < user->end ? first + FEATURE_CHUNK : user->end;
        double *ahead = user->saved + (c - 1) * width;
        fill_decays(user, first, end);
        memcpy(ahead, user->saved + c * width, width * sizeof *ahead);
        for (size_t i = end; i-- > first;)
            step_back(user, i - 1, user->decay + (i - first) * (d->halves + d->scales) + d->halves,
                      ahead, ahead);
    }
}

static void load_chunk(struct incremental_user *user, size_t first)
{
    const struct incremental_design *d = user->design;
    const size_t width = user->seen * d->scales, rates = d->halves + d->scales;
    const size_t end = first + FEATURE_CHUNK < user->end ? first + FEATURE_CHUNK : user->end;

    user->chunk_from = first;
    user->chunk_end = end;
    fill_decays(user, first, end < user->end ? end + 1 : end);
    memcpy(user->future + (end - 1 - first) * width,
           user->saved + (first - user->from) / FEATURE_CHUNK * width,
           width * sizeof *user->future);
    for (size_t i = end - 1; i-- > first;)
        step_back(user, i, user->decay + (i + 1 - first) * rates + d->halves,
                  user->future + (i + 1 - first) * width, user->future + (i - first) * width);
}

void incremental_user_begin(struct incremental_user *user, size_t u)
{
    const struct incremental_design *d = user->design;

    user->from = (size_t)user->log->offset[u];
    user->end = (size_t)user->log->offset[u + 1];
    find_seen(user);
    feature_pairs_find(user);
    set_index(user);
    save_futures(user);
    memset(user->past, 0, user->seen * d->scales * sizeof *user->past);
    memset(user->stock, 0, user->seen * d->halves * sizeof *user->stock);
    user->prior = 0;
    user->x[FEATURE_INTERCEPT] = 1;
    user->x[FEATURE_COUNT] = log_near(1 + (double)(user->end - user->from));
    for (size_t l = 0; l < user->seen; l++)
        user->x[d->dense + l * d->controls] = log_near(1 + user->count[l]);
    if (user->pairs > 0)
        feature_pair_controls(user, 0, 1);
    user->at = user->from;
    user->chunk_end = user->from;
}

static void set_calendar(struct incremental_user *user)
{
    const int64_t hours =
        user->log->time[user->at] / 3600000000 - (user->log->time[user->at] % 3600000000 < 0);
    const int64_t days = hours / 24 - (hours % 24 < 0);

    memcpy(user->x + FEATURE_HOUR, user->course + (hours - days * 24) * 4, 4 * sizeof(double));
    memcpy(user->x + FEATURE_WEEKDAY, user->course + 96 + (days % 7 + 7) % 7 * 6,
           6 * sizeof(double));
}

/* Conversions around this impression, against those that its number of impressions lets expect. */
static void set_conversions(struct incremental_user *user)
{
    const double rate = user->design->conversion_rate;
    const double others = (double)(user->end - user->from - 1);
    const double other = user->conversions - user->log->conversion[user->at];

    user->x[FEATURE_EARLIER] = log_near(user->prior + 0.5);
    user->x[FEATURE_EARLIER_ANY] = user->prior > 0;
    user->x[FEATURE_OTHER_RATE] =
        !user->design->others ? 0 : log_near((other + 0.5) / (rate * others + 0.5));
    user->x[FEATURE_OTHER_ANY] = user->design->others && other > 0;
}

static double set_gap(struct incremental_user *user)
{
    const int64_t *time = user->log->time;
    const int64_t next = user->at + 1 < user->end ? time[user->at + 1] : user->log->end;
    const double days = (double)(next - time[user->at]) / DAY;
    const double gap = days > GAP_MIN ? days : GAP_MIN, whole = log_near(gap);

    user->x[FEATURE_GAP] = whole;
    user->x[FEATURE_GAP_HALF] = gap < 0.5 ? whole : -LN_2;
    user->x[FEATURE_GAP_THREE] = gap < 3 ? whole : 1.0986122886681098;
    user->x[FEATURE_GAP_TEN] = gap < 10 ? whole : 2.302585092994046;
    return gap;
}

static void set_local(struct incremental_user *user)
{
    const struct incremental_design *d = user->design;
    const size_t scales = d->scales;
    const double t = (double)(user->log->time[user->at] - user->log->start) / DAY;
    const double *future = user->future + (user->at - user->chunk_from) * user->seen * scales;

    for (size_t j = 0; j < scales; j++) {
        const double rate = user->rate[d->halves + j], tau = d->scale[j];
        const double share = 1 - 0.5 * (exp2_decay(t * rate) + exp2_decay((d->days - t) * rate));
        const double edge = share > 0.01 ? share : 0.01, factor = 2 / edge;
        double all = 0;
        for (size_t l = 0; l < user->seen; l++) {
            const double m = user->past[l * scales + j] + future[l * scales + j];
            user->x[d->dense + l * d->controls + 1 + j] = log_near(1 + factor * m);
            all += m;
        }
        const double mass = 2 * tau * edge;
        user->local[j] = all / mass;
        user->x[FEATURE_LOCAL + j] = log_near((all + 0.5) / (d->local_rate[j] * mass + 0.5));
    }
    if (user->pairs > 0)
        feature_pair_controls(user, 1, d->controls);
}

void incremental_user_effects(const struct incremental_user *user, size_t l, double scale,
                              double *x)
{
    const struct incremental_design *d = user->design;

    for (size_t h = 0; h < d->halves; h++) {
        const double stock = scale * user->stock[l * d->halves + h];
        x[2 * h] = stock / (stock + 1) * user->acting[h];
        x[2 * h + 1] = (stock < STOCK_MAX ? stock : STOCK_MAX) * user->acting[h];
    }
}

static void set_effects(struct incremental_user *user, double gap)
{
    static const double as_is[2] = {1, 1};
    const struct incremental_design *d = user->design;
    const double unit = d->additive ? 1 : 1 / gap; /* a sum over the gap, or the mean */

    for (size_t h = 0; h < d->halves; h++)
        user->acting[h] =
            d->lasting ? unit * d->half_life[h] / LN_2 * (1 - exp2_decay(gap * user->rate[h])) : 1;
    for (size_t l = 0; l < user->seen; l++)
        incremental_user_effects(user, l, 1, user->x + user->effects_from + l * d->effects);
    for (size_t q = 0; q < user->pairs; q++)
        incremental_user_pair_effects(user, q, as_is, user->x + user->pairs_from + q * d->halves);
}

/* Of what tells users apart leave the whole period or nothing. */
static void drop_controls(struct incremental_user *user)
{
    const struct incremental_design *d = user->design;
    const size_t kept = d->known == INCREMENTAL_CONTROLS_PERIOD ? 1 : 0, count = d->controls;

    if (kept == 0)
        user->x[FEATURE_COUNT] = 0;
    user->x[FEATURE_OTHER_RATE] = user->x[FEATURE_OTHER_ANY] = 0;
    for (size_t j = FEATURE_LOCAL; j < d->dense; j++)
        user->x[j] = 0;
    for (size_t of = d->dense; of < user->effects_from; of += count)
        for (size_t j = kept; j < count; j++)
            user->x[of + j] = 0;
}

bool incremental_user_next(struct incremental_user *user)
{
    const struct incremental_design *d = user->design;
    const size_t rates = d->halves + d->scales;

    if (user->chunk_end > user->from) { /* leave the impression at hand */
        const size_t shown = (size_t)user->place[user->log->campaign[user->at]];
        for (size_t j = 0; j < d->scales; j++)
            user->past[shown * d->scales + j] += 1;
        if (user->log->conversion[user->at]) {
            memset(user->stock, 0, user->seen * d->halves * sizeof *user->stock);
            user->prior++;
        }
        user->at++;
    }
    if (user->at == user->end)
        return false;
    if (user->at == user->chunk_end)
        load_chunk(user, user->at);
    const double *decay = user->decay + (user->at - user->chunk_from) * rates;
    for (size_t l = 0; l < user->seen; l++) {
        for (size_t h = 0; h < d->halves; h++)
            user->stock[l * d->halves + h] *= decay[h];
        for (size_t j = 0; j < d->scales; j++)
            user->past[l * d->scales + j] *= decay[d->halves + j];
    }
    const size_t shown = (size_t)user->place[user->log->campaign[user->at]];
    for (size_t h = 0; h < d->halves; h++)
        user->stock[shown * d->halves + h] += 1;
    set_calendar(user);
    set_conversions(user);
    const double gap = set_gap(user);
    set_local(user);
    set_effects(user, gap);
    if (d->known != INCREMENTAL_CONTROLS_ALL)
        drop_controls(user);
    return true;
}
