#include "pipeline/history_output.h"

#include "model/calibrator.h"

#include <stddef.h>

const struct config_field history_output_fields[] = {
    CONFIG_CHOICE(struct history_output, calibrate, CALIBRATOR_SPLINE, calibrator_names,
                  "how scores become probabilities, fitted on the calibration rows"),
    CONFIG_NUMBER(struct history_output, threshold, 0.5, 0, 1,
                  "probability from which a row is called positive in evaluation.json"),
    CONFIG_BOOL(struct history_output, inputs, false,
                "write the engineered features of each part to inputs/PART.parquet, for other "
                "models"),
    CONFIG_TEXT(struct history_output, daily_top.by, NULL,
                "column of what is looked at each day, such as a card; the first of "
                "`histories.by`"),
    CONFIG_SIZE(struct history_output, daily_top.k, 100, 1, 1000000000,
                "how many of these a day: precision among them"),
    CONFIG_BOOL(struct history_output, daily_top.keep_found, false,
                "what was found on an earlier day is looked at again"),
    CONFIG_END,
};
