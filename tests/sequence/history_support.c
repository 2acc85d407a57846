#include "sequence/history_support.h"

#include <string.h>

bool history_case_settings(struct history_case *c, const char *settings, struct error *err)
{
    struct yaml tree = {0};

    *c = (struct history_case){0};
    config_defaults(&c->config.source, history_source_fields);
    config_defaults(&c->config.histories, history_recipe_fields);
    config_defaults(&c->split, history_split_fields);
    const bool ok =
        yaml_parse(&tree, "test.yaml", settings, strlen(settings), err) &&
        history_source_read(yaml_find(tree.root, "source"), &c->config.source, &c->memory, err) &&
        history_recipe_read(yaml_find(tree.root, "histories"), &c->config.histories, &c->memory,
                            err) &&
        history_split_read(yaml_find(tree.root, "split"), &c->split, &c->memory, err) &&
        history_config_check(&c->config, err) &&
        history_split_check(&c->split, &c->config.source, err);
    yaml_clear(&tree);
    if (!ok)
        arena_clear(&c->memory);
    return ok;
}

bool history_case_open(struct history_case *c, const char *settings, const char *table,
                       struct error *err)
{
    if (!history_case_settings(c, settings, err))
        return false;
    const char *more[] = {c->split.drop_known, NULL};
    history_orders_init(&c->orders, &c->config, more);
    const bool ok =
        table_source_open(&c->source, table, err) &&
        history_orders_read(&c->orders, c->source, true, err) &&
        history_select(&c->train, &c->orders, &c->config, &c->split, HISTORY_TRAIN, err) &&
        history_select(&c->test, &c->orders, &c->config, &c->split, HISTORY_TEST, err) &&
        history_fit(&c->fitted, &c->config, &c->orders, &c->train, err);
    if (ok) {
        history_open(&c->set, &c->fitted, &c->orders);
        history_buffers_init(&c->buffers, &c->fitted, &c->memory);
        return true;
    }
    history_case_close(c);
    return false;
}

void history_case_close(struct history_case *c)
{
    history_close(&c->set);
    history_fitted_clear(&c->fitted);
    history_rows_clear(&c->train);
    history_rows_clear(&c->test);
    history_orders_clear(&c->orders);
    if (c->source)
        table_source_close(c->source);
    arena_clear(&c->memory);
    *c = (struct history_case){0};
}
