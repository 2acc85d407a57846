#include "sequence/feature_store.h"

#include "base/text.h"
#include "table/writer.h"

#include <string.h>

enum {
    ROWS = TABLE_CHUNK_ROWS,
    /* Columns side by side at a distance that is a power of two would share cache sets. */
    STRIDE = ROWS + 32,
    ONE_HOT_ROWS = 256,
};

struct rows {
    const struct feature_source *source;
    size_t rank;
    enum split split;
    bool one_hot;
    size_t p;    /* the open partition + 1 */
    size_t j, t; /* next journey and its first token */
    struct partition_view view;
    void *buffer;
    size_t buffer_room;
    int64_t id[ROWS], integer[ROWS];
    struct table_string text[ROWS];
    uint8_t converted[ROWS];
    int32_t *code; /* [max_length][STRIDE] */
    uint8_t *hot;  /* [max_length * vocabulary][ONE_HOT_ROWS] */
    struct table_column *column;
    size_t columns;
};

static bool open_partition(struct rows *r, struct error *err)
{
    const struct feature_source *source = r->source;
    const struct spill_piece *piece = &source->block[r->p].piece;
    const void *bytes;

    if (!source->need(source->context, r->rank, r->p, err))
        return false;
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

static void put_uid(struct rows *r, size_t row, uint32_t entity)
{
    const uint32_t start = entity ? r->view.text_end[entity - 1] : 0;
    const char *text = r->view.text + start;
    const size_t length = r->view.text_end[entity] - start;

    if (r->source->integers)
        (void)text_to_int64(text, length, &r->integer[row]);
    else
        r->text[row] = (struct table_string){text, length};
}

static void put_journey(struct rows *r, size_t row)
{
    const struct feature_source *source = r->source;
    const size_t length = r->view.length[r->j];
    const int32_t *token = r->view.token + r->t;

    r->id[row] = r->view.id[r->j];
    r->converted[row] = r->view.converted[r->j];
    if (r->one_hot) {
        for (size_t i = 0; i < length; i++) {
            const int32_t code = source->final_code[token[i]];
            if ((size_t)code < source->vocabulary)
                r->hot[(i * source->vocabulary + (size_t)code) * ONE_HOT_ROWS + row] = 1;
        }
        return;
    }
    put_uid(r, row, r->view.entity[r->j]);
    for (size_t i = 0; i < length; i++)
        r->code[i * STRIDE + row] = token[i];
    for (size_t i = length; i < source->max_length; i++)
        r->code[i * STRIDE + row] = -1;
}

static bool next_rows(void *context, struct table_chunk *chunk, struct error *err)
{
    struct rows *r = context;
    const size_t most = r->one_hot ? ONE_HOT_ROWS : ROWS;
    size_t rows = 0;

    if (r->one_hot)
        memset(r->hot, 0, r->source->max_length * r->source->vocabulary * ONE_HOT_ROWS);
    while (rows < most) {
        if (r->p == 0 || r->j == r->view.journeys) {
            /* Texts point into the open partition, so a chunk does not reach into the next. */
            if (r->p == PARTITIONS || rows > 0)
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

static void plain_columns(struct rows *r, struct arena *names)
{
    const struct feature_source *source = r->source;
    size_t at = 0;

    r->columns = 3 + source->max_length;
    r->column = ARENA_ZERO(names, struct table_column, r->columns);
    r->code = memory_take(source->max_length * STRIDE, sizeof *r->code);
    r->column[at++] =
        (struct table_column){.name = "journey_id", .type = TABLE_INT64, .integer = r->id};
    r->column[at].name = "uid";
    r->column[at].type = source->integers ? TABLE_INT64 : TABLE_TEXT;
    if (source->integers)
        r->column[at++].integer = r->integer;
    else
        r->column[at++].text = r->text;
    r->column[at++] = (struct table_column){
        .name = "conversion_status", .type = TABLE_BOOL, .boolean = r->converted};
    for (size_t i = 0; i < source->max_length; i++)
        r->column[at++] = (struct table_column){
            .name = arena_format(names, "campaign_nm_at_index_%zu", i),
            .type = TABLE_CODE,
            .code = r->code + i * STRIDE,
            .dictionary = source->name,
        };
}

static void one_hot_columns(struct rows *r, struct arena *names)
{
    const struct feature_source *source = r->source;
    const size_t hot = source->max_length * source->vocabulary;
    size_t at = 0;

    r->columns = 2 + hot;
    r->column = ARENA_ZERO(names, struct table_column, r->columns);
    r->hot = memory_take(hot + 1, ONE_HOT_ROWS);
    r->column[at++] =
        (struct table_column){.name = "journey_id", .type = TABLE_INT64, .integer = r->id};
    r->column[at++] = (struct table_column){
        .name = "conversion_status", .type = TABLE_BOOL, .boolean = r->converted};
    for (size_t i = 0; i < source->max_length; i++)
        for (size_t c = 0; c < source->vocabulary; c++, at++)
            r->column[at] = (struct table_column){
                .name = arena_format(names, "campaign_nm_at_index_%zu_is_%s", i,
                                     source->name[source->code_of_final[c]].bytes),
                .type = TABLE_BOOL,
                .boolean = r->hot + (at - 2) * ONE_HOT_ROWS,
            };
}

bool feature_store_write(const struct feature_source *source, size_t rank, enum split split,
                         bool one_hot, const char *partial, const char *path, struct error *err)
{
    struct arena names = {0};
    struct rows *r = memory_take_zeroed(1, sizeof *r);

    r->source = source;
    r->rank = rank;
    r->split = split;
    r->one_hot = one_hot;
    if (one_hot)
        one_hot_columns(r, &names);
    else
        plain_columns(r, &names);
    struct table_field *field = ARENA_NEW(&names, struct table_field, r->columns);
    for (size_t i = 0; i < r->columns; i++)
        field[i] = (struct table_field){r->column[i].name, r->column[i].type};
    const bool ok = table_stream_write_partial(partial, path, field, r->columns, next_rows, r, err);
    free(r->buffer);
    free(r->code);
    free(r->hot);
    free(r);
    arena_clear(&names);
    return ok;
}

bool feature_store_check_one_hot(const struct feature_source *source, struct error *err)
{
    const size_t columns = source->max_length * source->vocabulary;

    if (columns > ONE_HOT_COLUMNS_MAX - 2)
        return error_set(err, ERR_LIMIT,
                         "journey.one_hot: %zu campaigns at %zu places are %zu columns, the limit "
                         "is %d",
                         source->vocabulary, source->max_length, columns, ONE_HOT_COLUMNS_MAX);
    return true;
}
