#include "model/temporal_attention_fit_internal.h"

#include "base/clock.h"
#include "metric/ranking.h"
#include "model/temporal_attention_fit_check.h"
#include "model/train_loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Writing and flushing a file takes about as long as a small epoch. */
static const double seconds_between_checkpoints = 0.5;

static bool is_first(const struct fitting *f)
{
    return ranks_rank(f->fit->ranks) == 0;
}

static const real *kept_weights(const struct fitting *f)
{
    const struct trainer_state *state = f->checkpoint.state;

    return state->average ? state->average : state->parameters;
}

/* Mean cross-entropy of the last class against the rest, and AUC, of the validation rows. */
static void measure(const struct fitting *f, double *loss, double *auc)
{
    const struct history_rows *val = &f->fit->val;
    const size_t last = temporal_attention_settings(f->model)->n_classes - 1;
    uint8_t *truth = memory_take(val->count, 1);
    double sum = 0;

    for (size_t i = 0; i < val->count; i++) {
        const double p = fmin(fmax((double)f->score[i], 1e-7), 1 - 1e-7);
        truth[i] = (size_t)f->fit->set->outcome[val->row[i]] == last;
        sum -= log(truth[i] ? p : 1 - p);
    }
    *loss = val->count ? sum / (double)val->count : NAN;
    *auc = val->count ? scored_auc_float(truth, f->score, val->count) : NAN;
    free(truth);
}

/* Each process scores its part of the rows; all come to the same figures. */
static bool evaluate(struct fitting *f, double row[COLUMNS], struct error *err)
{
    const struct temporal_attention_fit *fit = f->fit;
    const size_t rank = ranks_rank(fit->ranks), begin = f->part[rank];
    const struct temporal_attention_output out = {.score = f->score + begin};

    if (fit->val.count) {
        temporal_attention_set_weights(f->model, kept_weights(f));
        temporal_attention_predict(f->model, fit->set, fit->val.row + begin,
                                   f->part[rank + 1] - begin, &out, fit->pool);
        if (!ranks_gather(fit->ranks, f->score, sizeof *f->score, f->part, err))
            return false;
    }
    measure(f, &row[COLUMN_VAL], &row[COLUMN_VAL_AUC]);
    return true;
}

/* Is epoch `epoch` (from 0) better than `best` by the validation metric? Without one, always. */
static bool is_better(const struct fitting *f, size_t epoch, size_t best)
{
    const bool by_loss = f->train->early_stopping.metric == TRAIN_METRIC_LOSS;
    const size_t column = by_loss ? COLUMN_VAL : COLUMN_VAL_AUC;
    const double *history = f->checkpoint.history;
    const double value = history[epoch * COLUMNS + column], old = history[best * COLUMNS + column];

    if (f->train->early_stopping.patience == 0 || isnan(value))
        return true;
    return isnan(old) || (by_loss ? value < old : value > old);
}

static void note_best(struct fitting *f, size_t epoch)
{
    if (epoch == 0 || is_better(f, epoch, f->best_epoch))
        f->best_epoch = epoch;
}

static void report_epoch(struct fitting *f, size_t epoch, double seconds, double evaluating,
                         size_t rows)
{
    const double *row = f->checkpoint.history + epoch * COLUMNS;
    const struct temporal_attention_epoch report = {
        .epoch = epoch + 1,
        .train_loss = row[COLUMN_TRAIN],
        .val_loss = row[COLUMN_VAL],
        .val_auc = row[COLUMN_VAL_AUC],
        .best = f->best_epoch == epoch,
        .seconds = seconds,
        .evaluating = evaluating,
        .rows = rows,
    };

    if (f->fit->on_epoch && is_first(f))
        f->fit->on_epoch(f->fit->context, &report);
}

static bool save_checkpoint(struct fitting *f, struct error *err)
{
    const uint64_t step = f->checkpoint.state->step;

    if (!f->fit->checkpoint || !is_first(f) || (f->saved && f->saved_step == step))
        return true;
    if (!checkpoint_write(f->fit->checkpoint, &f->checkpoint, err))
        return false;
    f->saved = true;
    f->saved_step = step;
    f->saved_at = clock_seconds();
    return true;
}

static bool save_in_epoch(struct fitting *f, struct error *err)
{
    const size_t steps = f->train->checkpoint.steps, seconds = f->train->checkpoint.seconds;
    const bool by_steps = steps && f->checkpoint.state->step - f->saved_step >= steps;
    const bool by_time = seconds && clock_seconds() - f->saved_at >= (double)seconds;

    return !(by_steps || by_time) || save_checkpoint(f, err);
}

/* Deal the batch at hand and add up what its rows weigh. */
static void prepare_batch(struct fitting *f, size_t batch)
{
    const struct row_batches *batches = &f->batches;

    row_batches_deal(&f->batches, batch);
    f->total_weight = 0;
    f->batch_rows = 0;
    for (size_t s = 0; s < batches->slices; s++) {
        const uint32_t *dealt = batches->dealt + s * batches->slice;
        f->batch_rows += batches->count[s];
        for (size_t i = 0; i < batches->count[s]; i++)
            f->total_weight += f->class_weight[fitting_class(f, dealt[i])];
    }
}

/* What stops a run between two steps leaves whole weights behind: keep them. */
static bool stop(struct fitting *f, struct error *err)
{
    const bool whole = err->code == ERR_INTERRUPT || err->code == ERR_IO;
    const unsigned long long step = (unsigned long long)f->checkpoint.state->step;
    struct error unused = {0};

    if (!whole || !f->fit->checkpoint || !is_first(f))
        return error_wrap(err, "epoch %zu", f->checkpoint.epochs + 1);
    if (!save_checkpoint(f, &unused))
        return error_wrap(err, "stopped after step %llu, and its checkpoint cannot be written (%s)",
                          step, unused.text);
    return error_wrap(err, "stopped after step %llu; the checkpoint has it, a new start goes on",
                      step);
}

static bool run_steps(struct fitting *f, size_t *rows, struct error *err)
{
    const size_t batches = row_batches_count(&f->batches);

    row_batches_begin(&f->batches, f->checkpoint.epochs);
    f->share = train_loss_share(f->train, f->checkpoint.epochs);
    for (size_t batch = (size_t)f->progress[PROGRESS_STEPS]; batch < batches; batch++) {
        double loss;
        prepare_batch(f, batch);
        if (!trainer_run(f->trainer, 1, fitting_fill, f, "training the model", &loss, err))
            return stop(f, err);
        f->progress[PROGRESS_STEPS]++;
        f->progress[PROGRESS_LOSS] += loss;
        *rows += f->batch_rows;
        if (f->fit->on_step && is_first(f))
            f->fit->on_step(f->fit->context, (size_t)f->checkpoint.state->step, loss);
        if (batch + 1 < batches && !save_in_epoch(f, err))
            return false;
    }
    return true;
}

static bool run_epoch(struct fitting *f, struct error *err)
{
    struct checkpoint *checkpoint = &f->checkpoint;
    const size_t epoch = checkpoint->epochs;
    double *row = checkpoint->history + epoch * COLUMNS;
    const double begin = clock_seconds();
    size_t rows = 0;

    if (!run_steps(f, &rows, err))
        return false;
    const double trained = clock_seconds();
    row[COLUMN_TRAIN] = f->progress[PROGRESS_LOSS] / (double)row_batches_count(&f->batches);
    if (!evaluate(f, row, err))
        return stop(f, err);
    checkpoint->epochs++;
    f->progress[PROGRESS_STEPS] = f->progress[PROGRESS_LOSS] = 0;
    note_best(f, epoch);
    if (f->best_epoch == epoch)
        memcpy(checkpoint->best, kept_weights(f), checkpoint->state->size * sizeof(real));
    f->result->rows += rows;
    f->result->seconds += trained - begin;
    report_epoch(f, epoch, trained - begin, clock_seconds() - trained, rows);
    if (f->saved && clock_seconds() - f->saved_at < seconds_between_checkpoints)
        return true;
    return save_checkpoint(f, err);
}

static bool out_of_patience(const struct fitting *f)
{
    const size_t patience = f->train->early_stopping.patience;

    return patience && f->checkpoint.epochs && f->checkpoint.epochs - 1 - f->best_epoch >= patience;
}

/* What rank 0 has read goes to the others. */
static bool share_checkpoint(struct fitting *f, struct error *err)
{
    struct checkpoint *c = &f->checkpoint;
    struct trainer_state *state = c->state;
    const size_t bytes = state->size * sizeof(real);
    uint64_t head[] = {state->step, c->epochs};

    if (!ranks_pass(f->fit->ranks, head, sizeof head, err) ||
        !ranks_pass(f->fit->ranks, state->parameters, bytes, err) ||
        !ranks_pass(f->fit->ranks, state->first, bytes, err) ||
        !ranks_pass(f->fit->ranks, state->second, bytes, err) ||
        (state->average && !ranks_pass(f->fit->ranks, state->average, bytes, err)) ||
        !ranks_pass(f->fit->ranks, c->best, bytes, err) ||
        !ranks_pass(f->fit->ranks, f->progress, sizeof f->progress, err) ||
        !ranks_pass(f->fit->ranks, c->history, c->epochs_max * COLUMNS * sizeof *c->history, err))
        return false;
    state->step = head[0];
    c->epochs = (size_t)head[1];
    return true;
}

static bool check_progress(const struct fitting *f, struct error *err)
{
    const double steps = f->progress[PROGRESS_STEPS];

    return (steps >= 0 && steps <= (double)row_batches_count(&f->batches) &&
            steps == floor(steps)) ||
           error_set(err, ERR_DATA,
                     "%s: damaged: %g of %zu steps of an epoch; remove the file to start anew",
                     f->fit->checkpoint, steps, row_batches_count(&f->batches));
}

static bool restore(struct fitting *f, struct error *err)
{
    bool found = false;

    f->saved_at = clock_seconds();
    if (f->fit->checkpoint && is_first(f) &&
        (!checkpoint_read(f->fit->checkpoint, &f->checkpoint, &found, err) ||
         !check_progress(f, err)))
        return false;
    f->saved = found;
    f->saved_step = f->checkpoint.state->step;
    if (!share_checkpoint(f, err))
        return false;
    for (size_t epoch = 0; epoch < f->checkpoint.epochs; epoch++) {
        note_best(f, epoch);
        report_epoch(f, epoch, 0, 0, 0);
    }
    return true;
}

static bool run_epochs(struct fitting *f, struct error *err)
{
    if (!restore(f, err))
        return false;
    while (f->checkpoint.epochs < f->train->epochs && !out_of_patience(f))
        if (!run_epoch(f, err))
            return false;
    if (!save_checkpoint(f, err))
        return false;
    temporal_attention_set_weights(f->model, f->checkpoint.best);
    f->result->epochs = f->checkpoint.epochs;
    f->result->best_epoch = f->best_epoch + 1;
    f->result->stopped_early = f->checkpoint.epochs < f->train->epochs;
    return true;
}

/*
 * All ranks mean the same training: they would add up what does not belong together. What the
 * caller says of it is rank 0's affair, as the checkpoint is.
 */
static bool agree(const struct fitting *f, struct error *err)
{
    uint64_t hash = 0xCBF29CE484222325u;
    const size_t callers = f->fit->key ? strlen(f->fit->key) : 0;

    for (const char *c = f->checkpoint.key + callers; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001B3u;
    return ranks_agree(f->fit->ranks, hash ^ f->train->epochs, "settings or data", err);
}

bool temporal_attention_fit(struct temporal_attention **out,
                            const struct temporal_attention_config *config,
                            const struct train_config *train,
                            const struct temporal_attention_fit *fit,
                            struct temporal_attention_fit_result *result, struct error *err)
{
    struct fitting f = {.train = train, .fit = fit};
    struct temporal_attention_fit_result unused;
    struct temporal_attention_loss loss = {.mixed = train->precision == TRAIN_PRECISION_MIXED};
    size_t *count = ARENA_ZERO(&f.arena, size_t, config->n_classes);

    f.class_weight = ARENA_NEW(&f.arena, double, config->n_classes);
    f.result = result ? result : &unused;
    *f.result = (struct temporal_attention_fit_result){0};
    if (!temporal_attention_fit_check(config, train, fit, count, err) ||
        !train_loss_op(train, config->n_classes, &loss.op, &loss.settings, err) ||
        !train_loss_weights(train, count, config->n_classes, f.class_weight, err)) {
        arena_clear(&f.arena);
        return false;
    }
    fitting_init(&f, config, &loss);
    const bool ok = agree(&f, err) && run_epochs(&f, err);
    fitting_clear(&f);
    if (ok)
        *out = f.model;
    else
        temporal_attention_free(f.model);
    return ok;
}
