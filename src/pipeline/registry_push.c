#include "pipeline/registry.h"
#include "pipeline/registry_store.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "pipeline/bundle_internal.h"
#include "pipeline/registry_remote.h"
#include "remote/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COPY_BYTES = 256 * 1024 };

static bool sync_folder(const char *path, struct error *err)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems refuse to flush a folder; then the order of writes is theirs to keep. */
    const bool ok = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
    const int keep = errno;

    if (fd >= 0)
        close(fd);
    return ok || error_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(keep));
}

static bool copy_file(const char *from, const char *to, struct error *err)
{
    struct file_writer writer;
    FILE *stream = fopen(from, "rb");
    char *bytes;
    size_t got = 1;
    bool ok = true;

    if (!stream)
        return error_set(err, ERR_IO, "cannot open '%s': %s", from, strerror(errno));
    if (!file_writer_open(&writer, to, err)) {
        fclose(stream);
        return false;
    }
    bytes = memory_take(COPY_BYTES, 1);
    while (ok && got > 0) {
        ok = interrupt_check("copying a bundle", err);
        got = fread(bytes, 1, COPY_BYTES, stream);
        if (ok && got > 0)
            fwrite(bytes, 1, got, writer.stream); /* a failure stays in ferror() for commit */
    }
    if (ok && ferror(stream))
        ok = error_set(err, ERR_IO, "cannot read '%s': %s", from, strerror(errno));
    ok = ok && file_writer_commit(&writer, err);
    file_writer_discard(&writer);
    free(bytes);
    fclose(stream);
    return ok;
}

static bool copy_named(const char *from, const char *to, const char *name, struct error *err)
{
    char *source = file_join(from, name), *target = file_join(to, name);
    const bool ok = copy_file(source, target, err);

    free(source);
    free(target);
    return ok;
}

/* The files of the manifest, which has been checked, and the manifest last. */
static bool copy_bundle(const char *from, const char *to, struct error *err)
{
    char hash[17], *path = file_join(from, "manifest.json");
    json_t *manifest = NULL, *file;
    size_t i;
    bool ok = bundle_manifest_check(from, hash, err) && file_make_folders(to, err) &&
              json_read(path, BUNDLE_JSON_MAX, &manifest, err);

    json_array_foreach(json_object_get(manifest, "files"), i, file)
    {
        const char *name = json_string_value(json_object_get(file, "name"));
        ok = ok && name && !strchr(name, '/') && copy_named(from, to, name, err);
    }
    ok = ok && copy_named(from, to, "manifest.json", err) && sync_folder(to, err);
    json_decref(manifest);
    free(path);
    return ok;
}

/* A file of the bundle if it has it; otherwise *document stays NULL. */
static bool read_part(json_t **document, const char *bundle, const char *name, struct error *err)
{
    char *path = file_join(bundle, name);
    const bool ok = !file_exists(path) || json_read(path, BUNDLE_JSON_MAX, document, err);

    free(path);
    return ok;
}

/*
 * {"auc": 0.93, "f1": 0.86, ...}: every number of an evaluation that has a "value", but for what a
 * constant answer would reach.
 */
static json_t *metrics_of(const json_t *evaluation)
{
    json_t *metrics = json_object(), *section, *metric;
    const char *key, *name;

    json_object_foreach((json_t *)evaluation, key, section)
    {
        json_object_foreach(section, name, metric)
        {
            const json_t *value = json_object_get(metric, "value");
            if (json_is_number(value) && !text_ends_with(name, "_best_constant_classifier"))
                json_object_set_new(metrics, name, json_number(json_number_value(value)));
        }
    }
    return metrics;
}

static bool make_entry(json_t **entry, const struct registry_push *push, size_t version,
                       const char *folder, struct error *err)
{
    struct bundle *bundle = NULL;
    json_t *evaluation = NULL, *lineage = NULL;
    char time[TEXT_TIME_SIZE];
    bool ok = bundle_open_folder(&bundle, folder, err) &&
              read_part(&evaluation, folder, "evaluation.json", err) &&
              read_part(&lineage, folder, "lineage.json", err);

    if (ok) {
        text_from_time(time, push->now);
        *entry = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:o, s:O?, s:O?}", "name", push->name,
                           "version", (json_int_t)version, "bundle_name", bundle_name(bundle),
                           "bundle_hash", bundle_hash(bundle), "pushed_at", time, "pushed_by",
                           "quern " QUERN_VERSION, "metrics", metrics_of(evaluation), "lineage",
                           lineage, "load_test", push->load_test);
        BUG_ON(!*entry);
    }
    json_decref(evaluation);
    json_decref(lineage);
    bundle_close(bundle);
    return ok;
}

/* Everything of a version in a folder beside those that count: bundle/ and entry.json, flushed. */
static bool prepare(const struct registry_push *push, size_t version, const char *from,
                    const char *folder, struct error *err)
{
    char *bundle = file_join(folder, "bundle"), *path = file_join(folder, "entry.json");
    json_t *entry = NULL;
    const bool ok = copy_bundle(from, bundle, err) &&
                    make_entry(&entry, push, version, bundle, err) &&
                    json_write(path, entry, err) && sync_folder(folder, err);

    json_decref(entry);
    free(bundle);
    free(path);
    return ok;
}

static bool next_version(size_t *version, const char *registry, const char *name, struct error *err)
{
    struct registry_versions versions;

    if (!registry_versions_read(&versions, registry, name, err))
        return false;
    *version = versions.count ? versions.version[versions.count - 1] + 1 : 1;
    free(versions.version);
    return *version <= REGISTRY_VERSIONS_MAX ||
           error_set(err, ERR_LIMIT, "'%s' has %d versions", name, REGISTRY_VERSIONS_MAX);
}

/* Make the version and let it appear by one rename. The lock is held. */
static bool publish(const struct registry_push *push, size_t version, const char *from,
                    struct error *err)
{
    char relative[64];
    struct error ignored = {0};

    snprintf(relative, sizeof relative, "versions/.push-%ld", (long)getpid());
    char *folder = registry_path(push->registry, push->name, relative);
    char *versions = registry_path(push->registry, push->name, "versions");
    snprintf(relative, sizeof relative, "versions/%zu", version);
    char *final = registry_path(push->registry, push->name, relative);
    bool ok = file_make_folders(folder, err) && prepare(push, version, from, folder, err);
    if (ok && rename(folder, final) != 0)
        ok = error_set(err, ERR_IO, "cannot write '%s': %s", final, strerror(errno));
    ok = ok && sync_folder(versions, err);
    if (!ok && !file_remove_tree(folder, &ignored))
        error_wrap(err, "%s", ignored.text);
    free(folder);
    free(versions);
    free(final);
    return ok;
}

static bool set_alias(const char *registry, const char *name, const char *alias, size_t version,
                      const char *action, int64_t now, struct error *err)
{
    json_t *aliases;

    if (!registry_aliases_read(&aliases, registry, name, err))
        return false;
    registry_aliases_set(aliases, alias, version, action, now);
    const bool ok = registry_aliases_write(aliases, registry, name, err);
    json_decref(aliases);
    return ok;
}

static bool push_locked(size_t *version, const struct registry_push *push, const char *from,
                        struct error *err)
{
    return next_version(version, push->registry, push->name, err) &&
           publish(push, *version, from, err) &&
           (!push->alias || set_alias(push->registry, push->name, push->alias, *version, "promote",
                                      push->now, err));
}

bool registry_push(size_t *version, const struct registry_push *push, struct error *err)
{
    struct bundle_place place = {0};
    int lock = -1;

    if (place_is_remote(push->registry))
        return registry_remote_push(version, push, err);
    if (!registry_check_name(push->name, "name", err) ||
        (push->alias && !registry_check_name(push->alias, "alias", err)))
        return false;
    /* The lock is taken once the bundle is at hand: fetching it may take long. */
    if (!bundle_place_open(&place, push->bundle, err))
        return error_wrap(err, "bundle '%s'", push->bundle);
    bool ok = registry_lock(&lock, push->registry, push->name, true, err);
    if (ok && !push_locked(version, push, place.folder, err))
        ok = error_wrap(err, "pushing '%s'", push->bundle);
    registry_unlock(lock);
    bundle_place_close(&place);
    return ok;
}

bool registry_promote(size_t *version, const char *registry, const char *address, const char *alias,
                      int64_t now, struct error *err)
{
    struct registry_version found = {0};
    int lock = -1;

    if (place_is_remote(registry))
        return registry_remote_promote(version, registry, address, alias, now, err);
    if (!registry_check_name(alias, "alias", err) ||
        !registry_resolve(&found, registry, address, err))
        return false;
    /* Resolved again under the lock: another writer may have moved the alias meanwhile. */
    bool ok = registry_lock(&lock, registry, found.name, false, err);
    registry_version_clear(&found);
    ok = ok && registry_resolve(&found, registry, address, err);
    if (ok)
        *version = found.version;
    ok = ok && set_alias(registry, found.name, alias, found.version, "promote", now, err);
    registry_unlock(lock);
    registry_version_clear(&found);
    return ok;
}

static bool rollback_locked(size_t *version, const char *registry, const char *name,
                            const char *alias, int64_t now, struct error *err)
{
    struct registry_versions versions;
    json_t *aliases;

    if (!registry_aliases_read(&aliases, registry, name, err))
        return false;
    *version = registry_aliases_before(aliases, alias);
    json_decref(aliases);
    if (*version == 0)
        return error_set(err, ERR_DATA, "'%s@%s' has meant nothing before: it cannot go back", name,
                         alias);
    if (!registry_versions_read(&versions, registry, name, err))
        return false;
    const bool there = registry_versions_have(&versions, *version);
    free(versions.version);
    if (!there)
        return error_set(err, ERR_DATA, "'%s@%s' meant version %zu before, which is not there",
                         name, alias, *version);
    return set_alias(registry, name, alias, *version, "rollback", now, err);
}

bool registry_rollback(size_t *version, const char *registry, const char *name, const char *alias,
                       int64_t now, struct error *err)
{
    struct registry_version found = {0};
    int lock = -1;

    if (place_is_remote(registry))
        return registry_remote_rollback(version, registry, name, alias, now, err);
    /* Resolving says what there is when the name or the alias is wrong. */
    if (!registry_check_name(name, "name", err) || !registry_check_name(alias, "alias", err) ||
        !registry_resolve(&found, registry, name, err) ||
        !registry_lock(&lock, registry, name, false, err)) {
        registry_version_clear(&found);
        return false;
    }
    const bool ok = rollback_locked(version, registry, name, alias, now, err);
    registry_unlock(lock);
    registry_version_clear(&found);
    return ok;
}
