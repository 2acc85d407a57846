#include "sales/store_csv.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* A journal is written anew when so many of its lines are replaced. */
enum { DEAD_AT_OPENING = 1000, DEAD_WHILE_RUNNING = 1000000, CHANGES_KEPT = 65536 };

static struct store_csv *of(struct sales_store *store)
{
    return (struct store_csv *)(void *)store;
}

/* A key that is looked for among rows. */
struct wanted {
    const void *rows;
    int32_t period;
    const char *vegetable;
};

static bool is_row(const void *context, size_t index)
{
    const struct wanted *wanted = context;
    const struct csv_row *row = (const struct csv_row *)wanted->rows + index;

    return row->period == wanted->period && strcmp(row->vegetable, wanted->vegetable) == 0;
}

bool csv_rows_find(const struct store_csv *store, int32_t period, const char *vegetable,
                   size_t *index)
{
    const struct wanted wanted = {store->row, period, vegetable};

    return key_index_find(&store->keys, key_hash(period, vegetable), is_row, &wanted, index);
}

/* The older half is forgotten when there are too many. */
static void note_change(struct store_csv *store, int64_t sequence, size_t row)
{
    if (store->changes == store->change_room && store->change_room >= CHANGES_KEPT) {
        const size_t half = store->changes / 2;
        store->changes_from = store->change[half - 1].sequence;
        store->changes -= half;
        memmove(store->change, store->change + half, store->changes * sizeof *store->change);
    } else if (store->changes == store->change_room) {
        store->change_room = store->change_room ? 2 * store->change_room : 256;
        store->change = memory_resize(store->change, store->change_room, sizeof *store->change);
    }
    store->change[store->changes++] = (struct csv_change){sequence, row};
}

void csv_rows_put(struct store_csv *store, const struct sales_row *row, int64_t sequence)
{
    const size_t request = strlen(row->request) + 1, vegetable = strlen(row->vegetable) + 1,
                 posted = strlen(row->posted) + 1;
    char *texts = memory_take(request + vegetable + posted, 1);
    size_t index = store->rows;

    memcpy(texts, row->request, request);
    memcpy(texts + request, row->vegetable, vegetable);
    memcpy(texts + request + vegetable, row->posted, posted);
    if (csv_rows_find(store, row->period, row->vegetable, &index)) {
        free(store->row[index].request);
    } else {
        if (store->rows == store->room) {
            store->room = store->room ? 2 * store->room : 256;
            store->row = memory_resize(store->row, store->room, sizeof *store->row);
        }
        store->rows++;
        key_index_add(&store->keys, key_hash(row->period, row->vegetable), index);
    }
    store->row[index] =
        (struct csv_row){sequence,   row->time, row->index,      row->period,
                         row->sales, texts,     texts + request, texts + request + vegetable};
    note_change(store, sequence, index);
}

void csv_rows_clear(struct store_csv *store)
{
    for (size_t i = 0; i < store->rows; i++)
        free(store->row[i].request);
    store->rows = store->changes = 0;
    key_index_clear(&store->keys);
}

static void close_store(struct sales_store *base)
{
    struct store_csv *store = of(base);

    csv_tables_publish(store, true);
    csv_rows_clear(store);
    csv_tables_clear(store);
    if (store->fd >= 0)
        close(store->fd);
    if (store->lock >= 0)
        close(store->lock);
    free(store->row);
    free(store->change);
    free(store->folder);
    free(store->journal);
    free(store);
}

static bool take_folder(struct store_csv *store, struct error *err)
{
    if (!file_make_folders(store->folder, err))
        return false;
    char *path = file_join(store->folder, "lock");
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    const bool open_failed = store->lock < 0;
    const bool ok = !open_failed && flock(store->lock, LOCK_EX | LOCK_NB) == 0;
    if (open_failed)
        error_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    else if (!ok && errno == EWOULDBLOCK)
        error_set(err, ERR_IO,
                  "'%s' is used by another server: a CSV store has one at a time, SQLite and "
                  "PostgreSQL take several",
                  store->folder);
    else if (!ok)
        error_set(err, ERR_IO, "cannot lock '%s': %s", path, strerror(errno));
    free(path);
    return ok;
}

/* A failure is a warning: the old journal is whole and goes on. */
static void compact(struct store_csv *store, size_t dead_allowed)
{
    struct error err = {0};

    if (store->lines - store->rows <= dead_allowed)
        return;
    if (!csv_journal_rewrite(store, store->position, store->rows, &err))
        log_warning("%s", err.text);
}

static bool open_store(struct sales_store **store, const char *place, struct error *err)
{
    struct store_csv *made = memory_take_zeroed(1, sizeof *made);

    made->store.kind = &sales_store_csv;
    made->lock = made->fd = -1;
    made->folder = strdup(place);
    made->journal = file_join(place, "bronze.csv");
    if (!take_folder(made, err) || !csv_journal_open(made, err)) {
        close_store(&made->store);
        return false;
    }
    compact(made, DEAD_AT_OPENING + made->rows / 2);
    csv_tables_open(made);
    *store = &made->store;
    return true;
}

static bool position(struct sales_store *base, struct sales_position *now, struct error *err)
{
    (void)err;
    csv_tables_publish(of(base), false);
    *now = of(base)->position;
    return true;
}

/* What a write comes down to: for each key the last of its rows, in the order of the first ones. */
struct batch {
    const struct sales_row *row; /* as given */
    size_t *last;                /* [count] index into `row` */
    size_t count;
    struct key_index keys;
};

static bool is_in_batch(const void *context, size_t index)
{
    const struct wanted *wanted = context;
    const struct batch *batch = wanted->rows;
    const struct sales_row *row = &batch->row[batch->last[index]];

    return row->period == wanted->period && strcmp(row->vegetable, wanted->vegetable) == 0;
}

static void make_batch(struct batch *batch, const struct sales_row *row, size_t rows)
{
    *batch = (struct batch){.row = row, .last = memory_take(rows, sizeof *batch->last)};
    for (size_t i = 0; i < rows; i++) {
        const struct wanted wanted = {batch, row[i].period, row[i].vegetable};
        const uint64_t hash = key_hash(row[i].period, row[i].vegetable);
        size_t index = batch->count;
        if (!key_index_find(&batch->keys, hash, is_in_batch, &wanted, &index)) {
            key_index_add(&batch->keys, hash, index);
            batch->count++;
        }
        batch->last[index] = i;
    }
}

/* Leave out what changes nothing. */
static void drop_known(const struct store_csv *store, struct batch *batch)
{
    size_t kept = 0;

    for (size_t i = 0; i < batch->count; i++) {
        const struct sales_row *row = &batch->row[batch->last[i]];
        size_t index;
        if (!csv_rows_find(store, row->period, row->vegetable, &index) ||
            store->row[index].sales != row->sales)
            batch->last[kept++] = batch->last[i];
    }
    batch->count = kept;
}

static bool write_batch(struct store_csv *store, const struct batch *batch, struct error *err)
{
    const struct sales_position next = {store->position.generation, store->position.sequence + 1};
    struct text lines = {0};
    size_t rows = store->rows;

    for (size_t i = 0; i < batch->count; i++) {
        struct sales_row row = batch->row[batch->last[i]];
        size_t index;
        if (csv_rows_find(store, row.period, row.vegetable, &index))
            row.id = (int64_t)index + 1;
        else
            row.id = (int64_t)++rows;
        csv_journal_line(&lines, &row, next, batch->count - 1 - i);
    }
    const bool ok = csv_journal_append(store, &lines, err);
    text_clear(&lines);
    if (!ok)
        return false;
    for (size_t i = 0; i < batch->count; i++)
        csv_rows_put(store, &batch->row[batch->last[i]], next.sequence);
    store->lines += batch->count;
    store->position = next;
    return true;
}

static bool write_rows(struct sales_store *base, const struct sales_row *row, size_t rows,
                       struct error *err)
{
    struct store_csv *store = of(base);
    struct batch batch;

    if (rows == 0)
        return true;
    make_batch(&batch, row, rows);
    drop_known(store, &batch);
    const bool ok = batch.count == 0 || write_batch(store, &batch, err);
    key_index_clear(&batch.keys);
    free(batch.last);
    if (ok)
        compact(store, DEAD_WHILE_RUNNING + 4 * store->rows);
    return ok;
}

static void visit_row(const struct store_csv *store, size_t i, sales_row_visit visit, void *context)
{
    const struct csv_row *r = &store->row[i];

    visit(context, &(struct sales_row){(int64_t)i + 1, r->time, r->request, r->index, r->period,
                                       r->vegetable, r->posted, r->sales});
}

static int by_index(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x > y) - (x < y);
}

/* By the list of changes: rows in order, each once. */
static void visit_changes(const struct store_csv *store, int64_t since, sales_row_visit visit,
                          void *context)
{
    size_t first = store->changes, count = 0;

    while (first > 0 && store->change[first - 1].sequence > since)
        first--;
    size_t *index = memory_take(store->changes - first + 1, sizeof *index);
    for (size_t i = first; i < store->changes; i++)
        index[count++] = store->change[i].row;
    qsort(index, count, sizeof *index, by_index);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || index[i] != index[i - 1])
            visit_row(store, index[i], visit, context);
    free(index);
}

static bool changes(struct sales_store *base, struct sales_position since, sales_row_visit visit,
                    void *context, struct sales_position *now, struct error *err)
{
    const struct store_csv *store = of(base);
    const bool all = since.generation != store->position.generation;

    (void)err;
    *now = store->position;
    if (!all && since.sequence >= store->changes_from) {
        visit_changes(store, since.sequence, visit, context);
        return true;
    }
    for (size_t i = 0; i < store->rows; i++)
        if (all || store->row[i].sequence > since.sequence)
            visit_row(store, i, visit, context);
    return true;
}

static bool empty(struct sales_store *base, struct error *err)
{
    struct store_csv *store = of(base);
    const struct sales_position next = {store->position.generation + 1, store->position.sequence};

    if (!csv_journal_rewrite(store, next, 0, err))
        return false;
    store->position = next;
    csv_rows_clear(store);
    store->changes_from = next.sequence;
    csv_tables_clear(store);
    store->tables = (struct sales_position){.generation = next.generation};
    store->tables_dirty = true;
    csv_tables_publish(store, true);
    return true;
}

const struct sales_store_kind sales_store_csv = {
    .scheme = "csv",
    .promise = "An answered row is in bronze.csv on the disk: it survives kill -9 and a loss of "
               "power. The files of the other tables may be a second behind.",
    .shared = false,
    .open = open_store,
    .close = close_store,
    .position = position,
    .write = write_rows,
    .changes = changes,
    .write_tables = store_csv_write_tables,
    .read_tables = store_csv_read_tables,
    .empty = empty,
};
