/*
 * incremental_doubt — reasons not to trust the credits of an incremental fit.
 *
 *   placebo      Impressions that lie in the future cannot have caused a conversion. For each
 *                campaign, future impressions are put beside the fit as one more effect, and a
 *                score test says how many conversions they would seem to cause, with its 95 %
 *                interval (by users): must be none within it.
 *   calibration  Impressions in ten groups of rising chance: conversions expected and seen.
 *   controls     Credits of a fit without what tells users apart (whole period, nearby and
 *                conversions): how far the controls moved each campaign.
 *   spread       Users who never saw the campaign, and the width of its interval.
 *
 * What is out of order becomes a plain sentence.
 */
#ifndef QUERN_INCREMENTAL_DOUBT_H
#define QUERN_INCREMENTAL_DOUBT_H

#include "incremental/credit.h"

#include <jansson.h>
#include <stdio.h>

enum { DOUBT_GROUPS = 10 };

struct doubt_campaign {
    const char *name;
    double credit, low, high; /* NaN ends where there are no draws */
    double without_controls;  /* its credit */
    double placebo, placebo_low,
        placebo_high;     /* conversions that future impressions seem to cause */
    double users_without; /* users who never saw it, as a share of all */
    bool placebo_failed;
};

struct doubt_group {
    double impressions, expected, conversions;
};

struct doubt_sentence {
    size_t campaign; /* SIZE_MAX: of the whole model */
    const char *text;
};

struct incremental_doubt {
    size_t campaigns, sentences;
    struct doubt_campaign *campaign; /* [campaigns], then one of the baseline (no placebo) */
    struct doubt_group group[DOUBT_GROUPS];
    double misplaced;           /* half the sum of |expected - conversions|, by conversions */
    double misplaced_by_chance; /* what chance alone lets expect of it */
    struct doubt_sentence *sentence;
    struct arena memory;
};

struct doubt_request {
    const struct incremental_fit *fit;
    const double *credit;     /* [campaigns + 1] */
    const double *low, *high; /* [campaigns + 1]; NULL without draws */
    struct pool *pool;        /* may be NULL */
};

/* ERR_CHECK, ERR_INTERRUPT */
MUST_CHECK bool incremental_doubt_run(struct incremental_doubt *doubt,
                                      const struct doubt_request *request, struct error *err);
void incremental_doubt_clear(struct incremental_doubt *doubt);

/*
 * {"campaigns": [{"campaign", "credit", "low", "high", "without_controls", "placebo",
 *                 "placebo_low", "placebo_high", "placebo_failed", "users_without"}, ...],
 *  "calibration": {"groups": [{"impressions", "expected", "conversions"}, ...],
 *                  "misplaced", "misplaced_by_chance"},
 *  "sentences": [{"campaign": "tv" or null, "text": "..."}, ...]}
 *
 * The last of the campaigns is "(baseline)". Numbers that are not known are null.
 */
json_t *incremental_doubt_json(const struct incremental_doubt *doubt);

/* The sentences, one a line; nothing where there are none. */
MUST_CHECK bool incremental_doubt_print(const struct incremental_doubt *doubt, FILE *to,
                                        struct error *err);

#endif
