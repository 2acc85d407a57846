#include "sequence/feature_store.h"

#include "base/text.h"

#include <string.h>

enum {
    PLAIN_COLUMNS = 3,
    /* Codes that a thread gathers at most: 32 MiB of them. */
    CELLS_MAX = 8 << 20,
    /* Columns side by side at a distance that is a power of two would share cache sets. */
    APART = 32,
};

static bool open_writers(struct feature_store *store, char *const *partial, char *const *path,
                         struct error *err)
{
    struct arena names = {0};
    const struct feature_source *source = store->source;
    const size_t count = PLAIN_COLUMNS + source->max_length;
    struct table_field *field = ARENA_NEW(&names, struct table_field, count);
    bool ok = true;

    field[0] = (struct table_field){"journey_id", TABLE_INT64};
    field[1] = (struct table_field){"uid", source->integers ? TABLE_INT64 : TABLE_TEXT};
    field[2] = (struct table_field){"conversion_status", TABLE_BOOL};
    for (size_t i = 0; i < source->max_length; i++)
        field[PLAIN_COLUMNS + i] =
            (struct table_field){arena_format(&names, "campaign_nm_at_index_%zu", i), TABLE_CODE};
    for (size_t s = 0; ok && s < SPLIT_COUNT; s++)
        ok = parquet_writer_open(&store->writer[s], partial[s], path[s], field, count, err);
    arena_clear(&names);
    return ok;
}

bool feature_store_open(struct feature_store *store, const struct feature_source *source,
                        char *const *partial, char *const *path, struct error *err)
{
    const size_t fitting = CELLS_MAX / source->max_length;

    *store = (struct feature_store){.source = source};
    store->group_rows = fitting < PARQUET_GROUP_ROWS ? fitting : PARQUET_GROUP_ROWS;
    for (size_t s = 0; s < SPLIT_COUNT; s++) {
        for (size_t p = 0; p < PARTITIONS; p++)
            store->first[s][p + 1] = store->first[s][p] + source->block[p].rows[s];
        store->groups[s] =
            (store->first[s][PARTITIONS] + store->group_rows - 1) / store->group_rows;
    }
    if (open_writers(store, partial, path, err))
        return true;
    for (size_t s = 0; s < SPLIT_COUNT; s++)
        parquet_writer_discard(store->writer[s]);
    return false;
}

size_t feature_store_groups(const struct feature_store *store)
{
    size_t groups = 0;

    for (size_t s = 0; s < SPLIT_COUNT; s++)
        groups += store->groups[s];
    return groups;
}

static void take_buffers(struct feature_work *work, const struct feature_store *store)
{
    const struct feature_source *source = store->source;
    const size_t rows = store->group_rows;
    struct arena *memory = &work->buffers;

    work->id = ARENA_NEW(memory, int64_t, rows);
    work->converted = ARENA_NEW(memory, uint8_t, rows);
    work->code = ARENA_NEW(memory, int32_t, source->max_length * (rows + APART));
    work->column = ARENA_ZERO(memory, struct table_column, PLAIN_COLUMNS + source->max_length);
    work->column[0] = (struct table_column){.type = TABLE_INT64, .integer = work->id};
    if (source->integers) {
        work->integer = ARENA_NEW(memory, int64_t, rows);
        work->column[1] = (struct table_column){.type = TABLE_INT64, .integer = work->integer};
    } else {
        work->text = ARENA_NEW(memory, struct table_string, rows);
        work->column[1] = (struct table_column){.type = TABLE_TEXT, .text = work->text};
    }
    work->column[2] = (struct table_column){.type = TABLE_BOOL, .boolean = work->converted};
    for (size_t i = 0; i < source->max_length; i++)
        work->column[PLAIN_COLUMNS + i] =
            (struct table_column){.type = TABLE_CODE,
                                  .code = work->code + i * (rows + APART),
                                  .dictionary = source->name};
}

static void put_journey(struct feature_work *work, const struct feature_store *store, size_t row,
                        const struct partition_view *view, size_t j, const int32_t *token,
                        bool lasting)
{
    const struct feature_source *source = store->source;
    const size_t apart = store->group_rows + APART, length = view->length[j];
    const struct table_string uid = feature_entity(view, view->entity[j]);
    int32_t *code = work->code + row;

    work->id[row] = view->id[j];
    work->converted[row] = view->converted[j];
    if (source->integers)
        (void)text_to_int64(uid.bytes, uid.length, &work->integer[row]);
    else
        work->text[row] =
            lasting ? uid
                    : (struct table_string){arena_string(&work->texts, uid.bytes, uid.length),
                                            uid.length};
    for (size_t i = 0; i < length; i++)
        code[i * apart] = source->final_code[token[i]];
    for (size_t i = length; i < source->max_length; i++)
        code[i * apart] = -1;
}

/* Rows first .. end - 1 of a partition's rows of split `s`, to row `row` of the group on. */
static bool gather(struct feature_work *work, const struct feature_store *store, size_t s, size_t p,
                   size_t first, size_t end, size_t row, struct error *err)
{
    const struct spill_piece *piece = &store->source->block[p].piece;
    struct partition_view view;
    const void *bytes;
    size_t seen = 0, t = 0;

    if (!piece->memory && piece->size > work->block_room) {
        work->block_room = piece->size + piece->size / 4;
        work->block = memory_resize(work->block, work->block_room, 1);
    }
    if (!spill_get(store->source->spill, piece, work->block, &bytes, err))
        return false;
    partition_view_open(&view, bytes);
    for (size_t j = 0; seen < end; t += view.length[j++]) {
        if (view.split[j] != s)
            continue;
        if (seen >= first)
            put_journey(work, store, row++, &view, j, view.token + t, piece->memory != NULL);
        seen++;
    }
    return true;
}

static bool gather_group(struct feature_work *work, const struct feature_store *store, size_t s,
                         uint64_t first, uint64_t end, struct error *err)
{
    const uint64_t *start = store->first[s];

    arena_reset(&work->texts);
    for (size_t p = 0; p < PARTITIONS; p++) {
        const uint64_t from = start[p] > first ? start[p] : first;
        const uint64_t to = start[p + 1] < end ? start[p + 1] : end;
        if (from < to &&
            !gather(work, store, s, p, from - start[p], to - start[p], from - first, err))
            return false;
    }
    return true;
}

bool feature_store_put(struct feature_store *store, size_t number, struct feature_work *work,
                       struct error *err)
{
    struct parquet_group group = {0};
    size_t s = 0;

    while (number >= store->groups[s])
        number -= store->groups[s++];
    const uint64_t first = number * store->group_rows, all = store->first[s][PARTITIONS];
    const uint64_t end = all - first < store->group_rows ? all : first + store->group_rows;
    if (!work->column)
        take_buffers(work, store);
    if (!gather_group(work, store, s, first, end, err))
        return false;
    const struct table_chunk chunk = {end - first, PLAIN_COLUMNS + store->source->max_length,
                                      work->column};
    parquet_group_encode(&group, &chunk, &work->scratch);
    return parquet_writer_put(store->writer[s], number, &group, err);
}

bool feature_store_close(struct feature_store *store, bool ok, struct error *err)
{
    for (size_t s = 0; s < SPLIT_COUNT; s++) {
        if (ok)
            ok = parquet_writer_close(store->writer[s], err);
        else
            parquet_writer_discard(store->writer[s]);
    }
    return ok;
}

void feature_work_clear(struct feature_work *work)
{
    free(work->block);
    arena_clear(&work->buffers);
    arena_clear(&work->texts);
    arena_clear(&work->scratch);
    *work = (struct feature_work){0};
}
