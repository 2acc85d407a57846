/*
 * simulation — invented card payments, some of them fraudulent: the columns of the transactions of
 * the Fraud Detection Handbook (Le Borgne, Siblini, Lebichot, Bontempi, 2022), and its generator.
 *
 *   customer  place uniform on a map of 100 by 100; mean amount m uniform in 5 .. 100; payments a
 *             day uniform in 0 .. 4 on average
 *   terminal  place uniform on the same map; a customer pays at terminals less than 5 away, and
 *             nowhere if there is none
 *   payments  of a day: Poisson; at second N(43200, 20000) of it, dropped outside; amount
 *             N(m, m / 2), uniform in 0 .. 2 m where that is negative, to the cent; terminal any of
 *             the near ones
 *
 * Fraud, where a later scenario stands for an earlier one:
 *
 *   1  the amount is over 220
 *   2  each day two terminals are taken over; all payments there in the next 28 days
 *   3  each day three customers' cards are stolen; each of their payments in the next 14 days with
 *      probability 1/3, and its amount is five times what it would be
 *
 * Terminals and cards are taken over from 28 days before the first day on, so that the first day is
 * like the others. What a customer does on a day, and who is taken over on a day, is a random
 * stream of its own: the same seed gives the same first days however many there are.
 */
#ifndef QUERN_FRAUD_SIMULATION_H
#define QUERN_FRAUD_SIMULATION_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAUD_CUSTOMERS_MAX = 1000000,
    FRAUD_TERMINALS_MAX = 1000000,
    FRAUD_DAYS_MAX = 36500,
    FRAUD_CELLS = 20, /* of the map, in each direction: as wide as a customer goes */
};

#define FRAUD_START INT64_C(17697) /* 2018-06-15 in days since 1970: the first day */

struct fraud_payment {
    int64_t time; /* seconds since the first day began */
    uint32_t customer, terminal;
    double amount;
    int scenario; /* 0: no fraud */
};

struct fraud_place {
    double x, y;
};

struct fraud_customer {
    struct fraud_place place;
    double amount, payments; /* means, of a payment and of a day */
};

struct fraud_world {
    uint64_t seed;
    size_t customers, terminals;
    struct fraud_customer *customer;
    struct fraud_place *terminal;
    uint32_t *near;        /* terminals by cell of the map */
    size_t *cell;          /* [FRAUD_CELLS * FRAUD_CELLS + 1] where a cell's begin in `near` */
    int64_t *taken_until;  /* [terminals] first day that is honest again */
    int64_t *stolen_until; /* [customers] */
    uint32_t *choice;      /* scratch: terminals a customer may use */
    struct fraud_payment *payment; /* of the last day, by time */
    size_t payments, room;
    struct arena memory;
};

void fraud_world_init(struct fraud_world *world, uint64_t seed, size_t customers, size_t terminals);
void fraud_world_clear(struct fraud_world *world);
/* The payments of a day into world->payment. Days are asked for in order, from 0. */
void fraud_world_day(struct fraud_world *world, int64_t day);

struct fraud_simulation {
    size_t customers, terminals, days;
    uint64_t seed;
    const char *output; /* .csv, .csv.gz, .jsonl or .parquet */
    bool quiet;
};

/* Write the table; *payments and *frauds get how many there are. */
MUST_CHECK bool fraud_simulation_write(const struct fraud_simulation *simulation, size_t *payments,
                                       size_t *frauds, struct error *err);

#endif
