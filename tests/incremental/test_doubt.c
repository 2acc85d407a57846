/* Doubts: quiet where a fit deserves trust, loud where it does not. */
#include "incremental/doubt_placebo.h"
#include "incremental/doubt.h"
#include "support/test.h"
#include "worlds.h"

#include <math.h>

static void fit(struct incremental_fit *fit, const struct exposure_log *log, int link,
                double control_penalty)
{
    struct incremental_config config;
    struct error err = {0};

    config_defaults(&config, incremental_fields);
    config.link = link;
    config.control_penalty = control_penalty;
    EXPECT_OK(incremental_fit_run(fit, log, &config, NULL, &err), &err);
}

/* Of how many campaigns the placebo's 95 % interval leaves out none, in three worlds. */
static void count_failures(double selection, double control_penalty, size_t *failed,
                           size_t *campaigns)
{
    struct doubt_placebo placebo;
    struct incremental_fit model;
    struct world_log world;
    struct error err = {0};

    *failed = *campaigns = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        world_make(&world, 2500, seed, selection, 0);
        fit(&model, &world.log, INCREMENTAL_LOGIT, control_penalty);
        EXPECT_OK(doubt_placebo_run(&placebo, &model, NULL, &err), &err);
        for (size_t k = 0; k < world.log.campaigns; k++) {
            EXPECT(placebo.error[k] > 0);
            *failed += fabs(placebo.estimate[k]) > 1.96 * placebo.error[k];
        }
        *campaigns += world.log.campaigns;
        doubt_placebo_clear(&placebo);
        incremental_fit_clear(&model);
        exposure_log_clear(&world.log);
    }
}

/* Intent is in the future as in the past: only a fit that knows it finds no effect there. */
TEST(the_placebo_tells_whether_controls_are_there)
{
    size_t failed, campaigns;

    count_failures(1, 1, &failed, &campaigns);
    EXPECT(campaigns > 15 && failed <= 3);
    count_failures(1, 1e9, &failed, &campaigns);
    EXPECT(failed > 0.8 * (double)campaigns);
}

static const struct doubt_sentence *find_sentence(const struct incremental_doubt *doubt,
                                                  const char *part)
{
    for (size_t i = 0; i < doubt->sentences; i++)
        if (strstr(doubt->sentence[i].text, part))
            return &doubt->sentence[i];
    return NULL;
}

/* Effects last in this market: the link by which they act once fits it less well. */
TEST(doubts_are_counted_and_said)
{
    static const int links[] = {INCREMENTAL_LOGIT, INCREMENTAL_ADDITIVE, INCREMENTAL_NOISY_OR,
                                INCREMENTAL_PROPORTIONAL};
    struct incremental_fit model;
    struct incremental_doubt doubt;
    struct world_log world;
    struct error err = {0};

    world_make(&world, 2500, 4, 1, 0);
    const struct exposure_log *log = &world.log;
    EACH_ROW(links, link) {
        double credit[SIMULATION_CAMPAIGNS_MAX + 1], low[SIMULATION_CAMPAIGNS_MAX + 1],
            high[SIMULATION_CAMPAIGNS_MAX + 1], impressions = 0, conversions = 0, expected = 0;
        fit(&model, log, *link, 1);
        incremental_credits(&model, model.parameter, NULL, NULL, credit);
        for (size_t k = 0; k <= log->campaigns; k++) {
            low[k] = k == 1 ? 0 : credit[k] * 0.9;
            high[k] = k == 1 ? 10 * credit[k] + 100 : credit[k] * 1.1;
        }
        const struct doubt_request request = {
            .fit = &model, .credit = credit, .low = low, .high = high};
        EXPECT_OK(incremental_doubt_run(&doubt, &request, &err), &err);
        EXPECT_EQ(doubt.campaigns, log->campaigns);
        for (size_t g = 0; g < DOUBT_GROUPS; g++) {
            impressions += doubt.group[g].impressions;
            conversions += doubt.group[g].conversions;
            expected += doubt.group[g].expected;
            EXPECT(doubt.group[g].impressions > 0.05 * (double)log->impressions);
        }
        EXPECT_EQ(impressions, log->impressions);
        EXPECT_EQ(conversions, log->conversions);
        EXPECT_NEAR(expected / conversions, 1, 0.02);
        EXPECT(doubt.misplaced < (*link == INCREMENTAL_NOISY_OR ? 0.08 : 0.05) &&
               doubt.misplaced_by_chance > 0.001);
        const struct doubt_sentence *wide = find_sentence(&doubt, "reaches from next to nothing");
        EXPECT(wide && wide->campaign == 1);
        json_t *document = incremental_doubt_json(&doubt);
        EXPECT_EQ(json_array_size(json_object_get(document, "campaigns")), log->campaigns + 1);
        EXPECT_EQ(json_array_size(json_object_get(document, "sentences")), doubt.sentences);
        json_decref(document);
        incremental_doubt_clear(&doubt);
        incremental_fit_clear(&model);
    }
    exposure_log_clear(&world.log);
}

/* A campaign that everybody sees leaves nobody to compare with. */
TEST(a_campaign_that_everybody_sees_is_doubted)
{
    enum { USERS = 400, ROWS = 3 * USERS };
    static const char *const names[] = {"tv", "web"};
    static uint32_t user[ROWS];
    static int64_t time[ROWS];
    static uint16_t campaign[ROWS];
    static uint8_t conversion[ROWS];
    struct incremental_doubt doubt;
    struct incremental_fit model;
    struct exposure_log log;
    struct error err = {0};
    double credit[3];

    for (size_t i = 0; i < ROWS; i++) {
        user[i] = (uint32_t)(i / 3);
        time[i] = (int64_t)(i * 7919 % 1000) * 1000000000;
        campaign[i] = i % 3 == 1 && i % 2;
        conversion[i] = i * 31 % 7 == 0;
    }
    exposure_log_build(&log, &(struct exposure_rows){.users = USERS,
                                                     .count = ROWS,
                                                     .campaigns = 2,
                                                     .user = user,
                                                     .time = time,
                                                     .campaign = campaign,
                                                     .conversion = conversion,
                                                     .name = names});
    fit(&model, &log, INCREMENTAL_LOGIT, 1);
    incremental_credits(&model, model.parameter, NULL, NULL, credit);
    const struct doubt_request request = {.fit = &model, .credit = credit};
    EXPECT_OK(incremental_doubt_run(&doubt, &request, &err), &err);
    const struct doubt_sentence *said = find_sentence(&doubt, "nobody to compare with");
    EXPECT(said && said->campaign == 0);
    EXPECT_NEAR(doubt.campaign[1].users_without, 0.5, 1e-9);
    EXPECT(isnan(doubt.campaign[0].low));
    incremental_doubt_clear(&doubt);
    incremental_fit_clear(&model);
    exposure_log_clear(&log);
}
