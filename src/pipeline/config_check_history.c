/* config_check_history — what must hold between the keys of `type: temporal_attention`. */
#include "pipeline/config_internal.h"

static bool has_range(const struct history_split *split, enum history_part part)
{
    return split->range[part].from < split->range[part].to;
}

static bool check_parts(const struct pipeline_config *config, struct error *err)
{
    const struct history_split *split = &config->history.split;

    if (!has_range(split, HISTORY_TRAIN))
        return pipeline_config_fail(config, "split.train", err,
                                    "is missing; give its first and last day");
    if (!has_range(split, HISTORY_CALIBRATION) && !has_range(split, HISTORY_VALIDATION))
        return pipeline_config_fail(config, "split.calibration", err,
                                    "is missing, and so is split.validation: percentiles and "
                                    "probabilities need rows the model was not trained on");
    if (config->train.early_stopping.patience > 0 && !has_range(split, HISTORY_VALIDATION))
        return pipeline_config_fail(config, "train.early_stopping.patience", err,
                                    "needs split.validation");
    return true;
}

/* Where the data is not there to say: as small as may be, so that other settings are checked. */
static struct temporal_attention_config model_of(const struct pipeline_config *config)
{
    struct temporal_attention_config model = config->model.temporal_attention;

    model.n_cat_features = model.n_num_features = 1;
    model.n_classes = 2;
    model.n_embedding = 2;
    model.seq_len = config->history.data.histories.seq_len;
    model.n_engineered_num_features = config->history.data.histories.engineered_count;
    model.two_sequences = config->history.data.histories.sequences == 2;
    return model;
}

bool pipeline_config_check_histories(const struct pipeline_config *config, struct error *err)
{
    const struct temporal_attention_config model = model_of(config);

    return (history_split_check(&config->history.split, &config->history.data.source, err) ||
            error_wrap(err, "%s", config->file)) &&
           check_parts(config, err) &&
           (temporal_attention_check(&model, err) || error_wrap(err, "%s: model", config->file));
}
