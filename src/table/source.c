#include "table/source.h"

#include "base/file.h"
#include "table/gzip_check.h"
#include "table/source_schema.h"

#include <errno.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 100000 };

bool table_source_is_query(const char *name)
{
    static const char *const words[] = {"select", "with", "from"};

    name += strspn(name, " \t\r\n(");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t length = strlen(words[i]);
        if (strncasecmp(name, words[i], length) == 0 && name[length] &&
            strchr(" \t\r\n(", name[length]))
            return true;
    }
    return false;
}

static bool kind_of_file(const char *path, enum source_kind *kind, struct error *err)
{
    static const struct {
        const char *end;
        enum source_kind kind;
    } ends[] = {
        {".parquet", SOURCE_PARQUET}, {".csv", SOURCE_CSV},      {".csv.gz", SOURCE_CSV},
        {".tsv", SOURCE_CSV},         {".tsv.gz", SOURCE_CSV},   {".jsonl", SOURCE_JSON},
        {".ndjson", SOURCE_JSON},     {".json", SOURCE_JSON},    {".jsonl.gz", SOURCE_JSON},
        {".ndjson.gz", SOURCE_JSON},  {".json.gz", SOURCE_JSON},
    };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (text_ends_with(path, ends[i].end)) {
            *kind = ends[i].kind;
            return true;
        }
    return error_set(err, ERR_ARG,
                     "cannot read '%s': its name does not end in .parquet, .csv, .csv.gz, .tsv, "
                     ".jsonl or .json",
                     path);
}

static bool check_file(const char *path, struct error *err)
{
    if (file_is_folder(path))
        return error_set(err, ERR_IO,
                         "cannot read '%s': it is a folder; name its files, such as "
                         "'%s/*.parquet'",
                         path, path);
    if (access(path, R_OK) != 0)
        return error_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    return true;
}

static bool add_files(struct table_source *source, char *const *paths, size_t count,
                      struct error *err)
{
    const char **file = ARENA_NEW(&source->memory, const char *, count);

    for (size_t i = 0; i < count; i++) {
        enum source_kind kind = SOURCE_SQL;
        if (!check_file(paths[i], err) || !kind_of_file(paths[i], &kind, err))
            return false;
        if (i > 0 && kind != source->kind)
            return error_set(err, ERR_DATA, "'%s' holds files of different formats: '%s' and '%s'",
                             source->name, paths[0], paths[i]);
        if (text_ends_with(paths[i], ".gz") && !gzip_check(paths[i], err))
            return false;
        source->kind = kind;
        file[i] = arena_string(&source->memory, paths[i], strlen(paths[i]));
    }
    source->file = file;
    source->file_count = count;
    return true;
}

static bool find_files(struct table_source *source, struct error *err)
{
    char *one[1];
    glob_t found;

    if (!place_fetch(&source->place, source->name, err))
        return false;
    one[0] = source->place.local;
    if (!strpbrk(one[0], "*?[") || file_exists(one[0]))
        return add_files(source, one, 1, err);
    const int status = glob(one[0], 0, NULL, &found);
    if (status == GLOB_NOMATCH)
        return error_set(err, ERR_IO, "no file matches '%s'", source->name);
    if (status != 0)
        return error_set(err, ERR_IO, "cannot list '%s'", source->name);
    bool ok;
    if (found.gl_pathc > FILES_MAX)
        ok = error_set(err, ERR_LIMIT, "'%s' matches %zu files, the limit is %d", source->name,
                       found.gl_pathc, FILES_MAX);
    else
        ok = add_files(source, found.gl_pathv, found.gl_pathc, err);
    globfree(&found);
    return ok;
}

/* The query as it can stand in brackets: without the last semicolon. */
static void take_query(struct table_source *source)
{
    size_t length = strlen(source->name);
    const char **file = ARENA_NEW(&source->memory, const char *, 1);

    while (length && strchr(" \t\r\n;", source->name[length - 1]))
        length--;
    file[0] = arena_string(&source->memory, source->name, length);
    source->kind = SOURCE_SQL;
    source->file = file;
    source->file_count = 1;
}

/* One statement only, so that the brackets around a query cannot be closed from inside. */
static bool check_query(const struct table_source *source, duckdb_connection connection,
                        struct error *err)
{
    const struct duckdb_api *duck = source->session.duck;
    duckdb_extracted_statements statements = NULL;
    struct text sql = {0};
    bool ok = true;

    text_add_format(&sql, "SELECT * FROM (%s\n)", source->file[0]);
    const idx_t count = duck->extract_statements(connection, sql.bytes, &statements);
    if (count == 0)
        ok = session_error(err, duck->extract_statements_error(statements));
    else if (count != 1)
        ok = error_set(err, ERR_DATA, "the query holds more than one statement");
    duck->destroy_extracted(&statements);
    text_clear(&sql);
    return ok;
}

static bool look_inside(struct table_source *source, struct error *err)
{
    duckdb_connection connection;

    if (!session_connect(&source->session, &connection, err))
        return false;
    bool ok = source->kind != SOURCE_SQL || check_query(source, connection, err);
    ok = ok && source_find_columns(source, connection, err) &&
         source_find_pieces(source, connection, err);
    if (!ok && err->code != ERR_INTERRUPT && source->kind == SOURCE_SQL)
        error_wrap(err, "the query of the source");
    source->session.duck->disconnect(&connection);
    return ok;
}

bool table_source_open(struct table_source **out, const char *name, struct error *err)
{
    struct table_source *source = memory_take_zeroed(1, sizeof *source);
    bool ok;

    source->name = arena_string(&source->memory, name, strlen(name));
    source->rows = -1;
    if (table_source_is_query(name)) {
        take_query(source);
        ok = true;
    } else {
        ok = find_files(source, err);
    }
    ok = ok && session_open(&source->session, err) && look_inside(source, err);
    if (!ok) {
        place_explain(&source->place, err);
        table_source_close(source);
        return false;
    }
    *out = source;
    return true;
}

void table_source_close(struct table_source *source)
{
    if (!source)
        return;
    session_close(&source->session);
    place_clear(&source->place);
    arena_clear(&source->memory);
    free(source);
}

void table_source_file_name(const struct table_source *source, size_t file, char *name, size_t room)
{
    place_name(&source->place, source->file[file], name, room);
}

const struct source_column *table_source_column(const struct table_source *source, const char *name,
                                                struct error *err)
{
    struct text names = {0};

    for (size_t i = 0; i < source->column_count; i++)
        if (strcmp(source->column[i].name, name) == 0)
            return &source->column[i];
    for (size_t i = 0; i < source->column_count && names.length < 400; i++)
        text_add_format(&names, "%s%s", i ? ", " : "", source->column[i].name);
    error_set(err, ERR_DATA, "'%s' has no column '%s'; it has: %s", source->name, name,
              names.bytes ? names.bytes : "none");
    text_clear(&names);
    return NULL;
}
