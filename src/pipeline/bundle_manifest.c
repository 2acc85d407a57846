/* bundle_manifest — which files a bundle has, and whether they are what was written. */
#include "pipeline/bundle_internal.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

static const char manifest_name[] = "manifest.json";

enum { MANIFEST_BYTES_MAX = 1 << 20 };

static bool is_file_name(const char *name)
{
    return name && name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) < 256 &&
           strcmp(name, manifest_name) != 0;
}

static bool file_size(const char *path, int64_t *size)
{
    struct stat info;

    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    *size = (int64_t)info.st_size;
    return true;
}

static bool check_file(const char *folder, const json_t *entry, struct error *err)
{
    const char *name = json_string_value(json_object_get(entry, "name"));
    const json_t *want_size = json_object_get(entry, "size");
    const char *want_hash = json_string_value(json_object_get(entry, "xxh3"));
    char *path, got_hash[17];
    uint64_t hash;
    int64_t size;
    bool ok = true;

    if (!is_file_name(name) || !json_is_integer(want_size) || !want_hash)
        return error_set(err, ERR_DATA, "%s: a file needs 'name', 'size' and 'xxh3'",
                         manifest_name);
    path = file_join(folder, name);
    if (!file_size(path, &size))
        ok = error_set(err, ERR_DATA, "'%s' is missing", name);
    else if (size != json_integer_value(want_size))
        ok = error_set(err, ERR_DATA,
                       "'%s' is %" PRId64 " bytes, the manifest says %" JSON_INTEGER_FORMAT, name,
                       size, json_integer_value(want_size));
    ok = ok && file_hash(path, &hash, err);
    if (ok) {
        snprintf(got_hash, sizeof got_hash, "%016" PRIx64, hash);
        if (strcmp(got_hash, want_hash) != 0)
            ok = error_set(err, ERR_DATA, "'%s' is damaged: its content is not what was written",
                           name);
    }
    free(path);
    return ok;
}

static bool check_files(const char *folder, const json_t *manifest, char hash[17],
                        struct error *err)
{
    const json_t *format = json_object_get(manifest, "format");
    const json_t *files = json_object_get(manifest, "files"), *entry;
    struct text list = {0};
    bool ok = true;
    size_t i;

    if (!json_is_integer(format) || !json_is_array(files))
        return error_set(err, ERR_DATA, "%s: needs 'format' and 'files'", manifest_name);
    if (json_integer_value(format) != BUNDLE_FORMAT)
        return error_set(err, ERR_DATA,
                         "the bundle has format %" JSON_INTEGER_FORMAT
                         ", this version of quern reads format %d",
                         json_integer_value(format), BUNDLE_FORMAT);
    if (json_array_size(files) > BUNDLE_FILES_MAX)
        return error_set(err, ERR_LIMIT, "%s: more than %d files", manifest_name, BUNDLE_FILES_MAX);
    json_array_foreach(files, i, entry)
    {
        ok = ok && check_file(folder, entry, err);
        if (ok)
            text_add_format(&list, "%s %s\n", json_string_value(json_object_get(entry, "name")),
                            json_string_value(json_object_get(entry, "xxh3")));
    }
    if (ok)
        snprintf(hash, 17, "%016" PRIx64, (uint64_t)XXH3_64bits(list.bytes, list.length));
    text_clear(&list);
    return ok;
}

bool bundle_manifest_check(const char *folder, char hash[17], struct error *err)
{
    char *path = file_join(folder, manifest_name);
    json_t *manifest = NULL;
    bool ok = true;

    if (!file_exists(path))
        ok = error_set(err, ERR_DATA, "is not a bundle: it has no %s", manifest_name);
    ok = ok && json_read(path, MANIFEST_BYTES_MAX, &manifest, err) &&
         check_files(folder, manifest, hash, err);
    json_decref(manifest);
    free(path);
    return ok;
}

static bool add_file(const char *folder, const char *name, json_t *files, struct error *err)
{
    char *path = file_join(folder, name), text[17];
    uint64_t hash;
    int64_t size = 0;
    bool ok = file_hash(path, &hash, err);

    if (ok && !file_size(path, &size))
        ok = error_set(err, ERR_IO, "cannot read '%s'", path);
    if (ok) {
        snprintf(text, sizeof text, "%016" PRIx64, hash);
        json_array_append_new(files, json_pack("{s:s, s:I, s:s}", "name", name, "size",
                                               (json_int_t)size, "xxh3", text));
    }
    free(path);
    return ok;
}

bool bundle_manifest_write(const char *folder, struct error *err)
{
    struct dirent **entries;
    const int count = scandir(folder, &entries, NULL, alphasort);
    json_t *files = json_array(),
           *manifest = json_pack("{s:i, s:o}", "format", BUNDLE_FORMAT, "files", files);
    char *path = file_join(folder, manifest_name);
    bool ok = count >= 0 || error_set(err, ERR_IO, "cannot list '%s': %s", folder, strerror(errno));

    for (int i = 0; i < count; i++) {
        if (ok && is_file_name(entries[i]->d_name))
            ok = add_file(folder, entries[i]->d_name, files, err);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    ok = ok && json_write(path, manifest, err);
    json_decref(manifest);
    free(path);
    return ok;
}
