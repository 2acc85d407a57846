#include "incremental/config.h"

#include "base/text.h"

#include <string.h>

const char *const incremental_penalties_names[] = {
    [INCREMENTAL_FIXED] = "fixed", [INCREMENTAL_CV] = "cv", NULL};

const char *const incremental_link_names[] = {
    [INCREMENTAL_AUTO] = "auto",
    [INCREMENTAL_LOGIT] = "logit",
    [INCREMENTAL_ADDITIVE] = "additive",
    [INCREMENTAL_NOISY_OR] = "noisy_or",
    [INCREMENTAL_PROPORTIONAL] = "proportional",
    NULL,
};

const char *const incremental_controls_names[] = {
    [INCREMENTAL_CONTROLS_NONE] = "none",
    [INCREMENTAL_CONTROLS_PERIOD] = "period",
    [INCREMENTAL_CONTROLS_ALL] = "all",
    NULL,
};

const struct config_field incremental_fields[] = {
    CONFIG_TEXT(struct incremental_config, half_lives, "0.5 2 8",
                "days in which an effect halves; a campaign's effect mixes them"),
    CONFIG_TEXT(struct incremental_config, time_scales, "1.5 6",
                "days around an impression in which other impressions tell the user's intent"),
    CONFIG_CHOICE(struct incremental_config, link, INCREMENTAL_AUTO, incremental_link_names,
                  "how effects join the baseline; auto takes the smallest log loss"),
    CONFIG_CHOICE(
        struct incremental_config, controls, INCREMENTAL_CONTROLS_ALL, incremental_controls_names,
        "what tells users apart: nothing, impressions of the whole period, or everything; "
        "the first two are for comparison"),
    CONFIG_LIST(
        struct incremental_config, synergy,
        "pairs of campaigns, such as `[[tv, search]]`, that may do more together; or `auto`: "
        "those that the log speaks for"),
    CONFIG_BOOL(struct incremental_config, signed_effects, false,
                "campaigns may also prevent conversions"),
    CONFIG_CHOICE(
        struct incremental_config, penalties, INCREMENTAL_FIXED, incremental_penalties_names,
        "cv multiplies the penalties below by what gives the least log loss on users left "
        "out"),
    CONFIG_NUMBER(struct incremental_config, effect_penalty, 0.3, 1e-6, 1e9,
                  "strength of the ridge on effects"),
    CONFIG_NUMBER(struct incremental_config, control_penalty, 1, 1e-6, 1e9,
                  "strength of the ridge on controls, in units of their spread"),
    CONFIG_END,
};

bool incremental_days(const char *list, const char *key, double *days, size_t most, size_t *count,
                      struct error *err)
{
    const char *at = list;

    for (*count = 0;; (*count)++) {
        at += strspn(at, " ,");
        const size_t length = strcspn(at, " ,");
        if (length == 0)
            break;
        if (*count == most)
            return error_set(err, ERR_CONFIG, "%s: there are more than %zu numbers", key, most);
        if (!text_to_double(at, length, &days[*count]) || !(days[*count] >= 0.001) ||
            !(days[*count] <= 10000))
            return error_set(err, ERR_CONFIG, "%s: '%.*s' is not a number from 0.001 to 10000", key,
                             (int)length, at);
        at += length;
    }
    return *count > 0 || error_set(err, ERR_CONFIG, "%s: the list is empty", key);
}
