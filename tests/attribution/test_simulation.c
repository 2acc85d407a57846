#include "attribution/simulation.h"
#include "base/file.h"
#include "support/test.h"

enum { USERS = 5000 };

static struct simulation_world world;
static struct simulation_impression impression[SIMULATION_IMPRESSIONS_MAX];

TEST(the_books_balance)
{
    struct simulation_truth truth = {0};
    double sum = 0;
    size_t flagged = 0;

    simulation_world_default(&world, 3);
    for (uint64_t uid = 1; uid <= USERS; uid++) {
        const size_t count = simulation_user(&world, uid, impression, &truth);
        for (size_t i = 0; i < count; i++) {
            EXPECT(impression[i].campaign < SIMULATION_CAMPAIGNS);
            EXPECT(impression[i].day > 0 && impression[i].day < SIMULATION_DAYS);
            EXPECT(i == 0 || impression[i].day >= impression[i - 1].day);
            flagged += impression[i].conversion;
        }
    }
    EXPECT_EQ(truth.users, USERS);
    EXPECT_EQ(truth.conversions, flagged);
    for (size_t k = 0; k < SIMULATION_CAMPAIGNS; k++) {
        EXPECT(simulation_campaigns[k].strength > 0 ? truth.caused[k] > 0 : truth.caused[k] == 0);
        sum += truth.caused[k];
    }
    EXPECT_NEAR(sum + truth.uncaused, (double)truth.conversions, 1e-6);
}

/* The sizes that the documentation promises: several impressions a user, 40 % uncaused. */
TEST(the_market_is_plausible)
{
    struct simulation_truth truth = {0};

    simulation_world_default(&world, 1);
    for (uint64_t uid = 1; uid <= USERS; uid++)
        simulation_user(&world, uid, impression, &truth);
    EXPECT(truth.impressions > 4 * USERS && truth.impressions < 8 * USERS);
    EXPECT(truth.conversions > USERS / 5 && truth.conversions < USERS / 2);
    EXPECT_NEAR(truth.uncaused / (double)truth.conversions, 0.4, 0.06);
}

/*
 * Baseline bookkeeping checked from outside the hazard: a user who has seen only useless campaigns
 * converts at h0 alone, so all such conversions are uncaused.
 */
TEST(useless_campaigns_cause_nothing)
{
    size_t checked = 0;

    simulation_world_default(&world, 8);
    for (uint64_t uid = 1; uid <= 4 * USERS; uid++) {
        struct simulation_truth truth = {0};
        bool useless = true;
        const size_t count = simulation_user(&world, uid, impression, &truth);
        for (size_t i = 0; i < count; i++)
            useless = useless && simulation_campaigns[impression[i].campaign].strength == 0;
        if (!useless || truth.conversions == 0)
            continue;
        EXPECT_NEAR(truth.uncaused, (double)truth.conversions, 1e-12);
        checked++;
    }
    EXPECT(checked > 20);
}

TEST(retargeting_follows_other_impressions)
{
    struct simulation_truth truth = {0};
    size_t checked = 0;

    simulation_world_default(&world, 4);
    for (uint64_t uid = 1; uid <= USERS; uid++) {
        const size_t count = simulation_user(&world, uid, impression, &truth);
        double other = -SIMULATION_DAYS;
        for (size_t i = 0; i < count; i++) {
            if (!simulation_campaigns[impression[i].campaign].retargeting) {
                other = impression[i].day;
                continue;
            }
            EXPECT(impression[i].day - other < SIMULATION_RETARGETING_DAYS);
            checked++;
        }
    }
    EXPECT(checked > 100);
}

/* Random markets: books balance, useless campaigns cause nothing, and drift makes intent forget. */
TEST(random_markets_balance_too)
{
    static const struct {
        double selection, drift;
        size_t campaigns;
    } rows[] = {{0, 0, 0}, {1, 0, 6}, {1, 10, 12}, {1, 3, 1}, {2, 0.1, SIMULATION_CAMPAIGNS_MAX}};

    EACH_ROW(rows, r) {
        struct simulation_truth truth = {0};
        double sum = 0;
        size_t useless = 0, flagged = 0;
        simulation_world_random(&world, 5, r->campaigns, r->selection, r->drift);
        EXPECT(r->campaigns ? world.campaigns == r->campaigns
                            : world.campaigns >= 6 && world.campaigns <= 12);
        for (uint64_t uid = 1; uid <= USERS; uid++) {
            const size_t count = simulation_user(&world, uid, impression, &truth);
            for (size_t i = 0; i < count; i++) {
                EXPECT(impression[i].campaign < world.campaigns);
                EXPECT(impression[i].day >= 0 && impression[i].day < SIMULATION_DAYS);
                EXPECT(i == 0 || impression[i].day >= impression[i - 1].day);
                flagged += impression[i].conversion;
            }
        }
        for (size_t k = 0; k < world.campaigns; k++) {
            useless += world.campaign[k].strength == 0;
            EXPECT((world.campaign[k].strength > 0) == (truth.caused[k] > 0));
            sum += truth.caused[k];
        }
        EXPECT_EQ(truth.conversions, flagged);
        EXPECT_NEAR(sum + truth.uncaused, (double)truth.conversions, 1e-6);
        EXPECT(r->campaigns == 1 || useless >= 1);
        EXPECT(truth.impressions > 3 * USERS && truth.impressions < 20 * USERS);
        EXPECT(truth.conversions > USERS / 20 && truth.conversions < USERS);
    }
}

/* How alike a user's numbers of impressions in the first and the second half of the time are. */
static double halves_correlation(double drift)
{
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;

    simulation_world_random(&world, 5, 8, 2, drift);
    for (uint64_t uid = 1; uid <= USERS; uid++) {
        struct simulation_truth truth = {0};
        const size_t count = simulation_user(&world, uid, impression, &truth);
        double half[2] = {0};
        for (size_t i = 0; i < count; i++)
            half[impression[i].day >= SIMULATION_DAYS / 2]++;
        for (size_t i = 0; i < 2; i++) /* a few users see a hundred times as much as others */
            half[i] = half[i] < 12 ? half[i] : 12;
        x += half[0], y += half[1], xx += half[0] * half[0], yy += half[1] * half[1];
        xy += half[0] * half[1];
    }
    return (xy - x * y / USERS) / __builtin_sqrt((xx - x * x / USERS) * (yy - y * y / USERS));
}

TEST(drift_makes_intent_forget)
{
    const double steady = halves_correlation(0), slow = halves_correlation(30),
                 fast = halves_correlation(1);

    EXPECT(steady > slow + 0.03);
    EXPECT(slow > fast + 0.03);
}

static void simulate(size_t users, uint64_t seed, const char *output, const char *truth_path)
{
    struct simulation_truth truth;
    struct error err = {0};
    const struct simulation_request request = {
        .users = users, .seed = seed, .output = output, .truth = truth_path, .quiet = true};

    EXPECT_OK(simulation_write(&request, &truth, &err), &err);
}

static char *read_all(const char *name, size_t *size)
{
    struct error err = {0};
    char *bytes;

    EXPECT_OK(file_read(test_path(name), 64 << 20, &bytes, size, &err), &err);
    return bytes;
}

/* More users only add rows; another seed makes another market. */
TEST(the_same_seed_gives_the_same_file)
{
    size_t size[4];
    char *bytes[4];

    simulate(300, 7, test_path("a.csv"), test_path("truth_a.csv"));
    simulate(300, 7, test_path("b.csv"), NULL);
    simulate(400, 7, test_path("c.csv"), NULL);
    simulate(300, 8, test_path("d.csv"), NULL);
    bytes[0] = read_all("a.csv", &size[0]);
    bytes[1] = read_all("b.csv", &size[1]);
    bytes[2] = read_all("c.csv", &size[2]);
    bytes[3] = read_all("d.csv", &size[3]);
    EXPECT_STR(bytes[0], bytes[1]);
    EXPECT(size[2] > size[0] && memcmp(bytes[0], bytes[2], size[0]) == 0);
    EXPECT(strcmp(bytes[0], bytes[3]) != 0);
    EXPECT(strncmp(bytes[0], "uid,timestamp,campaign,conversion\n1,15", 38) == 0);
    for (size_t i = 0; i < 4; i++)
        free(bytes[i]);
    bytes[0] = read_all("truth_a.csv", &size[0]);
    EXPECT_HAS(bytes[0], "channel_name,conversions_caused,share\naffiliate_coupon,0.0,0.0\n");
    EXPECT_HAS(bytes[0], "\n(baseline),");
    free(bytes[0]);
}
