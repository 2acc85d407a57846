/*
 * simulation — invented customers of a telephone company, some of whom leave: the columns of the
 * churn data set, from a model that is stated here in full.
 *
 *   State           one of 51, equally likely          Account Length  N(101, 40) days, 1 to 243
 *   Area Code       415 half the time, 408, 510        Phone           ddd-dddd, no meaning
 *   Int'l Plan      yes with probability 0.10          VMail Plan      yes with probability 0.28
 *   VMail Message   N(29, 7.5), 4 to 51, of those with the plan, else 0
 *   Day, Eve, Night Mins   N(180, 54), N(201, 51), N(201, 50), at least 0, one decimal
 *   Day, Eve, Night Calls  N(100, 20) each, at least 0
 *   Intl Mins       N(10.2, 2.8), at least 0           Intl Calls      Poisson(4.5)
 *   CustServ Calls  Poisson(1.6)
 *   ... Charge      minutes times 0.17, 0.085, 0.045, 0.27, to the cent
 *
 * A customer leaves with probability 1 / (1 + exp(-z)),
 *
 *   z = -3.6 + 5.5 * m / (1 + exp(-(bill - 74) / 1.5))    m = 1, with VMail Plan 0.2
 *            + 3.0 * [CustServ Calls >= 4]
 *            + [Int'l Plan] * (0.5 + 4.5 * [Intl Calls <= 2] + 4.5 * [Intl Mins > 13.1])
 *
 * where bill is the sum of the four charges. About one customer in seven leaves.
 *
 * Customers are independent random streams of the seed: the same seed gives the same first
 * customers however many there are.
 */
#ifndef QUERN_CHURN_SIMULATION_H
#define QUERN_CHURN_SIMULATION_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHURN_ROWS_MAX = 1000000000, CHURN_STATES = 51, CHURN_PERIODS = 4 };

/* Day, evening, night, abroad. */
enum churn_period { CHURN_DAY, CHURN_EVE, CHURN_NIGHT, CHURN_INTL };

struct churn_customer {
    size_t state; /* index into churn_states */
    int64_t account_length, area_code, voice_messages, service_calls;
    bool international_plan, voice_plan, leaves;
    double minutes[CHURN_PERIODS], charge[CHURN_PERIODS];
    int64_t calls[CHURN_PERIODS];
    char phone[9];
    double probability; /* of leaving */
};

extern const char *const churn_states[CHURN_STATES];

/* Customer `row`, from 0. */
void churn_customer_draw(struct churn_customer *customer, uint64_t seed, uint64_t row);

struct churn_simulation {
    size_t rows;
    uint64_t seed;
    const char *output; /* .csv, .csv.gz, .jsonl or .parquet */
    bool quiet;
};

/* Write the table; *leavers gets how many leave. */
MUST_CHECK bool churn_simulation_write(const struct churn_simulation *simulation, size_t *leavers,
                                       struct error *err);

#endif
