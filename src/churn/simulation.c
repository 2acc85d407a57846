#include "churn/simulation.h"

#include "base/rng.h"

#include <math.h>
#include <stdio.h>

const char *const churn_states[CHURN_STATES] = {
    "AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA",
    "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS",
    "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA",
    "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY",
};

static const struct period {
    double mean, deviation, price; /* of minutes; dollars a minute */
} periods[CHURN_PERIODS] = {
    [CHURN_DAY] = {180, 54, 0.17},
    [CHURN_EVE] = {201, 51, 0.085},
    [CHURN_NIGHT] = {201, 50, 0.045},
    [CHURN_INTL] = {10.2, 2.8, 0.27},
};

static int64_t normal_count(struct rng *rng, double mean, double deviation, double low, double high)
{
    return (int64_t)fmin(fmax(round(mean + deviation * rng_normal(rng)), low), high);
}

/* By multiplying uniform numbers (Knuth); the means here are small. */
static int64_t poisson(struct rng *rng, double mean)
{
    const double end = exp(-mean);
    int64_t count = 0;

    for (double product = rng_uniform(rng); product > end; product *= rng_uniform(rng))
        count++;
    return count;
}

static void draw_usage(struct churn_customer *c, struct rng *rng)
{
    for (size_t p = 0; p < CHURN_PERIODS; p++) {
        const double minutes = periods[p].mean + periods[p].deviation * rng_normal(rng);
        c->minutes[p] = round(fmax(minutes, 0) * 10) / 10;
        c->charge[p] = round(c->minutes[p] * periods[p].price * 100) / 100;
        c->calls[p] = p == CHURN_INTL ? poisson(rng, 4.5) : normal_count(rng, 100, 20, 0, 1000);
    }
}

static double leaving(const struct churn_customer *c)
{
    double bill = 0, z = -3.6;

    for (size_t p = 0; p < CHURN_PERIODS; p++)
        bill += c->charge[p];
    z += 5.5 * (c->voice_plan ? 0.2 : 1) / (1 + exp(-(bill - 74) / 1.5));
    z += c->service_calls >= 4 ? 3.0 : 0;
    if (c->international_plan)
        z +=
            0.5 + (c->calls[CHURN_INTL] <= 2 ? 4.5 : 0) + (c->minutes[CHURN_INTL] > 13.1 ? 4.5 : 0);
    return 1 / (1 + exp(-z));
}

void churn_customer_draw(struct churn_customer *customer, uint64_t seed, uint64_t row)
{
    static const int64_t areas[] = {415, 415, 408, 510};
    struct rng rng = rng_new(seed, row);
    struct churn_customer c = {0};

    c.state = (size_t)rng_below(&rng, CHURN_STATES);
    c.account_length = normal_count(&rng, 101, 40, 1, 243);
    c.area_code = areas[rng_below(&rng, 4)];
    snprintf(c.phone, sizeof c.phone, "%03u-%04u", 200 + (unsigned)rng_below(&rng, 800),
             (unsigned)rng_below(&rng, 10000));
    c.international_plan = rng_uniform(&rng) < 0.10;
    c.voice_plan = rng_uniform(&rng) < 0.28;
    const int64_t messages = normal_count(&rng, 29, 7.5, 4, 51);
    c.voice_messages = c.voice_plan ? messages : 0;
    draw_usage(&c, &rng);
    c.service_calls = poisson(&rng, 1.6);
    c.probability = leaving(&c);
    c.leaves = rng_uniform(&rng) < c.probability;
    *customer = c;
}
