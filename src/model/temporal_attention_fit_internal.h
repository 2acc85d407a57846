/* temporal_attention_fit_internal — a training in progress, shared by the files of the fit. */
#ifndef QUERN_MODEL_TEMPORAL_ATTENTION_FIT_INTERNAL_H
#define QUERN_MODEL_TEMPORAL_ATTENTION_FIT_INTERNAL_H

#include "base/arena.h"
#include "model/row_batch.h"
#include "model/temporal_attention_fit.h"
#include "model/temporal_attention_net.h"
#include "nn/checkpoint.h"
#include "nn/trainer.h"

/* What is measured per epoch, in the order of the checkpoint's columns. */
enum { COLUMN_TRAIN, COLUMN_VAL, COLUMN_VAL_AUC, COLUMNS };
/* How far the epoch at hand has come: its steps and the sum of their losses. */
enum { PROGRESS_STEPS, PROGRESS_LOSS, PROGRESS };

/* Where a slice is filled: the rows of one turn. */
struct seat {
    struct history_buffers *buffers; /* [turn rows] */
    struct history_row *row;         /* [turn rows] */
    int32_t *label;
    real *weight;
};

struct fitting {
    const struct train_config *train;
    const struct temporal_attention_fit *fit;
    struct temporal_attention *model;
    struct temporal_attention_net net;
    struct arena arena;
    struct row_batches batches;
    size_t first_slice, slices; /* of this process */
    size_t turn_rows;
    struct seat *seat;    /* [slices] */
    double *class_weight; /* [classes] */
    double total_weight;  /* of the batch at hand */
    size_t batch_rows;    /* likewise */
    double share;         /* of the epoch, for the cyclical focal loss */
    struct trainer *trainer;
    struct trainer_peers peers;
    float *score; /* [val.count] */
    size_t *part; /* [ranks + 1] validation rows of each process */
    struct checkpoint checkpoint;
    double progress[PROGRESS];
    uint64_t saved_step; /* in the checkpoint's file */
    bool saved;
    double saved_at; /* clock_seconds() */
    size_t best_epoch;
    struct temporal_attention_fit_result *result;
};

static inline size_t fitting_class(const struct fitting *f, size_t row)
{
    return (size_t)f->fit->set->outcome[f->fit->train.row[row]];
}

/* Everything that a training needs, from settings that were checked; weights as they start. */
void fitting_init(struct fitting *f, const struct temporal_attention_config *config,
                  const struct temporal_attention_loss *loss);
void fitting_clear(struct fitting *f);

/* A trainer_fill: the rows of one turn. */
void fitting_fill(void *context, size_t step, size_t slice, size_t turn, struct graph_run *run);

#endif
