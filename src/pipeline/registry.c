#include "pipeline/registry.h"

#include "base/file.h"
#include "pipeline/registry_remote.h"
#include "pipeline/registry_store.h"
#include "remote/place.h"

#include <stdlib.h>
#include <string.h>

static const char prefix[] = "registry:";
static const char default_alias[] = "champion";

const char *registry_default(void)
{
    const char *folder = getenv("QUERN_REGISTRY");

    return folder && folder[0] ? folder : "registry";
}

bool registry_is_address(const char *text)
{
    return strncmp(text, prefix, sizeof prefix - 1) == 0;
}

bool registry_check_name(const char *name, const char *what, struct error *err)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t length = strlen(name);
    const bool alias = strcmp(what, "alias") == 0;

    if (length == 0 || length > REGISTRY_NAME_MAX || name[0] == '.' || name[0] == '-' ||
        strspn(name, allowed) != length)
        return error_set(err, ERR_ARG,
                         "'%.200s' is not a registry %s: up to %d letters, digits, '.', '_' and "
                         "'-', beginning with a letter or digit",
                         name, what, REGISTRY_NAME_MAX);
    if (alias && strspn(name, "0123456789") == length)
        return error_set(err, ERR_ARG, "'%s' is not a registry alias: it is a number", name);
    return true;
}

bool registry_parse_address(struct registry_address *address, const char *text, struct error *err)
{
    const char *start = registry_is_address(text) ? text + sizeof prefix - 1 : text;
    const size_t length = strcspn(start, "@/");
    const char *rest = start + length;
    int64_t version = 0;

    *address = (struct registry_address){0};
    if (length > REGISTRY_NAME_MAX || strlen(rest) > REGISTRY_NAME_MAX)
        return error_set(err, ERR_ARG, "'%.200s' is not a registry address: it is too long", text);
    memcpy(address->name, start, length);
    if (!registry_check_name(address->name, "name", err))
        return false;
    if (rest[0] == '@') {
        memcpy(address->alias, rest + 1, strlen(rest + 1));
        return registry_check_name(address->alias, "alias", err);
    }
    if (rest[0] == '/') {
        if (!text_to_int64(rest + 1, strlen(rest + 1), &version) || version < 1 ||
            version > REGISTRY_VERSIONS_MAX)
            return error_set(err, ERR_ARG,
                             "'%s': a version is a whole number from 1 to %d, as in 'NAME/3'", text,
                             REGISTRY_VERSIONS_MAX);
        address->version = (size_t)version;
    }
    return true;
}

/* "; there are: a, b" or "; there are none". */
static void add_names(struct text *out, const json_t *object)
{
    const char *key, *separator = ": ";
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        text_add_format(out, "%s%s", separator, key);
        separator = ", ";
    }
    if (json_object_size(object) == 0)
        text_add_format(out, ": none");
}

static bool no_name(const char *registry, const char *name, struct error *err)
{
    json_t *list;
    struct text names = {0};

    if (!registry_list(&list, registry, err))
        return false;
    add_names(&names, list);
    error_set(err, ERR_DATA, "registry '%s' has no '%s'; names%.300s", registry, name, names.bytes);
    text_clear(&names);
    json_decref(list);
    return false;
}

static bool no_alias(const char *name, const char *alias, const json_t *aliases, struct error *err)
{
    struct text names = {0};

    add_names(&names, json_object_get(aliases, "aliases"));
    error_set(err, ERR_DATA, "'%s' has no alias '%s'; aliases%.300s", name, alias, names.bytes);
    text_clear(&names);
    return false;
}

static bool no_version(const char *name, size_t version, const struct registry_versions *versions,
                       struct error *err)
{
    struct text list = {0};

    registry_versions_print(versions, &list);
    error_set(err, ERR_DATA, "'%s' has no version %zu; versions: %s", name, version, list.bytes);
    text_clear(&list);
    return false;
}

/* The version that an address means among those there are. */
static bool choose(size_t *version, const struct registry_address *address,
                   const struct registry_versions *versions, const json_t *aliases,
                   struct error *err)
{
    *version = address->version;
    if (address->alias[0]) {
        *version = registry_aliases_find(aliases, address->alias);
        if (*version == 0)
            return no_alias(address->name, address->alias, aliases, err);
    } else if (*version == 0) {
        *version = registry_aliases_find(aliases, default_alias);
        if (*version == 0)
            *version = versions->version[versions->count - 1];
    }
    return registry_versions_have(versions, *version) ||
           no_version(address->name, *version, versions, err);
}

bool registry_resolve(struct registry_version *found, const char *registry, const char *text,
                      struct error *err)
{
    struct registry_address address;
    struct registry_versions versions = {0};
    json_t *aliases = NULL;
    size_t version = 0;

    if (place_is_remote(registry))
        return registry_remote_resolve(found, registry, text, err);
    /* Aliases first: a version is there before an alias means it. */
    bool ok = registry_parse_address(&address, text, err) &&
              registry_aliases_read(&aliases, registry, address.name, err) &&
              registry_versions_read(&versions, registry, address.name, err);
    if (ok && versions.count == 0)
        ok = no_name(registry, address.name, err);
    ok = ok && choose(&version, &address, &versions, aliases, err);
    if (ok)
        *found = (struct registry_version){
            .name = file_join("", address.name),
            .version = version,
            .bundle = registry_version_path(registry, address.name, version, "bundle"),
        };
    free(versions.version);
    json_decref(aliases);
    return ok;
}

void registry_address_name(const char *address, char *name, size_t room)
{
    const char *start = registry_is_address(address) ? address + sizeof prefix - 1 : address;

    snprintf(name, room, "%.*s", (int)strcspn(start, "@/"), start);
}

void registry_version_clear(struct registry_version *version)
{
    free(version->name);
    free(version->bundle);
    *version = (struct registry_version){0};
}
