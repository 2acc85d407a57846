/* incremental_config — settings of incremental attribution, and their keys in a pipeline file. */
#ifndef QUERN_INCREMENTAL_CONFIG_H
#define QUERN_INCREMENTAL_CONFIG_H

#include "base/config.h"

enum incremental_penalties { INCREMENTAL_FIXED, INCREMENTAL_CV };

/*
 * How effects join the baseline. Per impression, or as long as they last until the next one; on the
 * logarithm of the odds, or on the hazard.
 */
enum incremental_link {
    INCREMENTAL_AUTO,
    INCREMENTAL_LOGIT,        /* odds, per impression */
    INCREMENTAL_ADDITIVE,     /* hazard, as long as they last */
    INCREMENTAL_NOISY_OR,     /* hazard, per impression */
    INCREMENTAL_PROPORTIONAL, /* odds, as long as they last */
    INCREMENTAL_LINKS
};

/* What tells users apart, as intent that nobody sees does; each a step of the model. Time, gaps and
 * earlier conversions are in all of them. */
enum incremental_controls {
    INCREMENTAL_CONTROLS_NONE,
    INCREMENTAL_CONTROLS_PERIOD, /* impressions in the whole period, by campaign and in all */
    INCREMENTAL_CONTROLS_ALL,
};

enum {
    INCREMENTAL_HALVES_MAX = 8,
    INCREMENTAL_SCALES_MAX = 4,
    INCREMENTAL_CAMPAIGNS_MAX = 256, /* the fit solves dense equations */
};

extern const char *const incremental_penalties_names[];
extern const char *const incremental_link_names[]; /* as in files and flags; ends with NULL */
extern const char *const incremental_controls_names[];

struct incremental_config {
    const char *half_lives;  /* days, such as "0.5 2 8" */
    const char *time_scales; /* days, of the local controls */
    int link;                /* enum incremental_link */
    int controls;            /* enum incremental_controls */
    const char *synergy;     /* pairs of campaigns (synergy.h), "auto" or NULL */
    bool signed_effects;     /* campaigns may also prevent conversions */
    int penalties;           /* enum incremental_penalties */
    double effect_penalty, control_penalty;
};

extern const struct config_field incremental_fields[];

/* Positive numbers of a list between spaces or commas. ERR_CONFIG names `key`. */
MUST_CHECK bool incremental_days(const char *list, const char *key, double *days, size_t most,
                                 size_t *count, struct error *err);

#endif
