/* bronze.csv: append, read back, cut off what was not finished, write anew. */
#include "sales/store_csv.h"

#include "base/arena.h"
#include "base/config.h"
#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

static const char header[] =
    "id,period,vegetable,sales,posted,received,request,position,generation,sequence,left,check";
enum column {
    ID,
    PERIOD,
    VEGETABLE,
    SALES,
    POSTED,
    RECEIVED,
    REQUEST,
    POSITION,
    GENERATION,
    SEQUENCE,
    LEFT,
    CHECK,
    COLUMNS
};
enum { CHECK_SIZE = 8 };
#define COUNT_MAX ((int64_t)1 << 62) /* so that one more is still a number */

static unsigned check_of(const char *bytes, size_t length)
{
    return (unsigned)(XXH3_64bits(bytes, length) & 0xffffffff);
}

void csv_journal_line(struct text *out, const struct sales_row *row, struct sales_position position,
                      size_t left)
{
    const size_t start = out->length;

    text_add_format(out, "%lld,%d,", (long long)row->id, (int)row->period);
    csv_line_add_text(out, row->vegetable);
    config_write_number(out, row->sales);
    text_add(out, ",", 1);
    csv_line_add_text(out, row->posted);
    text_add_format(out, "%lld,", (long long)row->time);
    csv_line_add_text(out, row->request);
    text_add_format(out, "%zu,%lld,%lld,%zu,", row->index, (long long)position.generation,
                    (long long)position.sequence, left);
    text_add_format(out, "%08x\n", check_of(out->bytes + start, out->length - start));
}

/* The line with id 0. */
static void add_start(struct text *out, struct sales_position position, size_t rows)
{
    const struct sales_row start = {.request = "", .vegetable = "", .posted = "", .index = rows};

    text_add_format(out, "%s\n", header);
    csv_journal_line(out, &start, position, 0);
}

/* A line as it was read; texts live until the next one. */
struct entry {
    struct sales_row row;
    struct sales_position position;
    int64_t left;
};

static bool number(const char *field, int64_t min, int64_t max, int64_t *value)
{
    return text_to_int64(field, strlen(field), value) && *value >= min && *value <= max;
}

/* False for a line that was not written so. */
static bool read_entry(struct entry *entry, struct csv_line *line, const char *bytes, size_t length)
{
    char want[CHECK_SIZE + 1];
    char **field = line->field;
    int64_t period, index;

    if (length <= CHECK_SIZE)
        return false;
    snprintf(want, sizeof want, "%08x", check_of(bytes, length - CHECK_SIZE));
    if (memcmp(want, bytes + length - CHECK_SIZE, CHECK_SIZE) != 0 ||
        !csv_line_split(line, bytes, length) || line->fields != COLUMNS)
        return false;
    entry->row = (struct sales_row){
        .request = field[REQUEST], .vegetable = field[VEGETABLE], .posted = field[POSTED]};
    if (!number(field[ID], 0, COUNT_MAX, &entry->row.id) ||
        !number(field[PERIOD], INT32_MIN, INT32_MAX, &period) ||
        !text_to_double(field[SALES], strlen(field[SALES]), &entry->row.sales) ||
        !number(field[RECEIVED], INT64_MIN, INT64_MAX, &entry->row.time) ||
        !number(field[POSITION], 0, COUNT_MAX, &index) ||
        !number(field[GENERATION], 1, COUNT_MAX, &entry->position.generation) ||
        !number(field[SEQUENCE], 0, COUNT_MAX, &entry->position.sequence) ||
        !number(field[LEFT], 0, COUNT_MAX, &entry->left))
        return false;
    entry->row.period = (int32_t)period;
    entry->row.index = (size_t)index;
    return true;
}

/* The journal while it is read. */
struct reader {
    struct store_csv *store;
    const char *bytes;
    size_t size, at; /* at: behind the last line looked at */
    size_t line;     /* its number, from 1 */
    size_t snapshot; /* lines of the snapshot that are to come */
    struct csv_line scratch;
};

/* The next line as an entry; false also at the end. */
static bool next_entry(struct reader *r, struct entry *entry)
{
    const char *start = r->bytes + r->at;
    const char *end = r->at < r->size ? memchr(start, '\n', r->size - r->at) : NULL;

    if (!end) {
        r->at = r->size;
        return false;
    }
    r->at += (size_t)(end - start) + 1;
    r->line++;
    return read_entry(entry, &r->scratch, start, (size_t)(end - start));
}

static bool damaged(const struct reader *r, size_t line, struct error *err)
{
    return error_set(err, ERR_DATA, "'%s' is damaged in line %zu", r->store->journal, line);
}

/* Whether the next lines are those of one write, or one line of the snapshot. Reads them. */
static bool is_whole(struct reader *r, size_t *lines)
{
    const struct sales_position *now = &r->store->position;
    int64_t left = -1;
    struct entry e;

    for (*lines = 0; left != 0; left = e.left, ++*lines) {
        if (!next_entry(r, &e) || e.row.id < 1 || e.position.generation != now->generation)
            return false;
        if (r->snapshot > 0 ? e.position.sequence > now->sequence || e.left != 0
                            : e.position.sequence != now->sequence + 1)
            return false;
        if (left > 0 && e.left != left - 1)
            return false;
    }
    return true;
}

/* Read the lines of a whole write again, into memory. */
static bool apply(struct reader *r, size_t lines, struct error *err)
{
    struct store_csv *store = r->store;
    struct entry e;

    for (size_t i = 0; i < lines; i++) {
        size_t index = store->rows;
        if (!next_entry(r, &e))
            BUG("a line that was read cannot be read");
        csv_rows_find(store, e.row.period, e.row.vegetable, &index);
        if ((int64_t)index + 1 != e.row.id)
            return damaged(r, r->line, err);
        csv_rows_put(store, &e.row, e.position.sequence);
    }
    store->lines += lines;
    if (r->snapshot > 0)
        r->snapshot--;
    else
        store->position.sequence++;
    return true;
}

/*
 * From here on nothing is whole. Where that is one write that was not finished, all its lines are
 * those of the next sequence; a whole line of any other says that the file was damaged.
 */
static bool check_tail(struct reader *r, struct error *err)
{
    const size_t first = r->line + 1;
    struct entry e;

    if (r->snapshot > 0)
        return damaged(r, first, err);
    while (r->at < r->size)
        if (next_entry(r, &e) && (e.position.generation != r->store->position.generation ||
                                  e.position.sequence != r->store->position.sequence + 1))
            return damaged(r, first, err);
    return true;
}

static bool read_start(struct reader *r, struct error *err)
{
    const size_t length = sizeof header - 1;
    struct entry e;

    if (r->size <= length || memcmp(r->bytes, header, length) != 0 || r->bytes[length] != '\n')
        return error_set(err, ERR_DATA, "'%s' is not a table of this program", r->store->journal);
    r->at = length + 1;
    r->line = 1;
    if (!next_entry(r, &e) || e.row.id != 0)
        return damaged(r, 2, err);
    r->store->position = e.position;
    r->store->changes_from = e.position.sequence;
    r->snapshot = e.row.index;
    return true;
}

static bool read_all(struct reader *r, struct error *err)
{
    if (!read_start(r, err))
        return false;
    while (r->at < r->size) {
        const size_t start = r->at, line = r->line;
        size_t lines;
        const bool whole = is_whole(r, &lines);
        r->at = start;
        r->line = line;
        if (!whole) {
            if (!check_tail(r, err))
                return false;
            log_warning("'%s': cut off %zu bytes of a write that was not finished",
                        r->store->journal, r->size - start);
            r->store->dirty = true;
            r->store->size = start;
            return true;
        }
        if (!apply(r, lines, err))
            return false;
    }
    r->store->size = r->size;
    return r->snapshot == 0 || damaged(r, r->line + 1, err);
}

static bool fail(const struct store_csv *store, struct error *err)
{
    return error_set(err, ERR_IO, "cannot write '%s': %s", store->journal, strerror(errno));
}

/* Take off what a write that failed, or was killed, left behind the last whole one. */
static bool cut(struct store_csv *store, struct error *err)
{
    if (store->dirty && ftruncate(store->fd, (off_t)store->size) != 0)
        return fail(store, err);
    store->dirty = false;
    return true;
}

bool csv_journal_append(struct store_csv *store, const struct text *lines, struct error *err)
{
    size_t done = 0;

    if (store->fd < 0) /* after a rewrite that could not be opened */
        store->fd = open(store->journal, O_WRONLY | O_CLOEXEC);
    if (store->fd < 0)
        return fail(store, err);
    if (!cut(store, err))
        return false;
    while (done < lines->length) {
        const ssize_t written = pwrite(store->fd, lines->bytes + done, lines->length - done,
                                       (off_t)(store->size + done));
        if (written < 0 && errno == EINTR)
            continue;
        store->dirty = true;
        if (written <= 0)
            break;
        done += (size_t)written;
    }
    if (done == lines->length && fdatasync(store->fd) == 0) {
        store->size += done;
        store->dirty = false;
        return true;
    }
    struct error ignored = {0};
    fail(store, err);
    return cut(store, &ignored) && false;
}

bool csv_journal_rewrite(struct store_csv *store, struct sales_position position, size_t rows,
                         struct error *err)
{
    struct file_writer writer;
    struct text text = {0};

    if (!file_writer_open(&writer, store->journal, err))
        return false;
    add_start(&text, position, rows);
    size_t size = 0;
    for (size_t i = 0;; i++) {
        fwrite(text.bytes, 1, text.length, writer.stream); /* a failure stays in ferror() */
        size += text.length;
        text.length = 0;
        if (i == rows)
            break;
        const struct csv_row *r = &store->row[i];
        const struct sales_row row = {(int64_t)i + 1, r->time,      r->request, r->index,
                                      r->period,      r->vegetable, r->posted,  r->sales};
        csv_journal_line(&text, &row, (struct sales_position){position.generation, r->sequence}, 0);
    }
    text_clear(&text);
    if (!file_writer_commit(&writer, err))
        return false;
    if (store->fd >= 0)
        close(store->fd);
    store->fd = open(store->journal, O_WRONLY | O_CLOEXEC);
    store->size = size;
    store->lines = rows;
    store->dirty = false;
    return true;
}

static bool read_journal(struct store_csv *store, struct error *err)
{
    struct file_map map;
    struct reader reader = {.store = store};

    if (!file_map_open(&map, store->journal, err))
        return false;
    reader.bytes = (const char *)map.bytes;
    reader.size = map.size;
    const bool ok = read_all(&reader, err);
    file_map_close(&map);
    csv_line_clear(&reader.scratch);
    store->changes = 0;
    store->changes_from = store->position.sequence;
    return ok;
}

bool csv_journal_open(struct store_csv *store, struct error *err)
{
    file_remove_partials(store->journal);
    if (!file_exists(store->journal)) {
        const struct sales_position start = {.generation = 1};
        if (!csv_journal_rewrite(store, start, 0, err))
            return false;
    }
    if (!read_journal(store, err))
        return false;
    if (store->fd < 0)
        store->fd = open(store->journal, O_WRONLY | O_CLOEXEC);
    return store->fd >= 0 ? cut(store, err) : fail(store, err);
}
