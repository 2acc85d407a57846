/* journey_removal: the formula, its corner cases, batches of any size, any number of threads. */
#include "model/journey_removal.h"

#include "base/interrupt.h"
#include "model/journeys.h"
#include "support/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct journey_rows rows_of(const struct journey_set *set)
{
    uint32_t *row = malloc(set->count * sizeof *row);

    for (size_t i = 0; i < set->count; i++)
        row[i] = (uint32_t)i;
    return (struct journey_rows){row, set->count};
}

static void free_rows(struct journey_rows rows)
{
    free((void *)(uintptr_t)rows.row);
}

static struct journey_attention *fit(const struct journey_set *set, size_t units, size_t epochs)
{
    struct journey_attention_config config;
    struct train_config train;
    struct journey_fit fit = {.set = set, .train = rows_of(set)};
    struct journey_attention *model = NULL;
    struct error err = {0};

    config_defaults(&config, journey_attention_fields);
    config_defaults(&train, train_fields);
    config.embedding = config.lstm = units;
    config.dropout = config.recurrent_dropout = 0;
    train.epochs = epochs;
    train.learning_rate = 0.01;
    fit.pool = pool_new(2);
    EXPECT_OK(journey_attention_fit(&model, &config, &train, &fit, NULL, &err), &err);
    pool_free(fit.pool);
    free_rows(fit.train);
    return model;
}

static void credit(const struct journey_attention *model, const struct journey_set *set,
                   struct journey_rows rows, size_t threads, double *credited)
{
    struct pool *pool = pool_new(threads);
    struct error err = {0};

    EXPECT_OK(journey_removal_credit(model, set, rows, credited, pool, &err), &err);
    pool_free(pool);
}

static double score_of(const struct journey_attention *model, const int32_t *token, size_t length)
{
    struct journey_scorer *scorer = journey_scorer_new(model);
    float score;

    journey_scorer_run(scorer, &token, &length, 1, &score, NULL);
    journey_scorer_free(scorer);
    return (double)score;
}

/* The formula of the header, one journey and one campaign at a time. */
static void expect_journey(const struct journey_attention *model, const struct journey_set *set,
                           size_t j)
{
    const int32_t *token = set->token + set->offset[j];
    const size_t length = journey_length(set, j);
    double loss[8] = {0}, got[8] = {0}, sum = 0, seen = 0;
    const uint32_t row = (uint32_t)j;

    for (int32_t c = 0; c < (int32_t)set->campaigns; c++) {
        int32_t rest[8];
        size_t left = 0;
        for (size_t i = 0; i < length; i++)
            if (token[i] != c)
                rest[left++] = token[i];
        const double lost = left ? score_of(model, token, length) - score_of(model, rest, left) : 1;
        seen += left < length;
        loss[c] = left < length && lost > 0 ? lost : left < length ? 0 : -1;
        sum += loss[c] > 0 ? loss[c] : 0;
    }
    credit(model, set, (struct journey_rows){&row, 1}, 1, got);
    for (size_t c = 0; c < set->campaigns; c++)
        EXPECT_NEAR(got[c], loss[c] < 0 ? 0 : sum > 0 ? loss[c] / sum : 1 / seen, 1e-12);
}

TEST(removal_credits_follow_the_formula)
{
    struct journey_set *set = journeys_random(600, 5, 6, 0.6, 0.1, 3);
    struct journey_attention *model = fit(set, 8, 20);

    for (size_t j = 0; j < 100; j++)
        expect_journey(model, set, j);
    journey_attention_free(model);
    journeys_free(set);
}

/* Only "ab" converts: both were needed. Only "a" and "b" do: in "ab" neither helps. */
TEST(removal_divides_evenly_where_nothing_helps)
{
    static const struct {
        const char *learned;
        double a, b;
    } rows[] = {{"ab+a-b-ab+a-b-c-", 0.5, 0.5},
                {"ab-a+b+ab-a+b+c-", 0.5, 0.5},
                {"aab+a+b-aab+a+b-c-", 1, 0}};
    EACH_ROW(rows, r) {
        struct journey_set *set = journeys_of(r->learned, 3, 3);
        struct journey_attention *model = fit(set, 8, 300);
        double got[3] = {0};
        const uint32_t row = 0;
        credit(model, set, (struct journey_rows){&row, 1}, 1, got);
        EXPECT_NEAR(got[0], r->a, 0.1);
        EXPECT_NEAR(got[1], r->b, 0.1);
        EXPECT_NEAR(got[2], 0, 0);
        journey_attention_free(model);
        journeys_free(set);
    }
}

/* More shortened journeys than a batch holds: the same bytes whole, in two calls, at any number of
 * threads. */
TEST(removal_credits_do_not_depend_on_batches_or_threads)
{
    struct journey_set *set = journeys_random(30000, 3, 5, 0.5, 0.2, 7);
    const struct journey_rows rows = rows_of(set);
    struct journey_set *few = journeys_random(300, 3, 5, 0.5, 0.2, 8);
    struct journey_attention *model = fit(few, 6, 5);
    double one[3] = {0}, two[3] = {0}, parts[3] = {0};

    credit(model, set, rows, 1, one);
    credit(model, set, rows, 2, two);
    credit(model, set, (struct journey_rows){rows.row, 1000}, 2, parts);
    credit(model, set, (struct journey_rows){rows.row + 1000, rows.count - 1000}, 1, parts);
    EXPECT(memcmp(one, two, sizeof one) == 0);
    EXPECT(memcmp(one, parts, sizeof one) == 0);
    EXPECT_NEAR(one[0] + one[1] + one[2], 30000, 1e-6);
    free_rows(rows);
    journey_attention_free(model);
    journeys_free(few);
    journeys_free(set);
}

/* Of journeys so long that a batch of tokens ends inside one. */
TEST(removal_takes_long_journeys_of_many_campaigns)
{
    enum { CAMPAIGNS = 500 };
    struct journey_set *set = journeys_random(12, CAMPAIGNS, 2500, 0.5, 0.5, 5);
    struct journey_attention *model = fit(set, 1, 1);
    const struct journey_rows rows = rows_of(set);
    double *whole = calloc(2 * CAMPAIGNS, sizeof *whole), *parts = whole + CAMPAIGNS, sum = 0;

    credit(model, set, rows, 2, whole);
    for (size_t i = 0; i < rows.count; i++)
        credit(model, set, (struct journey_rows){rows.row + i, 1}, 2, parts);
    EXPECT(memcmp(whole, parts, CAMPAIGNS * sizeof *whole) == 0);
    for (size_t c = 0; c < CAMPAIGNS; c++)
        sum += whole[c];
    EXPECT_NEAR(sum, 12, 1e-9);
    free(whole);
    free_rows(rows);
    journey_attention_free(model);
    journeys_free(set);
}

TEST(removal_ends_on_a_signal)
{
    struct journey_set *set = journeys_of("ab+a-b-", 2, 2);
    struct journey_attention *model = fit(set, 2, 1);
    int status;
    const pid_t child = fork();

    if (child == 0) {
        const uint32_t row = 0;
        double got[2] = {0};
        struct error err = {0};
        struct pool *pool = pool_new(1);
        interrupt_install();
        raise(SIGINT);
        const bool ok =
            journey_removal_credit(model, set, (struct journey_rows){&row, 1}, got, pool, &err);
        _exit(!ok && err.code == ERR_INTERRUPT ? 0 : 1);
    }
    EXPECT(waitpid(child, &status, 0) == child);
    EXPECT_EQ(status, 0);
    journey_attention_free(model);
    journeys_free(set);
}
