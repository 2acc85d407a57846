/*
 * shape — the dimensions of a value in a graph.
 *
 *   fixed   d[0] x d[1] x ...              weights, scalars
 *   rows    rows x d[0] x ...              one entry per journey of the slice
 *   steps   (steps of all rows) x d[0] ... one entry per real step of every journey of the slice,
 *                                          or of one of its tracks
 *
 * Row-major, last dimension fastest. The leading count of `rows` and `steps` is what the slice at
 * hand holds, at most what the graph was made for; the other dimensions never change.
 *
 * Steps are time-major without gaps. Journeys are sorted by length, longest first, so the rows that
 * still have a step t are rows 0 .. active[t]-1, and entry (t, b) is at start[t] + b where
 * start[t] = active[0] + ... + active[t-1]. Padding is never stored and never computed. When every
 * row has every step (no mask) this is the plain [T, B, ...] layout with start[t] = t * B.
 *
 * That is one graph for sequences. In a graph with tracks (graph_new_tracks()) steps are row-major
 * and every row has several sequences, each of its own length, 0 included: entry t of row b in
 * track k is at track[k].begin[b] + t. A value lies in one track; ops go from one to another. Again
 * there are no gaps: what an op does for each step it does on tokens x d[0] x ... numbers.
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
    size_t track; /* of steps, in a graph with tracks */
};

#define SHAPE_RANK(...) (sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t))
#define SHAPE(lead_, track_, ...)                                                                  \
    ((struct shape){(lead_), SHAPE_RANK(__VA_ARGS__), {__VA_ARGS__}, (track_)})
#define SHAPE_FIXED(...) SHAPE(SHAPE_LEAD_FIXED, 0, __VA_ARGS__)
#define SHAPE_ROWS(...) SHAPE(SHAPE_LEAD_ROWS, 0, __VA_ARGS__)
#define SHAPE_STEPS(...) SHAPE(SHAPE_LEAD_STEPS, 0, __VA_ARGS__)
#define SHAPE_TRACK(k, ...) SHAPE(SHAPE_LEAD_STEPS, k, __VA_ARGS__)

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
    bool equal = a->lead == b->lead && a->rank == b->rank && a->track == b->track;

    for (size_t i = 0; equal && i < a->rank; i++)
        equal = a->d[i] == b->d[i];
    return equal;
}

#endif
