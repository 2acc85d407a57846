#include "model/temporal_attention_fit_internal.h"

#include "base/rng.h"
#include "model/temporal_attention_fit_check.h"

#include <stdlib.h>
#include <string.h>

enum { STREAM_START = 22, STREAM_DROPOUT = 23 };

void fitting_fill(void *context, size_t step, size_t slice, size_t turn, struct graph_run *run)
{
    const struct fitting *f = context;
    const struct row_batches *batches = &f->batches;
    const struct seat *seat = &f->seat[slice];
    const size_t global = f->first_slice + slice, begin = turn * f->turn_rows;
    const uint32_t *dealt = batches->dealt + global * batches->slice + begin;
    const size_t left = batches->count[global] > begin ? batches->count[global] - begin : 0;
    const size_t rows = left < f->turn_rows ? left : f->turn_rows;
    const uint64_t at = trainer_state(f->trainer)->step + step;

    for (size_t i = 0; i < rows; i++) {
        history_cut(f->fit->set, f->fit->train.row[dealt[i]], &seat->buffers[i], &seat->row[i]);
        seat->label[i] = (int32_t)fitting_class(f, dealt[i]);
        seat->weight[i] = (real)f->class_weight[seat->label[i]];
    }
    const struct temporal_attention_turn filled = {
        .rows = rows,
        .row = seat->row,
        .label = seat->label,
        .weight = seat->weight,
        .total_weight = f->total_weight,
        .batch_rows = f->batch_rows,
        .share = f->share,
        .training = true,
        .seed = rng_mix(rng_mix(f->train->seed, STREAM_DROPOUT), at),
        .first_row = global * batches->slice + begin,
    };
    temporal_attention_net_fill(&f->net, run, &filled);
}

static void prepare_batches(struct fitting *f)
{
    const struct temporal_attention_fit *fit = f->fit;
    const size_t rank = ranks_rank(fit->ranks), size = ranks_size(fit->ranks);
    const size_t sequences = f->net.config.two_sequences ? 2 : 1;
    uint32_t *cost = memory_take_zeroed(fit->train.count, sizeof *cost);

    for (size_t i = 0; i < fit->train.count; i++)
        for (size_t s = 0; s < sequences; s++)
            cost[i] += (uint32_t)history_length(fit->set, fit->train.row[i], s);
    row_batches_init(&f->batches, cost, fit->train.count, f->train->batch, f->train->slice,
                     f->train->seed);
    free(cost);
    f->first_slice = f->batches.slices * rank / size;
    f->slices = f->batches.slices * (rank + 1) / size - f->first_slice;
    f->part = ARENA_NEW(&f->arena, size_t, size + 1);
    for (size_t r = 0; r <= size; r++)
        f->part[r] = fit->val.count * r / size;
    f->score = memory_take(fit->val.count, sizeof *f->score);
}

static void prepare_seats(struct fitting *f)
{
    f->seat = ARENA_NEW(&f->arena, struct seat, f->slices);
    for (size_t s = 0; s < f->slices; s++) {
        struct seat *seat = &f->seat[s];
        *seat = (struct seat){
            .buffers = ARENA_NEW(&f->arena, struct history_buffers, f->turn_rows),
            .row = ARENA_NEW(&f->arena, struct history_row, f->turn_rows),
            .label = ARENA_NEW(&f->arena, int32_t, f->turn_rows),
            .weight = ARENA_NEW(&f->arena, real, f->turn_rows),
        };
        for (size_t i = 0; i < f->turn_rows; i++)
            history_buffers_init(&seat->buffers[i], f->fit->set->fitted, &f->arena);
    }
}

static bool sum_over_ranks(void *context, const struct trainer_part *part, real *numbers,
                           size_t count, double *loss, struct error *err)
{
    const struct ranks_part own = {part->trainer, part->add, part->add_loss};

    return ranks_sum(context, &own, numbers, count, loss, err);
}

static struct schedule schedule_of(const struct fitting *f)
{
    const struct train_config *train = f->train;

    if (train->schedule == TRAIN_SCHEDULE_CONSTANT)
        return (struct schedule){0};
    struct schedule schedule = schedule_one_cycle(train->epochs * row_batches_count(&f->batches));
    schedule.rising = train->one_cycle.rising;
    schedule.divide = train->one_cycle.divide;
    schedule.divide_final = train->one_cycle.divide_final;
    if (!train->one_cycle.cycle_beta1)
        schedule.beta1_low = schedule.beta1_high = 0;
    return schedule;
}

static void prepare_trainer(struct fitting *f)
{
    const struct train_config *train = f->train;
    struct trainer_settings settings = {
        .graph = f->net.graph,
        .loss = f->net.loss,
        .slices = f->slices,
        .turns = (f->batches.slice + f->turn_rows - 1) / f->turn_rows,
        .adam = adam_defaults(),
        .schedule = schedule_of(f),
        .average = train->average,
    };

    f->peers = (struct trainer_peers){f->fit->ranks, sum_over_ranks};
    settings.peers = f->fit->ranks ? &f->peers : NULL;
    settings.adam.rate = train->learning_rate;
    settings.adam.decay = train->weight_decay;
    f->trainer = trainer_new(&settings, f->fit->pool);
    struct trainer_state *state = trainer_state(f->trainer);
    temporal_attention_net_start(&f->net, rng_mix(train->seed, STREAM_START), state->parameters);
    if (state->average)
        memcpy(state->average, state->parameters, state->size * sizeof(real));
}

static void prepare_checkpoint(struct fitting *f, const struct temporal_attention_config *config)
{
    f->checkpoint = (struct checkpoint){
        .key = temporal_attention_fit_key(config, f->train, f->fit),
        .state = trainer_state(f->trainer),
        .best = memory_take_zeroed(trainer_state(f->trainer)->size, sizeof(real)),
        .history = memory_take_zeroed(f->train->epochs * COLUMNS, sizeof(double)),
        .epochs_max = f->train->epochs,
        .columns = COLUMNS,
        .progress = f->progress,
        .progress_count = PROGRESS,
    };
}

void fitting_clear(struct fitting *f)
{
    trainer_free(f->trainer);
    temporal_attention_net_clear(&f->net);
    row_batches_clear(&f->batches);
    arena_clear(&f->arena);
    free(f->score);
    free((void *)(uintptr_t)f->checkpoint.key);
    free(f->checkpoint.best);
    free(f->checkpoint.history);
}

void fitting_init(struct fitting *f, const struct temporal_attention_config *config,
                  const struct temporal_attention_loss *loss)
{
    const size_t most = temporal_attention_net_rows(config, true);

    f->turn_rows = most < f->train->slice ? most : f->train->slice;
    temporal_attention_net_init(&f->net, config, f->turn_rows, loss);
    prepare_batches(f);
    prepare_seats(f);
    prepare_trainer(f);
    prepare_checkpoint(f, config);
    f->model = temporal_attention_new(config, f->train->seed);
}
