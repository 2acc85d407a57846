#include "pipeline/registry.h"
#include "pipeline/registry_store.h"

#include "base/arena.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

char *registry_path(const char *registry, const char *name, const char *file)
{
    char *folder = file_join(registry, name), *path = file_join(folder, file);

    free(folder);
    return path;
}

char *registry_version_path(const char *registry, const char *name, size_t version,
                            const char *file)
{
    char relative[64];

    snprintf(relative, sizeof relative, "versions/%zu", version);
    char *folder = registry_path(registry, name, relative), *path = file_join(folder, file);
    free(folder);
    return path;
}

static int order_versions(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x > y) - (x < y);
}

bool registry_versions_read(struct registry_versions *versions, const char *registry,
                            const char *name, struct error *err)
{
    char *path = registry_path(registry, name, "versions");
    DIR *entries = opendir(path);
    const int failure = entries ? 0 : errno;
    size_t room = 0;

    *versions = (struct registry_versions){0};
    for (const struct dirent *e; entries && (e = readdir(entries));) {
        int64_t version;
        if (e->d_name[0] < '1' || e->d_name[0] > '9' ||
            !text_to_int64(e->d_name, strlen(e->d_name), &version) ||
            version > REGISTRY_VERSIONS_MAX)
            continue; /* ".", "..", what is being pushed, what is not ours */
        if (versions->count == room) {
            room = room ? room * 2 : 16;
            versions->version = memory_resize(versions->version, room, sizeof(size_t));
        }
        versions->version[versions->count++] = (size_t)version;
    }
    if (entries)
        closedir(entries);
    if (versions->count)
        qsort(versions->version, versions->count, sizeof(size_t), order_versions);
    if (failure && failure != ENOENT)
        error_set(err, ERR_IO, "cannot list '%s': %s", path, strerror(failure));
    free(path);
    return !failure || failure == ENOENT;
}

bool registry_versions_have(const struct registry_versions *versions, size_t version)
{
    for (size_t i = 0; i < versions->count; i++)
        if (versions->version[i] == version)
            return true;
    return false;
}

void registry_versions_print(const struct registry_versions *versions, struct text *out)
{
    enum { SHOWN = 20 };
    const size_t first = versions->count > SHOWN ? versions->count - SHOWN : 0;

    text_add(out, "...", first ? 3 : 0);
    for (size_t i = first; i < versions->count; i++)
        text_add_format(out, "%s%zu", i ? ", " : "", versions->version[i]);
}

/* Whether the document is what registry_aliases_set() makes. */
static bool aliases_are_sound(const json_t *document)
{
    const json_t *aliases = json_object_get(document, "aliases");
    const json_t *history = json_object_get(document, "history");
    const char *key;
    json_t *value;
    size_t i;

    if (!json_is_object(aliases) || !json_is_array(history))
        return false;
    json_object_foreach((json_t *)aliases, key, value)
    {
        if (!json_is_integer(value) || json_integer_value(value) < 1)
            return false;
    }
    json_array_foreach(history, i, value)
    {
        if (!json_is_string(json_object_get(value, "alias")) ||
            !json_is_string(json_object_get(value, "action")) ||
            json_integer_value(json_object_get(value, "version")) < 1)
            return false;
    }
    return true;
}

bool registry_aliases_read(json_t **aliases, const char *registry, const char *name,
                           struct error *err)
{
    char *path = registry_path(registry, name, "aliases.json");
    bool ok = true;

    *aliases = NULL;
    if (!file_exists(path))
        *aliases = json_pack("{s:{}, s:[]}", "aliases", "history");
    else
        ok = json_read(path, REGISTRY_RECORD_BYTES_MAX, aliases, err);
    if (ok && !aliases_are_sound(*aliases)) {
        json_decref(*aliases);
        *aliases = NULL;
        ok = error_set(err, ERR_DATA, "%s is damaged: it is not a list of aliases", path);
    }
    free(path);
    return ok;
}

size_t registry_aliases_find(const json_t *aliases, const char *alias)
{
    const json_t *named = json_object_get(aliases, "aliases");

    return (size_t)json_integer_value(json_object_get(named, alias));
}

/* A promotion puts a version on a pile, a rollback takes one off; what lies below the top. */
size_t registry_aliases_before(const json_t *aliases, const char *alias)
{
    const json_t *history = json_object_get(aliases, "history");
    const size_t count = json_array_size(history);
    size_t *pile = memory_take(count + 1, sizeof *pile), height = 0;

    for (size_t i = 0; i < count; i++) {
        const json_t *step = json_array_get(history, i);
        if (strcmp(json_string_value(json_object_get(step, "alias")), alias) != 0)
            continue;
        if (strcmp(json_string_value(json_object_get(step, "action")), "rollback") != 0)
            pile[height++] = (size_t)json_integer_value(json_object_get(step, "version"));
        else if (height > 0)
            height--;
    }
    const size_t before = height > 1 ? pile[height - 2] : 0;
    free(pile);
    return before;
}

void registry_aliases_set(json_t *aliases, const char *alias, size_t version, const char *action,
                          int64_t now)
{
    json_t *history = json_object_get(aliases, "history");
    char time[TEXT_TIME_SIZE];

    text_from_time(time, now);
    json_object_set_new(json_object_get(aliases, "aliases"), alias,
                        json_integer((json_int_t)version));
    json_array_append_new(history, json_pack("{s:s, s:s, s:s, s:I}", "at", time, "action", action,
                                             "alias", alias, "version", (json_int_t)version));
    while (json_array_size(history) > REGISTRY_HISTORY_MAX)
        json_array_remove(history, 0);
}

bool registry_aliases_write(const json_t *aliases, const char *registry, const char *name,
                            struct error *err)
{
    char *path = registry_path(registry, name, "aliases.json");
    const bool ok = json_write(path, aliases, err);

    free(path);
    return ok;
}

/* Unfinished pushes ("versions/.push-PID") and alias files; only the holder of the lock may. */
static bool remove_leftovers(const char *registry, const char *name, struct error *err)
{
    char *folder = registry_path(registry, name, "versions");
    char *aliases = registry_path(registry, name, "aliases.json");
    DIR *entries = opendir(folder);
    bool ok = true;

    for (const struct dirent *e; ok && entries && (e = readdir(entries));) {
        if (strncmp(e->d_name, ".push-", 6) != 0)
            continue;
        char *path = file_join(folder, e->d_name);
        ok = file_remove_tree(path, err);
        free(path);
    }
    if (entries)
        closedir(entries);
    file_remove_partials(aliases);
    free(aliases);
    free(folder);
    return ok;
}

bool registry_lock(int *lock, const char *registry, const char *name, bool create,
                   struct error *err)
{
    char *path = registry_path(registry, name, ".lock");
    int fd = -1;
    bool ok = !create || file_make_parents(path, err);

    if (ok) {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            ok = error_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    }
    while (ok && flock(fd, LOCK_EX) != 0)
        if (errno != EINTR)
            ok = error_set(err, ERR_IO, "cannot lock '%s': %s", path, strerror(errno));
    ok = ok && remove_leftovers(registry, name, err);
    if (!ok && fd >= 0)
        close(fd);
    free(path);
    *lock = ok ? fd : -1;
    return ok;
}

void registry_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}
