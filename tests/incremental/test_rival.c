/* Intervals that know of the links a log does not rule out. */
#include "incremental/rival.h"
#include "support/test.h"
#include "worlds.h"

#include <math.h>

enum { REPLICATES = 24 };

TEST(rivals_replicates_fall_with_their_log_loss)
{
    static const struct {
        double behind;
        size_t replicates;
    } cases[] = {{0, 1000}, {-1, 1000}, {2, 368}, {5.9, 52}, {6.1, 0}, {1e9, 0}, {NAN, 0}};

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        EXPECT_EQ(incremental_rival_replicates(1000, cases[c].behind), cases[c].replicates);
}

/* A fit with logit, of which the log is made to say that the additive link is all but as good. */
static void fit_in_doubt(struct incremental_fit *fit, struct incremental_config *config,
                         const struct world_log *world)
{
    struct error err = {0};

    config_defaults(config, incremental_fields);
    config->link = INCREMENTAL_LOGIT;
    EXPECT_OK(incremental_fit_run(fit, &world->log, config, NULL, &err), &err);
    fit->chose_link = true;
    for (int l = INCREMENTAL_LOGIT; l < INCREMENTAL_LINKS; l++)
        fit->link_loss[l] = 1000;
    fit->link_loss[INCREMENTAL_LOGIT] = 900;
    fit->link_loss[INCREMENTAL_ADDITIVE] = 901;
}

static void draw(struct incremental_draws *draws, const struct incremental_fit *fit,
                 const struct incremental_config *config, struct pool *pool)
{
    const struct incremental_draw_request request = {
        .replicates = REPLICATES, .seed = 3, .pool = pool};
    struct error err = {0};

    EXPECT_OK(incremental_draw_kept(draws, fit, &request, &err), &err);
    EXPECT_OK(incremental_rivals_draw(draws, fit, config, &request, &err), &err);
}

TEST(rivals_widen_intervals_to_what_they_find)
{
    double credit[SIMULATION_CAMPAIGNS_MAX + 1], low[SIMULATION_CAMPAIGNS_MAX + 1],
        high[SIMULATION_CAMPAIGNS_MAX + 1], plain_low[SIMULATION_CAMPAIGNS_MAX + 1],
        plain_high[SIMULATION_CAMPAIGNS_MAX + 1];
    struct world_log world;
    struct incremental_config config;
    struct incremental_fit fit;
    struct incremental_draws draws, again;

    world_make(&world, 1500, 5, 0, 0);
    fit_in_doubt(&fit, &config, &world);
    const size_t width = fit.design.campaigns + 1, base = width - 1;
    incremental_credits(&fit, fit.parameter, NULL, NULL, credit);
    draw(&draws, &fit, &config, NULL);
    EXPECT_EQ(draws.count, REPLICATES);
    EXPECT_EQ(draws.rivals, 15); /* exp(-1/2) of them */
    incremental_intervals(&draws, credit, width, low, high);
    for (size_t k = 0; k < width; k++) {
        EXPECT(low[k] <= credit[k] && credit[k] <= high[k]);
        EXPECT(low[k] <= draws.rival_centre[k] && draws.rival_centre[k] <= high[k]);
    }
    double caused_low, caused_high;
    incremental_caused_ends(&draws, credit, width, &caused_low, &caused_high);
    EXPECT(caused_high - caused_low > 0.5 * (high[base] - low[base]));

    struct pool *pool = pool_new(3);
    draw(&again, &fit, &config, pool);
    pool_free(pool);
    EXPECT_EQ(again.rivals, draws.rivals);
    EXPECT(memcmp(again.rival_credit, draws.rival_credit, draws.rivals * width * sizeof(double)) ==
           0);
    incremental_draws_clear(&again);

    fit.chose_link = false; /* a link that was asked for has no rivals */
    draw(&again, &fit, &config, NULL);
    EXPECT_EQ(again.rivals, 0);
    incremental_intervals(&again, credit, width, plain_low, plain_high);
    EXPECT(plain_high[base] - plain_low[base] < high[base] - low[base]);
    incremental_draws_clear(&again);
    incremental_draws_clear(&draws);
    incremental_fit_clear(&fit);
    exposure_log_clear(&world.log);
}
