/*
 * history_output — the section `output` of a pipeline file with `type: temporal_attention`: how
 * scores become answers, and what is measured of them.
 */
#ifndef QUERN_PIPELINE_HISTORY_OUTPUT_H
#define QUERN_PIPELINE_HISTORY_OUTPUT_H

#include "base/config.h"

struct history_output {
    int calibrate;    /* enum calibrator_kind */
    bool inputs;      /* write them as tables */
    double threshold; /* of calls in evaluation.json */
    struct {
        const char *by; /* column; NULL: the first of histories.by */
        size_t k;
        bool keep_found;
    } daily_top;
};

extern const struct config_field history_output_fields[];

#endif
