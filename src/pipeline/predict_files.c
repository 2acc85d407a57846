/* predict_files — which inputs there are, in which format, and where each output goes. */
#include "pipeline/predict_internal.h"

#include "base/file.h"

#include <dirent.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *end;
    enum predict_format format;
} ends[] = {
    {".csv", PREDICT_CSV},         {".csv.gz", PREDICT_CSV},     {".jsonl", PREDICT_JSONL},
    {".ndjson", PREDICT_JSONL},    {".jsonl.gz", PREDICT_JSONL}, {".ndjson.gz", PREDICT_JSONL},
    {".parquet", PREDICT_PARQUET},
};

static bool format_of(const char *name, enum predict_format *format)
{
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (text_ends_with(name, ends[i].end)) {
            *format = ends[i].format;
            return true;
        }
    return false;
}

bool predict_format_of(const char *name, enum predict_format *format, struct error *err)
{
    return format_of(name, format) ||
           error_set(err, ERR_ARG, "'%s' is none of .csv, .jsonl, .ndjson, .parquet", name);
}

/* ".out" is taken off first; what is then unknown is CSV. Compressed output is not offered. */
static bool output_format(const char *name, enum predict_format *format, struct error *err)
{
    const size_t length = strlen(name);
    const bool out = text_ends_with(name, ".out");
    char *inner = file_join(NULL, name);

    if (out)
        inner[length - 4] = '\0';
    if (!format_of(inner, format))
        *format = PREDICT_CSV;
    free(inner);
    return out || !text_ends_with(name, ".gz") ||
           error_set(err, ERR_ARG, "cannot write '%s': outputs are not compressed", name);
}

struct names {
    char **name; /* [count] */
    size_t count, room;
};

static void add_name(struct names *names, char *name)
{
    if (names->count == names->room) {
        names->room = names->room ? names->room * 2 : 16;
        names->name = memory_resize(names->name, names->room, sizeof *names->name);
    }
    names->name[names->count++] = name;
}

static void clear_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->name[i]);
    free(names->name);
}

static bool list_folder(struct names *names, const char *folder, struct error *err)
{
    struct dirent **entry;
    enum predict_format format;
    const int count = scandir(folder, &entry, NULL, alphasort);

    if (count < 0)
        return error_set(err, ERR_IO, "cannot list '%s'", folder);
    for (int i = 0; i < count; i++) {
        if (entry[i]->d_name[0] != '.' && format_of(entry[i]->d_name, &format))
            add_name(names, file_join(folder, entry[i]->d_name));
        free(entry[i]);
    }
    free(entry);
    return names->count > 0 ||
           error_set(err, ERR_DATA, "'%s' has no .csv, .jsonl or .parquet files", folder);
}

static bool list_glob(struct names *names, const char *pattern, struct error *err)
{
    glob_t found = {0};

    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            add_name(names, file_join(NULL, found.gl_pathv[i]));
    globfree(&found);
    return names->count > 0 || error_set(err, ERR_IO, "no file matches '%s'", pattern);
}

static bool same_file(const char *a, const char *b)
{
    struct stat first, second;

    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static bool plan(struct predict_file *file, const char *input, const char *output, bool in_folder,
                 const struct predict_job *job, struct arena *memory, struct error *err)
{
    file->input = arena_string(memory, input, strlen(input));
    if (!output)
        file->output = arena_format(memory, "%s.out", input);
    else if (in_folder)
        file->output = arena_format(memory, "%s/%s.out", output, file_base_name(input));
    else
        file->output = arena_string(memory, output, strlen(output));
    if (!format_of(input, &file->from))
        return error_set(err, ERR_ARG,
                         "'%s' must end in .csv, .jsonl, .ndjson (or these with .gz) or .parquet",
                         input);
    if (!output_format(file->output, &file->to, err))
        return false;
    if (same_file(file->input, file->output))
        return error_set(err, ERR_ARG, "'%s' is both input and output", input);
    if (job->options->join && file->from != file->to)
        return error_set(err, ERR_ARG,
                         "--join needs an output in the format of the input, which '%s' is not",
                         file->output);
    return true;
}

static int compare_outputs(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Inputs of one name in several folders would write over each other. */
static bool check_outputs(const struct predict_file *file, size_t count, struct error *err)
{
    const char **output = memory_take(count, sizeof *output);
    bool ok = true;

    for (size_t i = 0; i < count; i++)
        output[i] = file[i].output;
    qsort(output, count, sizeof *output, compare_outputs);
    for (size_t i = 1; ok && i < count; i++)
        if (strcmp(output[i - 1], output[i]) == 0)
            ok = error_set(err, ERR_ARG, "two inputs would be written to '%s'", output[i]);
    free(output);
    return ok;
}

bool predict_files_list(struct predict_job *job, const char *input, const char *output,
                        bool output_is_folder, struct predict_file **file, size_t *count,
                        struct error *err)
{
    struct names names = {0};
    bool ok = true, several = false;

    if (file_is_folder(input)) {
        several = true;
        ok = list_folder(&names, input, err);
    } else if (!file_exists(input) && strpbrk(input, "*?[")) {
        several = true;
        ok = list_glob(&names, input, err);
    } else if (file_exists(input)) {
        add_name(&names, file_join(NULL, input));
    } else {
        ok = error_set(err, ERR_IO, "there is no '%s'", input);
    }
    if (ok && names.count > PREDICT_FILES_MAX)
        ok = error_set(err, ERR_LIMIT, "'%s' is more than %d files", input, PREDICT_FILES_MAX);
    *file = ARENA_ZERO(&job->memory, struct predict_file, names.count);
    *count = names.count;
    const bool in_folder = several || output_is_folder || (output && file_is_folder(output));
    for (size_t i = 0; ok && i < names.count; i++)
        ok = plan(&(*file)[i], names.name[i], output, in_folder, job, &job->memory, err);
    ok = ok && check_outputs(*file, names.count, err);
    clear_names(&names);
    return ok;
}
