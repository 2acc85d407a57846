#include "incremental/exposure_block.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { HEADER_BYTES = 8 + 4 + 4, BUFFER_BYTES = 65536 };

static size_t record_bytes(const struct exposure_block_form *form)
{
    return 8 + 2 + 1 + (form->identity ? 4 : 0) + (form->amounts ? 8 + 8 : 0);
}

static bool is_kept(const struct exposure_block_form *form, const struct member *member)
{
    const struct split_config *split = form->training;

    return !split || split_of(split, XXH3_64bits_withSeed(member->text, member->length,
                                                          split->seed)) == SPLIT_TRAIN;
}

/* The users that are kept, by their first row: in a cut `id` is that row. */
static struct cut *list_users(const struct grouping *group, const struct exposure_block_form *form,
                              size_t *count)
{
    struct cut *user = ARENA_NEW(group->memory, struct cut, group->members + 1);
    size_t start = 0;

    *count = 0;
    for (size_t m = 0; m < group->members; start += group->member[m++].count) {
        const uint32_t length = group->member[m].count;
        struct cut made = {
            .id = INT64_MAX, .start = (uint32_t)start, .length = length, .member = (uint32_t)m};
        if (!is_kept(form, &group->member[m]))
            continue;
        for (size_t i = start; i < start + length; i++)
            made.id = group->item[i].row < made.id ? group->item[i].row : made.id;
        user[(*count)++] = made;
    }
    order_cuts(user, *count, ARENA_NEW(group->memory, struct cut, *count + 1));
    return user;
}

static unsigned char *put(unsigned char *to, const void *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

/* Amounts stand by row, impressions by time. */
static const struct amount *find_amount(const struct amount *amount, size_t count, int64_t row)
{
    size_t low = 0, high = count;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (amount[middle].row <= row)
            low = middle;
        else
            high = middle;
    }
    return &amount[low];
}

static unsigned char *put_amounts(unsigned char *to, const struct grouping *group,
                                  const struct cut *user)
{
    const struct impression *item = group->item + user->start;
    const struct amount *amount = group->amount + user->start;

    for (size_t i = 0; i < user->length; i++) {
        const struct amount *own = find_amount(amount, user->length, item[i].row);
        put(to + i * 8, &own->value, 8);
        put(to + (user->length + i) * 8, &own->cost, 8);
    }
    return to + (size_t)user->length * 16;
}

static unsigned char *put_user(unsigned char *to, const struct grouping *group,
                               const struct exposure_block_form *form, const struct cut *user,
                               uint64_t *kept)
{
    const struct impression *item = group->item + user->start;
    const struct member *member = &group->member[user->member];

    to = put(to, &user->id, 8);
    to = put(to, &user->length, 4);
    to = put(to, &member->length, 4);
    to = put(to, member->text, member->length);
    for (size_t i = 0; i < user->length; i++)
        to = put(to, &item[i].time, 8);
    for (size_t i = 0; i < user->length; i++) {
        const uint16_t code = (uint16_t)(item[i].token >> 1);
        kept[code]++;
        to = put(to, &code, 2);
    }
    for (size_t i = 0; i < user->length; i++)
        *to++ = item[i].token & 1;
    for (size_t i = 0; i < user->length && form->identity; i++)
        to = put(to, &(uint32_t){(uint32_t)item[i].row}, 4);
    return form->amounts ? put_amounts(to, group, user) : to;
}

static void count_user(struct exposure_block *block, const struct grouping *group,
                       const struct cut *user)
{
    const struct impression *item = group->item + user->start;
    const int64_t last = item[user->length - 1].time;

    block->impressions += user->length;
    block->text_bytes += group->member[user->member].length;
    for (size_t i = 0; i < user->length; i++)
        block->conversions += item[i].token & 1;
    block->start = item[0].time < block->start ? item[0].time : block->start;
    block->end = last > block->end ? last : block->end;
}

bool exposure_block_make(struct exposure_block *block, struct grouping *group,
                         const struct exposure_block_form *form, uint64_t *kept,
                         struct spill *spill, struct error *err)
{
    size_t users, most = 0;
    struct cut *user = list_users(group, form, &users);

    *block = (struct exposure_block){.users = users, .start = INT64_MAX, .end = INT64_MIN};
    for (size_t u = 0; u < users; u++)
        most = user[u].length > most ? user[u].length : most;
    struct impression *spare = ARENA_NEW(group->memory, struct impression, most + 1);
    for (size_t u = 0; u < users; u++) {
        order_impressions(group->item + user[u].start, user[u].length, spare);
        count_user(block, group, &user[u]);
    }
    const size_t size =
        block->users * HEADER_BYTES + block->text_bytes + block->impressions * record_bytes(form);
    spill_take(spill, &block->piece, size + 1);
    unsigned char *to = block->piece.memory;
    for (size_t u = 0; u < users; u++)
        to = put_user(to, group, form, &user[u], kept);
    return spill_keep(spill, &block->piece, size, err);
}

static bool fill(struct exposure_cursor *c, struct error *err)
{
    const size_t left = c->block->piece.size - c->from - c->filled;
    const struct spill_piece part = {.at = c->block->piece.at + c->from + c->filled,
                                     .size = left < BUFFER_BYTES ? left : BUFFER_BYTES};
    const void *bytes;

    c->from += c->filled;
    c->filled = part.size;
    return spill_get(c->spill, &part, c->buffer, &bytes, err);
}

bool exposure_cursor_read(struct exposure_cursor *c, void *to, size_t size, struct error *err)
{
    unsigned char *out = to;

    BUG_ON(size > c->block->piece.size - c->at);
    if (!c->buffer) {
        memcpy(out, (const unsigned char *)c->block->piece.memory + c->at, size);
        c->at += size;
        return true;
    }
    while (size > 0) {
        if (c->at == c->from + c->filled && !fill(c, err))
            return false;
        const size_t ready = c->from + c->filled - c->at, many = size < ready ? size : ready;
        memcpy(out, c->buffer + (c->at - c->from), many);
        c->at += many;
        out += many;
        size -= many;
    }
    return true;
}

static bool read_header(struct exposure_cursor *c, struct error *err)
{
    unsigned char header[HEADER_BYTES];

    if (c->users == 0)
        return true;
    if (!exposure_cursor_read(c, header, sizeof header, err))
        return false;
    memcpy(&c->first, header, 8);
    memcpy(&c->count, header + 8, 4);
    memcpy(&c->length, header + 12, 4);
    return true;
}

bool exposure_cursor_open(struct exposure_cursor *c, struct spill *spill,
                          const struct exposure_block *block, struct error *err)
{
    *c = (struct exposure_cursor){.users = block->users, .spill = spill, .block = block};
    if (!block->piece.memory && block->users > 0)
        c->buffer = memory_take(BUFFER_BYTES, 1);
    return read_header(c, err);
}

bool exposure_cursor_next(struct exposure_cursor *c, struct error *err)
{
    c->users--;
    return read_header(c, err);
}

void exposure_cursor_close(struct exposure_cursor *c)
{
    free(c->buffer);
    c->buffer = NULL;
}
