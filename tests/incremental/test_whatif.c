/* What a stored model answers, and what it says of stores and questions that are wrong. */
#include "incremental/credit.h"
#include "incremental/whatif_table.h"
#include "support/test.h"
#include "worlds.h"

#include <math.h>
#include <sys/stat.h>

struct fitted {
    struct world_log world;
    struct incremental_config config;
    struct incremental_fit fit;
    struct incremental_draws draws;
};

static void fit_world(struct fitted *f, int link)
{
    struct error err = {0};

    world_make(&f->world, 3000, 3, 1, 0);
    config_defaults(&f->config, incremental_fields);
    f->config.link = link;
    EXPECT_OK(incremental_fit_run(&f->fit, &f->world.log, &f->config, NULL, &err), &err);
    EXPECT_OK(incremental_draw(&f->draws, &f->fit, 20, 1, NULL, &err), &err);
}

static void clear(struct fitted *f)
{
    incremental_draws_clear(&f->draws);
    incremental_fit_clear(&f->fit);
    exposure_log_clear(&f->world.log);
}

/* What is read back is what was written, and asks the same questions the same way. */
TEST(a_stored_model_comes_back)
{
    static const int links[] = {INCREMENTAL_LOGIT, INCREMENTAL_ADDITIVE, INCREMENTAL_NOISY_OR,
                                INCREMENTAL_PROPORTIONAL};
    struct incremental_answer before, after;
    struct incremental_saved saved;
    struct error err = {0};
    struct fitted f;

    EACH_ROW(links, link) {
        fit_world(&f, *link);
        const size_t n = f.world.log.campaigns;
        double scale[SIMULATION_CAMPAIGNS_MAX];
        for (size_t k = 0; k < n; k++)
            scale[k] = k == 1 ? 0.5 : 1;
        EXPECT_OK(incremental_store_write(test_path("store"), &f.fit, &f.config, &f.draws, &err),
                  &err);
        EXPECT_OK(incremental_store_read(&saved, test_path("store"),
                                         &(struct incremental_store_wish){0}, &err),
                  &err);
        EXPECT_EQ(saved.log.impressions, f.world.log.impressions);
        EXPECT_EQ(saved.config.link, *link);
        EXPECT_EQ(saved.draws.count, 20);
        EXPECT(memcmp(&saved.fit.design, &f.fit.design, sizeof f.fit.design) == 0);
        EXPECT_OK(incremental_whatif(&before, &f.fit, &f.draws, scale, 1, NULL, &err), &err);
        EXPECT_OK(incremental_whatif(&after, &saved.fit, &saved.draws, scale, 1, NULL, &err), &err);
        EXPECT(memcmp(&before, &after, sizeof before) == 0);
        incremental_saved_clear(&saved);
        clear(&f);
    }
}

/* As it was: the conversions. Nothing shown: what the credits leave to the baseline. */
TEST(stopping_everything_leaves_the_baseline)
{
    static const int links[] = {INCREMENTAL_LOGIT, INCREMENTAL_ADDITIVE, INCREMENTAL_NOISY_OR,
                                INCREMENTAL_PROPORTIONAL};
    double scale[2 * SIMULATION_CAMPAIGNS_MAX], credit[SIMULATION_CAMPAIGNS_MAX + 1];
    struct incremental_answer answer[2];
    struct error err = {0};
    struct fitted f;

    EACH_ROW(links, link) {
        fit_world(&f, *link);
        const size_t n = f.world.log.campaigns;
        const double conversions = (double)f.world.log.conversions;
        for (size_t k = 0; k < n; k++) {
            scale[k] = 1;
            scale[n + k] = 0;
        }
        incremental_credits(&f.fit, f.fit.parameter, NULL, NULL, credit);
        EXPECT_OK(incremental_whatif(answer, &f.fit, &f.draws, scale, 2, NULL, &err), &err);
        EXPECT_NEAR(answer[0].expected / conversions, 1, 0.02);
        EXPECT_EQ(answer[0].change, 0);
        EXPECT(answer[0].low == answer[0].expected && answer[0].high == answer[0].expected);
        EXPECT_NEAR((answer[1].expected - credit[n]) / conversions, 0, 0.03);
        EXPECT(answer[1].low < answer[1].expected && answer[1].expected < answer[1].high);
        EXPECT_NEAR(answer[1].change, answer[1].expected - answer[0].expected, 1e-6);
        clear(&f);
    }
}

TEST(curves_rise_and_do_not_depend_on_threads)
{
    struct incremental_answer *one, *three;
    struct error err = {0};
    struct fitted f;

    fit_world(&f, INCREMENTAL_LOGIT);
    const size_t n = f.world.log.campaigns, points = n * WHATIF_CURVE_POINTS;
    struct pool *pool = pool_new(3);
    one = memory_take(points, sizeof *one);
    three = memory_take(points, sizeof *three);
    EXPECT_OK(incremental_curves(one, &f.fit, &f.draws, NULL, &err), &err);
    EXPECT_OK(incremental_curves(three, &f.fit, &f.draws, pool, &err), &err);
    EXPECT(memcmp(one, three, points * sizeof *one) == 0);
    for (size_t k = 0; k < n; k++) {
        const struct incremental_answer *own = one + k * WHATIF_CURVE_POINTS;
        EXPECT_EQ(own[4].change, 0);
        for (size_t i = 1; i < WHATIF_CURVE_POINTS; i++)
            EXPECT(own[i].expected >= own[i - 1].expected);
    }
    free(one);
    free(three);
    pool_free(pool);
    clear(&f);
}

/* 150 users, campaigns a, b and c. */
static const char *impressions(const char *name)
{
    static char text[65536];
    size_t used = (size_t)snprintf(text, sizeof text, "uid,timestamp,campaign,conversion\n");

    for (unsigned i = 0; i < 600; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "u%u,%u,%c,%d\n", i % 150,
                                 1500000000 + i * 3571 % 2000000, 'a' + (char)(i * 11 % 3),
                                 i * 31 % 7 == 0 || (i * 11 % 3 == 1 && i % 2));
    return test_file(name, text);
}

/* Of test_path(), kept. */
static const char *folder_of(const char *name)
{
    static char folder[4096];

    snprintf(folder, sizeof folder, "%s", test_path(name));
    return folder;
}

static void make_store(const char *folder)
{
    struct test_output o = test_quern("attribute %s --link logit --intervals 10 --save %s --order 0"
                                      " --quiet -o %s",
                                      impressions("w.csv"), folder, test_path("w.out.csv"));

    EXPECT_STR(o.err, "");
    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
}

TEST(whatif_answers)
{
    const char *folder = folder_of("asked");
    struct test_output o;

    make_store(folder);
    o = test_quern("whatif %s --stop a --scale b=1.5 --stop-all --curve", folder);
    EXPECT_STR(o.err, "");
    EXPECT_HAS(o.out, "scenario,campaign,factor,expected_conversions,low,high,change,change_low,"
                      "change_high\nas it was,,1,");
    EXPECT_HAS(o.out, "\nstop a,a,0,");
    EXPECT_HAS(o.out, "\nb x 1.5,b,1.5,");
    EXPECT_HAS(o.out, "\nall together,,,");
    EXPECT_HAS(o.out, "\nstop everything,,0,");
    EXPECT_HAS(o.out, "\nc x 2,c,2,");
    test_output_clear(&o);
    o = test_quern("whatif %s --scale b=0 -o %s", folder, test_path("w.json"));
    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
    o = test_shell("head -3 %s", test_path("w.json"));
    EXPECT_HAS(o.out, "\"scenario\": \"as it was\"");
    test_output_clear(&o);
    o = test_shell("\"$QUERN\" whatif %s --stop b -o %s && \"$QUERN\" whatif %s --scale b=0 "
                   "--threads 1 -o %s && cut -d, -f3- %s | tail -1 > %s.1 && cut -d, -f3- %s | "
                   "tail -1 | cmp - %s.1",
                   folder, test_path("s.csv"), folder, test_path("z.csv"), test_path("s.csv"),
                   folder, test_path("z.csv"), folder);
    EXPECT_STR(o.err, "");
    EXPECT_EQ(o.status, 0);
    test_output_clear(&o);
}

TEST(whatif_says_what_is_wrong_with_a_question)
{
    static const struct {
        const char *arguments, *part;
        int status;
    } rows[] = {
        {"", "nothing is asked", 2},
        {"--stop d", "--stop: there is no campaign 'd'; there is: a, b, c", 2},
        {"--scale d=2", "--scale: there is no campaign 'd'", 2},
        {"--scale a", "'a' is not NAME=FACTOR", 2},
        {"--scale a=", "must be a number from 0 to 1000", 2},
        {"--scale a=-1", "must be a number from 0 to 1000", 2},
        {"--scale a=inf", "must be a number from 0 to 1000", 2},
        {"--scale a=nan", "must be a number from 0 to 1000", 2},
        {"--scale a=1e300", "must be a number from 0 to 1000", 2},
        {"--scale a=1.5x", "must be a number from 0 to 1000", 2},
        {"--stop a --scale a=2", "'a' is changed twice", 2},
        {"--stop a --stop a", "'a' is changed twice", 2},
        {"--stop a -o nowhere/x.xyz", "x.xyz", 2},
    };
    const char *folder = folder_of("questions");

    make_store(folder);
    EACH_ROW(rows, r) {
        struct test_output o = test_quern("whatif %s %s", folder, r->arguments);
        EXPECT_HAS(o.err, r->part);
        EXPECT_EQ(o.status, r->status);
        EXPECT_STR(o.out, "");
        test_output_clear(&o);
    }
}

TEST(whatif_says_what_is_wrong_with_a_store)
{
    static const struct {
        const char *damage, *part; /* a shell command in the folder */
    } rows[] = {
        {"rm -r incremental", "holds no incremental model"},
        {"rm incremental/exposures.parquet", "exposures.parquet"},
        {"head -c 1000 incremental/model.safetensors > x && mv x incremental/model.safetensors",
         "model.safetensors"},
        {": > incremental/model.safetensors", "model.safetensors"},
        {"sed 's/incremental model 1/incremental model 9/' incremental/model.safetensors > x && mv "
         "x incremental/model.safetensors",
         "not an incremental model of this version"},
        {"sed 's/half_lives: ./half_lives! ./' incremental/model.safetensors > x && mv x "
         "incremental/model.safetensors",
         "model.safetensors"},
        {"sed 's/control_penalty: 1/control_penalty: x/' incremental/model.safetensors > x && mv x "
         "incremental/model.safetensors",
         "control_penalty"},
        {"head -c 500 incremental/exposures.parquet > x && mv x incremental/exposures.parquet",
         "exposures.parquet"},
        {"cp ../other/incremental/exposures.parquet incremental/",
         "does not hold the impressions that the model beside it was fitted to"},
        {"cp ../other/incremental/model.safetensors incremental/",
         "does not hold the impressions that the model beside it was fitted to"},
    };
    const char *folder = folder_of("damaged");
    struct test_output o;

    o = test_quern("attribute %s --link logit --save %s --order 0 --quiet -o %s",
                   test_file("o.csv", "uid,timestamp,campaign,conversion\n1,1500000000,a,0\n"
                                      "1,1500050000,b,1\n2,1500090000,a,0\n"),
                   test_path("other"), test_path("o.out.csv"));
    EXPECT_STR(o.err, "");
    test_output_clear(&o);
    EACH_ROW(rows, r) {
        o = test_shell("rm -rf %s", folder);
        test_output_clear(&o);
        make_store(folder);
        o = test_shell("cd %s && %s", folder, r->damage);
        EXPECT_STR(o.err, "");
        test_output_clear(&o);
        o = test_quern("whatif %s --stop a", folder);
        EXPECT_HAS(o.err, r->part);
        EXPECT_EQ(o.status, 1);
        EXPECT_STR(o.out, "");
        test_output_clear(&o);
    }
}
