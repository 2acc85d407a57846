/* Pairs of campaigns: their features, what is found of them in a made market, and wrong lists. */
#include "incremental/pair_credit.h"
#include "incremental/store.h"
#include "incremental/whatif.h"
#include "base/rng.h"
#include "base/text.h"
#include "support/test.h"

#include <math.h>

static const double DAY = 86400e6;
static const char AB[] = "[[\"a\", \"b\"]]";

enum { CAMPAIGNS = 4, MOST = 40 };

/* What campaigns and the pair of the first two caused in a market, and how many came anyway. */
struct market {
    struct exposure_log log;
    double caused[CAMPAIGNS + 1], pair;
};

/*
 * Campaigns a, b, c and d are shown at random, c more often to the keen, who buy more. With logit
 * effects that halve in 3 days, a, b and c add a little each, and a with b `together`.
 */
static void make_market(struct market *m, size_t users, double together, uint64_t seed)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    static const double effect[CAMPAIGNS] = {0.5, 0.2, 0.8, 0};
    struct arena memory = {0};
    uint32_t *user = ARENA_NEW(&memory, uint32_t, users * MOST);
    int64_t *time = ARENA_NEW(&memory, int64_t, users * MOST);
    uint16_t *campaign = ARENA_NEW(&memory, uint16_t, users * MOST);
    uint8_t *conversion = ARENA_NEW(&memory, uint8_t, users * MOST);
    struct rng rng = rng_new(seed, 4);
    size_t count = 0, seen = 0;

    *m = (struct market){0};
    for (size_t u = 0; u < users; u++) {
        const bool keen = rng_uniform(&rng) < 0.4;
        const double rate[CAMPAIGNS] = {0.12, 0.11, keen ? 0.12 : 0.04, 0.04};
        const double all = rate[0] + rate[1] + rate[2] + rate[3];
        const size_t first = count;
        double stock[CAMPAIGNS] = {0}, day = 0, gap;
        while ((day += gap = rng_exponential(&rng) / all) < 30 && count < first + MOST) {
            const double base = keen ? -2 : -3.6, draw = rng_uniform(&rng) * all;
            double sum = 0, of[CAMPAIGNS + 1], edge = rate[0];
            size_t k = 0;
            for (; k + 1 < CAMPAIGNS && draw >= edge; edge += rate[++k])
                ;
            for (size_t j = 0; j < CAMPAIGNS; j++) {
                stock[j] = stock[j] * exp2(-gap / 3) + (j == k);
                sum += of[j] = effect[j] * stock[j] / (stock[j] + 1);
            }
            sum += of[CAMPAIGNS] =
                together * sqrt(stock[0] / (stock[0] + 1) * stock[1] / (stock[1] + 1));
            const double p = 1 / (1 + exp(-base - sum)), p0 = 1 / (1 + exp(-base));
            const double each = sum != 0 ? (1 - p0 / p) / sum : 0;
            user[count] = (uint32_t)seen;
            time[count] = INT64_C(1500000000000000) + (int64_t)(day * DAY);
            campaign[count] = (uint16_t)k;
            conversion[count] = rng_uniform(&rng) < p;
            if (conversion[count++]) {
                for (size_t j = 0; j < CAMPAIGNS; j++)
                    m->caused[j] += each * (of[j] + (j < 2 ? of[CAMPAIGNS] / 2 : 0));
                m->pair += each * of[CAMPAIGNS];
                m->caused[CAMPAIGNS] += p0 / p;
                memset(stock, 0, sizeof stock);
            }
        }
        seen += count > first;
    }
    exposure_log_build(&m->log, &(struct exposure_rows){.users = seen,
                                                        .count = count,
                                                        .campaigns = CAMPAIGNS,
                                                        .user = user,
                                                        .time = time,
                                                        .campaign = campaign,
                                                        .conversion = conversion,
                                                        .name = names});
    arena_clear(&memory);
}

static struct incremental_config config_of(int link, const char *pairs)
{
    struct incremental_config config;

    config_defaults(&config, incremental_fields);
    config.link = link;
    config.synergy = pairs;
    return config;
}

/* Where both are: the geometric means of what both campaigns have. Elsewhere nothing. */
TEST(features_of_a_pair_are_means_of_its_campaigns)
{
    static const int links[] = {INCREMENTAL_LOGIT, INCREMENTAL_ADDITIVE};
    struct incremental_design d;
    struct incremental_user user;
    struct market m;
    struct error err = {0};
    size_t together = 0, apart = 0;

    make_market(&m, 60, 1, 1);
    EACH_ROW(links, link) {
        const struct incremental_config config = config_of(*link, "[\"d+c\", [\"b\", \"a\"]]");
        EXPECT_OK(incremental_design_make(&d, &m.log, &config, &err), &err);
        EXPECT_EQ(d.pairs, 2);
        EXPECT(d.pair[0].campaign[0] == 2 && d.pair[0].campaign[1] == 3);
        EXPECT(d.pair[1].campaign[0] == 0 && d.pair[1].campaign[1] == 1);
        incremental_user_init(&user, &m.log, &d);
        for (size_t u = 0; u < m.log.users; u++) {
            incremental_user_begin(&user, u);
            const size_t wanted = (size_t)(user.place[0] >= 0 && user.place[1] >= 0) +
                                  (user.place[2] >= 0 && user.place[3] >= 0);
            EXPECT_EQ(user.pairs, wanted);
            while (incremental_user_next(&user))
                for (size_t q = 0; q < user.pairs; q++) {
                    const uint16_t *l = user.pair[q].place;
                    const double *effects = user.x + user.effects_from;
                    const double *controls = user.x + d.dense;
                    const size_t from = d.pairs_from + user.pair[q].which * d.pair_per;
                    for (size_t h = 0; h < d.halves; h++) {
                        const size_t at = user.pairs_from + q * d.halves + h;
                        const double product =
                            effects[l[0] * d.effects + 2 * h] * effects[l[1] * d.effects + 2 * h];
                        EXPECT_NEAR(user.x[at], sqrt(product), 1e-12 + 1e-9 * sqrt(product));
                        EXPECT_EQ(user.index[at], from + d.controls + h);
                        *(user.x[at] > 0 ? &together : &apart) += 1;
                    }
                    for (size_t j = 0; j < d.controls; j++) {
                        const size_t at = d.dense + (user.seen + q) * d.controls + j;
                        const double product =
                            controls[l[0] * d.controls + j] * controls[l[1] * d.controls + j];
                        EXPECT_NEAR(user.x[at], sqrt(product), 1e-12 + 1e-9 * sqrt(product));
                        EXPECT_EQ(user.index[at], from + j);
                    }
                }
        }
        incremental_user_clear(&user);
    }
    EXPECT(together > 300 && apart > 300);
    exposure_log_clear(&m.log);
}

static double apart_from(const struct market *m, const double *credit)
{
    double apart = 0;

    for (size_t k = 0; k < CAMPAIGNS; k++)
        apart += fabs(credit[k] - m->caused[k]);
    return apart / (double)m->log.conversions;
}

/* With the pair credits are nearer to the truth, and the pair's own is near it and within its
 * interval; the same bytes at any number of threads, and all sums to the conversions. */
TEST(what_a_pair_does_is_found)
{
    struct incremental_config config = config_of(INCREMENTAL_LOGIT, NULL);
    struct incremental_pair_amounts amounts[2];
    struct pool *pool = pool_new(3);
    struct incremental_fit alone, fit, team;
    struct incremental_draws draws;
    struct arena memory = {0};
    struct market m;
    struct error err = {0};
    double without[CAMPAIGNS + 1], credit[CAMPAIGNS + 1], again[CAMPAIGNS + 1], sum = 0;

    make_market(&m, 8000, 2.5, 7);
    EXPECT(m.pair > 0.1 * (double)m.log.conversions);
    EXPECT_OK(incremental_fit_run(&alone, &m.log, &config, NULL, &err), &err);
    incremental_credits(&alone, alone.parameter, NULL, NULL, without);
    config.synergy = AB;
    EXPECT_OK(incremental_fit_run(&fit, &m.log, &config, NULL, &err), &err);
    EXPECT_OK(incremental_fit_run(&team, &m.log, &config, pool, &err), &err);
    EXPECT(memcmp(fit.parameter, team.parameter, fit.design.count * sizeof(double)) == 0);
    EXPECT(fit.value < alone.value - 5);
    incremental_credits(&fit, fit.parameter, NULL, NULL, credit);
    incremental_credits(&fit, fit.parameter, NULL, pool, again);
    EXPECT(memcmp(credit, again, sizeof credit) == 0);
    for (size_t k = 0; k <= CAMPAIGNS; k++)
        sum += credit[k];
    EXPECT_NEAR(sum, (double)m.log.conversions, 1e-6);
    EXPECT(apart_from(&m, credit) < 0.3 * apart_from(&m, without));
    EXPECT(apart_from(&m, credit) < 0.05);
    EXPECT_OK(incremental_draw(&draws, &fit, 70, 1, pool, &err), &err);
    incremental_pair_amounts(&amounts[0], &fit, &draws, 1, NULL, &memory);
    incremental_pair_amounts(&amounts[1], &fit, &draws, 1, pool, &memory);
    EXPECT_EQ(amounts[0].pairs, 1);
    EXPECT_NEAR(amounts[0].credit[0] / m.pair, 1, 0.15);
    EXPECT(amounts[0].credit[0] / 2 < credit[0] && amounts[0].credit[0] / 2 < credit[1]);
    EXPECT(amounts[0].low[0] < m.pair && m.pair < amounts[0].high[0]);
    EXPECT(amounts[0].low[0] > 0.6 * m.pair);
    EXPECT(amounts[0].credit[0] == amounts[1].credit[0] && amounts[0].low[0] == amounts[1].low[0] &&
           amounts[0].high[0] == amounts[1].high[0]);
    json_t *list = incremental_pairs_json(&amounts[0], &m.log);
    const json_t *names = json_object_get(json_array_get(list, 0), "campaigns");
    EXPECT_STR(json_string_value(json_array_get(names, 1)), "b");
    struct text sentence = {0};
    incremental_pair_sentence(&sentence, json_array_get(list, 0));
    EXPECT_HAS(sentence.bytes, "a and b: ");
    EXPECT_HAS(sentence.bytes, ") came only through both together");
    text_clear(&sentence);
    json_decref(list);
    arena_clear(&memory);
    incremental_draws_clear(&draws);
    incremental_fit_clear(&alone);
    incremental_fit_clear(&fit);
    incremental_fit_clear(&team);
    pool_free(pool);
    exposure_log_clear(&m.log);
}

/* A pair that does nothing gets next to nothing; one that prevents does where effects are signed.
 */
TEST(a_pair_that_does_nothing_gets_nothing)
{
    struct incremental_config config = config_of(INCREMENTAL_LOGIT, AB);
    struct incremental_fit fit;
    struct market m;
    struct error err = {0};
    double credit;

    make_market(&m, 6000, 0, 3);
    EXPECT_OK(incremental_fit_run(&fit, &m.log, &config, NULL, &err), &err);
    incremental_pair_credits(&fit, fit.parameter, NULL, &credit);
    EXPECT(credit >= 0 && credit < 0.04 * (double)m.log.conversions);
    incremental_fit_clear(&fit);
    exposure_log_clear(&m.log);
    make_market(&m, 6000, -1.5, 3);
    EXPECT_OK(incremental_fit_run(&fit, &m.log, &config, NULL, &err), &err);
    incremental_pair_credits(&fit, fit.parameter, NULL, &credit);
    EXPECT(credit >= 0 && credit < 0.02 * (double)m.log.conversions);
    incremental_fit_clear(&fit);
    config.signed_effects = true;
    EXPECT_OK(incremental_fit_run(&fit, &m.log, &config, NULL, &err), &err);
    incremental_pair_credits(&fit, fit.parameter, NULL, &credit);
    EXPECT(credit < -0.02 * (double)m.log.conversions);
    incremental_fit_clear(&fit);
    exposure_log_clear(&m.log);
}

/* The log speaks for the pair that does something, and for none where there is none; what is found
 * is what naming it gives, and is what a store keeps. */
TEST(pairs_are_found)
{
    static const double together[] = {2.5, 0};
    struct incremental_fit found, named;
    struct incremental_saved saved;
    struct pool *pool = pool_new(2);
    struct market m;
    struct error err = {0};

    EACH_ROW(together, much) {
        struct incremental_config config = config_of(INCREMENTAL_LOGIT, "auto");
        make_market(&m, 3000, *much, 11);
        EXPECT_OK(incremental_fit_run(&found, &m.log, &config, pool, &err), &err);
        config.synergy = *much > 0 ? AB : NULL;
        EXPECT_OK(incremental_fit_run(&named, &m.log, &config, NULL, &err), &err);
        EXPECT(memcmp(&found.design, &named.design, sizeof named.design) == 0);
        EXPECT(memcmp(found.parameter, named.parameter, named.design.count * sizeof(double)) == 0);
        config.synergy = "auto";
        EXPECT_OK(incremental_store_write(test_path("auto"), &found, &config, NULL, &err), &err);
        EXPECT_OK(incremental_store_read(&saved, test_path("auto"), &err), &err);
        EXPECT_EQ(saved.fit.design.pairs, *much > 0);
        incremental_saved_clear(&saved);
        incremental_fit_clear(&found);
        incremental_fit_clear(&named);
        exposure_log_clear(&m.log);
    }
    pool_free(pool);
}

/* Stopping a campaign ends the pair, scaling one changes it through its stock. */
TEST(questions_reach_pairs)
{
    static const double scale[4][CAMPAIGNS] = {
        {0, 1, 1, 1}, {1, 0, 1, 1}, {1.5, 1, 1, 1}, {0, 0, 1, 1}};
    static const int links[] = {INCREMENTAL_LOGIT, INCREMENTAL_ADDITIVE, INCREMENTAL_NOISY_OR,
                                INCREMENTAL_PROPORTIONAL};
    struct incremental_answer answer[4], after[4], free_of[4];
    struct incremental_saved saved;
    struct incremental_fit fit;
    struct market m;
    struct error err = {0};

    make_market(&m, 1500, 2, 5);
    EACH_ROW(links, link) {
        const struct incremental_config config = config_of(*link, AB);
        EXPECT_OK(incremental_fit_run(&fit, &m.log, &config, NULL, &err), &err);
        const size_t first = fit.design.pairs_from + fit.design.controls;
        for (size_t h = 0; h < fit.design.halves; h++) /* so that there is some for certain */
            fit.parameter[first + h] += 0.01;
        EXPECT_OK(incremental_store_write(test_path("store"), &fit, &config, NULL, &err), &err);
        EXPECT_OK(incremental_store_read(&saved, test_path("store"), &err), &err);
        EXPECT(memcmp(&saved.fit.design, &fit.design, sizeof fit.design) == 0);
        EXPECT_STR(saved.config.synergy, AB);
        EXPECT_OK(incremental_whatif(answer, &fit, NULL, scale[0], 4, NULL, &err), &err);
        EXPECT_OK(incremental_whatif(after, &saved.fit, NULL, scale[0], 4, NULL, &err), &err);
        EXPECT(memcmp(&answer[2].expected, &after[2].expected, sizeof(double)) == 0);
        for (size_t h = 0; h < fit.design.halves; h++)
            fit.parameter[first + h] = 0;
        EXPECT_OK(incremental_whatif(free_of, &fit, NULL, scale[0], 4, NULL, &err), &err);
        /* with either stopped, the model is one without the pair; so it is with both */
        for (size_t s = 0; s < 4; s++)
            if (s != 2)
                EXPECT_NEAR(answer[s].expected, free_of[s].expected, 1e-9 * answer[s].expected);
        EXPECT(answer[0].change < free_of[0].change && answer[1].change < free_of[1].change);
        EXPECT(answer[2].change > free_of[2].change && answer[2].change > 0);
        incremental_saved_clear(&saved);
        incremental_fit_clear(&fit);
    }
    exposure_log_clear(&m.log);
}

TEST(lists_of_pairs_that_are_wrong_are_refused)
{
    static const struct {
        const char *list, *part;
        bool unknown; /* only the log tells */
    } rows[] = {
        {"auto ", "must be a list of pairs of campaigns, such as [[tv, search]], or auto", false},
        {"{}", "must be a list of pairs", false},
        {"[\"a\"]", "'a' is no pair: write [a, b] or a+b", false},
        {"[[\"a\"]]", "item 1 is not a pair", false},
        {"[[\"a\", \"b\"], []]", "item 2 is not a pair", false},
        {"[[\"a\", \"b\", \"x+y\"]]", "item 1 is not a pair", false},
        {"[[\"a\", [\"b\"]]]", "item 1 is not a pair", false},
        {"[[\"a\", \"a\"]]", "the pair [a, a] is of one campaign", false},
        {"[\"a+a\"]", "the pair 'a+a' is of one campaign", true},
        {"[[\"a\", \"b\"], [\"b\", \"a\"]]", "pair 2 is pair 1 again", false},
        {"[\"a+b\", \"a+b\"]", "pair 2 is pair 1 again", false},
        {"[\"a+b\", [\"b\", \"a\"]]", "pair 2 is pair 1 again", true},
        {"[[\"a\", \"z\"]]", "no campaign 'z'; there is: a, a+b, b, b+c, c", true},
        {"[\"z+a\"]", "no campaign 'z'", true},
        {"[\"a+z\"]", "no campaign 'z'", true},
        {"[\"+\"]", "no campaign ''", true},
        {"[\"a+b+c\"]", "'a+b+c' can be read as 2 pairs of campaigns: write [a, b]", true},
    };
    static const char *const names[] = {"a", "a+b", "b", "b+c", "c"};
    const struct exposure_log log = {.campaigns = 5, .name = names};
    struct incremental_pair pair[INCREMENTAL_PAIRS_MAX];
    struct text many = {0};
    struct error err = {0};
    size_t count;

    EACH_ROW(rows, r) {
        if (r->unknown)
            EXPECT_OK(incremental_pairs_check(r->list, &err), &err);
        else
            EXPECT_ERROR(incremental_pairs_check(r->list, &err), &err, ERR_CONFIG, r->part);
        EXPECT_ERROR(incremental_pairs_find(pair, &count, r->list, &log, &err), &err, ERR_CONFIG,
                     r->part);
    }
    EXPECT_OK(incremental_pairs_find(pair, &count, "[\"a+b+b\", \"a+b\"]", &log, &err), &err);
    EXPECT(count == 2 && pair[0].campaign[0] == 1 && pair[0].campaign[1] == 2);
    for (size_t i = 0; i <= INCREMENTAL_PAIRS_MAX; i++)
        text_add_format(&many, "%s\"a+%zu\"", i ? "," : "[", i);
    text_add(&many, "]", 1);
    EXPECT_ERROR(incremental_pairs_check(many.bytes, &err), &err, ERR_CONFIG,
                 "33 pairs are more than the limit of 32");
    text_clear(&many);
}

TEST(attribute_takes_pairs)
{
    static const struct {
        const char *flag, *part;
        int status;
    } rows[] = {
        {"--synergy tv+x,y", "tv and x,y: ", 0},
        {"--synergy tv+x,y --synergy x,y+web", "web and x,y: ", 0},
        {"--synergy auto", "resampling", 0},
        {"--synergy x,y", "'x,y' is no pair", 2},
        {"--synergy auto --synergy tv+web", "'auto' is no pair", 2},
        {"--synergy tv+radio", "there is no campaign 'radio'; there is: tv, web, x,y", 2},
        {"--synergy tv+web --synergy web+tv", "pair 2 is pair 1 again", 2},
    };
    static const char *const campaigns[] = {"tv", "\"x,y\"", "web"};
    static char text[65536];
    size_t used = (size_t)snprintf(text, sizeof text, "uid,timestamp,campaign,conversion\n");

    for (unsigned i = 0; i < 900; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "u%u,%u,%s,%d\n", i % 150,
                                 1500000000 + i * 3571 % 2000000, campaigns[i * 11 % 3],
                                 i * 31 % 7 == 0);
    const char *file = test_file("pairs.csv", text);
    EACH_ROW(rows, r) {
        struct test_output o =
            test_quern("attribute %s --link logit --intervals 10 --order 0 %s", file, r->flag);
        EXPECT_HAS(o.err, r->part);
        if (r->status == 0 && !strstr(r->flag, "auto"))
            EXPECT_HAS(o.err, "came only through both together");
        EXPECT_EQ(o.status != 0, r->status != 0);
        test_output_clear(&o);
    }
}
