#include "incremental/pair_credit.h"

#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>

/* The ends of what the draws give, each in its own resampled log. */
static void find_ends(struct incremental_pair_amounts *amounts, const struct incremental_fit *fit,
                      const struct incremental_draws *draws, uint64_t seed, struct pool *pool)
{
    const size_t count = fit->design.count, pairs = amounts->pairs;
    double *credit = memory_take(draws->count, pairs * sizeof *credit);

    for (size_t from = 0; from < draws->count; from += RESAMPLE_LANES) {
        const size_t left = draws->count - from;
        const size_t many = left < RESAMPLE_LANES ? left : RESAMPLE_LANES;
        const struct incremental_resample resample = {seed, from, (many + 7) / 8 * 8};
        incremental_pair_credits_resampled(fit, draws->parameter + from * count, &resample, many,
                                           pool, credit + from * pairs);
    }
    incremental_intervals(&(struct incremental_draws){.count = draws->count, .credit = credit},
                          amounts->credit, pairs, amounts->low, amounts->high);
    free(credit);
}

void incremental_pair_amounts(struct incremental_pair_amounts *amounts,
                              const struct incremental_fit *fit,
                              const struct incremental_draws *draws, uint64_t seed,
                              struct pool *pool, struct arena *memory)
{
    const size_t pairs = fit->design.pairs;

    *amounts = (struct incremental_pair_amounts){.pairs = pairs, .pair = fit->design.pair};
    if (pairs == 0)
        return;
    amounts->credit = ARENA_NEW(memory, double, pairs);
    incremental_pair_credits(fit, fit->parameter, pool, amounts->credit);
    if (!draws || draws->count == 0)
        return;
    amounts->low = ARENA_NEW(memory, double, pairs);
    amounts->high = ARENA_NEW(memory, double, pairs);
    find_ends(amounts, fit, draws, seed, pool);
}

json_t *incremental_pairs_json(const struct incremental_pair_amounts *amounts,
                               const struct exposure_log *log)
{
    json_t *list = amounts->pairs ? json_array() : NULL;

    for (size_t q = 0; q < amounts->pairs; q++) {
        const uint16_t *k = amounts->pair[q].campaign;
        json_array_append_new(
            list, json_pack("{s:[s, s], s:o, s:o, s:o}", "campaigns", log->name[k[0]],
                            log->name[k[1]], "credit", json_number(amounts->credit[q]), "low",
                            json_number(amounts->low ? amounts->low[q] : NAN), "high",
                            json_number(amounts->high ? amounts->high[q] : NAN)));
    }
    return list;
}

void incremental_pair_sentence(struct text *out, const json_t *pair)
{
    const json_t *names = json_object_get(pair, "campaigns");
    const json_t *low = json_object_get(pair, "low"), *high = json_object_get(pair, "high");
    const char *a = json_string_value(json_array_get(names, 0));
    const char *b = json_string_value(json_array_get(names, 1));

    text_add_format(out, "%s and %s: %.1f conversions", a ? a : "", b ? b : "",
                    json_number_value(json_object_get(pair, "credit")));
    if (json_is_number(low))
        text_add_format(out, " (%.1f to %.1f)", json_number_value(low), json_number_value(high));
    text_add_format(out, " came only through both together");
}
