#include "pipeline/trials.h"

#include "base/file.h"
#include "base/json.h"
#include "support/test.h"

struct wanted {
    const char *path;
    size_t count;
};

size_t trials_in(const char *path)
{
    struct error err = {0};
    json_t *document;

    if (!file_exists(path) || !json_read(path, 1 << 24, &document, &err))
        return 0;
    const size_t count = json_array_size(json_object_get(document, "trials"));
    json_decref(document);
    return count;
}

static bool are_there(const void *context)
{
    const struct wanted *wanted = context;

    return trials_in(wanted->path) >= wanted->count;
}

bool trials_wait(const char *path, size_t count, pid_t child)
{
    return test_wait_until(are_there, &(struct wanted){path, count}, child);
}
