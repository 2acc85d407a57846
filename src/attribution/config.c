#include "attribution/config.h"

#include "attribution/markov.h"
#include "attribution/path_set.h"

static const char *const splits[] = {[PATH_SPLIT_ALL] = "all", [PATH_SPLIT_TRAIN] = "train", NULL};

const struct config_field attribution_fields[] = {
    CONFIG_NUMBER(struct attribution_config, half_life_days, 7, 1e-6, 1e6,
                  "time_decay: days in which an impression loses half its weight"),
    CONFIG_SIZE(struct attribution_config, markov_order, MARKOV_ORDER_MAX, 0, MARKOV_ORDER_MAX,
                "highest order of the Markov chains; 0 leaves them out"),
    CONFIG_BOOL(struct attribution_config, self_loops, true,
                "Markov chains keep a channel that follows itself"),
    CONFIG_BOOL(struct attribution_config, removal, true,
                "also divide by what the model loses without a campaign; one pass more for each "
                "campaign of a converted journey"),
    CONFIG_CHOICE(struct attribution_config, split, PATH_SPLIT_ALL, splits,
                  "which journeys are attributed"),
    CONFIG_TEXT(struct attribution_config, truth, NULL,
                "table of true credits (channel_name, conversions_caused) to compare with"),
    CONFIG_END,
};
