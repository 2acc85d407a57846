/*
 * rng — counter-based random numbers: Philox4x32-10 (Salmon and others, SC 2011).
 *
 * A number is a pure function of (seed, stream, counter): there is no state to share between
 * threads, so any slice of work can draw its own numbers and the result does not depend on who
 * drew first. A stream is one use (a dropout layer, a shuffle); the counter walks within it.
 */
#ifndef QUERN_BASE_RNG_H
#define QUERN_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t seed;
    uint64_t stream;
    uint64_t counter; /* blocks of four 32-bit numbers drawn so far */
    uint32_t ready[4];
    unsigned left; /* numbers of `ready` not yet given out */
};

struct rng rng_new(uint64_t seed, uint64_t stream);

/* Four 32-bit numbers of one block. */
void rng_block(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t out[4]);

uint32_t rng_u32(struct rng *rng);
uint64_t rng_u64(struct rng *rng);

/* Uniform in [0, 1), 53 bits. */
double rng_uniform(struct rng *rng);

/* Uniform integer in [0, bound), without bias; bound above 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* Standard normal (Box-Muller). */
double rng_normal(struct rng *rng);

/* Exponential with mean 1. */
double rng_exponential(struct rng *rng);

/* Mix two numbers into one: derives seeds of parts from the seed of the whole. */
uint64_t rng_mix(uint64_t a, uint64_t b);

#endif
