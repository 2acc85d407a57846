#include "attribution/elementary.h"
#include "attribution/markov.h"
#include "attribution/method.h"
#include "attribution/visits.h"
#include "paths.h"
#include "support/test.h"

#include <math.h>

enum { CHANNELS = 4, LARGE = 64 };

static const struct attribution_config defaults = {
    .half_life_days = 7, .markov_order = 3, .self_loops = true};

static const struct method *find(const char *name)
{
    for (const struct method *const *m = attribution_methods; *m; m++)
        if (strcmp((*m)->name, name) == 0)
            return *m;
    fail_msg("no method %s", name);
    return NULL;
}

static void expect_all(const double *got, const double *want, size_t count)
{
    for (size_t c = 0; c < count; c++)
        EXPECT_NEAR(got[c], want[c], 1e-13);
}

/*
 * Two converting paths: abbc once (worth 10) and b three times (worth 6).
 *
 *   linear          abbc: a 1/4, b 2/4, c 1/4;  b: 3
 *   time_decay      half-life 7 steps: weights of abbc 2^(-3/7), 2^(-2/7), 2^(-1/7), 1
 *   position_based  a 0.4, b 0.2, c 0.4
 *   shapley         a, b and c a third each
 */
TEST(rules_divide_paths_as_computed_by_hand)
{
    static const struct path_row rows[] = {{"abbc", 1, 10, 2}, {"b", 3, 6, 0}, {"d", 0, 0, 5}};
    const double w[] = {pow(2, -3. / 7), pow(2, -2. / 7), pow(2, -1. / 7), 1};
    const double sum = w[0] + w[1] + w[2] + w[3];
    const struct {
        const char *method;
        double conversions[CHANNELS], value[CHANNELS];
    } cases[] = {
        {"first_touch", {1, 3, 0, 0}, {10, 6, 0, 0}},
        {"last_touch", {0, 3, 1, 0}, {0, 6, 10, 0}},
        {"linear_touch", {0.25, 3.5, 0.25, 0}, {2.5, 11, 2.5, 0}},
        {"time_decay",
         {w[0] / sum, 3 + (w[1] + w[2]) / sum, w[3] / sum, 0},
         {10 * w[0] / sum, 6 + 10 * (w[1] + w[2]) / sum, 10 * w[3] / sum, 0}},
        {"position_based", {0.4, 3.2, 0.4, 0}, {4, 8, 4, 0}},
        {"shapley", {1. / 3, 3 + 1. / 3, 1. / 3, 0}, {10. / 3, 6 + 10. / 3, 10. / 3, 0}},
    };
    struct path_set paths;
    struct error err = {0};

    paths_make(&paths, CHANNELS, rows, 3);
    EACH_ROW(cases, r) {
        double conversions[CHANNELS] = {0}, value[CHANNELS] = {0};
        const struct method_call call = {
            .paths = &paths, .config = &defaults, .conversions = conversions, .value = value};
        EXPECT_OK(find(r->method)->credit(&call, &err), &err);
        expect_all(conversions, r->conversions, CHANNELS);
        expect_all(value, r->value, CHANNELS);
    }
    path_set_clear(&paths);
}

TEST(position_based_knows_short_paths)
{
    static const struct path_row rows[] = {{"a", 1, 0, 0}, {"bc", 1, 0, 0}};
    struct path_set paths;
    struct error err = {0};
    double got[CHANNELS] = {0};
    const struct method_call call = {.paths = &paths, .config = &defaults, .conversions = got};

    paths_make(&paths, 3, rows, 2);
    EXPECT_OK(find("position_based")->credit(&call, &err), &err);
    expect_all(got, (double[]){1, 0.5, 0.5}, 3);
    path_set_clear(&paths);
}

/* 14 days before the end is two half-lives: a quarter of the weight of the last impression. */
TEST(time_decay_uses_times_where_they_are_known)
{
    static const struct path_row rows[] = {{"ab", 1, 0, 0}};
    static const int64_t age[] = {14 * 86400000000, 0};
    struct path_set paths;
    struct error err = {0};
    double got[CHANNELS] = {0};
    const struct method_call call = {.paths = &paths, .config = &defaults, .conversions = got};

    paths_make(&paths, 2, rows, 1);
    paths.age = age;
    EXPECT_OK(find("time_decay")->credit(&call, &err), &err);
    expect_all(got, (double[]){0.2, 0.8}, 2);
    path_set_clear(&paths);
}

/*
 * ab converts, a does not, b converts twice: 4 walks, 3 conversions.
 *
 *   start to a 2/4, to b 2/4;  a to b 1/2, to null 1/2;  b to conversion 3/3
 *   without a: 1/2 instead of 3/4 converts, effect 1/3;  without b: nothing, effect 1
 *   credits: 3 * (1/3) / (4/3) = 3/4 and 9/4
 *
 * and of the value 10 + 2 * 1 = 12: b earns 4 per visit, so the effects are the same here, as all
 * value comes through b: 12 * 1/4 = 3 and 9.
 */
TEST(markov_1_is_the_removal_effect_computed_by_hand)
{
    static const struct path_row rows[] = {{"ab", 1, 10, 0}, {"a", 0, 0, 1}, {"b", 2, 2, 0}};
    double conversions[2] = {0}, value[2] = {0}, effect[2] = {0}, value_effect[2] = {0};
    struct path_set paths;
    struct error err = {0};
    const struct method_call call = {.paths = &paths,
                                     .config = &defaults,
                                     .order = 1,
                                     .conversions = conversions,
                                     .value = value,
                                     .removal_conversions = effect,
                                     .removal_value = value_effect};

    paths_make(&paths, 2, rows, 3);
    EXPECT_OK(find("markov_1")->credit(&call, &err), &err);
    expect_all(effect, (double[]){1. / 3, 1}, 2);
    expect_all(value_effect, (double[]){1. / 3, 1}, 2);
    expect_all(conversions, (double[]){0.75, 2.25}, 2);
    expect_all(value, (double[]){3, 9}, 2);
    path_set_clear(&paths);
}

/*
 * abc converts, bbc does not, 1 walk each. Order 1 mixes them at b; order 2 keeps (a,b) and (b,b)
 * apart: all conversions pass a, b and c, so every effect is 1 and each gets a third. In order 1,
 * of the visits to c one half converts; b is reached past a in half of the walks, so the effect of
 * a is 1/2, of b and c 1: credits 1/5, 2/5, 2/5.
 */
TEST(higher_orders_remember_what_order_1_forgets)
{
    static const struct path_row rows[] = {{"abc", 1, 0, 0}, {"bbc", 0, 0, 1}};
    static const struct {
        const char *method;
        size_t order;
        double conversions[3], effect[3];
    } cases[] = {
        {"markov_1", 1, {0.2, 0.4, 0.4}, {0.5, 1, 1}},
        {"markov_3", 3, {1. / 3, 1. / 3, 1. / 3}, {1, 1, 1}},
    };
    struct path_set paths;
    struct error err = {0};

    paths_make(&paths, 3, rows, 2);
    EACH_ROW(cases, r) {
        double got[3] = {0}, effect[3] = {0};
        const struct method_call call = {.paths = &paths,
                                         .config = &defaults,
                                         .order = r->order,
                                         .conversions = got,
                                         .removal_conversions = effect};
        EXPECT_OK(find(r->method)->credit(&call, &err), &err);
        expect_all(effect, r->effect, 3);
        expect_all(got, r->conversions, 3);
    }
    path_set_clear(&paths);
}

/* A channel that follows itself is still visited: order 1 is the same without self-loops. */
TEST(self_loops_change_no_effect_of_order_1)
{
    struct random_paths shape = {.count = 300, .channels = 9, .longest = 12, .null = true};
    struct rng rng = rng_new(5, 1);
    struct attribution_config without = defaults;
    struct path_set paths;
    struct error err = {0};
    double kept[9] = {0}, dropped[9] = {0};
    struct method_call call = {
        .paths = &paths, .config = &defaults, .order = 1, .conversions = kept};

    without.self_loops = false;
    paths_random(&paths, &shape, &rng);
    EXPECT_OK(find("markov_1")->credit(&call, &err), &err);
    call.config = &without;
    call.conversions = dropped;
    EXPECT_OK(find("markov_1")->credit(&call, &err), &err);
    for (size_t c = 0; c < 9; c++)
        EXPECT_NEAR(dropped[c], kept[c], 1e-10 * kept[c]);
    path_set_clear(&paths);
}

/* Every method, many shapes: not negative, and the sums are the totals. */
TEST(credits_of_every_method_sum_to_the_total)
{
    static const struct random_paths shapes[] = {
        {.count = 1, .channels = 1, .longest = 1},
        {.count = 50, .channels = 1, .longest = 9, .value = true, .null = true, .age = true},
        {.count = 2, .channels = 40, .longest = 5, .value = true},
        {.count = 400, .channels = 7, .longest = 6, .value = true, .null = true, .age = true},
        {.count = 400, .channels = LARGE, .longest = 30, .value = true, .null = true},
        {.count = 3000, .channels = 20, .longest = 4, .null = true, .age = true},
        {.count = 20, .channels = 3, .longest = 400, .value = true, .null = true, .age = true},
    };
    struct rng rng = rng_new(11, 3);
    struct error err = {0};

    EACH_ROW(shapes, shape) {
        for (const struct method *const *m = attribution_methods; *m; m++) {
            double conversions[LARGE] = {0}, value[LARGE] = {0}, total, total_value;
            double sum = 0, value_sum = 0;
            struct path_set paths;
            paths_random(&paths, shape, &rng);
            const struct method_call call = {.paths = &paths,
                                             .config = &defaults,
                                             .order = (*m)->order,
                                             .conversions = conversions,
                                             .value = paths.value ? value : NULL};
            EXPECT_OK((*m)->credit(&call, &err), &err);
            path_set_totals(&paths, &total, &total_value);
            for (size_t c = 0; c < shape->channels; c++) {
                EXPECT(conversions[c] >= 0 && value[c] >= 0);
                sum += conversions[c];
                value_sum += value[c];
            }
            EXPECT_NEAR(sum, total, 1e-12 * total);
            EXPECT_NEAR(value_sum, total_value, 1e-12 * total_value);
            path_set_clear(&paths);
        }
    }
}

/* Sweeps alone, sweeps with spreading, and the closed form are three ways to one answer. */
TEST(sweeps_and_factorisation_agree)
{
    const struct random_paths shape = {
        .count = 2000, .channels = 19, .longest = 40, .value = true, .null = true};
    struct rng rng = rng_new(2, 2);
    struct visits_kernel kernel = {0};
    struct path_set paths;
    struct error err = {0};

    paths_random(&paths, &shape, &rng);
    for (size_t order = 1; order <= 3; order++) {
        struct chain chain;
        double with[19], without[19], value_with[19], value_without[19];
        EXPECT_OK(chain_build(&chain, &paths, order, true, &err), &err);
        if (order == 1)
            visits_kernel_solve(&kernel, &chain);
        EXPECT_OK(visits_passing(&chain, &kernel, NULL, with, value_with, &err), &err);
        EXPECT_OK(visits_passing(&chain, NULL, NULL, without, value_without, &err), &err);
        for (size_t c = 0; c < 19; c++) {
            EXPECT_NEAR(with[c], without[c], 1e-11 * with[c]);
            EXPECT_NEAR(value_with[c], value_without[c], 1e-11 * value_with[c]);
        }
        chain_clear(&chain);
    }
    visits_kernel_clear(&kernel);
    path_set_clear(&paths);
}

/* Walks that go to and fro for long and convert one time in a million keep full precision. */
TEST(markov_stays_exact_where_walks_hardly_end)
{
    static const struct path_row rows[] = {
        {"abababababababababababababababababababababababababababab", 1, 0, 999999}, {"c", 0, 0, 1}};
    struct path_set paths;
    struct error err = {0};

    paths_make(&paths, 3, rows, 2);
    for (size_t order = 1; order <= 3; order++) {
        double got[3] = {0}, effect[3] = {0};
        const struct method_call call = {.paths = &paths,
                                         .config = &defaults,
                                         .order = order,
                                         .conversions = got,
                                         .removal_conversions = effect};
        EXPECT_OK(method_markov_1.credit(&call, &err), &err);
        expect_all(effect, (double[]){1, 1, 0}, 3);
        expect_all(got, (double[]){0.5, 0.5, 0}, 3);
    }
    path_set_clear(&paths);
}

TEST(results_do_not_depend_on_the_number_of_threads)
{
    const struct random_paths shape = {
        .count = 500, .channels = 40, .longest = 12, .value = true, .null = true};
    struct rng rng = rng_new(9, 4);
    struct pool *pool = pool_new(3);
    struct path_set paths;
    struct error err = {0};

    paths_random(&paths, &shape, &rng);
    for (size_t order = 2; order <= 3; order++) {
        double one[40] = {0}, three[40] = {0};
        struct method_call call = {
            .paths = &paths, .config = &defaults, .order = order, .conversions = one};
        EXPECT_OK(method_markov_1.credit(&call, &err), &err);
        call.pool = pool;
        call.conversions = three;
        EXPECT_OK(method_markov_1.credit(&call, &err), &err);
        EXPECT(memcmp(one, three, sizeof one) == 0);
    }
    pool_free(pool);
    path_set_clear(&paths);
}

/*
 * ab twice, of which one converts: start to a 1; a to b 1; b to conversion and null 1/2 each.
 */
TEST(transitions_of_order_1_are_sorted_and_sum_to_one)
{
    static const struct path_row rows[] = {{"ab", 1, 0, 1}};
    static const struct markov_transition want[] = {
        {MARKOV_START, 0, 1}, {0, 1, 1}, {1, MARKOV_CONVERSION, 0.5}, {1, MARKOV_NULL, 0.5}};
    struct markov_transition *got = NULL;
    struct path_set paths;
    struct error err = {0};
    size_t count = 0;

    paths_make(&paths, 2, rows, 1);
    EXPECT_OK(markov_transitions(&paths, true, &got, &count, &err), &err);
    EXPECT_EQ(count, 4);
    for (size_t i = 0; i < count; i++) {
        EXPECT_EQ(got[i].from, want[i].from);
        EXPECT_EQ(got[i].to, want[i].to);
        EXPECT_NEAR(got[i].probability, want[i].probability, 0);
    }
    free(got);
    path_set_clear(&paths);
}

TEST(paths_without_conversions_are_refused)
{
    static const struct path_row rows[] = {{"ab", 0, 0, 3}};
    struct path_set paths;
    struct error err = {0};

    paths_make(&paths, 2, rows, 1);
    EXPECT_ERROR(path_set_check(&paths, &err), &err, ERR_DATA, "none of 1 paths has a conversion");
    paths.count = 0;
    EXPECT_ERROR(path_set_check(&paths, &err), &err, ERR_DATA, "no paths");
    path_set_clear(&paths);
}

TEST(powers_of_two_are_within_two_units)
{
    for (int i = -1022 * 16; i < 1024 * 16; i++) {
        const double x = i / 16. + 0.013, want = (double)exp2l((long double)x);
        if (x < -1022 || x >= 1024)
            continue;
        EXPECT(fabs(exp2_exact(x) - want) <= 2 * (nextafter(want, INFINITY) - want));
    }
    EXPECT(exp2_exact(0) == 1 && exp2_exact(-3) == 0.125 && exp2_exact(-1e9) == 0);
    EXPECT(isinf(exp2_exact(1024)) && isnan(exp2_exact(NAN)));
}
