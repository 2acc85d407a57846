#include "model/journey_fit_check.h"

#include "base/rng.h"
#include "base/text.h"

bool journey_fit_check(const struct journey_fit *fit, struct error *err)
{
    const struct journey_set *set = fit->set;
    size_t conversions = 0, first = 0;
    bool several = false;

    if (fit->train.count == 0)
        return error_set(err, ERR_DATA, "there are no training journeys");
    first = (size_t)set->token[set->offset[fit->train.row[0]]];
    for (size_t i = 0; i < fit->train.count; i++) {
        const size_t row = fit->train.row[i];
        conversions += set->converted[row] != 0;
        for (uint64_t j = set->offset[row]; j < set->offset[row + 1]; j++)
            several |= (size_t)set->token[j] != first;
    }
    if (conversions == 0)
        return error_set(err, ERR_DATA,
                         "none of the %zu training journeys ends in a conversion: there is nothing "
                         "to learn",
                         fit->train.count);
    if (conversions == fit->train.count)
        return error_set(err, ERR_DATA,
                         "all %zu training journeys end in a conversion: there is nothing to learn",
                         fit->train.count);
    if (!several)
        return error_set(err, ERR_DATA,
                         "the training journeys hold one campaign only ('%s'): there is nothing to "
                         "attribute between",
                         first < set->campaigns && set->campaign ? set->campaign[first] : "?");
    return true;
}

static uint64_t hash_rows(uint64_t hash, const struct journey_set *set, struct journey_rows rows)
{
    hash = rng_mix(hash, rows.count);
    for (size_t i = 0; i < rows.count; i++) {
        const size_t row = rows.row[i];
        uint64_t journey = set->converted[row] != 0;
        for (uint64_t j = set->offset[row]; j < set->offset[row + 1]; j++) {
            journey = (journey ^ (uint32_t)set->token[j]) * 0x9E3779B97F4A7C15u;
            journey ^= journey >> 29;
        }
        hash = rng_mix(hash ^ journey, (uint64_t)row << 32 | journey_length(set, row));
    }
    return hash;
}

char *journey_fit_key(const struct journey_attention_config *config,
                      const struct train_config *train, const struct journey_fit *fit)
{
    struct text key = {0};
    uint64_t hash = rng_mix(fit->set->vocabulary, fit->set->max_length);

    hash = hash_rows(hash, fit->set, fit->train);
    hash = hash_rows(hash, fit->set, fit->test);
    hash = hash_rows(hash, fit->set, fit->val);
    text_add_format(&key, "%s|embedding %zu lstm %zu dropout %.17g recurrent_dropout %.17g mask %d",
                    fit->key ? fit->key : "", config->embedding, config->lstm, config->dropout,
                    config->recurrent_dropout, config->mask);
    text_add_format(
        &key,
        "|batch %zu learning_rate %.17g weight_decay %.17g oversample %d average %.17g metric %d "
        "patience %zu seed %zu precision %d slice %zu",
        train->batch, train->learning_rate, train->weight_decay, train->oversample, train->average,
        train->early_stopping.metric, train->early_stopping.patience, train->seed, train->precision,
        train->slice);
    text_add_format(&key, "|journeys %016llx", (unsigned long long)hash);
    return key.bytes;
}
