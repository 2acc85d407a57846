#include "incremental/exposure_merge.h"

#include "base/interrupt.h"
#include "incremental/exposure_file.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 32768 };

struct merge {
    const struct exposure_merge *in;
    struct exposure_log *log;
    struct exposure_file *out;
    struct exposure_cursor cursor[PARTITIONS];
    struct exposure_cursor *heap[PARTITIONS]; /* [open]; the first user's is heap[0] */
    size_t open;
    uint64_t at, text_at;
    double *cost;   /* [campaigns] */
    uint16_t *code; /* [code_room] of the user at hand, numbers of campaigns */
    size_t code_room;
    unsigned char chunk[CHUNK_BYTES];
};

static void sift_down(struct merge *m, size_t i)
{
    struct exposure_cursor *moving = m->heap[i];

    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < m->open && m->heap[child + 1]->first < m->heap[child]->first)
            child++;
        if (child >= m->open || moving->first <= m->heap[child]->first)
            break;
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = moving;
}

/* Bytes from the cursor to an array as they are. */
static bool copy(struct merge *m, enum exposure_array array, size_t size, struct error *err)
{
    while (size > 0) {
        const size_t many = size < CHUNK_BYTES ? size : CHUNK_BYTES;
        if (!exposure_cursor_read(m->heap[0], m->chunk, many, err) ||
            !exposure_file_put(m->out, array, m->chunk, many, err))
            return false;
        size -= many;
    }
    return true;
}

static bool skip(struct merge *m, size_t size, struct error *err)
{
    while (size > 0) {
        const size_t many = size < CHUNK_BYTES ? size : CHUNK_BYTES;
        if (!exposure_cursor_read(m->heap[0], m->chunk, many, err))
            return false;
        size -= many;
    }
    return true;
}

static bool put_campaigns(struct merge *m, size_t count, struct error *err)
{
    if (count > m->code_room) {
        m->code_room = count + count / 2;
        m->code = memory_resize(m->code, m->code_room, sizeof *m->code);
    }
    if (!exposure_cursor_read(m->heap[0], m->code, count * sizeof *m->code, err))
        return false;
    for (size_t i = 0; i < count; i++)
        m->code[i] = m->in->rank[m->code[i]];
    return exposure_file_put(m->out, EXPOSURE_CAMPAIGN, m->code, count * sizeof *m->code, err);
}

static bool put_amounts(struct merge *m, size_t count, struct error *err)
{
    double amount;

    if (!(m->in->value ? copy(m, EXPOSURE_VALUE, count * 8, err) : skip(m, count * 8, err)))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!exposure_cursor_read(m->heap[0], &amount, 8, err))
            return false;
        if (m->in->cost)
            m->cost[m->code[i]] += amount;
    }
    return true;
}

static bool put_identity(struct merge *m, struct error *err)
{
    const size_t length = m->heap[0]->length;

    m->text_at += length;
    return exposure_file_put(m->out, EXPOSURE_UID_END, &m->text_at, sizeof m->text_at, err) &&
           copy(m, EXPOSURE_UID_TEXT, length, err);
}

/* The first user of all partitions: in the order of exposure_block.h. */
static bool put_user(struct merge *m, struct error *err)
{
    struct exposure_cursor *from = m->heap[0];
    const struct exposure_block_form *form = m->in->form;
    const size_t count = from->count;

    m->at += count;
    return exposure_file_put(m->out, EXPOSURE_OFFSET, &m->at, sizeof m->at, err) &&
           (form->identity ? put_identity(m, err) : skip(m, from->length, err)) &&
           copy(m, EXPOSURE_TIME, count * sizeof(int64_t), err) && put_campaigns(m, count, err) &&
           copy(m, EXPOSURE_CONVERSION, count, err) &&
           (!form->identity || copy(m, EXPOSURE_ROW, count * sizeof(uint32_t), err)) &&
           (!form->amounts || put_amounts(m, count, err)) && exposure_cursor_next(from, err);
}

static bool put_users(struct merge *m, struct error *err)
{
    for (size_t u = 0; m->open > 0; u++) {
        if ((u % 4096 == 0 && !interrupt_check("sorting impressions", err)) || !put_user(m, err))
            return false;
        if (m->heap[0]->users == 0)
            m->heap[0] = m->heap[--m->open];
        if (m->open > 0)
            sift_down(m, 0);
    }
    return true;
}

static bool open_cursors(struct merge *m, struct error *err)
{
    for (size_t p = 0; p < PARTITIONS; p++) {
        if (!exposure_cursor_open(&m->cursor[p], m->in->spill, &m->in->block[p], err))
            return false;
        if (m->cursor[p].users > 0)
            m->heap[m->open++] = &m->cursor[p];
    }
    for (size_t i = m->open / 2; i-- > 0;)
        sift_down(m, i);
    return true;
}

/* Room for all arrays, and the sums that the blocks hold. */
static void reserve(struct merge *m)
{
    struct exposure_log *log = m->log;
    uint64_t texts = 0;

    for (size_t p = 0; p < PARTITIONS; p++) {
        const struct exposure_block *block = &m->in->block[p];
        if (block->users == 0)
            continue;
        if (log->users == 0 || block->start < log->start)
            log->start = block->start;
        if (log->users == 0 || block->end > log->end)
            log->end = block->end;
        log->users += block->users;
        log->impressions += block->impressions;
        log->conversions += block->conversions;
        texts += block->text_bytes;
    }
    exposure_file_reserve(m->out, EXPOSURE_OFFSET, (log->users + 1) * sizeof *log->offset);
    exposure_file_reserve(m->out, EXPOSURE_TIME, log->impressions * sizeof *log->time);
    exposure_file_reserve(m->out, EXPOSURE_CAMPAIGN, log->impressions * sizeof *log->campaign);
    exposure_file_reserve(m->out, EXPOSURE_CONVERSION, log->impressions);
    if (m->in->form->identity) {
        exposure_file_reserve(m->out, EXPOSURE_ROW, log->impressions * sizeof *log->row);
        exposure_file_reserve(m->out, EXPOSURE_UID_END, (log->users + 1) * sizeof *log->uid_end);
        exposure_file_reserve(m->out, EXPOSURE_UID_TEXT, texts);
    }
    if (m->in->value)
        exposure_file_reserve(m->out, EXPOSURE_VALUE, log->impressions * sizeof *log->value);
    if (m->in->cost)
        m->cost = ARENA_ZERO(&log->memory, double, log->campaigns + 1);
}

static void take_arrays(struct exposure_log *log, const struct merge *m)
{
    log->offset = exposure_file_array(m->out, EXPOSURE_OFFSET);
    log->time = exposure_file_array(m->out, EXPOSURE_TIME);
    log->campaign = exposure_file_array(m->out, EXPOSURE_CAMPAIGN);
    log->conversion = exposure_file_array(m->out, EXPOSURE_CONVERSION);
    log->row = exposure_file_array(m->out, EXPOSURE_ROW);
    log->value = exposure_file_array(m->out, EXPOSURE_VALUE);
    log->uid_end = exposure_file_array(m->out, EXPOSURE_UID_END);
    log->uid_text = exposure_file_array(m->out, EXPOSURE_UID_TEXT);
    log->cost = m->cost;
}

static bool run(struct merge *m, struct error *err)
{
    const uint64_t zero = 0;

    if (!exposure_file_open(m->out, m->in->folder, err))
        return false;
    reserve(m);
    return exposure_file_put(m->out, EXPOSURE_OFFSET, &zero, sizeof zero, err) &&
           (!m->in->form->identity ||
            exposure_file_put(m->out, EXPOSURE_UID_END, &zero, sizeof zero, err)) &&
           open_cursors(m, err) && put_users(m, err) && exposure_file_finish(m->out, err);
}

bool exposure_merge_run(struct exposure_log *log, const struct exposure_merge *in,
                        struct error *err)
{
    struct merge *m = memory_take_zeroed(1, sizeof *m);

    log->file = ARENA_ZERO(&log->memory, struct exposure_file, 1);
    log->file->file = -1;
    m->in = in;
    m->log = log;
    m->out = log->file;
    const bool ok = run(m, err);
    if (ok)
        take_arrays(log, m);
    for (size_t p = 0; p < PARTITIONS; p++)
        exposure_cursor_close(&m->cursor[p]);
    free(m->code);
    free(m);
    return ok;
}
