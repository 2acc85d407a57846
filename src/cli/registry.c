#include "base/clock.h"
#include "cli/command.h"
#include "monitor/load_test.h"
#include "pipeline/registry.h"
#include "pipeline/registry_print.h"

#include <stdio.h>
#include <string.h>

/* What every action may be given; each uses some. */
struct registry_command {
    const char *action, *first, *second, *alias, *registry;
    bool json, load_test;
    struct load_test_options load;
};

static bool need(const char *value, const char *what, const char *action, struct error *err)
{
    return value || error_set(err, ERR_ARG, "%s is missing: quern registry %s %s", what, action,
                              strcmp(action, "push") == 0 ? "BUNDLE NAME" : "NAME");
}

/* "name 3" or {"name": ..., "version": 3}. */
static void say(const struct registry_command *c, const char *name, const char *alias,
                size_t version)
{
    json_t *done =
        json_pack("{s:s, s:I, s:s?}", "name", name, "version", (json_int_t)version, "alias", alias);

    if (c->json) {
        json_dumpf(done, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (alias) {
        printf("%s@%s is version %zu\n", name, alias, version);
    } else {
        printf("%s/%zu\n", name, version);
    }
    json_decref(done);
}

static bool push(const struct registry_command *c, struct error *err)
{
    json_t *measured = NULL;
    size_t version;

    if (!need(c->first, "BUNDLE", "push", err) || !need(c->second, "NAME", "push", err))
        return false;
    if (c->load_test && !load_test_run(&measured, c->first, &c->load, err))
        return false;
    const struct registry_push wanted = {.registry = c->registry,
                                         .name = c->second,
                                         .bundle = c->first,
                                         .alias = c->alias,
                                         .load_test = measured,
                                         .now = clock_now()};
    const bool ok = registry_push(&version, &wanted, err);
    json_decref(measured);
    if (ok)
        say(c, c->second, NULL, version);
    if (ok && c->alias && !c->json)
        say(c, c->second, c->alias, version);
    return ok;
}

static bool list(const struct registry_command *c, struct error *err)
{
    json_t *found;

    if (!registry_list(&found, c->registry, err))
        return false;
    registry_print_list(found, c->json, stdout);
    json_decref(found);
    return true;
}

static bool show(const struct registry_command *c, struct error *err)
{
    json_t *found = NULL;

    if (!need(c->first, "NAME", "show", err) || !registry_show(&found, c->registry, c->first, err))
        return false;
    registry_print_show(found, c->json, stdout);
    json_decref(found);
    return true;
}

/* `promote NAME/3 --alias champion` or `promote NAME/3 champion`. */
static bool promote(const struct registry_command *c, struct error *err)
{
    const char *alias = c->alias ? c->alias : c->second ? c->second : "champion";
    size_t version;

    if (!need(c->first, "NAME/VERSION", "promote", err))
        return false;
    if (c->alias && c->second)
        return error_set(err, ERR_ARG, "unexpected argument '%s'", c->second);
    if (!registry_promote(&version, c->registry, c->first, alias, clock_now(), err))
        return false;
    char name[REGISTRY_ADDRESS_MAX];
    registry_address_name(c->first, name, sizeof name);
    say(c, name, alias, version);
    return true;
}

static bool rollback(const struct registry_command *c, struct error *err)
{
    const char *alias = c->alias ? c->alias : "champion";
    size_t version;

    if (!need(c->first, "NAME", "rollback", err) ||
        !registry_rollback(&version, c->registry, c->first, alias, clock_now(), err))
        return false;
    say(c, c->first, alias, version);
    return true;
}

static bool run(const struct registry_command *c, struct error *err)
{
    static const struct {
        const char *name;
        bool (*run)(const struct registry_command *c, struct error *err);
    } actions[] = {
        {"push", push},       {"list", list},         {"show", show},
        {"promote", promote}, {"rollback", rollback},
    };

    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, c->action) == 0)
            return actions[i].run(c, err);
    return error_set(err, ERR_ARG, "'%s' is not an action: push, list, show, promote or rollback",
                     c->action);
}

int cmd_registry(int argc, char **argv)
{
    struct registry_command c = {.registry = registry_default(), .load = load_test_defaults()};
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "ACTION", &c.action, .required = true,
         .help = "push BUNDLE NAME, list, show NAME, promote NAME/V, rollback NAME"},
        {OPTION_POSITIONAL, "WHAT", &c.first,
         .help = "a bundle for push, else NAME, NAME@ALIAS or NAME/VERSION"},
        {OPTION_POSITIONAL, "NAME", &c.second,
         .help = "for push the name to give; for promote the alias"},
        {OPTION_TEXT, "registry", &c.registry, .help = "folder ($QUERN_REGISTRY, else registry)"},
        {OPTION_TEXT, "alias", &c.alias, .help = "to move: after push, of promote and rollback"},
        {OPTION_SWITCH, "load-test", &c.load_test,
         .help = "push: serve the bundle, load it, keep the figures"},
        {OPTION_NUMBER, "min-throughput", &c.load.min_throughput,
         .help = "refuse the push below so many requests a second", .min = 0, .max = 1e9},
        {OPTION_NUMBER, "max-p99", &c.load.max_p99_ms,
         .help = "refuse the push above so many milliseconds", .min = 0, .max = 1e6},
        {OPTION_NUMBER, "seconds", &c.load.seconds, .help = "how long to load (5)", .min = 0.1,
         .max = 3600},
        {OPTION_SIZE, "connections", &c.load.connections, .help = "kept alive while loading (32)",
         .min = 1, .max = LOAD_CONNECTIONS_MAX},
        {OPTION_SWITCH, "json", &c.json, .help = "print JSON"},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    if (c.load.min_throughput > 0 || c.load.max_p99_ms > 0)
        c.load_test = true;
    return run(&c, &err) && command_flush(&err) ? 0 : command_fail("registry", &err);
}
