#include "pipeline/registry_remote.h"

#include "base/file.h"
#include "pipeline/registry_store.h"
#include "remote/place.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_BYTES = 2048 };

/* A local registry that stands in for a part of the remote one. */
struct mirror {
    struct place place;
    const char *registry; /* its folder; borrowed from the place */
};

static bool is_manifest(const char *name)
{
    return text_ends_with(name, "/bundle/manifest.json");
}

/* To know which versions there are and what aliases mean. */
static enum place_wish wish_names(const char *name)
{
    if (is_manifest(name))
        return PLACE_MARK;
    return strcmp(file_base_name(name), "aliases.json") == 0 ? PLACE_FETCH : PLACE_LEAVE;
}

static enum place_wish wish_entries(const char *name)
{
    return strcmp(file_base_name(name), "entry.json") == 0 ? PLACE_FETCH : wish_names(name);
}

/* What is changed and sent back holds no marks. */
static enum place_wish wish_changes(const char *name)
{
    return wish_names(name) == PLACE_LEAVE ? PLACE_LEAVE : PLACE_FETCH;
}

/* The whole registry, or one name of it. */
static bool mirror_open(struct mirror *mirror, const char *registry, const char *name,
                        enum place_wish (*wish)(const char *name), struct error *err)
{
    char *path = file_join(registry, name ? name : ".");

    if (!name)
        path[strlen(path) - strlen("/.")] = '\0';
    const bool ok = place_fetch_some(&mirror->place, path, wish, err);
    free(path);
    mirror->registry = name ? mirror->place.scratch : mirror->place.local;
    return ok;
}

static void mirror_close(struct mirror *mirror)
{
    place_clear(&mirror->place);
}

/* Versions that a killed push left without a manifest do not count. */
static bool drop_unfinished(const struct mirror *mirror, const char *name, struct error *err)
{
    struct registry_versions versions;

    if (!registry_versions_read(&versions, mirror->registry, name, err))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < versions.count; i++) {
        const size_t version = versions.version[i];
        char *manifest =
            registry_version_path(mirror->registry, name, version, "bundle/manifest.json");
        char *folder = registry_version_path(mirror->registry, name, version, "");
        if (!file_exists(manifest))
            ok = file_remove_tree(folder, err);
        free(manifest);
        free(folder);
    }
    free(versions.version);
    return ok;
}

/*
 * The name of an address; of a name that is not there the whole registry, to say what there is.
 * Only to read: it holds marks.
 */
static bool mirror_of(struct mirror *mirror, const char *registry, const char *address,
                      enum place_wish (*wish)(const char *name), struct error *err)
{
    struct registry_address parsed;

    if (!registry_parse_address(&parsed, address, err) ||
        !mirror_open(mirror, registry, parsed.name, wish, err))
        return false;
    char *versions = registry_path(mirror->registry, parsed.name, "versions");
    const bool there = file_exists(versions);
    free(versions);
    if (there)
        return drop_unfinished(mirror, parsed.name, err) || place_explain(&mirror->place, err);
    mirror_close(mirror);
    return mirror_open(mirror, registry, NULL, wish_names, err);
}

bool registry_remote_resolve(struct registry_version *found, const char *registry,
                             const char *address, struct error *err)
{
    struct mirror mirror = {0};
    char remote[PATH_MAX_BYTES];

    bool ok = mirror_of(&mirror, registry, address, wish_names, err);
    if (ok && !registry_resolve(found, mirror.registry, address, err))
        ok = place_explain(&mirror.place, err);
    if (ok) {
        place_name(&mirror.place, found->bundle, remote, sizeof remote);
        free(found->bundle);
        found->bundle = file_join(NULL, remote);
    }
    mirror_close(&mirror);
    return ok;
}

bool registry_remote_push(size_t *version, const struct registry_push *push, struct error *err)
{
    struct mirror mirror = {0};
    struct registry_push local = *push;
    char address[REGISTRY_ADDRESS_MAX];
    size_t moved;

    if (!registry_check_name(push->name, "name", err) ||
        (push->alias && !registry_check_name(push->alias, "alias", err)) ||
        !mirror_open(&mirror, push->registry, push->name, wish_changes, err))
        return false;
    local.registry = mirror.registry;
    local.alias = NULL; /* it moves when the version is there */
    bool ok = (drop_unfinished(&mirror, push->name, err) && registry_push(version, &local, err)) ||
              place_explain(&mirror.place, err);
    ok = ok && place_send(&mirror.place, err);
    if (ok && push->alias) {
        snprintf(address, sizeof address, "%s/%zu", push->name, *version);
        ok = (registry_promote(&moved, mirror.registry, address, push->alias, push->now, err) ||
              place_explain(&mirror.place, err)) &&
             place_send(&mirror.place, err);
    }
    mirror_close(&mirror);
    return ok;
}

/* To change: of a name that is there. Resolving says what there is when it is not. */
static bool mirror_change(struct mirror *mirror, const char *registry, const char *address,
                          struct error *err)
{
    struct registry_version found = {0};
    const bool ok =
        registry_resolve(&found, registry, address, err) &&
        mirror_open(mirror, registry, found.name, wish_changes, err) &&
        (drop_unfinished(mirror, found.name, err) || place_explain(&mirror->place, err));

    registry_version_clear(&found);
    return ok;
}

bool registry_remote_promote(size_t *version, const char *registry, const char *address,
                             const char *alias, int64_t now, struct error *err)
{
    struct mirror mirror = {0};
    const bool ok = registry_check_name(alias, "alias", err) &&
                    mirror_change(&mirror, registry, address, err) &&
                    (registry_promote(version, mirror.registry, address, alias, now, err) ||
                     place_explain(&mirror.place, err)) &&
                    place_send(&mirror.place, err);

    mirror_close(&mirror);
    return ok;
}

bool registry_remote_rollback(size_t *version, const char *registry, const char *name,
                              const char *alias, int64_t now, struct error *err)
{
    struct mirror mirror = {0};
    const bool ok = registry_check_name(name, "name", err) &&
                    mirror_change(&mirror, registry, name, err) &&
                    (registry_rollback(version, mirror.registry, name, alias, now, err) ||
                     place_explain(&mirror.place, err)) &&
                    place_send(&mirror.place, err);

    mirror_close(&mirror);
    return ok;
}

bool registry_remote_list(json_t **list, const char *registry, struct error *err)
{
    struct mirror mirror = {0};
    const bool ok =
        mirror_open(&mirror, registry, NULL, wish_names, err) &&
        (registry_list(list, mirror.registry, err) || place_explain(&mirror.place, err));

    mirror_close(&mirror);
    return ok;
}

/* "bundle" of one version, or of each in a list, as the remote place. */
static void name_bundles(const struct mirror *mirror, json_t *shown)
{
    const char *bundle = json_string_value(json_object_get(shown, "bundle"));
    char remote[PATH_MAX_BYTES];
    json_t *one;
    size_t i;

    if (bundle) {
        place_name(&mirror->place, bundle, remote, sizeof remote);
        json_object_set_new(shown, "bundle", json_string(remote));
    }
    json_array_foreach(json_object_get(shown, "versions"), i, one) name_bundles(mirror, one);
}

bool registry_remote_show(json_t **shown, const char *registry, const char *address,
                          struct error *err)
{
    struct mirror mirror = {0};
    const bool ok =
        mirror_of(&mirror, registry, address, wish_entries, err) &&
        (registry_show(shown, mirror.registry, address, err) || place_explain(&mirror.place, err));

    if (ok)
        name_bundles(&mirror, *shown);
    mirror_close(&mirror);
    return ok;
}
