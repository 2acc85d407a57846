#include "sales/settings.h"

#include "base/yaml.h"

static const char *const services[] = {"none", "sales", NULL};

const struct config_field sales_settings_fields[] = {
    CONFIG_CHOICE(struct sales_settings, service, 0, services, "what is served: sales"),
    CONFIG_TEXT(struct sales_settings, store, "sqlite:sales.db",
                "where the tables are: sqlite:FILE, csv:DIR or postgresql://..."),
    CONFIG_END,
};

bool sales_settings_read(struct sales_settings *settings, const char *path, struct error *err)
{
    const struct config_part parts[] = {{sales_settings_fields, settings}, {NULL, NULL}};
    struct yaml tree = {0};
    bool ok;

    *settings = (struct sales_settings){0};
    config_defaults(settings, sales_settings_fields);
    ok = yaml_load(&tree, path, err) && config_read(tree.root, parts, NULL, &settings->memory, err);
    if (ok && settings->service == 0)
        ok = error_set(err, ERR_CONFIG, "'%s' has no 'service: sales'", path);
    yaml_clear(&tree);
    if (!ok)
        sales_settings_clear(settings);
    return ok;
}

void sales_settings_clear(struct sales_settings *settings)
{
    arena_clear(&settings->memory);
}
