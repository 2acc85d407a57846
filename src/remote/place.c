#include "remote/place.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "remote/s3_address.h"
#include "remote/s3_download.h"
#include "remote/s3_list.h"
#include "remote/place_send.h"

#include <xxhash.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static char *copy(const char *text)
{
    return file_join(NULL, text);
}

bool place_is_remote(const char *path)
{
    return s3_address_is(path);
}

/* A scratch folder, and in it the last part of the remote name. */
static bool make_scratch(struct place *place, const char *path, struct error *err)
{
    const char *folder = getenv("TMPDIR");
    char *remote = copy(path);

    for (size_t n = strlen(remote); n > strlen("s3://") && remote[n - 1] == '/'; n--)
        remote[n - 1] = '\0';
    *place = (struct place){.remote = remote};
    place->scratch = file_join(folder && folder[0] ? folder : "/tmp", "quern-s3-XXXXXX");
    if (!mkdtemp(place->scratch)) {
        error_set(err, ERR_IO, "cannot create a folder for '%s' like '%s': %s", path,
                  place->scratch, strerror(errno));
        free(place->scratch);
        place->scratch = NULL;
        return false;
    }
    place->local = file_join(place->scratch, file_base_name(remote));
    return true;
}

/* A key below a folder becomes a path below the copy: it must not lead out of it. */
static bool name_is_safe(const char *name)
{
    for (const char *part = name;; part++) {
        const size_t length = strcspn(part, "/");
        if (length == 0 || (length == 1 && part[0] == '.') ||
            (length == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        part += length;
        if (!*part)
            return true;
    }
}

/* Where an object goes: beside `local` for a single one and a glob, below it for a folder. */
static bool plan_file(struct s3_download *file, const struct place *place,
                      const struct s3_address *address, enum s3_place_kind kind,
                      struct arena *memory, struct error *err)
{
    const char *key = file->object->key, *name = key + s3_parent_length(key);
    const char *folder = place->scratch;
    size_t skip = strlen(address->key);

    if (kind == S3_PLACE_FOLDER) {
        skip += skip && address->key[skip - 1] != '/';
        if (strncmp(key, address->key, strlen(address->key)) != 0 || strlen(key) < skip)
            return error_set(err, ERR_IO, "s3://%s/%s: the listing names '%s'", address->bucket,
                             address->key, key);
        name = key + skip;
        folder = place->local;
    }
    if (!name_is_safe(name))
        return error_set(err, ERR_DATA,
                         "s3://%s/%s: a key with an empty part, '.' or '..' cannot be a file",
                         address->bucket, key);
    file->path = arena_format(memory, "%s/%s", folder, name);
    return file_make_parents(file->path, err);
}

/* What place_fetch() works with; released by fetch_clear(). */
struct fetch {
    struct s3_address address;
    struct s3_account account;
    struct s3_client *client;
    struct s3_page page;
    struct arena memory;
};

static bool fetch_open(struct fetch *fetch, const char *path, struct error *err)
{
    return s3_address_parse(&fetch->address, path, err) && s3_account_load(&fetch->account, err) &&
           s3_client_open(&fetch->client, &fetch->account, err);
}

static void fetch_clear(struct fetch *fetch)
{
    s3_client_close(fetch->client);
    s3_page_clear(&fetch->page);
    s3_address_clear(&fetch->address);
    s3_account_clear(&fetch->account);
    arena_clear(&fetch->memory);
}

/* The first piece of a single object comes with the question whether it is there. */
static bool find(struct fetch *fetch, const struct place *place, enum s3_place_kind *kind,
                 struct error *err)
{
    const int sink = open(place->local, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (sink < 0)
        return error_set(err, ERR_IO, "cannot write '%s': %s", place->local, strerror(errno));
    bool ok = s3_find(&fetch->page, kind, fetch->client, &fetch->address, sink, S3_PIECE_BYTES,
                      &fetch->memory, err);
    if (close(sink) != 0 && ok)
        ok = error_set(err, ERR_IO, "cannot write '%s': %s", place->local, strerror(errno));
    if (ok && *kind != S3_PLACE_OBJECT)
        unlink(place->local);
    return ok;
}

static bool fetch_all(struct fetch *fetch, const struct place *place, struct error *err)
{
    enum s3_place_kind kind;

    if (!find(fetch, place, &kind, err))
        return false;
    const size_t count = fetch->page.count;
    struct s3_download *file = ARENA_ZERO(&fetch->memory, struct s3_download, count);
    for (size_t i = 0; i < count; i++) {
        file[i].object = &fetch->page.object[i];
        if (!plan_file(&file[i], place, &fetch->address, kind, &fetch->memory, err))
            return false;
    }
    if (kind == S3_PLACE_OBJECT)
        file[0].done =
            file[0].object->size < S3_PIECE_BYTES ? file[0].object->size : (uint64_t)S3_PIECE_BYTES;
    return s3_download(&fetch->account, fetch->address.bucket, file, count, err);
}

bool place_fetch(struct place *place, const char *path, struct error *err)
{
    struct fetch fetch = {0};

    *place = (struct place){0};
    if (!place_is_remote(path)) {
        place->local = copy(path);
        return true;
    }
    bool ok = fetch_open(&fetch, path, err) && make_scratch(place, path, err);
    if (ok && !fetch_all(&fetch, place, err))
        ok = place_explain(place, err);
    fetch_clear(&fetch);
    if (!ok)
        place_clear(place);
    return ok;
}

static bool fetch_wanted(struct fetch *fetch, const struct place *place,
                         enum place_wish (*wish)(const char *name), struct error *err)
{
    const char *key = fetch->address.key;
    const size_t length = strlen(key);
    const bool slash = length == 0 || key[length - 1] == '/';
    const char *prefix = arena_format(&fetch->memory, "%s%s", key, slash ? "" : "/");
    size_t count = 0;

    if (!file_make_folders(place->local, err) ||
        !s3_list(&fetch->page, fetch->client, fetch->address.bucket, prefix, false, &fetch->memory,
                 err))
        return false;
    struct s3_download *file =
        ARENA_ZERO(&fetch->memory, struct s3_download, fetch->page.count + 1);
    for (size_t i = 0; i < fetch->page.count; i++) {
        struct s3_object *object = &fetch->page.object[i];
        if (strncmp(object->key, prefix, strlen(prefix)) != 0)
            continue;
        const enum place_wish wished = wish(object->key + strlen(prefix));
        if (wished == PLACE_LEAVE)
            continue;
        if (wished == PLACE_MARK)
            object->size = 0;
        file[count].object = object;
        if (!plan_file(&file[count++], place, &fetch->address, S3_PLACE_FOLDER, &fetch->memory,
                       err))
            return false;
    }
    return s3_download(&fetch->account, fetch->address.bucket, file, count, err);
}

bool place_fetch_some(struct place *place, const char *path,
                      enum place_wish (*wish)(const char *name), struct error *err)
{
    struct fetch fetch = {0};

    *place = (struct place){0};
    bool ok = fetch_open(&fetch, path, err) && make_scratch(place, path, err);
    if (ok && !fetch_wanted(&fetch, place, wish, err))
        ok = place_explain(place, err);
    fetch_clear(&fetch);
    if (!ok)
        place_clear(place);
    return ok;
}

bool place_version(const char *path, uint64_t *version, struct error *err)
{
    struct fetch fetch = {0};
    enum s3_place_kind kind;

    *version = 0;
    if (!place_is_remote(path))
        return true;
    const bool ok =
        fetch_open(&fetch, path, err) &&
        s3_find(&fetch.page, &kind, fetch.client, &fetch.address, -1, 1, &fetch.memory, err);
    for (size_t i = 0; ok && i < fetch.page.count; i++) {
        const struct s3_object *o = &fetch.page.object[i];
        *version = XXH3_64bits_withSeed(o->key, strlen(o->key) + 1, *version);
        *version = XXH3_64bits_withSeed(o->etag, strlen(o->etag) + 1, *version);
        *version = XXH3_64bits_withSeed(&o->size, sizeof o->size, *version);
    }
    fetch_clear(&fetch);
    return ok;
}

bool place_prepare(struct place *place, const char *path, struct error *err)
{
    struct fetch fetch = {0};

    *place = (struct place){0};
    if (!place_is_remote(path)) {
        place->local = copy(path);
        return true;
    }
    const bool ok = fetch_open(&fetch, path, err) &&
                    s3_check_bucket(fetch.client, fetch.address.bucket, err) &&
                    make_scratch(place, path, err);
    fetch_clear(&fetch);
    if (!ok)
        place_clear(place);
    return ok;
}

bool place_send(const struct place *place, struct error *err)
{
    if (!place->remote)
        return true;
    return place_send_scratch(place, err);
}

/* Length of what stands for the scratch folder and its '/' in the remote name. */
static int parent_length(const struct place *place)
{
    return (int)(file_base_name(place->remote) - place->remote);
}

void place_name(const struct place *place, const char *local, char *name, size_t room)
{
    const size_t scratch = place->scratch ? strlen(place->scratch) : 0;

    if (scratch && strncmp(local, place->scratch, scratch) == 0 && local[scratch] == '/')
        snprintf(name, room, "%.*s%s", parent_length(place), place->remote, local + scratch + 1);
    else
        snprintf(name, room, "%s", local);
}

bool place_explain(const struct place *place, struct error *err)
{
    char text[ERROR_TEXT_MAX] = "";
    const char *from = err->text, *found;
    size_t used = 0;

    if (!place->scratch)
        return false;
    const size_t scratch = strlen(place->scratch);
    while ((found = strstr(from, place->scratch)) && used < sizeof text) {
        const char *rest = found + scratch + (found[scratch] == '/');
        used += (size_t)snprintf(text + used, sizeof text - used, "%.*s%.*s", (int)(found - from),
                                 from, parent_length(place), place->remote);
        from = rest;
    }
    if (used < sizeof text)
        snprintf(text + used, sizeof text - used, "%s", from);
    memcpy(err->text, text, sizeof text);
    return false;
}

void place_clear(struct place *place)
{
    struct error err = {0};

    if (place->scratch && !file_remove_tree(place->scratch, &err))
        log_warning("%s", err.text);
    free(place->local);
    free(place->remote);
    free(place->scratch);
    *place = (struct place){0};
}
