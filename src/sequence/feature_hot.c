#include "sequence/feature_hot.h"

#include "table/writer.h"

#include <string.h>

enum { ROWS = 256 };

struct rows {
    const struct feature_source *source;
    enum split split;
    size_t p;    /* the open partition + 1 */
    size_t j, t; /* next journey and its first token */
    struct partition_view view;
    void *buffer;
    size_t buffer_room;
    int64_t id[ROWS];
    uint8_t converted[ROWS];
    uint8_t *hot; /* [max_length * vocabulary][ROWS] */
    struct table_column *column;
    size_t columns;
};

static bool open_partition(struct rows *r, struct error *err)
{
    const struct feature_source *source = r->source;
    const struct spill_piece *piece = &source->block[r->p].piece;
    const void *bytes;

    if (!piece->memory && piece->size > r->buffer_room) {
        r->buffer_room = piece->size + piece->size / 4;
        r->buffer = memory_resize(r->buffer, r->buffer_room, 1);
    }
    if (!spill_get(source->spill, piece, r->buffer, &bytes, err))
        return false;
    partition_view_open(&r->view, bytes);
    r->p++;
    r->j = r->t = 0;
    return true;
}

static void put_journey(struct rows *r, size_t row)
{
    const struct feature_source *source = r->source;
    const int32_t *token = r->view.token + r->t;

    r->id[row] = r->view.id[r->j];
    r->converted[row] = r->view.converted[r->j];
    for (size_t i = 0; i < r->view.length[r->j]; i++) {
        const size_t code = (size_t)source->final_code[token[i]];
        if (code < source->vocabulary)
            r->hot[(i * source->vocabulary + code) * ROWS + row] = 1;
    }
}

static bool next_rows(void *context, struct table_chunk *chunk, struct error *err)
{
    struct rows *r = context;
    size_t rows = 0;

    memset(r->hot, 0, r->source->max_length * r->source->vocabulary * ROWS);
    while (rows < ROWS) {
        if (r->p == 0 || r->j == r->view.journeys) {
            if (r->p == PARTITIONS)
                break;
            if (!open_partition(r, err))
                return false;
            continue;
        }
        if (r->view.split[r->j] == r->split)
            put_journey(r, rows++);
        r->t += r->view.length[r->j++];
    }
    *chunk = (struct table_chunk){rows, r->columns, r->column};
    return true;
}

static void make_columns(struct rows *r, struct arena *names)
{
    const struct feature_source *source = r->source;
    const size_t hot = source->max_length * source->vocabulary;
    size_t at = 0;

    r->columns = 2 + hot;
    r->column = ARENA_ZERO(names, struct table_column, r->columns);
    r->hot = memory_take(hot + 1, ROWS);
    r->column[at++] =
        (struct table_column){.name = "journey_id", .type = TABLE_INT64, .integer = r->id};
    r->column[at++] = (struct table_column){
        .name = "conversion_status", .type = TABLE_BOOL, .boolean = r->converted};
    for (size_t i = 0; i < source->max_length; i++)
        for (size_t c = 0; c < source->vocabulary; c++, at++)
            r->column[at] = (struct table_column){
                .name =
                    arena_format(names, "campaign_nm_at_index_%zu_is_%s", i, source->name[c].bytes),
                .type = TABLE_BOOL,
                .boolean = r->hot + (at - 2) * ROWS,
            };
}

bool feature_hot_write(const struct feature_source *source, enum split split, const char *partial,
                       const char *path, struct error *err)
{
    struct arena names = {0};
    struct rows *r = memory_take_zeroed(1, sizeof *r);

    r->source = source;
    r->split = split;
    make_columns(r, &names);
    struct table_field *field = ARENA_NEW(&names, struct table_field, r->columns);
    for (size_t i = 0; i < r->columns; i++)
        field[i] = (struct table_field){r->column[i].name, r->column[i].type};
    const bool ok = table_stream_write_partial(partial, path, field, r->columns, next_rows, r, err);
    free(r->buffer);
    free(r->hot);
    free(r);
    arena_clear(&names);
    return ok;
}

bool feature_hot_check(const struct feature_source *source, struct error *err)
{
    const size_t columns = source->max_length * source->vocabulary;

    if (columns > ONE_HOT_COLUMNS_MAX - 2)
        return error_set(err, ERR_LIMIT,
                         "journey.one_hot: %zu campaigns at %zu places are %zu columns, the limit "
                         "is %d",
                         source->vocabulary, source->max_length, columns, ONE_HOT_COLUMNS_MAX);
    return true;
}
