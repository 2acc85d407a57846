#include "pipeline/incremental_document.h"

#include "incremental/decay.h"
#include "incremental/whatif.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

enum { DECAY_POINTS = 33, CURVE_DRAWS = 40 /* ends of a curve are drawn, not read */ };

static json_t *numbers(const double *value, size_t count)
{
    json_t *list;

    if (!value)
        return NULL;
    list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_number(value[i]));
    return list;
}

static json_t *totals_part(const struct incremental_run *run)
{
    const size_t n = run->fit.log->campaigns;
    double caused = 0, low = NAN, high = NAN;

    for (size_t k = 0; k < n; k++)
        caused += run->credit[k];
    if (run->draws.count > 0)
        incremental_caused_ends(&run->draws, run->credit, n + 1, &low, &high);
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "conversions",
                     (json_int_t)run->fit.log->conversions, "caused", json_number(caused),
                     "caused_low", json_number(low), "caused_high", json_number(high), "anyway",
                     json_number(run->credit[n]), "anyway_low",
                     json_number(run->low ? run->low[n] : NAN), "anyway_high",
                     json_number(run->high ? run->high[n] : NAN));
}

static json_t *weeks_part(const struct incremental_totals *totals)
{
    json_t *from = json_array();

    for (size_t p = 0; p < totals->periods; p++) {
        const size_t week = p * totals->weeks;
        char label[40];
        text_from_time(label, totals->first + (int64_t)week * INT64_C(604800000000));
        label[strcspn(label, "T")] = 0;
        if (!totals->calendar)
            snprintf(label, sizeof label, "week %zu", week + 1);
        json_array_append_new(from, json_string(label));
    }
    return json_pack("{s:o, s:I, s:o, s:o}", "from", from, "weeks", (json_int_t)totals->weeks,
                     "caused", numbers(totals->caused, totals->periods), "anyway",
                     numbers(totals->anyway, totals->periods));
}

/* Each campaign's effect after one impression as a share of what it is at once. */
static json_t *decay_part(const struct incremental_fit *fit)
{
    const struct incremental_design *d = &fit->design;
    json_t *days = json_array(), *shares = json_array(), *half = json_array();
    double longest = 0;

    for (size_t h = 0; h < d->halves; h++)
        longest = fmax(longest, d->half_life[h]);
    for (size_t i = 0; i < DECAY_POINTS; i++)
        json_array_append_new(days, json_number(2 * longest * (double)i / (DECAY_POINTS - 1)));
    for (size_t k = 0; k < d->campaigns; k++) {
        const double whole = incremental_effect_after(d, fit->parameter, k, 0);
        json_t *share = json_array();
        for (size_t i = 0; whole != 0 && i < DECAY_POINTS; i++)
            json_array_append_new(
                share,
                json_number(incremental_effect_after(d, fit->parameter, k,
                                                     2 * longest * (double)i / (DECAY_POINTS - 1)) /
                            whole));
        json_array_append_new(shares, share);
        json_array_append_new(half, json_number(incremental_half_gone(d, fit->parameter, k)));
    }
    return json_pack("{s:o, s:o, s:o, s:s}", "days", days, "share", shares, "half_gone_days", half,
                     "unit", incremental_effect_unit(d));
}

static json_t *link_part(const struct incremental_fit *fit)
{
    json_t *losses = fit->chose_link ? json_object() : NULL;

    for (int link = INCREMENTAL_LOGIT; losses && link < INCREMENTAL_LINKS; link++)
        json_object_set_new(losses, incremental_link_names[link],
                            json_number(fit->link_loss[link]));
    return json_pack("{s:s, s:b, s:o*}", "name", incremental_link_names[fit->design.link], "chosen",
                     fit->chose_link, "losses", losses);
}

static json_t *credit_part(const struct incremental_run *run)
{
    const struct incremental_fit *fit = &run->fit;
    const size_t n = fit->log->campaigns;
    json_t *names = json_array();

    for (size_t k = 0; k < n; k++)
        json_array_append_new(names, json_string(fit->log->name[k]));
    return json_pack("{s:o, s:o, s:o*, s:o*, s:o*, s:o*, s:o*, s:I, s:o, s:o, s:o, s:o}",
                     "campaigns", names, "credit", numbers(run->credit, n + 1), "low",
                     numbers(run->low, n + 1), "high", numbers(run->high, n + 1), "before",
                     numbers(run->before, n + 1), "value", numbers(run->totals.value, n + 1),
                     "cost", numbers(fit->log->cost, n), "replicates", (json_int_t)run->draws.count,
                     "totals", totals_part(run), "link", link_part(fit), "periods",
                     weeks_part(&run->totals), "decay", decay_part(fit));
}

/* One number of every answer, a list for each campaign. */
static json_t *answers(const struct incremental_answer *answer, size_t campaigns, size_t offset)
{
    json_t *lists = json_array();

    for (size_t k = 0; k < campaigns; k++) {
        json_t *list = json_array();
        for (size_t p = 0; p < WHATIF_CURVE_POINTS; p++) {
            const char *at = (const char *)&answer[k * WHATIF_CURVE_POINTS + p] + offset;
            json_array_append_new(list, json_number(*(const double *)(const void *)at));
        }
        json_array_append_new(lists, list);
    }
    return lists;
}

static bool curves_part(json_t *document, const struct incremental_run *run, struct pool *pool,
                        struct error *err)
{
    const size_t n = run->fit.log->campaigns;
    struct incremental_draws draws = run->draws; /* a view of the first of them */
    struct incremental_answer *answer = memory_take(n * WHATIF_CURVE_POINTS, sizeof *answer);
    json_t *scale = json_array();
    draws.count = draws.count < CURVE_DRAWS ? draws.count : (size_t)CURVE_DRAWS;
    const bool ok = incremental_curves(answer, &run->fit, draws.count ? &draws : NULL, pool, err);

    for (size_t p = 0; p < WHATIF_CURVE_POINTS; p++)
        json_array_append_new(scale, json_number((double)p / 4));
    json_t *part = json_pack("{s:o}", "scale", scale);
    if (ok) {
        json_object_set_new(part, "change",
                            answers(answer, n, offsetof(struct incremental_answer, change)));
        json_object_set_new(part, "low",
                            answers(answer, n, offsetof(struct incremental_answer, change_low)));
        json_object_set_new(part, "high",
                            answers(answer, n, offsetof(struct incremental_answer, change_high)));
        json_object_set(document, "curves", part);
    }
    json_decref(part);
    free(answer);
    return ok;
}

bool incremental_document(json_t **document, const struct incremental_run *run, struct pool *pool,
                          struct error *err)
{
    json_t *made = credit_part(run);

    if (!curves_part(made, run, pool, err)) {
        json_decref(made);
        return false;
    }
    if (run->doubt.campaigns > 0)
        json_object_set_new(made, "doubt", incremental_doubt_json(&run->doubt));
    if (run->lifts.count > 0)
        json_object_set_new(
            made, "experiments",
            incremental_lifts_json(&run->lifts, run->fit.log, run->lift_before, run->lift_after));
    if (run->pairs.pairs > 0)
        json_object_set_new(made, "pairs", incremental_pairs_json(&run->pairs, run->fit.log));
    *document = made;
    return true;
}

static const double *take(const json_t *document, const char *key, const size_t *place,
                          size_t channels, struct arena *memory)
{
    const json_t *list = json_object_get(document, key);
    const size_t names = json_array_size(json_object_get(document, "campaigns"));
    double *number;

    if (!list)
        return NULL;
    number = ARENA_ZERO(memory, double, channels + 1);
    for (size_t c = 0; c < channels; c++)
        number[c] = json_number_value(json_array_get(list, place[c]));
    number[channels] = json_number_value(json_array_get(list, names));
    return number;
}

/* Where each channel stands in the document; beyond its end where it does not. */
static const size_t *find_places(const json_t *document, const char *const *channel,
                                 size_t channels, struct arena *memory)
{
    const json_t *names = json_object_get(document, "campaigns");
    size_t *place = ARENA_NEW(memory, size_t, channels + 1);

    for (size_t c = 0; c < channels; c++) {
        place[c] = SIZE_MAX;
        for (size_t i = 0; i < json_array_size(names); i++)
            if (strcmp(json_string_value(json_array_get(names, i)), channel[c]) == 0)
                place[c] = i;
    }
    return place;
}

struct incremental_amounts incremental_document_amounts(const json_t *document,
                                                        const char *const *channel, size_t channels,
                                                        struct arena *memory)
{
    const size_t *place = find_places(document, channel, channels, memory);

    return (struct incremental_amounts){
        .channels = channels,
        .credit = take(document, "credit", place, channels, memory),
        .low = take(document, "low", place, channels, memory),
        .high = take(document, "high", place, channels, memory),
        .before = take(document, "before", place, channels, memory),
        .value = take(document, "value", place, channels, memory),
        .cost = take(document, "cost", place, channels, memory),
    };
}
