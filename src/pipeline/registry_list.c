#include "pipeline/registry.h"
#include "pipeline/registry_store.h"

#include "base/file.h"
#include "pipeline/registry_remote.h"
#include "remote/place.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* {"versions": [1, 2], "aliases": {"champion": 2}}; NULL without error for a name of no versions.
 */
static bool list_name(json_t **listed, const char *registry, const char *name, struct error *err)
{
    struct registry_versions versions;
    json_t *aliases = NULL;

    *listed = NULL;
    if (!registry_aliases_read(&aliases, registry, name, err))
        return false;
    if (!registry_versions_read(&versions, registry, name, err)) {
        json_decref(aliases);
        return false;
    }
    if (versions.count > 0) {
        json_t *numbers = json_array();
        for (size_t i = 0; i < versions.count; i++)
            json_array_append_new(numbers, json_integer((json_int_t)versions.version[i]));
        *listed = json_pack("{s:o, s:O}", "versions", numbers, "aliases",
                            json_object_get(aliases, "aliases"));
    }
    free(versions.version);
    json_decref(aliases);
    return true;
}

static bool list_folder(json_t **list, const char *registry, struct error *err)
{
    struct dirent **entries;
    struct error ignored = {0};
    const int count = scandir(registry, &entries, NULL, alphasort);
    json_t *found = json_object();
    bool ok = true;

    if (count < 0 && errno != ENOENT) {
        json_decref(found);
        return error_set(err, ERR_IO, "cannot list registry '%s': %s", registry, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        json_t *listed = NULL;
        if (ok && registry_check_name(name, "name", &ignored))
            ok = list_name(&listed, registry, name, err);
        if (listed)
            json_object_set_new(found, name, listed);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (!ok) {
        json_decref(found);
        found = NULL;
    }
    *list = found;
    return ok;
}

bool registry_list(json_t **list, const char *registry, struct error *err)
{
    return place_is_remote(registry) ? registry_remote_list(list, registry, err)
                                     : list_folder(list, registry, err);
}

static bool read_entry(json_t **entry, const char *registry, const char *name, size_t version,
                       struct error *err)
{
    char *path = registry_version_path(registry, name, version, "entry.json");
    bool ok = json_read(path, REGISTRY_RECORD_BYTES_MAX, entry, err);

    if (ok && !json_is_object(*entry)) {
        json_decref(*entry);
        ok = error_set(err, ERR_DATA, "%s is damaged: it is not an object", path);
    }
    free(path);
    return ok;
}

static json_t *aliases_of(const json_t *aliases, size_t version)
{
    json_t *names = json_array(), *value;
    const char *alias;

    json_object_foreach(json_object_get(aliases, "aliases"), alias, value)
    {
        if ((size_t)json_integer_value(value) == version)
            json_array_append_new(names, json_string(alias));
    }
    return names;
}

static bool show_version(json_t **shown, const char *registry, const char *name, size_t version,
                         const json_t *aliases, struct error *err)
{
    char *bundle = registry_version_path(registry, name, version, "bundle");
    const bool ok = read_entry(shown, registry, name, version, err);

    if (ok) {
        json_object_set_new(*shown, "aliases", aliases_of(aliases, version));
        json_object_set_new(*shown, "bundle", json_string(bundle));
    }
    free(bundle);
    return ok;
}

static bool show_name(json_t **shown, const char *registry, const char *name, json_t *aliases,
                      struct error *err)
{
    struct registry_versions versions;
    json_t *list = json_array();
    bool ok = registry_versions_read(&versions, registry, name, err);

    for (size_t i = 0; ok && i < versions.count; i++) {
        json_t *one = NULL;
        ok = show_version(&one, registry, name, versions.version[i], aliases, err);
        if (ok)
            json_array_append_new(list, one);
    }
    free(versions.version);
    if (ok)
        *shown = json_pack("{s:s, s:O, s:O, s:O}", "name", name, "aliases",
                           json_object_get(aliases, "aliases"), "versions", list, "history",
                           json_object_get(aliases, "history"));
    json_decref(list);
    return ok;
}

bool registry_show(json_t **shown, const char *registry, const char *text, struct error *err)
{
    struct registry_address address;
    struct registry_version found = {0};
    json_t *aliases = NULL;

    if (place_is_remote(registry))
        return registry_remote_show(shown, registry, text, err);
    /* Resolving also says what there is when the name is wrong. */
    bool ok = registry_parse_address(&address, text, err) &&
              registry_resolve(&found, registry, text, err) &&
              registry_aliases_read(&aliases, registry, address.name, err);
    if (ok && (address.alias[0] || address.version))
        ok = show_version(shown, registry, address.name, found.version, aliases, err);
    else if (ok)
        ok = show_name(shown, registry, address.name, aliases, err);
    json_decref(aliases);
    registry_version_clear(&found);
    return ok;
}
