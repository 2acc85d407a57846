#include "nn/checkpoint.h"

#include "base/file.h"
#include "base/safetensors.h"

static const char format[] = "quern checkpoint 1";

enum { TENSORS_MAX = 8 };

/* The file's tensors with their places in memory; the same list serves writing and reading. */
static size_t list_tensors(const struct checkpoint *checkpoint, int64_t *step,
                           struct safetensor list[TENSORS_MAX])
{
    const struct trainer_state *state = checkpoint->state;
    const struct {
        const char *name;
        const real *data;
    } vectors[] = {
        {"parameters", state->parameters}, {"adam.first", state->first},
        {"adam.second", state->second},    {"average", state->average},
        {"best", checkpoint->best},
    };
    size_t count = 0;

    list[count++] = (struct safetensor){
        .name = "step", .type = SAFETENSORS_I64, .dims = 1, .shape = {1}, .data = step};
    list[count++] = (struct safetensor){.name = "history",
                                        .type = SAFETENSORS_F64,
                                        .dims = 2,
                                        .shape = {checkpoint->epochs, checkpoint->columns},
                                        .data = checkpoint->history};
    if (checkpoint->progress)
        list[count++] = (struct safetensor){.name = "progress",
                                            .type = SAFETENSORS_F64,
                                            .dims = 1,
                                            .shape = {checkpoint->progress_count},
                                            .data = checkpoint->progress};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (vectors[i].data)
            list[count++] = (struct safetensor){.name = vectors[i].name,
                                                .type = SAFETENSORS_F32,
                                                .dims = 1,
                                                .shape = {state->size},
                                                .data = vectors[i].data};
    return count;
}

bool checkpoint_write(const char *path, const struct checkpoint *checkpoint, struct error *err)
{
    const struct safetensors_text texts[] = {{"format", format}, {"key", checkpoint->key}};
    int64_t step = (int64_t)checkpoint->state->step;
    struct safetensor list[TENSORS_MAX];
    const size_t count = list_tensors(checkpoint, &step, list);

    return safetensors_write(path, list, count, texts, 2, err) ||
           error_wrap(err, "saving a checkpoint");
}

static bool check_sizes(const struct safetensors *file, struct checkpoint *checkpoint,
                        struct safetensor list[TENSORS_MAX], size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct safetensor *want = &list[i], *got = safetensors_find(file, want->name);
        bool same = got && got->type == want->type && got->dims == want->dims;
        for (size_t d = 0; same && d < want->dims; d++)
            same = got->shape[d] == want->shape[d];
        if (!same)
            return error_set(
                err, ERR_DATA,
                "%s: checkpoint of another model: tensor '%s' is missing or of another "
                "size; remove the file to start anew",
                file->path, want->name);
    }
    return true;
}

static bool load(const struct safetensors *file, struct checkpoint *checkpoint, bool *found,
                 struct error *err)
{
    const char *kind = safetensors_metadata(file, "format");
    const char *key = safetensors_metadata(file, "key");
    const struct safetensor *history = safetensors_find(file, "history");
    struct safetensor list[TENSORS_MAX];
    int64_t step = 0;

    if (!kind || strcmp(kind, format) != 0 || !key || !history || history->dims != 2)
        return error_set(err, ERR_DATA, "%s: not a checkpoint; remove the file to start anew",
                         file->path);
    if (strcmp(key, checkpoint->key) != 0)
        return true;
    if (history->shape[0] > checkpoint->epochs_max)
        return error_set(err, ERR_DATA,
                         "%s: checkpoint of %zu epochs, the settings ask for %zu; remove the file "
                         "to start anew",
                         file->path, history->shape[0], checkpoint->epochs_max);
    struct checkpoint target = *checkpoint;
    target.epochs = history->shape[0];
    const size_t count = list_tensors(&target, &step, list);
    if (!check_sizes(file, &target, list, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        /* The list is const for the writer; these are the caller's own vectors. */
        const struct safetensor *got = safetensors_find(file, list[i].name);
        if (got->bytes)
            memcpy((void *)(uintptr_t)list[i].data, got->data, got->bytes);
    }
    checkpoint->epochs = target.epochs;
    checkpoint->state->step = (uint64_t)step;
    *found = true;
    return true;
}

bool checkpoint_read(const char *path, struct checkpoint *checkpoint, bool *found,
                     struct error *err)
{
    struct safetensors file;

    *found = false;
    if (!file_exists(path))
        return true;
    if (!safetensors_open(&file, path, err))
        return error_wrap(err, "reading a checkpoint");
    const bool ok = load(&file, checkpoint, found, err);
    safetensors_close(&file);
    return ok;
}
