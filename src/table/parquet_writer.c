#include "table/parquet_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static const char magic[4] = {'P', 'A', 'R', '1'};

/* Numbers of parquet.thrift. */
enum {
    OPTIONAL = 1,
    CONVERTED_UTF8 = 0,
    CONVERTED_INT_64 = 18,
    LOGICAL_STRING = 1,
    LOGICAL_INTEGER = 10,
    CODEC_NONE = 0,
};

struct parquet_writer {
    char *path;
    int file;
    struct table_field *field;
    size_t count;
    struct arena memory; /* path and names */

    pthread_mutex_t lock; /* of everything below */
    struct parquet_group *waiting;
    size_t room; /* of waiting */
    size_t next; /* number of the group to append next */
    uint64_t at; /* size of the file */
    uint64_t rows;
    struct parquet_bytes groups; /* the footer's row groups so far */
};

/* ---- groups ---- */

void parquet_group_encode(struct parquet_group *group, const struct table_chunk *chunk,
                          struct arena *scratch)
{
    BUG_ON(chunk->rows == 0 || chunk->rows > PARQUET_GROUP_ROWS);
    *group = (struct parquet_group){.rows = chunk->rows, .count = chunk->count};
    group->chunk = memory_take(chunk->count, sizeof *group->chunk);
    for (size_t i = 0; i < chunk->count; i++)
        parquet_column_encode(&group->bytes, &group->chunk[i], &chunk->column[i], chunk->rows,
                              scratch);
}

void parquet_group_clear(struct parquet_group *group)
{
    free(group->chunk);
    parquet_bytes_clear(&group->bytes);
    *group = (struct parquet_group){0};
}

/* ---- footer ---- */

static void add_schema_column(struct parquet_thrift *t, const struct table_field *field)
{
    const bool text = field->type == TABLE_TEXT || field->type == TABLE_CODE;

    parquet_thrift_element_struct(t);
    parquet_thrift_integer(t, 1, THRIFT_I32, parquet_column_physical(field->type));
    parquet_thrift_integer(t, 3, THRIFT_I32, OPTIONAL);
    parquet_thrift_binary(t, 4, field->name, strlen(field->name));
    if (field->type != TABLE_BOOL) {
        parquet_thrift_integer(t, 6, THRIFT_I32, text ? CONVERTED_UTF8 : CONVERTED_INT_64);
        parquet_thrift_struct(t, 10);
        parquet_thrift_struct(t, text ? LOGICAL_STRING : LOGICAL_INTEGER);
        if (!text) {
            parquet_thrift_byte(t, 1, 64);
            parquet_thrift_bool(t, 2, true);
        }
        parquet_thrift_end(t);
        parquet_thrift_end(t);
    }
    parquet_thrift_end(t);
}

static void add_statistics(struct parquet_thrift *t, const struct parquet_chunk *chunk)
{
    parquet_thrift_struct(t, 12);
    parquet_thrift_integer(t, 3, THRIFT_I64, (int64_t)chunk->nulls);
    if (chunk->bounded) {
        parquet_thrift_binary(t, 5, chunk->greatest.bytes, chunk->greatest.size);
        parquet_thrift_binary(t, 6, chunk->least.bytes, chunk->least.size);
    }
    parquet_thrift_end(t);
}

static void add_chunk(struct parquet_thrift *t, const struct table_field *field,
                      const struct parquet_chunk *chunk, size_t rows, uint64_t at)
{
    const int64_t size = (int64_t)(chunk->end - chunk->start);

    parquet_thrift_element_struct(t);
    parquet_thrift_integer(t, 2, THRIFT_I64, (int64_t)(at + chunk->start));
    parquet_thrift_struct(t, 3);
    parquet_thrift_integer(t, 1, THRIFT_I32, parquet_column_physical(field->type));
    parquet_thrift_list(t, 2, THRIFT_I32, (size_t)__builtin_popcount(chunk->encodings));
    for (uint32_t left = chunk->encodings; left; left &= left - 1)
        parquet_thrift_element_integer(t, __builtin_ctz(left));
    parquet_thrift_list(t, 3, THRIFT_BINARY, 1);
    parquet_thrift_element_binary(t, field->name, strlen(field->name));
    parquet_thrift_integer(t, 4, THRIFT_I32, CODEC_NONE);
    parquet_thrift_integer(t, 5, THRIFT_I64, (int64_t)rows);
    parquet_thrift_integer(t, 6, THRIFT_I64, size);
    parquet_thrift_integer(t, 7, THRIFT_I64, size);
    parquet_thrift_integer(t, 9, THRIFT_I64, (int64_t)(at + chunk->data));
    if (chunk->data != chunk->start)
        parquet_thrift_integer(t, 11, THRIFT_I64, (int64_t)(at + chunk->start));
    add_statistics(t, chunk);
    parquet_thrift_end(t);
    parquet_thrift_end(t);
}

static void add_row_group(struct parquet_writer *w, const struct parquet_group *group)
{
    struct parquet_thrift t = {.out = &w->groups};

    parquet_thrift_list(&t, 1, THRIFT_STRUCT, group->count);
    for (size_t i = 0; i < group->count; i++)
        add_chunk(&t, &w->field[i], &group->chunk[i], group->rows, w->at);
    parquet_thrift_integer(&t, 2, THRIFT_I64, (int64_t)group->bytes.size);
    parquet_thrift_integer(&t, 3, THRIFT_I64, (int64_t)group->rows);
    parquet_thrift_integer(&t, 5, THRIFT_I64, (int64_t)w->at);
    parquet_thrift_integer(&t, 6, THRIFT_I64, (int64_t)group->bytes.size);
    parquet_thrift_end(&t);
}

static void add_footer(const struct parquet_writer *w, struct parquet_bytes *footer)
{
    static const char made_by[] = "quern version " QUERN_VERSION;
    struct parquet_thrift t = {.out = footer};

    parquet_thrift_integer(&t, 1, THRIFT_I32, 1);
    parquet_thrift_list(&t, 2, THRIFT_STRUCT, w->count + 1);
    parquet_thrift_element_struct(&t);
    parquet_thrift_binary(&t, 4, "schema", strlen("schema"));
    parquet_thrift_integer(&t, 5, THRIFT_I32, (int64_t)w->count);
    parquet_thrift_end(&t);
    for (size_t i = 0; i < w->count; i++)
        add_schema_column(&t, &w->field[i]);
    parquet_thrift_integer(&t, 3, THRIFT_I64, (int64_t)w->rows);
    parquet_thrift_list(&t, 4, THRIFT_STRUCT, w->next);
    parquet_bytes_add(footer, w->groups.at, w->groups.size);
    parquet_thrift_binary(&t, 6, made_by, sizeof made_by - 1);
    parquet_thrift_list(&t, 7, THRIFT_STRUCT, w->count);
    for (size_t i = 0; i < w->count; i++) { /* bounds are ordered as the type says */
        parquet_thrift_element_struct(&t);
        parquet_thrift_struct(&t, 1);
        parquet_thrift_end(&t);
        parquet_thrift_end(&t);
    }
    parquet_thrift_end(&t);
    parquet_bytes_add_u32(footer, (uint32_t)footer->size);
    parquet_bytes_add(footer, magic, sizeof magic);
}

/* ---- file ---- */

static bool append(struct parquet_writer *w, const unsigned char *bytes, size_t size,
                   struct error *err)
{
    w->at += size;
    while (size) {
        const ssize_t done = write(w->file, bytes, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return error_set(err, ERR_IO, "cannot write '%s': %s", w->path, strerror(errno));
        bytes += done;
        size -= (size_t)done;
    }
    return true;
}

bool parquet_writer_open(struct parquet_writer **writer, const char *partial, const char *path,
                         const struct table_field *fields, size_t count, struct error *err)
{
    struct parquet_writer *w = memory_take_zeroed(1, sizeof *w);

    w->path = arena_string(&w->memory, path, strlen(path));
    w->field = ARENA_NEW(&w->memory, struct table_field, count + 1);
    w->count = count;
    for (size_t i = 0; i < count; i++)
        w->field[i] = (struct table_field){
            arena_string(&w->memory, fields[i].name, strlen(fields[i].name)), fields[i].type};
    pthread_mutex_init(&w->lock, NULL);
    w->file = open(partial, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
    if (w->file < 0)
        error_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    if (w->file < 0 || !append(w, (const unsigned char *)magic, sizeof magic, err)) {
        parquet_writer_discard(w);
        return false;
    }
    *writer = w;
    return true;
}

static void keep(struct parquet_writer *w, size_t number, struct parquet_group *group)
{
    const size_t place = number - w->next;

    BUG_ON(number < w->next || group->count != w->count);
    if (place >= w->room) {
        const size_t room = place + 8;
        w->waiting = memory_resize(w->waiting, room, sizeof *w->waiting);
        memset(w->waiting + w->room, 0, (room - w->room) * sizeof *w->waiting);
        w->room = room;
    }
    w->waiting[place] = *group;
    *group = (struct parquet_group){0};
}

/* Append the groups whose turn it is. */
static bool append_ready(struct parquet_writer *w, struct error *err)
{
    bool ok = true;

    while (ok && w->waiting[0].count) {
        struct parquet_group group = w->waiting[0];
        memmove(w->waiting, w->waiting + 1, (w->room - 1) * sizeof *w->waiting);
        w->waiting[w->room - 1] = (struct parquet_group){0};
        add_row_group(w, &group);
        ok = append(w, group.bytes.at, group.bytes.size, err);
        w->rows += group.rows;
        w->next++;
        parquet_group_clear(&group);
    }
    return ok;
}

bool parquet_writer_put(struct parquet_writer *w, size_t number, struct parquet_group *group,
                        struct error *err)
{
    pthread_mutex_lock(&w->lock);
    keep(w, number, group);
    const bool ok = append_ready(w, err);
    pthread_mutex_unlock(&w->lock);
    return ok;
}

bool parquet_writer_close(struct parquet_writer *w, struct error *err)
{
    struct parquet_bytes footer = {0};

    for (size_t i = 0; i < w->room; i++)
        BUG_ON(w->waiting[i].count);
    add_footer(w, &footer);
    bool ok = append(w, footer.at, footer.size, err);
    if (close(w->file) != 0 && ok)
        ok = error_set(err, ERR_IO, "cannot write '%s': %s", w->path, strerror(errno));
    w->file = -1;
    parquet_bytes_clear(&footer);
    parquet_writer_discard(w);
    return ok;
}

void parquet_writer_discard(struct parquet_writer *w)
{
    if (!w)
        return;
    if (w->file >= 0)
        close(w->file);
    for (size_t i = 0; i < w->room; i++)
        parquet_group_clear(&w->waiting[i]);
    free(w->waiting);
    parquet_bytes_clear(&w->groups);
    arena_clear(&w->memory);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
