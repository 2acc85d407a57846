/*
 * truth — how far each method's campaign shares are from the true ones.
 *
 * The distance is the total variation distance, half the sum over campaigns of the difference
 * between a method's share of the credits and the campaign's share of the caused conversions: the
 * part of all credit that would have to move, from 0 (the truth) to 1.
 *
 * A truth is a table with columns channel_name and conversions_caused (such as `quern simulate
 * attribution --truth` writes). A row "(baseline)" may be there: shares are those of campaigns
 * alone, among the credits too. It must name the campaigns that are attributed and no others, but
 * one that caused nothing may be missing from the paths.
 */
#ifndef QUERN_ATTRIBUTION_TRUTH_H
#define QUERN_ATTRIBUTION_TRUTH_H

#include "attribution/credit.h"

#include <jansson.h>

struct truth_score {
    const char *method; /* borrowed from the credit table */
    double distance;
};

/* Nearest first; methods that are equally far keep the order of their columns. */
struct truth_scores {
    size_t count;
    struct truth_score score[CREDIT_COLUMNS_MAX];
    size_t channels;
    double
        *caused; /* [channels] conversions that each campaign caused, in the order of the credits */
};

/*
 * ERR_DATA  the table cannot be read, names a campaign twice or another than the credits, a number
 *           is missing or negative, or nothing was caused
 */
MUST_CHECK bool truth_compare(struct truth_scores *scores, const struct credit_table *credits,
                              const char *source, struct error *err);

/* No-op on a zeroed struct. */
void truth_scores_clear(struct truth_scores *scores);

/* [{"method": "shapley", "total_variation_distance": 0.1}, ...] */
json_t *truth_json(const struct truth_scores *scores);

/* Two columns of text: aligned when `aligned`, else CSV with a header. */
MUST_CHECK bool truth_print(const struct truth_scores *scores, FILE *to, bool aligned,
                            struct error *err);

#endif
