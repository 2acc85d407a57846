/*
 * impression_credit — credits of every method from a table of impressions, the incremental one
 * included (with replicates also incremental_low and incremental_high): paths are cut at
 * conversions for the methods that divide all of them, and whole users go to the incremental model.
 */
#ifndef QUERN_INCREMENTAL_IMPRESSION_CREDIT_H
#define QUERN_INCREMENTAL_IMPRESSION_CREDIT_H

#include "attribution/credit.h"
#include "incremental/doubt.h"
#include "sequence/journeys.h"

struct impression_request {
    const struct journey_config *table; /* path, time_unit, and the columns of every role */
    const struct attribution_config *config;
    const struct incremental_config *incremental;
    size_t replicates; /* of the bootstrap; 0: no intervals, else 2 and more */
    uint64_t seed;
    const char *journeys;    /* file for the incremental credits of each journey, or NULL */
    const char *save;        /* folder for the fitted model (store.h), or NULL */
    const char *keep;        /* file for replicates on their way, or NULL; the caller removes it */
    bool show;               /* progress, on a terminal */
    bool doubt;              /* fill the model's doubt */
    const char *experiments; /* table of measured lifts (lift.h), or NULL */
    struct pool *pool;       /* may be NULL */
};

/* What the incremental model was. */
struct impression_model {
    bool
        fitted; /* false: more than INCREMENTAL_CAMPAIGNS_MAX campaigns, so its column is missing */
    bool chose_link;
    int link;                            /* enum incremental_link */
    double link_loss[INCREMENTAL_LINKS]; /* where the link was chosen */
    double anyway;                       /* conversions that would have come without campaigns */
    size_t impressions, users, campaigns;
    struct incremental_doubt doubt; /* impression_model_clear() it */
    json_t *lifts; /* incremental_lifts_json(); NULL where there are no experiments */
    json_t *pairs; /* incremental_pairs_json(); NULL where there are none */
};

/*
 * ERR_DATA, ERR_LIMIT   what exposure_log.h and attribution/credit.h refuse
 * ERR_CONFIG, ERR_CHECK what fit.h refuses
 */
MUST_CHECK bool impression_credits(struct credit_table *credits, struct impression_model *model,
                                   const struct impression_request *request, struct error *err);

void impression_model_clear(struct impression_model *model);

/*
 * Is the table one of impressions? It is when it has the column of the entity and not the one of
 * paths. ERR_DATA, ERR_IO when it cannot be opened.
 */
MUST_CHECK bool impression_table(bool *is, const struct journey_config *table,
                                 const char *path_column, struct error *err);

#endif
