/*
 * shape — the dimensions of a value in a graph.
 *
 *   fixed   d[0] x d[1] x ...              weights, scalars
 *   rows    rows x d[0] x ...              one entry per journey of the slice
 *   steps   (steps of all rows) x d[0] ... one entry per real step of every journey of the slice
 *
 * Row-major, last dimension fastest. The leading count of `rows` and `steps` is what the slice at
 * hand holds, at most what the graph was made for; the other dimensions never change.
 *
 * Steps are time-major without gaps. Journeys are sorted by length, longest first, so the rows that
 * still have a step t are rows 0 .. active[t]-1, and entry (t, b) is at start[t] + b where
 * start[t] = active[0] + ... + active[t-1]. Padding is never stored and never computed. When every
 * row has every step (no mask) this is the plain [T, B, ...] layout with start[t] = t * B.
 */
#ifndef QUERN_NN_SHAPE_H
#define QUERN_NN_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

enum { SHAPE_RANK_MAX = 4 };

enum shape_lead { SHAPE_LEAD_FIXED, SHAPE_LEAD_ROWS, SHAPE_LEAD_STEPS };

struct shape {
    enum shape_lead lead;
    size_t rank; /* of d; at least 1 */
    size_t d[SHAPE_RANK_MAX];
};

#define SHAPE_RANK(...) (sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t))
#define SHAPE_FIXED(...) ((struct shape){SHAPE_LEAD_FIXED, SHAPE_RANK(__VA_ARGS__), {__VA_ARGS__}})
#define SHAPE_ROWS(...) ((struct shape){SHAPE_LEAD_ROWS, SHAPE_RANK(__VA_ARGS__), {__VA_ARGS__}})
#define SHAPE_STEPS(...) ((struct shape){SHAPE_LEAD_STEPS, SHAPE_RANK(__VA_ARGS__), {__VA_ARGS__}})

/* The product of d: numbers per row, per step, or in all for a fixed shape. */
static inline size_t shape_width(const struct shape *shape)
{
    size_t width = 1;

    for (size_t i = 0; i < shape->rank; i++)
        width *= shape->d[i];
    return width;
}

static inline bool shape_equal(const struct shape *a, const struct shape *b)
{
    bool equal = a->lead == b->lead && a->rank == b->rank;

    for (size_t i = 0; equal && i < a->rank; i++)
        equal = a->d[i] == b->d[i];
    return equal;
}

#endif
