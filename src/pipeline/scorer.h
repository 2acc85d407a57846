/*
 * scorer — the first parts of a bundle joined: raw rows to the numbers that a decision takes.
 *
 *   transform and trees   rows -> features -> scores of the model
 *   transform alone       rows -> features
 *   trees alone           rows of numbers are the features -> scores
 *   neither               rows of numbers as they are
 *
 * Features reach the trees as float32, as they do in training.
 */
#ifndef QUERN_PIPELINE_SCORER_H
#define QUERN_PIPELINE_SCORER_H

#include "model/trees.h"
#include "transform/transform.h"

/* Rows scored at a time; features of a block stay in a core's cache. */
enum { SCORER_BLOCK = 256 };

struct scorer {
    const struct transform *transform; /* or NULL */
    const struct trees *trees;         /* or NULL */
    size_t columns;                    /* of the rows, where there is no transform */
};

/* Rows first .. first + count - 1 of a frame; `column` [schema->count] is room for the view. */
struct frame frame_slice(const struct frame *rows, size_t first, size_t count,
                         struct frame_column *column);

/* Numbers per row. */
size_t scorer_outputs(const struct scorer *scorer);

/* Buffers of one block, to be used again for the next. */
struct scorer_buffers {
    double *features; /* [block, width] */
    float *narrow;    /* [block, width] */
    float *margins;   /* [block, outputs] */
};
void scorer_prepare(const struct scorer *scorer, size_t block, struct scorer_buffers *buffers,
                    struct arena *scratch);

/*
 * out [rows, outputs] for a frame of at most `block` rows. Rows at fault go to `errors`; their
 * numbers mean nothing.
 */
void scorer_run(const struct scorer *scorer, const struct scorer_buffers *buffers,
                const struct frame *rows, double *out, struct row_errors *errors,
                struct arena *scratch);

#endif
