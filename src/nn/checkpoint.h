/*
 * checkpoint — a training run on disk between two steps, so that a killed run goes on.
 *
 * One safetensors file, replaced whole each time it is written: the trainer's vectors, the best
 * weights so far, the numbers measured per epoch and how far the next one has come. Random numbers
 * are counter-based and have no state to keep. The metadata holds the caller's key: a text that is
 * equal exactly when going on is right (settings, data); a checkpoint with another key is left
 * alone and training starts anew.
 */
#ifndef QUERN_NN_CHECKPOINT_H
#define QUERN_NN_CHECKPOINT_H

#include "base/error.h"
#include "nn/trainer.h"

#include <stdbool.h>
#include <stddef.h>

struct checkpoint {
    const char *key;
    struct trainer_state *state; /* vectors of state->size numbers, and the step */
    real *best;                  /* [state->size] */
    double *history;             /* [epochs, columns]; room for epochs_max */
    size_t epochs, epochs_max, columns;
    double *progress; /* [progress_count] of the epoch at hand; NULL: only whole epochs are kept */
    size_t progress_count;
};

MUST_CHECK bool checkpoint_write(const char *path, const struct checkpoint *checkpoint,
                                 struct error *err);

/*
 * Fill in the vectors, the step, the history, `epochs` and the progress. *found is false, and
 * nothing changed, when there is no such file or it was written under another key.
 *
 * ERR_DATA  not a checkpoint, or of other sizes under the same key
 */
MUST_CHECK bool checkpoint_read(const char *path, struct checkpoint *checkpoint, bool *found,
                                struct error *err);

#endif
