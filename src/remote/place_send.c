#include "remote/place_send.h"

#include "base/arena.h"
#include "base/file.h"
#include "remote/s3_address.h"
#include "remote/s3_list.h"
#include "remote/s3_upload.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

static const char manifest[] = "manifest.json";

struct sending {
    const struct place *place;
    struct s3_address address; /* of the place */
    struct s3_account account;
    struct s3_client *client;
    struct s3_file *file; /* [count]: first all others, then manifests, deepest first */
    size_t count, others;
    struct s3_page there;
    struct arena memory;
};

static bool is_manifest(const struct s3_file *file)
{
    return strcmp(file_base_name(file->key), manifest) == 0;
}

static bool add_file(struct sending *s, const char *path, const struct stat *info,
                     struct error *err)
{
    const char *below = path + strlen(s->place->scratch) + 1;
    const size_t parent = s3_parent_length(s->address.key);

    if (!S_ISREG(info->st_mode))
        return error_set(err, ERR_IO, "cannot send '%s': it is not a file", path);
    if (s->count == S3_LIST_MAX)
        return error_set(err, ERR_LIMIT, "cannot send '%s': there are more than %d files",
                         s->place->local, S3_LIST_MAX);
    if (!s->address.key[0]) { /* the bucket itself: its name is the folder's */
        const size_t bucket = strlen(s->address.bucket);
        if (strncmp(below, s->address.bucket, bucket) != 0 || below[bucket] != '/')
            return error_set(err, ERR_IO, "cannot send '%s': it has no place in the bucket", path);
        below += bucket + 1;
    }
    char *key = arena_format(&s->memory, "%.*s%s", (int)parent, s->address.key, below);
    if (strlen(key) > S3_KEY_MAX)
        return error_set(err, ERR_LIMIT, "s3://%s/%.100s...: the key is longer than %d bytes",
                         s->address.bucket, key, S3_KEY_MAX);
    s->file = memory_resize(s->file, s->count + 1, sizeof *s->file);
    s->file[s->count++] = (struct s3_file){
        .path = arena_string(&s->memory, path, strlen(path)),
        .key = key,
        .size = (uint64_t)info->st_size,
    };
    return true;
}

static int is_entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static bool add_folder(struct sending *s, const char *folder, struct error *err)
{
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_entry, alphasort);
    bool ok = true;

    if (count < 0)
        return error_set(err, ERR_IO, "cannot list '%s': %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = file_join(folder, entries[i]->d_name);
        struct stat info;
        if (ok && (entries[i]->d_name[0] != '.' || strcmp(path, s->place->local) == 0)) {
            if (stat(path, &info) != 0)
                ok = error_set(err, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
            else
                ok = S_ISDIR(info.st_mode) ? add_folder(s, path, err)
                                           : add_file(s, path, &info, err);
        }
        free(path);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static size_t depth(const char *key)
{
    size_t count = 0;

    for (; *key; key++)
        count += *key == '/';
    return count;
}

static int in_sending_order(const void *a, const void *b)
{
    const struct s3_file *x = a, *y = b;
    const bool last_x = is_manifest(x), last_y = is_manifest(y);

    if (last_x != last_y)
        return last_x ? 1 : -1;
    if (last_x && depth(x->key) != depth(y->key))
        return depth(x->key) > depth(y->key) ? -1 : 1;
    return strcmp(x->key, y->key);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct s3_object *)a)->key, ((const struct s3_object *)b)->key);
}

/* What is below the place already. Who may only write is not allowed to know; then all is sent. */
static void list_there(struct sending *s)
{
    struct error ignored = {0};

    if (!s3_list(&s->there, s->client, s->address.bucket, s->address.key, false, &s->memory,
                 &ignored))
        s->there.count = 0;
    if (s->there.count)
        qsort(s->there.object, s->there.count, sizeof *s->there.object, by_key);
}

static bool is_there(const struct sending *s, const struct s3_file *file)
{
    const struct s3_object wanted = {.key = (char *)file->key};
    const struct s3_object *found = NULL;

    if (s->there.count)
        found = bsearch(&wanted, s->there.object, s->there.count, sizeof wanted, by_key);
    return found && found->size == file->size && s3_file_is(file, found->etag);
}

static void drop_unchanged(struct sending *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->count; i++)
        if (!is_there(s, &s->file[i]))
            s->file[kept++] = s->file[i];
    s->count = kept;
    qsort(s->file, s->count, sizeof *s->file, in_sending_order);
    while (s->others < s->count && !is_manifest(&s->file[s->others]))
        s->others++;
}

static bool send_files(struct sending *s, struct error *err)
{
    const char *bucket = s->address.bucket;
    bool ok = true;

    for (size_t i = s->count; ok && i > s->others; i--) /* outermost first */
        ok = s3_remove(s->client, bucket, s->file[i - 1].key, err);
    ok = ok && s3_upload(&s->account, bucket, s->file, s->others, err);
    for (size_t i = s->others; ok && i < s->count; i++)
        ok = s3_upload(&s->account, bucket, &s->file[i], 1, err);
    return ok;
}

bool place_send_scratch(const struct place *place, struct error *err)
{
    struct sending s = {.place = place};

    bool ok = s3_address_parse(&s.address, place->remote, err) &&
              s3_account_load(&s.account, err) && s3_client_open(&s.client, &s.account, err) &&
              add_folder(&s, place->scratch, err);
    if (ok && s.count == 0)
        ok = error_set(err, ERR_IO, "%s: there is nothing to send", place->remote);
    if (ok) {
        list_there(&s);
        drop_unchanged(&s);
        ok = send_files(&s, err);
    }
    s3_client_close(s.client);
    s3_page_clear(&s.there);
    s3_address_clear(&s.address);
    s3_account_clear(&s.account);
    arena_clear(&s.memory);
    free(s.file);
    return ok || place_explain(place, err);
}

bool s3_check_bucket(struct s3_client *client, const char *bucket, struct error *err)
{
    struct s3_call call = S3_CALL;
    struct s3_answer answer;

    call.bucket = bucket;
    call.query = "list-type=2&max-keys=1";
    bool ok = s3_client_call(client, &call, &answer, err);
    /* Who may write need not be allowed to list. */
    if (!ok && strcmp(answer.code, "AccessDenied") == 0) {
        *err = (struct error){0};
        ok = true;
    }
    s3_answer_clear(&answer);
    return ok;
}
