/*
 * trainer — optimisation steps on a graph, spread over threads, the same bits for any number.
 *
 * A step has a fixed number of slices, each of one or more turns, so that a slice may be large and
 * what a turn touches small enough for the caches. Each thread packs its copy of the weights for
 * its kernels; each turn of a slice is filled, run forward and backward by one thread, in the
 * slice's graph_run, and its gradients add to those of the turns before; then the gradients are
 * added in the order of the slices and Adam updates the weights, each thread a range of the
 * numbers in all copies. The result depends on how a batch is cut into slices and turns and on
 * nothing about threads. All steps of a call run inside one pool_run(), with barriers between the
 * phases, and allocate nothing.
 *
 *   struct trainer *trainer = trainer_new(&settings, pool);
 *   write the starting weights to trainer_state(trainer)->parameters
 *   each epoch: trainer_run(trainer, steps, fill, context, "training", &loss, &err)
 *
 * The state between calls is `struct trainer_state` and nothing else: a checkpoint that restores it
 * continues with the same bits.
 */
#ifndef QUERN_NN_TRAINER_H
#define QUERN_NN_TRAINER_H

#include "base/error.h"
#include "base/pool.h"
#include "nn/adam.h"
#include "nn/graph.h"
#include "nn/schedule.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Other trainers of the same graph and settings, in other processes, that run other slices of the
 * same steps. They stand in a row, and so do their slices: this one adds its gradients to the sum
 * of those before it, so that all slices are added in their order and the numbers are those of one
 * trainer that runs them all.
 */
struct trainer_part {
    void *trainer;
    /*
     * Add this trainer's share to `sum` of numbers begin .. begin+count-1; `first`: write it. Once
     * per step for each number: the share is gone then.
     */
    void (*add)(void *trainer, size_t begin, size_t count, bool first, real *sum);
    void (*add_loss)(void *trainer, double *loss);
};

struct trainer_peers {
    void *context;
    /*
     * Put the sums over all trainers into numbers [count] and *loss: for consecutive ranges,
     * receive what those before have (the first has none before it), add, pass it on; then receive
     * the sums of all. False with an error when a trainer is gone.
     */
    bool (*sum)(void *context, const struct trainer_part *part, real *numbers, size_t count,
                double *loss, struct error *err);
};

struct trainer_settings {
    const struct graph *graph; /* outlives the trainer */
    size_t loss;               /* value id: a turn's share of the loss of the batch */
    size_t slices;             /* of a step, in this process */
    size_t turns;              /* of a slice; 0 is 1 */
    struct adam_settings adam;
    struct schedule schedule;          /* of the rate and beta1 by trainer_state.step */
    const struct trainer_peers *peers; /* outlives the trainer; NULL: there are none */
    /*
     * Above 0: `average` follows the weights, average += (1 - d) (weights - average) after each
     * step, where d = min(this, t / (t + 9)) so that the start is forgotten (t counts from 0).
     */
    double average;
};

struct trainer_state {
    uint64_t step; /* steps done */
    size_t size;   /* numbers in each vector: graph_parameters_size() */
    real *parameters, *first, *second;
    real *average; /* NULL when settings.average is 0 */
};

struct trainer;

/*
 * Fill turn `turn` of slice `slice` of step `step` (counted from 0 within this call of trainer_run)
 * into `run`: graph_run_begin() and the inputs. A turn without rows is fine. Called by any thread,
 * but a slice by one at a time, its turns in order.
 */
typedef void (*trainer_fill)(void *context, size_t step, size_t slice, size_t turn,
                             struct graph_run *run);

struct trainer *trainer_new(const struct trainer_settings *settings, struct pool *pool);
void trainer_free(struct trainer *trainer);

/* Weights and moments start as zeros; whoever changes them does so between calls. */
struct trainer_state *trainer_state(struct trainer *trainer);

/*
 * Run `steps` steps; *loss is the mean loss over them.
 *
 * ERR_DATA       the loss is not a finite number; names the step
 * ERR_INTERRUPT  "interrupted while <doing>", asked once per step; the state is that of the last
 *                whole step
 * and what the peers say; the state is that of the last whole step then, too
 */
MUST_CHECK bool trainer_run(struct trainer *trainer, size_t steps, trainer_fill fill, void *context,
                            const char *doing, double *loss, struct error *err);

#endif
