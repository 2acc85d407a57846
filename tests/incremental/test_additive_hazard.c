/* additive_hazard: finds what a world of its own kind has, and survives poor logs. */
#include "incremental/additive_hazard.h"

#include "base/rng.h"
#include "support/test.h"

#include <math.h>

enum { CAMPAIGNS = 3, USERS = 20000, EACH = 12 };

static const double DAY = 86400e6;
static const int64_t START = INT64_C(1500000000000000);
static const char *const names[] = {"a", "b", "c"};

/* Rows of a log on their way. */
struct rows {
    uint32_t *user;
    int64_t *time;
    uint16_t *campaign;
    uint8_t *conversion;
    size_t count, users;
};

static void rows_init(struct rows *rows)
{
    *rows = (struct rows){.user = calloc(USERS * EACH, sizeof *rows->user),
                          .time = calloc(USERS * EACH, sizeof *rows->time),
                          .campaign = calloc(USERS * EACH, sizeof *rows->campaign),
                          .conversion = calloc(USERS * EACH, 1)};
}

static void build(struct exposure_log *log, struct rows *rows, size_t campaigns)
{
    exposure_log_build(log, &(struct exposure_rows){.users = rows->users,
                                                    .count = rows->count,
                                                    .campaigns = campaigns,
                                                    .user = rows->user,
                                                    .time = rows->time,
                                                    .campaign = rows->campaign,
                                                    .conversion = rows->conversion,
                                                    .name = names});
    free(rows->user);
    free(rows->time);
    free(rows->campaign);
    free(rows->conversion);
}

/* What impressions first .. last do in the gap after the last one, by campaign. */
static double acting(const struct rows *rows, size_t first, size_t last, double gap, double *of)
{
    static const double strength[CAMPAIGNS] = {0.4, 0.1, 0}, half_life[CAMPAIGNS] = {0.5, 6, 2};
    double sum = 0;

    memset(of, 0, CAMPAIGNS * sizeof *of);
    for (size_t i = first; i <= last; i++) {
        const size_t k = rows->campaign[i];
        const double age = (double)(rows->time[last] - rows->time[i]) / DAY;
        const double part =
            strength[k] * (exp2(-age / half_life[k]) - exp2(-(age + gap) / half_life[k]));
        of[k] += part;
        sum += part;
    }
    return sum;
}

/* A user sees twelve impressions, a day apart on average and the last at the log's end; conversions
 * come by the hazard alone. */
static void add_user(struct rows *rows, struct rng *rng, double *caused)
{
    const size_t begin = rows->count;
    size_t first = begin;
    double day = rng_uniform(rng) * 3;

    for (size_t i = 0; i < EACH; i++, rows->count++) {
        rows->user[rows->count] = (uint32_t)rows->users;
        rows->campaign[rows->count] = (uint16_t)rng_below(rng, CAMPAIGNS);
        rows->time[rows->count] = START + (int64_t)((i + 1 < EACH ? day : 28) * DAY);
        day += 2 * rng_uniform(rng);
    }
    for (size_t i = begin; i + 1 < rows->count; i++) {
        double of[CAMPAIGNS];
        const double gap = (double)(rows->time[i + 1] - rows->time[i]) / DAY;
        const double sum = acting(rows, first, i, gap, of);
        if (rng_uniform(rng) >= -expm1(-sum))
            continue;
        rows->conversion[i] = 1;
        first = i + 1;
        for (size_t k = 0; k < CAMPAIGNS; k++)
            caused[k] += of[k] / sum;
    }
    rows->users++;
}

TEST(hazard_finds_the_credits_of_its_own_kind_of_world)
{
    struct rows rows;
    struct exposure_log log;
    struct rng rng = rng_new(3, 0);
    struct error err = {0};
    double caused[CAMPAIGNS] = {0}, credit[CAMPAIGNS], sum = 0;

    rows_init(&rows);
    for (size_t u = 0; u < USERS; u++)
        add_user(&rows, &rng, caused);
    build(&log, &rows, CAMPAIGNS);
    EXPECT_OK(additive_hazard_credit(&log, credit, &err), &err);
    for (size_t k = 0; k < CAMPAIGNS; k++) {
        EXPECT_NEAR(credit[k], caused[k], 0.02 * (double)log.conversions);
        sum += credit[k];
    }
    EXPECT(credit[2] < 0.01 * (double)log.conversions);
    EXPECT_NEAR(sum, (double)log.conversions, 1e-6 * sum);
    exposure_log_clear(&log);
}

TEST(hazard_survives_poor_logs)
{
    static const struct {
        size_t users, campaigns;
        double apart; /* days between impressions */
        size_t every; /* which impression converts; 0: none */
    } rows[] = {{50, 1, 1, 3}, {50, 3, 0, 3},    {50, 3, 1, 0},
                {1, 3, 1, 1},  {50, 3, 1e-9, 1}, {50, 2, 300, 5}};
    EACH_ROW(rows, r) {
        struct rows made;
        struct exposure_log log;
        struct error err = {0};
        double credit[CAMPAIGNS], sum = 0;
        rows_init(&made);
        for (size_t i = 0; i < r->users * EACH; i++) {
            made.user[i] = (uint32_t)(i / EACH);
            made.time[i] = START + (int64_t)((double)(i % EACH) * r->apart * DAY);
            made.campaign[i] = (uint16_t)(i * 7 % r->campaigns);
            made.conversion[i] = r->every && i % r->every == 0;
        }
        made.users = r->users;
        made.count = r->users * EACH;
        build(&log, &made, r->campaigns);
        EXPECT_OK(additive_hazard_credit(&log, credit, &err), &err);
        for (size_t k = 0; k < r->campaigns; k++) {
            EXPECT(credit[k] >= 0);
            sum += credit[k];
        }
        EXPECT_NEAR(sum, (double)log.conversions, 1e-9 * (1 + sum));
        exposure_log_clear(&log);
    }
}
