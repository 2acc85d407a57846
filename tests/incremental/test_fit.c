/* The incremental model: its features, derivatives, equations, and what it finds in made worlds. */
#include "attribution/elementary.h"
#include "incremental/interval.h"
#include "incremental/solve.h"
#include "base/rng.h"
#include "support/test.h"

#include <math.h>

static const double DAY = 86400e6;

/* A log of random users; every `campaigns`th campaign is never shown to most. */
static void make_log(struct exposure_log *log, size_t users, size_t campaigns, size_t most,
                     uint64_t seed)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    struct arena memory = {0};
    uint32_t *user = ARENA_NEW(&memory, uint32_t, users * most);
    int64_t *time = ARENA_NEW(&memory, int64_t, users * most);
    uint16_t *campaign = ARENA_NEW(&memory, uint16_t, users * most);
    uint8_t *conversion = ARENA_NEW(&memory, uint8_t, users * most);
    struct rng rng = rng_new(seed, 1);
    size_t count = 0;

    for (size_t u = 0; u < users; u++) {
        const size_t n = 1 + (size_t)rng_below(&rng, most);
        for (size_t i = 0; i < n; i++, count++) {
            user[count] = (uint32_t)u;
            time[count] = INT64_C(1500000000000000) + (int64_t)(rng_uniform(&rng) * 30 * DAY);
            campaign[count] = (uint16_t)rng_below(&rng, campaigns);
            conversion[count] = rng_uniform(&rng) < 0.15;
        }
    }
    exposure_log_build(log, &(struct exposure_rows){.users = users,
                                                    .count = count,
                                                    .campaigns = campaigns,
                                                    .user = user,
                                                    .time = time,
                                                    .campaign = campaign,
                                                    .conversion = conversion,
                                                    .name = names});
    arena_clear(&memory);
}

static struct incremental_config config_of(int link)
{
    struct incremental_config config;

    config_defaults(&config, incremental_fields);
    config.link = link;
    return config;
}

TEST(elementary_functions_are_near_those_of_the_library)
{
    for (double x = 0; x < 900; x += 0.0371)
        EXPECT_NEAR(exp2_decay(x) / exp2(-x), 1, 1e-11);
    EXPECT(exp2_decay(INFINITY) == exp2_decay(1000));
    for (double x = 1e-300; x < 1e300; x *= 1.618)
        EXPECT_NEAR(log_near(x), log(x), 1e-13 + 1e-15 * fabs(log(x)));
    EXPECT(log_near(1) == 0);
}

/* Effect and local controls of campaign k at impression i, by their definitions. */
static double stock_of(const struct exposure_log *log, size_t from, size_t i, size_t k, double half)
{
    double sum = 0;

    for (size_t j = from; j <= i; j++) {
        if (j > from && log->conversion[j - 1])
            sum = 0;
        if (log->campaign[j] == k)
            sum += exp2(-(double)(log->time[i] - log->time[j]) / DAY / half);
    }
    return sum;
}

static double near_of(const struct exposure_log *log, size_t from, size_t end, size_t i, size_t k,
                      double tau)
{
    double sum = 0;

    for (size_t j = from; j < end; j++)
        if (j != i && log->campaign[j] == k)
            sum += exp(-fabs((double)(log->time[i] - log->time[j])) / DAY / tau);
    return sum;
}

static void check_impression(const struct incremental_user *user)
{
    const struct exposure_log *rows = user->log;
    const struct incremental_design *d = user->design;
    const double t = (double)(rows->time[user->at] - rows->start) / DAY;

    for (size_t l = 0; l < user->seen; l++) {
        const size_t k = user->campaign[l];
        for (size_t h = 0; h < d->halves; h++) {
            const size_t at = user->effects_from + l * d->effects + 2 * h;
            const double s = stock_of(rows, user->from, user->at, k, d->half_life[h]);
            EXPECT_EQ(user->index[at], incremental_effect(d, k, 2 * h));
            EXPECT_NEAR(user->x[at], s / (s + 1), 1e-9);
            EXPECT_NEAR(user->x[at + 1], s < 20 ? s : 20, 1e-8);
        }
        for (size_t j = 0; j < d->scales; j++) {
            const double tau = d->scale[j];
            const double share = 1 - 0.5 * (exp(-t / tau) + exp(-(d->days - t) / tau));
            const double m = near_of(rows, user->from, user->end, user->at, k, tau);
            EXPECT_NEAR(user->x[d->dense + l * d->controls + 1 + j],
                        log(1 + 2 * m / fmax(share, 0.01)), 1e-8);
        }
    }
}

/* The longest user spans several chunks. */
TEST(features_are_what_their_definitions_say)
{
    static const size_t most[] = {6, 3 * FEATURE_CHUNK};
    const struct incremental_config config = config_of(INCREMENTAL_LOGIT);
    struct incremental_design design;
    struct incremental_user user;
    struct exposure_log log;
    struct error err = {0};

    EACH_ROW(most, m) {
        make_log(&log, 3, 4, *m, 5);
        EXPECT_OK(incremental_design_make(&design, &log, &config, &err), &err);
        incremental_user_init(&user, &log, &design);
        size_t rows = 0;
        for (size_t u = 0; u < log.users; u++) {
            incremental_user_begin(&user, u);
            for (; incremental_user_next(&user); rows++) {
                EXPECT_EQ(user.at, rows);
                if (rows % (*m / 6) == 0 || rows % FEATURE_CHUNK < 2)
                    check_impression(&user);
            }
        }
        EXPECT_EQ(rows, log.impressions);
        incremental_user_clear(&user);
        exposure_log_clear(&log);
    }
}

/* Effects that last are summed over the gap, or their mean; later conversions are for odds. */
TEST(links_differ_in_how_long_effects_act)
{
    struct exposure_log log;
    struct error err = {0};

    make_log(&log, 20, 3, 7, 9);
    for (int link = INCREMENTAL_LOGIT; link < INCREMENTAL_LINKS; link++) {
        const struct incremental_config config = config_of(link);
        struct incremental_design design;
        struct incremental_user user;
        EXPECT_OK(incremental_design_make(&design, &log, &config, &err), &err);
        EXPECT(design.link == link);
        EXPECT(design.others == !design.additive);
        incremental_user_init(&user, &log, &design);
        for (size_t u = 0; u < log.users; u++) {
            incremental_user_begin(&user, u);
            while (incremental_user_next(&user)) {
                const int64_t next =
                    user.at + 1 < log.offset[u + 1] ? log.time[user.at + 1] : log.end;
                const double gap = fmax((double)(next - log.time[user.at]) / DAY, 1e-3);
                const double sum =
                    design.half_life[0] / log1p(1) * (1 - exp2(-gap / design.half_life[0]));
                EXPECT_NEAR(user.acting[0],
                            link == INCREMENTAL_ADDITIVE       ? sum
                            : link == INCREMENTAL_PROPORTIONAL ? sum / gap
                                                               : 1,
                            1e-7);
                if (design.additive)
                    EXPECT(user.x[FEATURE_OTHER_RATE] == 0 && user.x[FEATURE_OTHER_ANY] == 0);
            }
        }
        incremental_user_clear(&user);
    }
    exposure_log_clear(&log);
}

/* Gradient against differences of the value; second derivatives (logit) against the gradient's. */
TEST(derivatives_agree_with_differences)
{
    static const int links[] = {INCREMENTAL_LOGIT, INCREMENTAL_ADDITIVE, INCREMENTAL_NOISY_OR,
                                INCREMENTAL_PROPORTIONAL};
    struct exposure_log log;

    make_log(&log, 60, 3, 7, 9);
    EACH_ROW(links, link) {
        struct incremental_config config = config_of(*link);
        struct incremental_design design;
        struct error err = {0};
        config.synergy = "[[\"a\", \"b\"], [\"c\", \"b\"]]";
        struct rng rng = rng_new(3, 3);
        EXPECT_OK(incremental_design_make(&design, &log, &config, &err), &err);
        const size_t n = design.count;
        double *at = memory_take_zeroed(4 * n, sizeof *at), *gradient = at + n;
        double *ridge = gradient + n, *other = ridge + n;
        double *hessian = memory_take(n * n, sizeof *hessian);
        const struct incremental_objective objective = {
            .log = &log, .design = &design, .ridge = ridge};
        for (size_t j = 0; j < n; j++) {
            at[j] = 0.1 * rng_uniform(&rng) / (j < design.dense ? 3 : 1);
            ridge[j] = rng_uniform(&rng);
        }
        at[0] = -2;
        struct incremental_point point = {.gradient = gradient, .hessian = hessian};
        incremental_evaluate(&objective, at, &point);
        for (size_t j = 0; j < n; j++) {
            struct incremental_point up = {.gradient = other}, down = {0};
            const double keep = at[j], step = 1e-5;
            at[j] = keep - step;
            incremental_evaluate(&objective, at, &down);
            at[j] = keep + step;
            incremental_evaluate(&objective, at, &up);
            at[j] = keep;
            EXPECT_NEAR((up.value - down.value) / (2 * step), gradient[j],
                        2e-5 * (1 + fabs(gradient[j])));
            for (size_t i = j; *link == INCREMENTAL_LOGIT && i < n; i++)
                EXPECT_NEAR((other[i] - gradient[i]) / step, hessian[i * n + j],
                            1e-3 * (1 + fabs(hessian[i * n + j])));
        }
        free(at);
        free(hessian);
    }
    exposure_log_clear(&log);
}

/* At the solution the slope is 0 where a variable is free, and not negative where it is at 0. */
TEST(the_solver_meets_the_conditions_of_a_minimum)
{
    enum { N = 40 };
    static double hessian[N * N], root[N * N], right[N], x[N];
    bool bounded[N];
    struct rng rng = rng_new(11, 0);
    struct error err = {0};
    size_t held = 0;

    for (size_t i = 0; i < N * N; i++)
        root[i] = rng_normal(&rng);
    for (size_t i = 0; i < N; i++) {
        right[i] = rng_normal(&rng);
        bounded[i] = i % 4 != 0;
        for (size_t j = 0; j < N; j++) {
            hessian[i * N + j] = i == j ? 0.1 : 0;
            for (size_t k = 0; k < N / 2; k++) /* of low rank: hard */
                hessian[i * N + j] += root[i * N + k] * root[j * N + k];
        }
    }
    EXPECT_OK(incremental_solve(x, hessian, right, bounded, N, &err), &err);
    for (size_t i = 0; i < N; i++) {
        double slope = -right[i];
        for (size_t j = 0; j < N; j++)
            slope += hessian[i * N + j] * x[j];
        EXPECT(!bounded[i] || x[i] >= 0);
        if (bounded[i] && x[i] == 0)
            EXPECT(slope > -1e-7);
        else
            EXPECT_NEAR(slope, 0, 1e-7);
        held += x[i] == 0;
    }
    EXPECT(held > 3);
    hessian[0] = -1;
    EXPECT_ERROR(incremental_solve(x, hessian, right, bounded, N, &err), &err, ERR_CHECK, "solved");
}

/* All credits sum to the conversions, with the same bytes at 1 and 3 threads. */
TEST(credits_sum_to_the_conversions_at_any_number_of_threads)
{
    static const int links[] = {INCREMENTAL_LOGIT, INCREMENTAL_ADDITIVE, INCREMENTAL_AUTO};
    struct exposure_log log;

    make_log(&log, 300, 5, 8, 2);
    EACH_ROW(links, link) {
        const struct incremental_config config = config_of(*link);
        struct pool *pool = pool_new(3);
        struct incremental_fit alone, team;
        struct error err = {0};
        double credit[2][6], sum = 0;
        EXPECT_OK(incremental_fit_run(&alone, &log, &config, NULL, &err), &err);
        EXPECT_OK(incremental_fit_run(&team, &log, &config, pool, &err), &err);
        EXPECT_EQ(memcmp(alone.parameter, team.parameter, alone.design.count * sizeof(double)), 0);
        incremental_credits(&alone, alone.parameter, NULL, NULL, credit[0]);
        incremental_credits(&team, team.parameter, NULL, pool, credit[1]);
        EXPECT_EQ(memcmp(credit[0], credit[1], sizeof credit[0]), 0);
        for (size_t k = 0; k < 6; k++) {
            EXPECT(credit[0][k] >= 0);
            sum += credit[0][k];
        }
        EXPECT_NEAR(sum, (double)log.conversions, 1e-6);
        incremental_fit_clear(&alone);
        incremental_fit_clear(&team);
        pool_free(pool);
    }
    exposure_log_clear(&log);
}

/*
 * A market whose truth is plain: intent doubles both the showing of "bait" and the chance to
 * convert, "good" adds to the chance, "idle" does nothing.
 */
static void make_market(struct exposure_log *log, size_t users, double caused[3])
{
    static const char *const names[] = {"bait", "good", "idle"};
    const size_t most = 40;
    struct arena memory = {0};
    uint32_t *user = ARENA_NEW(&memory, uint32_t, users * most);
    int64_t *time = ARENA_NEW(&memory, int64_t, users * most);
    uint16_t *campaign = ARENA_NEW(&memory, uint16_t, users * most);
    uint8_t *conversion = ARENA_NEW(&memory, uint8_t, users * most);
    struct rng rng = rng_new(77, 4);
    size_t count = 0;

    memset(caused, 0, 3 * sizeof *caused);
    for (size_t u = 0; u < users; u++) {
        const bool keen = rng_uniform(&rng) < 0.4;
        double day = 0, stock = 0, last = 0;
        for (size_t i = 0; i < most; i++) {
            const double bait = keen ? 0.15 : 0.03, others = 0.12;
            day += rng_exponential(&rng) / (bait + others);
            if (day > 30)
                break;
            const size_t k = rng_uniform(&rng) * (bait + others) < bait ? 0
                             : rng_uniform(&rng) < 0.5                  ? 1
                                                                        : 2;
            stock *= exp2(-(day - last) / 3);
            stock += k == 1;
            last = day;
            const double base = keen ? -1.2 : -3.2, effect = 1.8 * stock / (stock + 1);
            const double p = 1 / (1 + exp(-base - effect)), p0 = 1 / (1 + exp(-base));
            user[count] = (uint32_t)u;
            time[count] = INT64_C(1500000000000000) + (int64_t)(day * DAY);
            campaign[count] = (uint16_t)k;
            conversion[count] = rng_uniform(&rng) < p;
            if (conversion[count]) {
                caused[1] += 1 - p0 / p;
                stock = 0;
            }
            count++;
        }
    }
    /* users without an impression are in no log */
    for (size_t i = 0, next = 0, last = SIZE_MAX; i < count; i++) {
        if (user[i] != last)
            last = user[i], next++;
        user[i] = (uint32_t)(next - 1);
    }
    exposure_log_build(log, &(struct exposure_rows){.users = user[count - 1] + 1,
                                                    .count = count,
                                                    .campaigns = 3,
                                                    .user = user,
                                                    .time = time,
                                                    .campaign = campaign,
                                                    .conversion = conversion,
                                                    .name = names});
    arena_clear(&memory);
}

TEST(bait_is_told_from_what_works)
{
    const struct incremental_config config = config_of(INCREMENTAL_LOGIT);
    struct incremental_fit fit;
    struct exposure_log log;
    struct error err = {0};
    double caused[3], credit[4], last[3] = {0};

    make_market(&log, 8000, caused);
    for (size_t i = 0; i < log.impressions; i++)
        last[log.campaign[i]] += log.conversion[i];
    EXPECT(last[0] > 0.4 * (double)log.conversions);
    EXPECT_OK(incremental_fit_run(&fit, &log, &config, NULL, &err), &err);
    incremental_credits(&fit, fit.parameter, NULL, NULL, credit);
    EXPECT_NEAR(credit[1] / caused[1], 1, 0.2);
    EXPECT(credit[0] < 0.25 * caused[1]); /* the last touch gives it 1.8 times as much */
    EXPECT(credit[2] < 0.1 * caused[1]);
    struct incremental_draws draws;
    double low[4], high[4], again[8];
    EXPECT_OK(incremental_draw(&draws, &fit, 60, 1, NULL, &err), &err);
    incremental_intervals(&draws, credit, 4, low, high);
    incremental_draws_clear(&draws);
    EXPECT(low[1] < caused[1] && caused[1] < high[1]);
    EXPECT(high[1] - low[1] > 0.03 * caused[1] && high[1] - low[1] < 0.8 * caused[1]);
    for (size_t k = 0; k < 4; k++)
        EXPECT(low[k] <= high[k] && low[k] < credit[k] + 1 && credit[k] < high[k] + 1);
    struct pool *pool = pool_new(3);
    EXPECT_OK(incremental_draw(&draws, &fit, 60, 1, pool, &err), &err);
    incremental_intervals(&draws, credit, 4, again, again + 4);
    incremental_draws_clear(&draws);
    EXPECT(memcmp(again, low, sizeof low) == 0 && memcmp(again + 4, high, sizeof high) == 0);
    pool_free(pool);
    incremental_fit_clear(&fit);
    exposure_log_clear(&log);
}

/* Logs in which nothing can be told still give credits, without a crash. */
TEST(poor_logs_are_survived)
{
    static const struct {
        const char *what;
        size_t users, rows, campaigns;
        bool same_time, all_convert;
    } rows[] = {
        {"one impression", 1, 1, 1, true, true},
        {"one campaign", 50, 200, 1, false, false},
        {"one user", 1, 300, 3, false, false},
        {"all at one time", 40, 160, 3, true, false},
        {"everybody converts", 40, 40, 2, false, true},
    };
    static const int links[] = {INCREMENTAL_LOGIT, INCREMENTAL_ADDITIVE, INCREMENTAL_AUTO};
    static const char *const names[] = {"a", "b", "c"};
    uint32_t user[300];
    int64_t time[300];
    uint16_t campaign[300];
    uint8_t conversion[300];

    EACH_ROW(rows, r) {
        for (size_t i = 0; i < r->rows; i++) {
            user[i] = (uint32_t)(i % r->users);
            time[i] = INT64_C(1500000000000000) + (r->same_time ? 0 : (int64_t)i * 3600000000);
            campaign[i] = (uint16_t)(i * 7 / 3 % r->campaigns);
            conversion[i] = r->all_convert || (campaign[i] == 0 && i % 5 == 0);
        }
        for (size_t l = 0; l < 3; l++) {
            const struct incremental_config config = config_of(links[l]);
            struct exposure_log log;
            struct incremental_fit fit;
            struct error err = {0};
            double credit[4], sum = 0;
            exposure_log_build(&log, &(struct exposure_rows){.users = r->users,
                                                             .count = r->rows,
                                                             .campaigns = r->campaigns,
                                                             .user = user,
                                                             .time = time,
                                                             .campaign = campaign,
                                                             .conversion = conversion,
                                                             .name = names});
            EXPECT_OK(incremental_fit_run(&fit, &log, &config, NULL, &err), &err);
            incremental_credits(&fit, fit.parameter, NULL, NULL, credit);
            for (size_t k = 0; k <= r->campaigns; k++)
                sum += credit[k];
            EXPECT_NEAR(sum, (double)log.conversions, 1e-6);
            incremental_fit_clear(&fit);
            exposure_log_clear(&log);
        }
    }
}

TEST(settings_of_the_model_are_checked)
{
    static const struct {
        const char *list, *part;
    } rows[] = {
        {"", "half_lives: the list is empty"}, {"1 x", "'x' is not a number"},
        {"0", "'0' is not a number from"},     {"nan", "'nan'"},
        {"1 2 3 4 5 6 7 8 9", "more than 8"},
    };
    struct exposure_log log;

    make_log(&log, 5, 2, 3, 1);
    EACH_ROW(rows, r) {
        struct incremental_config config = config_of(INCREMENTAL_LOGIT);
        struct incremental_fit fit;
        struct error err;
        config.half_lives = r->list;
        EXPECT_ERROR(incremental_fit_run(&fit, &log, &config, NULL, &err), &err, ERR_CONFIG,
                     r->part);
    }
    exposure_log_clear(&log);
}
