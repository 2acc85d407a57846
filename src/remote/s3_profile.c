#include "remote/s3_profile.h"

#include "base/file.h"

#include <stddef.h>

static const struct {
    const char *key;
    size_t offset;
} keys[] = {
    {"aws_access_key_id", offsetof(struct s3_profile, access_key)},
    {"aws_secret_access_key", offsetof(struct s3_profile, secret_key)},
    {"aws_session_token", offsetof(struct s3_profile, session_token)},
    {"region", offsetof(struct s3_profile, region)},
    {"endpoint_url", offsetof(struct s3_profile, endpoint)},
};

static const char blank[] = " \t\r";

static size_t trimmed(const char *text, size_t length)
{
    while (length && strchr(blank, text[length - 1]))
        length--;
    return length;
}

static void take_value(struct s3_profile *profile, const char *line, size_t length,
                       struct arena *memory)
{
    const char *equals = memchr(line, '=', length);

    if (!equals)
        return;
    const size_t key = trimmed(line, (size_t)(equals - line));
    const char *value = equals + 1;
    value += strspn(value, " \t");
    const size_t size = value < line + length ? trimmed(value, (size_t)(line + length - value)) : 0;
    for (size_t i = 0; size && i < sizeof keys / sizeof *keys; i++) {
        const char **member = (const char **)((char *)profile + keys[i].offset);
        if (strlen(keys[i].key) == key && strncmp(keys[i].key, line, key) == 0 && !*member)
            *member = arena_string(memory, value, size);
    }
}

void s3_profile_parse(struct s3_profile *profile, const char *text, const char *section,
                      struct arena *memory)
{
    bool inside = false;

    while (*text) {
        const size_t whole = strcspn(text, "\n");
        const char *line = text + strspn(text, blank);
        const size_t indent = (size_t)(line - text);
        const size_t length = indent < whole ? trimmed(line, whole - indent) : 0;
        if (length > 1 && line[0] == '[' && line[length - 1] == ']')
            inside = length - 2 == strlen(section) && strncmp(line + 1, section, length - 2) == 0;
        else if (length && inside && line[0] != '#' && line[0] != ';' && indent == 0)
            take_value(profile, line, length, memory); /* indented lines belong to nested maps */
        text += whole + (text[whole] == '\n');
    }
}

static bool load_file(struct s3_profile *profile, const char *variable, const char *name,
                      const char *section, struct arena *memory, struct error *err)
{
    const char *path = getenv(variable), *home = getenv("HOME");
    char *text;
    size_t size;

    if (!path || !path[0]) {
        if (!home || !home[0])
            return true;
        path = arena_format(memory, "%s/.aws/%s", home, name);
    }
    if (!file_exists(path))
        return true;
    if (!file_read(path, S3_PROFILE_BYTES_MAX, &text, &size, err))
        return false;
    s3_profile_parse(profile, text, section, memory);
    free(text);
    return true;
}

bool s3_profile_load(struct s3_profile *profile, const char *name, struct arena *memory,
                     struct error *err)
{
    const char *section = name;

    if (strcmp(name, "default") != 0)
        section = arena_format(memory, "profile %s", name);
    return load_file(profile, "AWS_SHARED_CREDENTIALS_FILE", "credentials", name, memory, err) &&
           load_file(profile, "AWS_CONFIG_FILE", "config", section, memory, err);
}
