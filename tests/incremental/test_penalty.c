/* Penalties of the incremental model that are chosen by users left out. */
#include "incremental/fit.h"
#include "support/test.h"
#include "worlds.h"

static void fit_world(struct incremental_fit *fit, const struct world_log *world, double effect,
                      struct pool *pool)
{
    struct incremental_config config;
    struct error err = {0};

    config_defaults(&config, incremental_fields);
    EXPECT_EQ(config.penalties, INCREMENTAL_FIXED);
    config.link = INCREMENTAL_ADDITIVE;
    config.penalties = INCREMENTAL_CV;
    config.effect_penalty = effect;
    EXPECT_OK(incremental_fit_run(fit, &world->log, &config, pool, &err), &err);
}

/* A penalty that is far too strong is made weaker, at any number of threads alike. */
TEST(penalties_are_chosen_by_users_left_out)
{
    struct world_log world;
    struct incremental_fit fit, again;

    world_make(&world, 4000, 1, 1, 0);
    fit_world(&fit, &world, 30000, NULL);
    EXPECT(fit.effect_factor < 1);
    struct pool *pool = pool_new(3);
    fit_world(&again, &world, 30000, pool);
    pool_free(pool);
    EXPECT(again.effect_factor == fit.effect_factor && again.control_factor == fit.control_factor);
    EXPECT(memcmp(again.parameter, fit.parameter, fit.design.count * sizeof(double)) == 0);
    incremental_fit_clear(&again);
    incremental_fit_clear(&fit);
    exposure_log_clear(&world.log);
}
