#include "model/train_config.h"

static const char *const metrics[] = {"auc", "loss", NULL};
static const char *const precisions[] = {"float32", NULL};

const struct config_field train_fields[] = {
    CONFIG_SIZE(struct train_config, epochs, 5, 1, 100000, "passes over the training journeys"),
    CONFIG_SIZE(struct train_config, batch, 64, 1, 65536, "journeys per step"),
    CONFIG_NUMBER(struct train_config, learning_rate, 0.001, 1e-8, 10, "step size of Adam"),
    CONFIG_NUMBER(struct train_config, weight_decay, 0, 0, 100,
                  "pull of every weight towards 0, times learning_rate per step (AdamW)"),
    CONFIG_BOOL(struct train_config, oversample, true,
                "resample the rarer class inside each batch until both weigh the same"),
    CONFIG_NUMBER(struct train_config, average, 0, 0, 0.99999,
                  "keep a running mean of the weights with this decay per step; 0: the last ones"),
    CONFIG_CHOICE(struct train_config, early_stopping.metric, TRAIN_METRIC_AUC, metrics,
                  "what is watched on the validation part"),
    CONFIG_SIZE(struct train_config, early_stopping.patience, 0, 0, 100000,
                "epochs without a better value before training ends and the best weights return; "
                "0: never"),
    CONFIG_SIZE(struct train_config, seed, 0, 0, 9007199254740992.0,
                "starting weights, order of the journeys, oversampling and dropout"),
    CONFIG_CHOICE(struct train_config, precision, TRAIN_PRECISION_FLOAT32, precisions,
                  "numbers the network computes in"),
    CONFIG_SIZE(struct train_config, slice, 32, 1, 1024,
                "journeys one thread works on at a time; the last bits of a result depend on it"),
    CONFIG_END,
};
