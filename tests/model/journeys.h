/* journeys — small sets of journeys made up for tests. */
#ifndef QUERN_TESTS_MODEL_JOURNEYS_H
#define QUERN_TESTS_MODEL_JOURNEYS_H

#include "sequence/journey_set.h"

/*
 * `count` random journeys of 1 .. max_length impressions over `campaigns` campaigns, of which a
 * journey with campaign 0 converts with `with`, another with `without` probability.
 */
struct journey_set *journeys_random(size_t count, size_t campaigns, size_t max_length, double with,
                                    double without, uint64_t seed);

/*
 * Journeys from text: "abc+ a- bb-" are a journey of campaigns 0, 1, 2 that converts and two that
 * do not.
 */
struct journey_set *journeys_of(const char *text, size_t vocabulary, size_t max_length);
void journeys_free(struct journey_set *set);

#endif
