/* container_channel — the files of a channel as one source. */
#include "pipeline/container_internal.h"

#include "base/file.h"
#include "table/csv.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDERS_DEPTH_MAX = 8, FIRST_LINE_MAX = 1 << 20 };

struct files {
    size_t count;
    const char **path; /* [CONTAINER_FILES_MAX] */
};

/* Not data: hidden files, markers such as _SUCCESS, pipeline files beside the rows. */
static bool is_data(const char *name)
{
    return name[0] != '.' && name[0] != '_' && !text_ends_with(name, ".yaml") &&
           !text_ends_with(name, ".yml") && !text_ends_with(name, ".manifest");
}

static bool list_files(struct container_job *job, const char *folder, size_t depth,
                       struct files *files, struct error *err)
{
    DIR *entries = opendir(folder);
    bool ok = true;

    if (!entries)
        return error_set(err, ERR_DATA, "cannot read '%s': %s", folder, strerror(errno));
    for (const struct dirent *e; ok && (e = readdir(entries));) {
        if (!is_data(e->d_name))
            continue;
        const char *path = arena_format(&job->memory, "%s/%s", folder, e->d_name);
        if (file_is_folder(path))
            ok = depth < FOLDERS_DEPTH_MAX
                     ? list_files(job, path, depth + 1, files, err)
                     : error_set(err, ERR_LIMIT, "'%s' is nested more than %d deep", path,
                                 FOLDERS_DEPTH_MAX);
        else if (files->count == CONTAINER_FILES_MAX)
            ok = error_set(err, ERR_LIMIT, "'%s' holds more than %d files", folder,
                           CONTAINER_FILES_MAX);
        else
            files->path[files->count++] = path;
    }
    closedir(entries);
    return ok;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The end of a name that tells a source its format; NULL for none. */
static const char *known_end(const char *path)
{
    static const char *const ends[] = {".parquet",  ".csv",       ".csv.gz", ".tsv",
                                       ".tsv.gz",   ".jsonl",     ".ndjson", ".json",
                                       ".jsonl.gz", ".ndjson.gz", ".json.gz"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (text_ends_with(path, ends[i]))
            return ends[i];
    return NULL;
}

static bool is_media(const char *type, const char *name)
{
    const size_t length = strcspn(type, "; \t");

    return length == strlen(name) && strncasecmp(type, name, length) == 0;
}

/* The end a file's name should have; CSV where nothing is said, as the platform's own trees do. */
static const char *wanted_end(const struct container_channel *channel, const char *path)
{
    static const struct {
        const char *type, *end;
    } types[] = {
        {"application/x-parquet", ".parquet"}, {"application/parquet", ".parquet"},
        {"application/jsonlines", ".jsonl"},   {"application/x-ndjson", ".jsonl"},
        {"application/jsonl", ".jsonl"},       {"application/json", ".json"},
        {"text/tab-separated-values", ".tsv"},
    };
    const char *end = known_end(path);

    for (size_t i = 0; !end && i < sizeof types / sizeof *types; i++)
        if (is_media(channel->content_type, types[i].type))
            end = types[i].end;
    return end ? end : text_ends_with(path, ".gz") ? ".csv.gz" : ".csv";
}

static bool is_number(const char *text)
{
    double value;

    return text_to_double(text, strlen(text), &value);
}

/*
 * Whether a first line is a header: it names the label; without a label to look for, none of its
 * fields is a number.
 */
static bool names_columns(const struct csv_header *line, const char *label)
{
    for (size_t i = 0; i < line->count; i++) {
        if (label && strcmp(line->name[i], label) == 0)
            return true;
        if (!label && is_number(line->name[i]))
            return false;
    }
    return !label;
}

/* The first line of a file with its end; false where it is longer than any header. */
static bool read_first_line(const char *path, struct text *line, struct error *err)
{
    FILE *stream = fopen(path, "rb");
    char part[4096];
    const char *end = NULL;
    size_t length;

    if (!stream)
        return error_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    while (!end && line->length <= FIRST_LINE_MAX &&
           (length = fread(part, 1, sizeof part, stream)) > 0) {
        end = memchr(part, '\n', length);
        text_add(line, part, end ? (size_t)(end - part) + 1 : length);
    }
    const bool failed = ferror(stream) != 0;
    fclose(stream);
    if (failed)
        return error_set(err, ERR_IO, "'%s' cannot be read", path);
    if (line->length > FIRST_LINE_MAX)
        return error_set(err, ERR_LIMIT, "the first line of '%s' is over %d bytes", path,
                         FIRST_LINE_MAX);
    return line->length > 0 || error_set(err, ERR_DATA, "'%s' is empty", path);
}

/* Split the first line of a file; `header` says whether it names columns. */
static bool look_for_header(const char *path, const char *label, struct csv_header *line,
                            bool *header, struct arena *memory, struct error *err)
{
    struct text text = {0};

    if (!read_first_line(path, &text, err)) {
        text_clear(&text);
        return false;
    }
    struct error problem = {0};
    /* Values may come twice in a row, names may not: then it is no header. */
    const bool read = csv_header_read(line, text.bytes, text.length, memory, &problem);
    *header = read && names_columns(line, label);
    if (!read) {
        line->count = 1;
        line->delimiter = ',';
        for (size_t i = 0; i < text.length; i++)
            line->count += text.bytes[i] == ',';
    }
    text_clear(&text);
    return true;
}

static void add_field(struct text *line, const char *name)
{
    text_add(line, "\"", 1);
    for (const char *c = name; *c; c++)
        text_add_format(line, *c == '"' ? "\"\"" : "%c", *c);
    text_add(line, "\"", 1);
}

/*
 * The header that the job gives, else label first, then f0, f1, ...: the order and the names of the
 * platform's own trees.
 */
static void make_header(const struct container_job *job, const char *label,
                        const struct csv_header *first, struct text *line)
{
    if (job->header) {
        text_add_format(line, "%s\n", job->header);
        return;
    }
    add_field(line, label ? label : "label");
    for (size_t i = 1; i < first->count; i++)
        text_add_format(line, "%cf%zu", first->delimiter, i - 1);
    text_add(line, "\n", 1);
}

static bool copy_with_header(const char *from, const char *to, const struct text *header,
                             struct error *err)
{
    struct file_writer writer;
    struct file_map map;

    if (!file_map_open(&map, from, err))
        return false;
    const bool open = file_writer_open(&writer, to, err);
    if (open) { /* ferror() keeps a failure for commit */
        fwrite(header->bytes, 1, header->length, writer.stream);
        fwrite(map.bytes, 1, map.size, writer.stream);
    }
    file_map_close(&map);
    return open && file_writer_commit(&writer, err);
}

/* Under a name that says its format, with a header line: a link where nothing is missing. */
static bool stage_file(struct container_job *job, const struct container_channel *channel,
                       const char *label, const char *from, const char *to, struct error *err)
{
    struct csv_header first = {0};
    bool header = true;

    if (is_media(channel->content_type, "text/csv") && text_ends_with(to, ".csv") &&
        !look_for_header(from, label, &first, &header, &job->memory, err))
        return false;
    if (!header) {
        struct text line = {0};
        make_header(job, label, &first, &line);
        const bool copied = copy_with_header(from, to, &line, err);
        text_clear(&line);
        return copied;
    }
    char *absolute = realpath(from, NULL);
    const bool linked = absolute && symlink(absolute, to) == 0;
    free(absolute);
    return linked ||
           error_set(err, ERR_IO, "cannot link '%s' to '%s': %s", to, from, strerror(errno));
}

/* Whether a file can be read where it lies. */
static bool is_ready(struct container_job *job, const struct container_channel *channel,
                     const char *label, const char *path, bool *ready, struct error *err)
{
    struct csv_header first = {0};

    *ready = known_end(path) != NULL;
    if (!*ready || !is_media(channel->content_type, "text/csv") || !text_ends_with(path, ".csv"))
        return true;
    return look_for_header(path, label, &first, ready, &job->memory, err);
}

static bool stage_files(struct container_job *job, const struct container_channel *channel,
                        const char *label, const char *scratch, const struct files *files,
                        const char **path, struct error *err)
{
    const char *folder = arena_format(&job->memory, "%s/%s", scratch, channel->name);
    const char *end = wanted_end(channel, files->path[0]);

    if (!file_remove_tree(folder, err) || !file_make_folders(folder, err))
        return false;
    for (size_t i = 0; i < files->count; i++) {
        const char *to = arena_format(&job->memory, "%s/%06zu%s", folder, i,
                                      wanted_end(channel, files->path[i]));
        if (!stage_file(job, channel, label, files->path[i], to, err))
            return false;
    }
    *path = files->count == 1 ? arena_format(&job->memory, "%s/000000%s", folder, end)
                              : arena_format(&job->memory, "%s/*", folder);
    return true;
}

bool container_channel_path(struct container_job *job, const struct container_channel *channel,
                            const char *label, const char *scratch, const char **path,
                            struct error *err)
{
    struct files files = {0};
    bool ready;

    if (channel->sharded && job->hosts > 1)
        return error_set(err, ERR_ARG,
                         "channel '%s' is ShardedByS3Key over %zu hosts; one host trains, so it "
                         "needs all files: use FullyReplicated",
                         channel->name, job->hosts);
    files.path = ARENA_NEW(&job->memory, const char *, CONTAINER_FILES_MAX);
    if (!list_files(job, channel->folder, 0, &files, err))
        return error_wrap(err, "channel '%s'", channel->name);
    if (files.count == 0)
        return error_set(err, ERR_DATA, "channel '%s': there is no file in '%s'", channel->name,
                         channel->folder);
    qsort(files.path, files.count, sizeof *files.path, compare_paths);
    *path = files.path[0];
    if (!is_ready(job, channel, label, files.path[0], &ready, err))
        return error_wrap(err, "channel '%s'", channel->name);
    return (files.count == 1 && ready) ||
           stage_files(job, channel, label, scratch, &files, path, err) ||
           error_wrap(err, "channel '%s'", channel->name);
}
