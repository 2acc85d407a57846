#include "pipeline/search_config.h"

#include "pipeline/search.h"

static const char *const methods[] = {
    [SEARCH_RANDOM] = "random", [SEARCH_HALVING] = "halving", NULL};

const struct config_field search_fields[] = {
    CONFIG_CHOICE(struct search_config, method, SEARCH_RANDOM, methods,
                  "random search, or successive halving over epochs"),
    CONFIG_SIZE(struct search_config, trials, 10, 1, SEARCH_TRIALS_MAX,
                "trials in all, or in the first rung of halving"),
    CONFIG_SIZE(struct search_config, parallel, 2, 1, SEARCH_PARALLEL_MAX,
                "trials that run at a time; no influence on results"),
    CONFIG_SIZE(struct search_config, seed, 24, 0, 9007199254740992.0,
                "seed of the values that are tried"),
    CONFIG_SIZE(struct search_config, factor, 3, 2, 16,
                "halving: one in `factor` goes on, with `factor` times the epochs"),
    CONFIG_SIZE(struct search_config, min_epochs, 1, 1, 100000,
                "halving: epochs of the first rung; the last has train.epochs"),
    CONFIG_TEXT(struct search_config, maximize, NULL,
                "metric to maximise, such as test.auc (used when neither is given)"),
    CONFIG_TEXT(struct search_config, minimize, NULL,
                "metric to minimise instead, such as val.loss"),
    CONFIG_END,
};

#define RANGE(name_, kind_, low_, high_)                                                           \
    {                                                                                              \
        .name = (name_), .key = (name_), .kind = (kind_), .low = (low_), .high = (high_)           \
    }

static const struct search_range default_space[] = {
    RANGE("learning_rate", SEARCH_LOG, 0.001, 0.2),
    RANGE("embedding", SEARCH_INT, 20, 100),
    RANGE("lstm", SEARCH_INT, 64, 256),
    RANGE("dropout", SEARCH_LOG, 0.001, 0.3),
    RANGE("recurrent_dropout", SEARCH_LOG, 0.001, 0.3),
    RANGE("epochs", SEARCH_INT, 10, 50), /* last: halving leaves it out */
};

static void take_default_space(struct search_config *out, struct arena *memory)
{
    const size_t count = sizeof default_space / sizeof *default_space;

    out->range = ARENA_NEW(memory, struct search_range, count);
    memcpy(out->range, default_space, sizeof default_space);
    out->ranges = count - (out->method == SEARCH_HALVING);
}

bool search_config_read(const struct yaml_node *section, struct search_config *out,
                        struct arena *memory, struct error *err)
{
    static const char *const others[] = {"space", NULL};
    const struct config_part part[] = {{search_fields, out}, {NULL, NULL}};

    *out = (struct search_config){0};
    config_defaults(out, search_fields);
    if (!config_read(section, part, others, memory, err))
        return false;
    if (out->maximize && out->minimize)
        return yaml_fail(err, yaml_find(section, "minimize"),
                         "key 'search.minimize': 'search.maximize' is given too; leave one out");
    if (!out->maximize && !out->minimize)
        out->maximize = "test.auc";
    const struct yaml_node *space = yaml_find(section, "space");
    if (!yaml_is_null(space))
        return search_space_read(space, &out->range, &out->ranges, memory, err);
    take_default_space(out, memory);
    return true;
}

void search_config_write(struct text *out, const struct search_config *config, size_t indent)
{
    config_write(out, search_fields, config, indent);
    text_add_format(out, "%*sspace:\n", (int)indent, "");
    search_space_write(out, config->range, config->ranges, indent + 2);
}
