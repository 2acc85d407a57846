/* order — the two sorts of journey building; neither takes memory nor goes quadratic. */
#ifndef QUERN_SEQUENCE_ORDER_H
#define QUERN_SEQUENCE_ORDER_H

#include <stddef.h>
#include <stdint.h>

struct impression {
    int64_t time; /* microseconds UTC */
    int64_t row;
    uint32_t token; /* code * 2 + outcome */
};

/* A whole journey: impressions start .. start + length - 1 of its partition. */
struct cut {
    int64_t id; /* row of its first impression */
    uint32_t start, length;
    uint32_t member; /* its entity */
    uint32_t converted;
};

/* By (time, row). `spare` has room for as many. */
void order_impressions(struct impression *item, size_t count, struct impression *spare);

/* By id, which is not negative. `spare` has room for as many. */
void order_cuts(struct cut *cut, size_t count, struct cut *spare);

#endif
