#include "model/temporal_attention_fit_check.h"

#include "base/rng.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool check_outcomes(const struct history_set *set, const struct history_rows *rows,
                           size_t classes, size_t *count, struct error *err)
{
    for (size_t i = 0; i < rows->count; i++) {
        const size_t row = rows->row[i];
        const double outcome = set->outcome[row];
        if (!(outcome >= 0) || !(outcome < (double)classes) || outcome != floor(outcome))
            return error_set(err, ERR_DATA,
                             "row %zu: the outcome is %g, which is none of the classes 0 to %zu",
                             row + 1, outcome, classes - 1);
        if (count)
            count[(size_t)outcome]++;
    }
    return true;
}

static bool check_slices(const struct train_config *train, const struct temporal_attention_fit *fit,
                         struct error *err)
{
    const size_t batch = train->batch < fit->train.count ? train->batch : fit->train.count;
    const size_t slices = (batch + train->slice - 1) / train->slice;

    if (slices > TEMPORAL_ATTENTION_SLICES_MAX)
        return error_set(err, ERR_CONFIG,
                         "train.slice %zu cuts a batch of %zu rows into %zu slices, the limit is "
                         "%d: set it higher",
                         train->slice, batch, slices, TEMPORAL_ATTENTION_SLICES_MAX);
    if (ranks_size(fit->ranks) > slices)
        return error_set(err, ERR_CONFIG,
                         "a batch of %zu rows has %zu slices of %zu: too few for %zu processes; "
                         "set train.slice lower or train.batch higher",
                         batch, slices, train->slice, ranks_size(fit->ranks));
    return true;
}

bool temporal_attention_fit_check(const struct temporal_attention_config *config,
                                  const struct train_config *train,
                                  const struct temporal_attention_fit *fit, size_t *count,
                                  struct error *err)
{
    size_t classes = 0;

    if (fit->train.count == 0)
        return error_set(err, ERR_DATA, "there are no training rows");
    if (!check_outcomes(fit->set, &fit->train, config->n_classes, count, err) ||
        !check_outcomes(fit->set, &fit->val, config->n_classes, NULL, err))
        return false;
    for (size_t c = 0; c < config->n_classes; c++)
        classes += count[c] > 0;
    if (classes < 2)
        return error_set(err, ERR_DATA,
                         "all %zu training rows have the same outcome: there is nothing to learn",
                         fit->train.count);
    return check_slices(train, fit, err);
}

/* Eight bytes at a time: a table of orders may be large. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const char *at = bytes;
    uint64_t word;

    for (; size >= sizeof word; at += sizeof word, size -= sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    for (word = 0; size; size--)
        word = word << 8 | (unsigned char)at[size - 1];
    return rng_mix(hash, word);
}

static uint64_t hash_data(const struct temporal_attention_fit *fit)
{
    const struct history_set *set = fit->set;
    const struct history_fitted *fitted = set->fitted;
    const size_t rows = set->rows;
    uint64_t hash = rng_mix(rows, fitted->n_embedding);

    hash = hash_bytes(hash, set->time, rows * sizeof *set->time);
    hash = hash_bytes(hash, set->outcome, rows * sizeof *set->outcome);
    hash = hash_bytes(hash, set->categorical, rows * fitted->n_cat * sizeof *set->categorical);
    hash = hash_bytes(hash, set->numeric, rows * fitted->n_num * sizeof *set->numeric);
    hash = hash_bytes(hash, set->engineered, rows * fitted->n_engineered * sizeof *set->engineered);
    hash = hash_bytes(hash, fit->train.row, fit->train.count * sizeof *fit->train.row);
    return hash_bytes(hash, fit->val.row, fit->val.count * sizeof *fit->val.row);
}

char *temporal_attention_fit_key(const struct temporal_attention_config *config,
                                 const struct train_config *train,
                                 const struct temporal_attention_fit *fit)
{
    struct text key = {0};
    json_t *json = temporal_attention_config_json(config);
    char *model = json_dumps(json, JSON_COMPACT);

    text_add_format(&key, "%s|%s", fit->key ? fit->key : "", model ? model : "");
    text_add_format(&key,
                    "|batch %zu learning_rate %.17g weight_decay %.17g average %.17g metric %d "
                    "patience %zu seed %zu precision %d slice %zu",
                    train->batch, train->learning_rate, train->weight_decay, train->average,
                    train->early_stopping.metric, train->early_stopping.patience, train->seed,
                    train->precision, train->slice);
    text_add_format(&key, "|loss %d class_weights %s", train->loss,
                    train->class_weights ? train->class_weights : "none");
    if (train->loss == TRAIN_LOSS_FOCAL)
        text_add_format(&key, " focal %.17g %.17g", train->focal.gamma, train->focal.alpha);
    if (train->loss == TRAIN_LOSS_ASYMMETRIC)
        text_add_format(&key, " asymmetric %.17g %.17g %.17g", train->asymmetric.gamma_positive,
                        train->asymmetric.gamma_negative, train->asymmetric.margin);
    if (train->loss == TRAIN_LOSS_CYCLICAL_FOCAL)
        text_add_format(&key, " cyclical %.17g %.17g %.17g epochs %zu",
                        train->cyclical_focal.gamma_hc, train->cyclical_focal.gamma_lc,
                        train->cyclical_focal.factor, train->epochs);
    if (train->schedule == TRAIN_SCHEDULE_ONE_CYCLE)
        text_add_format(&key, "|one_cycle %.17g %.17g %.17g %d epochs %zu", train->one_cycle.rising,
                        train->one_cycle.divide, train->one_cycle.divide_final,
                        train->one_cycle.cycle_beta1, train->epochs);
    text_add_format(&key, "|data %016llx", (unsigned long long)hash_data(fit));
    free(model);
    json_decref(json);
    return key.bytes;
}
