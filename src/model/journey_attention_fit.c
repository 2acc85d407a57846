#include "model/journey_attention_internal.h"

#include "base/clock.h"
#include "base/rng.h"
#include "metric/ranking.h"
#include "model/journey_batch.h"
#include "model/journey_fit_check.h"
#include "nn/checkpoint.h"
#include "nn/trainer.h"

#include <math.h>

/* What is measured per epoch, in the order of the checkpoint's columns. */
enum { COLUMN_RUNNING, COLUMN_TRAIN, COLUMN_TEST = 3, COLUMN_VAL = 5, COLUMNS = 7 };
enum { STREAM_START = 11, STREAM_DROPOUT = 12 };
enum { PARTS = 3 }; /* training, test and validation rows */

struct fitting {
    const struct train_config *train;
    const struct journey_fit *fit;
    struct journey_attention *model;  /* what is kept; between epochs: what is measured */
    struct journey_attention_net net; /* for training */
    struct journey_batches batches;
    struct journey_slice *slice; /* [slices] */
    const int32_t **token;       /* [slices, rows of a slice] */
    size_t *length;
    uint8_t *label;
    size_t *order;
    size_t slices;
    double shift; /* of the logit, by oversampling */
    struct trainer *trainer;
    /* Evaluation: distinct journeys of all three parts, scored once. */
    struct journey_unique unique;
    uint32_t *all_rows; /* training, test, validation */
    float *unique_score, *score;
    struct journey_scorer **scorer;
    struct checkpoint checkpoint;
    size_t saved_epochs; /* in the checkpoint's file */
    double saved_at;     /* clock_seconds() */
    size_t best_epoch;
};

/* Writing and flushing a file takes about as long as a small epoch. */
static const double seconds_between_checkpoints = 0.5;

static void fill_slice(void *context, size_t step, size_t index, size_t turn, struct graph_run *run)
{
    struct fitting *f = context;
    const struct journey_set *set = f->fit->set;
    struct journey_slice *slice = &f->slice[index];
    const size_t at = index * f->batches.slice;

    (void)turn; /* a slice is one turn */
    journey_batches_slice(&f->batches, step, index, slice);
    for (size_t i = 0; i < slice->rows; i++) {
        const size_t row = slice->row[i];
        f->token[at + i] = set->token + set->offset[row];
        f->length[at + i] = journey_length(set, row);
        f->label[at + i] = set->converted[row] != 0;
    }
    const struct journey_attention_slice filled = {
        .rows = slice->rows,
        .token = f->token + at,
        .length = f->length + at,
        .label = f->label + at,
        .weight = slice->weight,
        .total_weight = slice->total_weight,
        .training = true,
        .seed = rng_mix(rng_mix(f->train->seed, STREAM_DROPOUT),
                        (uint64_t)f->batches.epoch << 32 | step),
        .first_row = slice->first_row,
    };
    journey_attention_net_fill(&f->net, run, &filled, f->order + at);
}

/* Mean cross-entropy with the probability clipped as in float32 Keras, and AUC, of one part. */
static void measure(const struct fitting *f, size_t begin, size_t count, double *loss, double *auc)
{
    const uint8_t *converted = f->fit->set->converted;
    uint8_t *truth = memory_take(count, 1);
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        const double p = fmin(fmax((double)f->score[begin + i], 1e-7), 1 - 1e-7);
        truth[i] = converted[f->all_rows[begin + i]] != 0;
        sum -= log(truth[i] ? p : 1 - p);
    }
    *loss = count ? sum / (double)count : NAN;
    *auc = count ? scored_auc_float(truth, f->score + begin, count) : NAN;
    free(truth);
}

/* The weights as they would be kept, into the model: averaged if so set, without the shift. */
static void settle_weights(struct fitting *f, const real *parameters)
{
    const struct graph_parameter *bias = graph_parameter_find(f->model->net.graph, "output.bias");

    memcpy(f->model->parameters, parameters,
           graph_parameters_size(f->model->net.graph) * sizeof *parameters);
    f->model->parameters[bias->offset] -= (real)f->shift;
    journey_attention_seal(f->model);
}

static const real *kept_weights(const struct fitting *f)
{
    const struct trainer_state *state = f->checkpoint.state;

    return state->average ? state->average : state->parameters;
}

static void evaluate(struct fitting *f, double row[COLUMNS])
{
    const struct journey_fit *fit = f->fit;
    const size_t counts[PARTS] = {fit->train.count, fit->test.count, fit->val.count};
    size_t begin = 0;

    settle_weights(f, kept_weights(f));
    journey_attention_score_unique(fit->set, &f->unique, f->scorer, fit->set->max_length,
                                   f->unique_score, NULL, fit->pool);
    for (size_t i = 0; i < f->unique.rows; i++)
        f->score[i] = f->unique_score[f->unique.of[i]];
    for (size_t part = 0; part < PARTS; part++) {
        double *at = row + COLUMN_TRAIN + 2 * part;
        measure(f, begin, counts[part], &at[0], &at[1]);
        begin += counts[part];
    }
}

/* Is epoch `epoch` (from 0) better than `best` by the validation metric? Without one, always. */
static bool is_better(const struct fitting *f, size_t epoch, size_t best)
{
    const bool by_loss = f->train->early_stopping.metric == TRAIN_METRIC_LOSS;
    const size_t column = by_loss ? COLUMN_VAL : COLUMN_VAL + 1;
    const double *history = f->checkpoint.history;
    const double value = history[epoch * COLUMNS + column], old = history[best * COLUMNS + column];

    if (f->train->early_stopping.patience == 0 || isnan(value))
        return true;
    return isnan(old) || (by_loss ? value < old : value > old);
}

static void report_epoch(struct fitting *f, size_t epoch, double seconds, double evaluating)
{
    const double *row = f->checkpoint.history + epoch * COLUMNS;
    const struct journey_epoch report = {
        .epoch = epoch + 1,
        .running_loss = row[COLUMN_RUNNING],
        .train_loss = row[COLUMN_TRAIN],
        .train_auc = row[COLUMN_TRAIN + 1],
        .test_loss = row[COLUMN_TEST],
        .test_auc = row[COLUMN_TEST + 1],
        .val_loss = row[COLUMN_VAL],
        .val_auc = row[COLUMN_VAL + 1],
        .best = f->best_epoch == epoch,
        .seconds = seconds,
        .evaluating = evaluating,
    };

    if (f->fit->on_epoch)
        f->fit->on_epoch(f->fit->context, &report);
}

static void note_best(struct fitting *f, size_t epoch)
{
    if (epoch == 0 || is_better(f, epoch, f->best_epoch))
        f->best_epoch = epoch;
}

static bool save_checkpoint(struct fitting *f, struct error *err)
{
    if (!f->fit->checkpoint || f->saved_epochs == f->checkpoint.epochs)
        return true;
    if (!checkpoint_write(f->fit->checkpoint, &f->checkpoint, err))
        return false;
    f->saved_epochs = f->checkpoint.epochs;
    f->saved_at = clock_seconds();
    return true;
}

static bool run_epoch(struct fitting *f, struct journey_fit_result *result, struct error *err)
{
    struct checkpoint *checkpoint = &f->checkpoint;
    const size_t epoch = checkpoint->epochs;
    double *row = checkpoint->history + epoch * COLUMNS;
    const double begin = clock_seconds();

    journey_batches_begin(&f->batches, epoch);
    if (!trainer_run(f->trainer, journey_batches_count(&f->batches), fill_slice, f,
                     "training the model", &row[COLUMN_RUNNING], err))
        return error_wrap(err, "epoch %zu", epoch + 1);
    const double trained = clock_seconds();
    evaluate(f, row);
    checkpoint->epochs++;
    note_best(f, epoch);
    if (f->best_epoch == epoch)
        memcpy(checkpoint->best, kept_weights(f), checkpoint->state->size * sizeof(real));
    result->journeys += f->batches.rows;
    result->seconds += trained - begin;
    report_epoch(f, epoch, trained - begin, clock_seconds() - trained);
    if (f->saved_epochs && clock_seconds() - f->saved_at < seconds_between_checkpoints)
        return true;
    return save_checkpoint(f, err);
}

static bool out_of_patience(const struct fitting *f)
{
    const size_t patience = f->train->early_stopping.patience;

    return patience && f->checkpoint.epochs && f->checkpoint.epochs - 1 - f->best_epoch >= patience;
}

static bool run_epochs(struct fitting *f, struct journey_fit_result *result, struct error *err)
{
    bool found = false;

    if (f->fit->checkpoint && !checkpoint_read(f->fit->checkpoint, &f->checkpoint, &found, err))
        return false;
    f->saved_epochs = f->checkpoint.epochs;
    for (size_t epoch = 0; epoch < f->checkpoint.epochs; epoch++) {
        note_best(f, epoch);
        report_epoch(f, epoch, 0, 0);
    }
    while (f->checkpoint.epochs < f->train->epochs && !out_of_patience(f))
        if (!run_epoch(f, result, err))
            return false;
    if (!save_checkpoint(f, err))
        return false;
    settle_weights(f, f->checkpoint.best);
    result->epochs = f->checkpoint.epochs;
    result->best_epoch = f->best_epoch + 1;
    result->stopped_early = f->checkpoint.epochs < f->train->epochs;
    return true;
}

/* A campaign that no training row holds stays an all-zero embedding: it gets no gradient either. */
static void forget_unseen(struct fitting *f, real *parameters)
{
    const struct journey_set *set = f->fit->set;
    const struct graph_parameter *kernel = graph_parameter_find(f->net.graph, "embedding.kernel");
    const size_t vocabulary = f->net.shape.vocabulary, width = f->net.shape.embedding;
    uint8_t *seen = memory_take_zeroed(vocabulary, 1);

    for (size_t i = 0; i < f->fit->train.count; i++) {
        const size_t row = f->fit->train.row[i];
        for (uint64_t j = set->offset[row]; j < set->offset[row + 1]; j++)
            if (set->token[j] >= 0 && (size_t)set->token[j] < vocabulary)
                seen[set->token[j]] = 1;
    }
    for (size_t token = 0; token < vocabulary; token++)
        if (!seen[token])
            memset(parameters + kernel->offset + token * width, 0, width * sizeof *parameters);
    free(seen);
}

static size_t batch_rows(const struct train_config *train, const struct journey_fit *fit)
{
    return train->batch < fit->train.count ? train->batch : fit->train.count;
}

static void prepare_training(struct fitting *f)
{
    const struct train_config *train = f->train;
    const struct journey_fit *fit = f->fit;

    journey_batches_init(&f->batches, fit->set, fit->train.row, fit->train.count,
                         batch_rows(train, fit), train->slice, train->oversample, train->seed);
    f->shift = log(journey_batches_odds(&f->batches));
    f->slices = journey_batches_slices(&f->batches);
    f->slice = memory_take(f->slices, sizeof *f->slice);
    for (size_t i = 0; i < f->slices; i++)
        journey_slice_init(&f->slice[i], &f->batches);
    const size_t room = f->slices * f->batches.slice;
    f->token = memory_take(room, sizeof *f->token);
    f->length = memory_take(room, sizeof *f->length);
    f->label = memory_take(room, sizeof *f->label);
    f->order = memory_take(room, sizeof *f->order);
    journey_attention_net_init(&f->net, &f->model->net.shape, f->batches.slice);
    struct trainer_settings settings = {.graph = f->net.graph,
                                        .loss = f->net.loss,
                                        .slices = f->slices,
                                        .adam = adam_defaults(),
                                        .average = train->average};
    settings.adam.rate = train->learning_rate;
    settings.adam.decay = train->weight_decay;
    f->trainer = trainer_new(&settings, fit->pool);
    struct trainer_state *state = trainer_state(f->trainer);
    journey_attention_net_start(&f->net, rng_mix(train->seed, STREAM_START), state->parameters);
    forget_unseen(f, state->parameters);
    if (state->average)
        memcpy(state->average, state->parameters, state->size * sizeof(real));
}

static void prepare_evaluation(struct fitting *f)
{
    const struct journey_fit *fit = f->fit;
    const struct journey_rows *parts[PARTS] = {&fit->train, &fit->test, &fit->val};
    size_t rows = 0;

    f->all_rows =
        memory_take(fit->train.count + fit->test.count + fit->val.count, sizeof *f->all_rows);
    for (size_t part = 0; part < PARTS; part++) {
        if (parts[part]->count)
            memcpy(f->all_rows + rows, parts[part]->row, parts[part]->count * sizeof *f->all_rows);
        rows += parts[part]->count;
    }
    journey_unique_build(&f->unique, fit->set, f->all_rows, rows);
    f->unique_score = memory_take(f->unique.count, sizeof *f->unique_score);
    f->score = memory_take(rows, sizeof *f->score);
    f->scorer = memory_take(pool_size(fit->pool), sizeof *f->scorer);
    for (size_t i = 0; i < pool_size(fit->pool); i++)
        f->scorer[i] = journey_scorer_new(f->model);
}

static void prepare_checkpoint(struct fitting *f)
{
    f->checkpoint = (struct checkpoint){
        .key = journey_fit_key(&f->model->config, f->train, f->fit),
        .state = trainer_state(f->trainer),
        .best = memory_take_zeroed(trainer_state(f->trainer)->size, sizeof(real)),
        .history = memory_take_zeroed(f->train->epochs * COLUMNS, sizeof(double)),
        .epochs_max = f->train->epochs,
        .columns = COLUMNS,
    };
}

static void clear(struct fitting *f)
{
    for (size_t i = 0; i < f->slices; i++)
        journey_slice_clear(&f->slice[i]);
    for (size_t i = 0; i < pool_size(f->fit->pool); i++)
        journey_scorer_free(f->scorer[i]);
    trainer_free(f->trainer);
    journey_attention_net_clear(&f->net);
    journey_batches_clear(&f->batches);
    journey_unique_clear(&f->unique);
    free((void *)(uintptr_t)f->checkpoint.key);
    free(f->checkpoint.best);
    free(f->checkpoint.history);
    free(f->slice);
    free(f->token);
    free(f->length);
    free(f->label);
    free(f->order);
    free(f->all_rows);
    free(f->unique_score);
    free(f->score);
    free(f->scorer);
}

bool journey_attention_fit(struct journey_attention **out,
                           const struct journey_attention_config *config,
                           const struct train_config *train, const struct journey_fit *fit,
                           struct journey_fit_result *result, struct error *err)
{
    struct fitting f = {.train = train, .fit = fit};
    struct journey_fit_result unused;
    const struct journey_attention_shape shape =
        journey_attention_shape_of(config, fit->set->vocabulary, fit->set->max_length);

    if (!journey_fit_check(fit, err) ||
        !journey_attention_check(&shape, batch_rows(train, fit), err) ||
        !journey_attention_new(&f.model, config, shape.vocabulary, shape.steps, err))
        return false;
    if (!result)
        result = &unused;
    *result = (struct journey_fit_result){0};
    prepare_training(&f);
    prepare_evaluation(&f);
    prepare_checkpoint(&f);
    const bool ok = run_epochs(&f, result, err);
    clear(&f);
    if (ok)
        *out = f.model;
    else
        journey_attention_free(f.model);
    return ok;
}
