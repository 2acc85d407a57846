#include "pipeline/stage_key.h"

#include "base/clock.h"
#include "base/file.h"
#include "remote/place.h"

#include <xxhash.h>

#include <glob.h>
#include <sys/stat.h>

static uint64_t mix(uint64_t key, const void *bytes, size_t size)
{
    return XXH3_64bits_withSeed(bytes, size, key);
}

uint64_t stage_key_new(const char *stage)
{
    return stage_key_text(stage_key_text(0, QUERN_VERSION), stage);
}

uint64_t stage_key_text(uint64_t key, const char *text)
{
    return mix(key, text, strlen(text) + 1);
}

uint64_t stage_key_number(uint64_t key, uint64_t number)
{
    return mix(key, &number, sizeof number);
}

static uint64_t mix_file(uint64_t key, const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return key;
    key = stage_key_text(key, path);
    key = stage_key_number(key, (uint64_t)info.st_size);
    key = stage_key_number(key, (uint64_t)info.st_mtim.tv_sec);
    return stage_key_number(key, (uint64_t)info.st_mtim.tv_nsec);
}

/* A store that does not tell gives a key that was never there: the stage runs and says why. */
static uint64_t mix_remote(uint64_t key, const char *pattern)
{
    struct error ignored = {0};
    uint64_t version;

    if (!place_version(pattern, &version, &ignored))
        version = (uint64_t)(clock_seconds() * 1e9);
    return stage_key_number(key, version);
}

uint64_t stage_key_files(uint64_t key, const char *pattern)
{
    glob_t found = {0};

    key = stage_key_text(key, pattern);
    if (place_is_remote(pattern))
        return mix_remote(key, pattern);
    if (file_exists(pattern)) /* "a[1].csv" is its own name first, as to the reader */
        return mix_file(key, pattern);
    if (glob(pattern, 0, NULL, &found) != 0)
        return key;
    for (size_t i = 0; i < found.gl_pathc; i++)
        key = mix_file(key, found.gl_pathv[i]);
    globfree(&found);
    return key;
}

bool stage_key_content(uint64_t *key, const char *path, struct error *err)
{
    uint64_t hash;

    if (!file_hash(path, &hash, err))
        return false;
    *key = stage_key_number(*key, hash);
    return true;
}
