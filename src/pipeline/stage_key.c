#include "pipeline/stage_key.h"

#include "base/file.h"

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

uint64_t stage_key_files(uint64_t key, const char *pattern)
{
    glob_t found = {0};
    struct stat info;

    key = stage_key_text(key, pattern);
    if (glob(pattern, 0, NULL, &found) != 0)
        return key;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (stat(found.gl_pathv[i], &info) != 0)
            continue;
        key = stage_key_text(key, found.gl_pathv[i]);
        key = stage_key_number(key, (uint64_t)info.st_size);
        key = stage_key_number(key, (uint64_t)info.st_mtim.tv_sec);
        key = stage_key_number(key, (uint64_t)info.st_mtim.tv_nsec);
    }
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
