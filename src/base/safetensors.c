#include "base/safetensors.h"

#include "base/file.h"

#include <jansson.h>

static const struct {
    const char *name;
    size_t size;
} types[] = {
#define X(name, size) {#name, size},
    SAFETENSORS_TYPES(X)
#undef X
};

static bool type_from_name(const char *name, enum safetensors_type *type)
{
    for (size_t i = 0; name && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0) {
            *type = (enum safetensors_type)i;
            return true;
        }
    return false;
}

/* A JSON integer that is not negative. */
static bool size_from_json(const json_t *value, size_t *size)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *size = (size_t)json_integer_value(value);
    return true;
}

static bool parse_shape(struct safetensor *tensor, const json_t *shape)
{
    if (!json_is_array(shape) || json_array_size(shape) > SAFETENSORS_DIMS_MAX)
        return false;
    tensor->dims = json_array_size(shape);
    tensor->count = 1;
    for (size_t i = 0; i < tensor->dims; i++)
        if (!size_from_json(json_array_get(shape, i), &tensor->shape[i]) ||
            __builtin_mul_overflow(tensor->count, tensor->shape[i], &tensor->count))
            return false;
    return !__builtin_mul_overflow(tensor->count, types[tensor->type].size, &tensor->bytes);
}

static bool parse_tensor(struct safetensors *file, struct safetensor *tensor, const char *name,
                         const json_t *entry, const char *data, size_t size, struct error *err)
{
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    size_t begin, end;

    *tensor = (struct safetensor){.name = arena_string(&file->arena, name, strlen(name))};
    if (!type_from_name(type, &tensor->type))
        return error_set(err, ERR_DATA, "%s: tensor '%s': dtype '%s' is not known", file->path,
                         name, type ? type : "(none)");
    if (!parse_shape(tensor, json_object_get(entry, "shape")))
        return error_set(err, ERR_DATA, "%s: tensor '%s': shape is not a list of at most %d sizes",
                         file->path, name, SAFETENSORS_DIMS_MAX);
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !size_from_json(json_array_get(offsets, 0), &begin) ||
        !size_from_json(json_array_get(offsets, 1), &end) || begin > end || end > size)
        return error_set(err, ERR_DATA, "%s: tensor '%s': data_offsets lie outside the file",
                         file->path, name);
    if (end - begin != tensor->bytes)
        return error_set(err, ERR_DATA,
                         "%s: tensor '%s': shape needs %zu bytes, data_offsets give %zu",
                         file->path, name, tensor->bytes, end - begin);
    tensor->data = data + begin;
    return true;
}

static bool parse_metadata(struct safetensors *file, json_t *metadata, struct error *err)
{
    const char *key;
    json_t *value;

    if (!json_is_object(metadata) || json_object_size(metadata) > SAFETENSORS_METADATA_MAX)
        return error_set(err, ERR_DATA, "%s: __metadata__ is not an object of at most %d texts",
                         file->path, SAFETENSORS_METADATA_MAX);
    file->text = ARENA_NEW(&file->arena, struct safetensors_text, json_object_size(metadata));
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return error_set(err, ERR_DATA, "%s: __metadata__ '%s' is not a text", file->path, key);
        file->text[file->texts++] = (struct safetensors_text){
            .key = arena_string(&file->arena, key, strlen(key)),
            .value =
                arena_string(&file->arena, json_string_value(value), json_string_length(value)),
        };
    }
    return true;
}

/* By place in the data; an empty tensor stands before the one that begins where it does. */
static int compare_places(const void *left, const void *right)
{
    const struct safetensor *a = left, *b = right;

    if (a->data != b->data)
        return (const char *)a->data < (const char *)b->data ? -1 : 1;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? -1 : 1;
    return strcmp(a->name, b->name);
}

static bool check_tiling(const struct safetensors *file, const char *data, size_t size,
                         struct error *err)
{
    const char *at = data;

    for (size_t i = 0; i < file->count; i++) {
        const struct safetensor *tensor = &file->tensor[i];
        if ((const char *)tensor->data != at)
            return error_set(err, ERR_DATA, "%s: tensor '%s' %s", file->path, tensor->name,
                             (const char *)tensor->data < at ? "overlaps another"
                                                             : "follows a hole in the data");
        at += tensor->bytes;
    }
    if (at != data + size)
        return error_set(err, ERR_DATA, "%s: %zu bytes at the end belong to no tensor", file->path,
                         (size_t)(data + size - at));
    return true;
}

static bool parse_header(struct safetensors *file, json_t *header, const char *data, size_t size,
                         struct error *err)
{
    const char *name;
    json_t *entry;

    if (!json_is_object(header) || json_object_size(header) > SAFETENSORS_TENSORS_MAX)
        return error_set(err, ERR_DATA, "%s: the header is not an object of at most %d tensors",
                         file->path, SAFETENSORS_TENSORS_MAX);
    file->tensor = ARENA_NEW(&file->arena, struct safetensor, json_object_size(header));
    json_object_foreach(header, name, entry)
    {
        if (strcmp(name, "__metadata__") == 0) {
            if (!parse_metadata(file, entry, err))
                return false;
            continue;
        }
        if (!parse_tensor(file, &file->tensor[file->count], name, entry, data, size, err))
            return false;
        file->count++;
    }
    qsort(file->tensor, file->count, sizeof *file->tensor, compare_places);
    return check_tiling(file, data, size, err);
}

bool safetensors_parse(struct safetensors *out, const char *path, const char *bytes, size_t size,
                       struct error *err)
{
    struct safetensors file = {0};
    json_error_t problem;
    uint64_t length = 0;

    if (size < sizeof length)
        return error_set(err, ERR_DATA, "%s: too short for a safetensors file", path);
    memcpy(&length, bytes, sizeof length);
    if (length > SAFETENSORS_HEADER_MAX)
        return error_set(err, ERR_LIMIT,
                         "%s: not a safetensors file, or its header is above %d bytes", path,
                         SAFETENSORS_HEADER_MAX);
    if (length > size - sizeof length)
        return error_set(err, ERR_DATA, "%s: cut short inside its header", path);
    file.path = arena_string(&file.arena, path, strlen(path));
    json_t *header = json_loadb(bytes + 8, (size_t)length, JSON_REJECT_DUPLICATES, &problem);
    const bool ok =
        header ? parse_header(&file, header, bytes + 8 + length, size - 8 - (size_t)length, err)
               : error_set(err, ERR_DATA, "%s: header: %s", path, problem.text);
    json_decref(header);
    if (ok)
        *out = file;
    else
        arena_clear(&file.arena);
    return ok;
}

bool safetensors_open(struct safetensors *file, const char *path, struct error *err)
{
    char *bytes;
    size_t size;

    if (!file_read(path, SAFETENSORS_FILE_MAX, &bytes, &size, err))
        return false;
    if (!safetensors_parse(file, path, bytes, size, err)) {
        free(bytes);
        return false;
    }
    file->bytes = bytes;
    return true;
}

void safetensors_close(struct safetensors *file)
{
    arena_clear(&file->arena);
    free(file->bytes);
    *file = (struct safetensors){0};
}

const struct safetensor *safetensors_find(const struct safetensors *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->tensor[i].name, name) == 0)
            return &file->tensor[i];
    return NULL;
}

const char *safetensors_metadata(const struct safetensors *file, const char *key)
{
    for (size_t i = 0; i < file->texts; i++)
        if (strcmp(file->text[i].key, key) == 0)
            return file->text[i].value;
    return NULL;
}

bool safetensors_copy(const struct safetensors *file, const char *name, enum safetensors_type type,
                      size_t dims, const size_t *shape, void *out, struct error *err)
{
    const struct safetensor *tensor = safetensors_find(file, name);

    if (!tensor)
        return error_set(err, ERR_DATA, "%s: tensor '%s' is missing", file->path, name);
    if (tensor->type != type)
        return error_set(err, ERR_DATA, "%s: tensor '%s' is %s, not %s", file->path, name,
                         types[tensor->type].name, types[type].name);
    bool same = tensor->dims == dims;
    for (size_t i = 0; same && i < dims; i++)
        same = tensor->shape[i] == shape[i];
    if (!same)
        return error_set(err, ERR_DATA, "%s: tensor '%s' has another shape than the model",
                         file->path, name);
    if (tensor->bytes)
        memcpy(out, tensor->data, tensor->bytes);
    return true;
}

static json_t *header_new(const struct safetensor *tensor, size_t count,
                          const struct safetensors_text *text, size_t texts)
{
    json_t *header = json_object(), *metadata = texts ? json_object() : NULL;
    bool ok = true;
    size_t at = 0;

    for (size_t i = 0; i < texts; i++)
        ok &= json_object_set_new(metadata, text[i].key, json_string(text[i].value)) == 0;
    if (metadata)
        ok &= json_object_set_new(header, "__metadata__", metadata) == 0;
    for (size_t i = 0; i < count; i++) {
        json_t *shape = json_array();
        size_t bytes = types[tensor[i].type].size;
        for (size_t d = 0; d < tensor[i].dims; d++) {
            json_array_append_new(shape, json_integer((json_int_t)tensor[i].shape[d]));
            bytes *= tensor[i].shape[d];
        }
        json_t *entry =
            json_pack("{s:s, s:o, s:[I, I]}", "dtype", types[tensor[i].type].name, "shape", shape,
                      "data_offsets", (json_int_t)at, (json_int_t)(at + bytes));
        ok &= json_object_set_new(header, tensor[i].name, entry) == 0;
        at += bytes;
    }
    if (ok)
        return header;
    json_decref(header);
    return NULL;
}

bool safetensors_write(const char *path, const struct safetensor *tensor, size_t count,
                       const struct safetensors_text *text, size_t texts, struct error *err)
{
    json_t *header = header_new(tensor, count, text, texts);
    struct file_writer writer;

    if (!header)
        return error_set(err, ERR_ARG, "cannot write '%s': a name or text is not UTF-8", path);
    char *json = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    if (!file_writer_open(&writer, path, err)) {
        free(json);
        return false;
    }
    const size_t length = strlen(json), padding = -length & 7;
    const uint64_t total = length + padding;
    fwrite(&total, sizeof total, 1, writer.stream); /* a failure stays in ferror() for commit */
    fwrite(json, 1, length, writer.stream);
    fwrite("        ", 1, padding, writer.stream);
    free(json);
    for (size_t i = 0; i < count; i++) {
        size_t bytes = types[tensor[i].type].size;
        for (size_t d = 0; d < tensor[i].dims; d++)
            bytes *= tensor[i].shape[d];
        if (bytes)
            fwrite(tensor[i].data, 1, bytes, writer.stream);
    }
    return file_writer_commit(&writer, err);
}
