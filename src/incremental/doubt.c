#include "incremental/doubt.h"

#include "attribution/credit.h"
#include "incremental/doubt_placebo.h"
#include "base/rng.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCES_EACH = 4, REFIT_IMPRESSIONS = 1000000 /* about so many fit without controls */ };

static const double PLACEBO_LEAST = 0.5;  /* conversions: less is none when it is told */
static const double PLACEBO_LEVEL = 0.05; /* of all campaigns together */
static const double USERS_WITHOUT = 0.05; /* fewer are hardly any */
static const double MATTERS = 0.01;       /* of conversions */
static const double MISPLACED = 0.02;     /* of conversions, and so many times what chance does: */
static const double MISPLACED_TIMES = 3;
static const double MOVED = 2; /* credit without controls by credit */

/* z with a chance of `level` / 2 above it, by halving. */
static double normal_end(double level)
{
    double low = 0, high = 40;

    for (size_t turn = 0; turn < 60; turn++) {
        const double middle = (low + high) / 2;
        *(erfc(middle / sqrt(2)) > level ? &low : &high) = middle;
    }
    return (low + high) / 2;
}

/* A ridge that holds at zero what tells users apart. */
static void hold_controls(const struct incremental_fit *fit, double *ridge, double *parameter)
{
    const struct incremental_design *d = &fit->design;
    const double held = 1e12;

    memcpy(ridge, fit->ridge, d->count * sizeof *ridge);
    memcpy(parameter, fit->parameter, d->count * sizeof *parameter);
    for (size_t j = 0; j < d->count; j++) {
        const bool dense = j == FEATURE_COUNT || j == FEATURE_OTHER_RATE ||
                           j == FEATURE_OTHER_ANY || (j >= FEATURE_LOCAL && j < d->dense);
        if (dense || (j >= d->dense && !incremental_is_effect(d, j))) {
            ridge[j] = held;
            parameter[j] = 0;
        }
    }
}

/* Credits [campaigns + 1] of a fit without those controls, to a sample of large logs. */
static bool credit_without_controls(const struct incremental_fit *fit, struct pool *pool,
                                    double *credit, struct error *err)
{
    const size_t count = fit->design.count, parts = fit->log->impressions / REFIT_IMPRESSIONS + 1;
    float *weight = memory_take(fit->log->users, sizeof *weight);
    double *ridge = memory_take(2 * count, sizeof *ridge), *parameter = ridge + count;
    struct incremental_fit without = *fit;

    for (size_t u = 0; u < fit->log->users; u++)
        weight[u] = rng_mix(0x646f7562 /* "doub" */, u) % parts == 0;
    hold_controls(fit, ridge, parameter);
    without.ridge = ridge;
    const bool ok = incremental_fit_weighted(&without, weight, parameter, pool, err);
    if (ok)
        incremental_credits(fit, parameter, NULL, pool, credit);
    free(weight);
    free(ridge);
    return ok;
}

static void fill_campaigns(struct incremental_doubt *doubt, const struct doubt_request *request,
                           const struct doubt_placebo *placebo, const double *without)
{
    const struct exposure_log *log = request->fit->log;
    const double limit = normal_end(PLACEBO_LEVEL / (double)log->campaigns);

    doubt->campaigns = log->campaigns;
    doubt->campaign = ARENA_ZERO(&doubt->memory, struct doubt_campaign, log->campaigns + 1);
    for (size_t k = 0; k <= log->campaigns; k++) {
        const bool baseline = k == log->campaigns;
        const char *name = baseline ? CREDIT_BASELINE : log->name[k];
        const double seems = baseline ? NAN : placebo->estimate[k];
        const double error = baseline ? NAN : placebo->error[k];
        doubt->campaign[k] = (struct doubt_campaign){
            .name = arena_string(&doubt->memory, name, strlen(name)),
            .credit = request->credit[k],
            .low = request->low ? request->low[k] : NAN,
            .high = request->high ? request->high[k] : NAN,
            .without_controls = without[k],
            .placebo = seems,
            .placebo_low = seems - 1.96 * error,
            .placebo_high = seems + 1.96 * error,
            .users_without = baseline ? NAN : 1 - placebo->seen[k] / (double)log->users,
            .placebo_failed = fabs(seems) > limit * error && fabs(seems) >= PLACEBO_LEAST,
        };
    }
}

/* Bins into groups of about equal numbers of impressions. */
static void fill_groups(struct incremental_doubt *doubt, const struct exposure_log *log,
                        const struct placebo_bin *bin)
{
    double apart = 0, chance = 0, spread[DOUBT_GROUPS] = {0}, before = 0;

    for (size_t b = 0; b < PLACEBO_BINS; b++) {
        const double middle = (before + bin[b].impressions / 2) / (double)log->impressions;
        const size_t g = middle < 1 ? (size_t)(middle * DOUBT_GROUPS) : DOUBT_GROUPS - 1;
        doubt->group[g].impressions += bin[b].impressions;
        doubt->group[g].expected += bin[b].expected;
        doubt->group[g].conversions += bin[b].conversions;
        spread[g] += bin[b].spread;
        before += bin[b].impressions;
    }
    for (size_t g = 0; g < DOUBT_GROUPS; g++) {
        apart += fabs(doubt->group[g].expected - doubt->group[g].conversions);
        chance += sqrt(spread[g] * 0.63661977236758134); /* the mean of |normal| is root 2 / pi */
    }
    doubt->misplaced = apart / 2 / (double)log->conversions;
    doubt->misplaced_by_chance = chance / 2 / (double)log->conversions;
}

static void say(struct incremental_doubt *doubt, size_t campaign, const char *text)
{
    doubt->sentence[doubt->sentences++] = (struct doubt_sentence){campaign, text};
}

static void doubt_placebo_of(struct incremental_doubt *doubt, size_t k)
{
    const struct doubt_campaign *c = &doubt->campaign[k];

    if (c->placebo_failed)
        say(doubt, k,
            arena_format(&doubt->memory,
                         "%s: impressions that were yet to come seem to have %s %.0f conversions "
                         "(%.0f to %.0f), which nothing in the future can: its credit of %.0f is "
                         "mixed with who is shown it",
                         c->name, c->placebo > 0 ? "caused" : "prevented", fabs(c->placebo),
                         c->placebo > 0 ? c->placebo_low : -c->placebo_high,
                         c->placebo > 0 ? c->placebo_high : -c->placebo_low, c->credit));
}

static void doubt_users_of(struct incremental_doubt *doubt, size_t k)
{
    const struct doubt_campaign *c = &doubt->campaign[k];

    if (c->users_without <= 0)
        say(doubt, k,
            arena_format(&doubt->memory,
                         "%s: every user saw it, so there is nobody to compare with", c->name));
    else if (c->users_without < USERS_WITHOUT)
        say(doubt, k,
            arena_format(&doubt->memory,
                         "%s: only %.1f %% of users never saw it, so there is hardly anybody to "
                         "compare with",
                         c->name, 100 * c->users_without));
}

static void doubt_interval_of(struct incremental_doubt *doubt, size_t k, double matters)
{
    const struct doubt_campaign *c = &doubt->campaign[k];

    if (!(c->high - c->low > c->credit) || !(c->high > matters))
        return;
    say(doubt, k,
        c->low < 0.1 * c->high
            ? arena_format(&doubt->memory,
                           "%s: its interval, %.0f to %.0f, reaches from next to nothing to more "
                           "than its credit of %.0f",
                           c->name, c->low, c->high, c->credit)
            : arena_format(&doubt->memory,
                           "%s: its interval, %.0f to %.0f, is wider than its credit of %.0f",
                           c->name, c->low, c->high, c->credit));
}

static void doubt_controls_of(struct incremental_doubt *doubt, size_t k, double matters)
{
    const struct doubt_campaign *c = &doubt->campaign[k];

    if (c->without_controls > MOVED * c->credit && c->without_controls - c->credit > 3 * matters)
        say(doubt, k,
            arena_format(&doubt->memory,
                         "%s: without the controls it would get %.0f instead of %.0f: it is shown "
                         "to users who would buy anyway, and what of their intent leaves no trace "
                         "in the log is still in its credit",
                         c->name, c->without_controls, c->credit));
}

static void make_sentences(struct incremental_doubt *doubt, const struct exposure_log *log)
{
    const double matters = MATTERS * (double)log->conversions;

    doubt->sentence =
        ARENA_NEW(&doubt->memory, struct doubt_sentence, SENTENCES_EACH * doubt->campaigns + 1);
    for (size_t k = 0; k < doubt->campaigns; k++) {
        doubt_placebo_of(doubt, k);
        doubt_users_of(doubt, k);
        doubt_interval_of(doubt, k, matters);
        doubt_controls_of(doubt, k, matters);
    }
    if (doubt->misplaced > MISPLACED &&
        doubt->misplaced > MISPLACED_TIMES * doubt->misplaced_by_chance)
        say(doubt, SIZE_MAX,
            arena_format(&doubt->memory,
                         "the model expects %.1f %% of conversions in the wrong tenth of "
                         "impressions, where chance alone would misplace %.1f %%: it does not fit "
                         "this log well",
                         100 * doubt->misplaced, 100 * doubt->misplaced_by_chance));
}

bool incremental_doubt_run(struct incremental_doubt *doubt, const struct doubt_request *request,
                           struct error *err)
{
    const struct exposure_log *log = request->fit->log;
    double *without = memory_take(log->campaigns + 1, sizeof *without);
    struct doubt_placebo placebo;
    bool ok = doubt_placebo_run(&placebo, request->fit, request->pool, err);

    *doubt = (struct incremental_doubt){0};
    if (ok && (ok = credit_without_controls(request->fit, request->pool, without, err))) {
        fill_campaigns(doubt, request, &placebo, without);
        fill_groups(doubt, log, placebo.bin);
        make_sentences(doubt, log);
    }
    doubt_placebo_clear(&placebo);
    free(without);
    return ok;
}

void incremental_doubt_clear(struct incremental_doubt *doubt)
{
    arena_clear(&doubt->memory);
    *doubt = (struct incremental_doubt){0};
}

bool incremental_doubt_print(const struct incremental_doubt *doubt, FILE *to, struct error *err)
{
    bool ok = true;

    for (size_t i = 0; ok && i < doubt->sentences; i++)
        ok = fprintf(to, "doubt: %s\n", doubt->sentence[i].text) >= 0;
    ok = ok && fflush(to) == 0;
    return ok || error_set(err, ERR_IO, "cannot write the doubts: %s", strerror(errno));
}
