#include "remote/ranks.h"
#include "remote/ranks_wire.h"

#include <stdlib.h>
#include <string.h>

/* Every message begins with one: what it is and how many bytes follow. */
struct heading {
    uint32_t mark, kind;
    uint64_t size;
};

enum { MARK = 0x4B524E51, SUM_BLOCK = RANKS_PIECE_MAX / sizeof(float) };
enum kind { KIND_SUM = 1, KIND_LOSS, KIND_PASS, KIND_GATHER, KIND_AGREE, KIND_FAILURE };

static const double seconds_for_last_words = 1;

size_t ranks_rank(const struct ranks *ranks)
{
    return ranks ? ranks->rank : 0;
}

size_t ranks_size(const struct ranks *ranks)
{
    return ranks ? ranks->size : 1;
}

bool ranks_lost(struct ranks *ranks, enum ranks_side side, const char *why, struct error *err)
{
    ranks->torn[side] = true;
    return error_set(err, ERR_IO, "lost process %zu of %zu%s: %s",
                     ranks->rank + (side == RANKS_AFTER ? 1 : 0) - (side == RANKS_BEFORE ? 1 : 0),
                     ranks->size, ranks->name[side], why);
}

static bool send_all(struct ranks *ranks, enum ranks_side side, enum kind kind, const void *bytes,
                     size_t size, double seconds, struct error *err)
{
    const struct heading heading = {MARK, kind, size};
    const char *from = bytes;

    if (!ranks->wire->send(ranks, side, &heading, sizeof heading, seconds, err))
        return false;
    for (size_t done = 0; done < size;) {
        const size_t some = size - done < RANKS_PIECE_MAX ? size - done : RANKS_PIECE_MAX;
        if (!ranks->wire->send(ranks, side, from + done, some, seconds, err)) {
            ranks->torn[side] = true; /* half a message: the other could not read the next */
            return false;
        }
        done += some;
    }
    return true;
}

/* The other one says why it ends. */
static bool receive_failure(struct ranks *ranks, enum ranks_side side, size_t size,
                            struct error *err)
{
    char text[ERROR_TEXT_MAX] = "";

    if (size >= sizeof text || !ranks->wire->receive(ranks, side, text, size, err))
        return ranks_lost(ranks, side, "it has failed", err);
    text[size] = '\0';
    return ranks_lost(ranks, side, text, err);
}

/* A side that takes nothing more may have said why, behind what it had sent before. */
static void hear_last_words(struct ranks *ranks, enum ranks_side side, struct error *err)
{
    struct error unused = {0};
    struct heading heading;
    char ignored[256];

    while (ranks->wire->receive(ranks, side, &heading, sizeof heading, &unused) &&
           heading.mark == MARK) {
        if (heading.kind == KIND_FAILURE) {
            receive_failure(ranks, side, heading.size, err);
            return;
        }
        for (size_t left = heading.size; left;) {
            const size_t some = left < sizeof ignored ? left : sizeof ignored;
            if (!ranks->wire->receive(ranks, side, ignored, some, &unused))
                return;
            left -= some;
        }
    }
}

static bool send(struct ranks *ranks, enum ranks_side side, enum kind kind, const void *bytes,
                 size_t size, struct error *err)
{
    if (send_all(ranks, side, kind, bytes, size, 0, err))
        return true;
    if (err->code == ERR_IO)
        hear_last_words(ranks, side, err);
    return false;
}

static bool receive(struct ranks *ranks, enum ranks_side side, enum kind kind, void *bytes,
                    size_t size, struct error *err)
{
    struct heading heading;
    char *to = bytes;

    if (!ranks->wire->receive(ranks, side, &heading, sizeof heading, err))
        return false;
    if (heading.mark == MARK && heading.kind == KIND_FAILURE)
        return receive_failure(ranks, side, heading.size, err);
    if (heading.mark != MARK || heading.kind != (uint32_t)kind || heading.size != size)
        return ranks_lost(ranks, side,
                          "it is doing something else: are all processes the same program with "
                          "the same pipeline?",
                          err);
    for (size_t done = 0; done < size;) {
        const size_t some = size - done < RANKS_PIECE_MAX ? size - done : RANKS_PIECE_MAX;
        if (!ranks->wire->receive(ranks, side, to + done, some, err))
            return false;
        done += some;
    }
    return true;
}

void ranks_close(struct ranks *ranks, const struct error *failure)
{
    const bool done = !failure || failure->code == ERR_NONE;
    struct error unused = {0};

    if (!ranks)
        return;
    for (int side = 0; !done && side < 2; side++) {
        const bool there = side == RANKS_BEFORE ? ranks->rank > 0 : ranks->rank + 1 < ranks->size;
        if (there && !ranks->torn[side])
            send_all(ranks, side, KIND_FAILURE, failure->text, strlen(failure->text),
                     seconds_for_last_words, &unused);
    }
    ranks->wire->close(ranks, done);
    free(ranks);
}

static bool has_before(const struct ranks *ranks)
{
    return ranks->rank > 0;
}

static bool has_after(const struct ranks *ranks)
{
    return ranks->rank + 1 < ranks->size;
}

/* From the last back to the first, or from the first to the last, unchanged. */
static bool relay(struct ranks *ranks, bool backwards, enum kind kind, void *bytes, size_t size,
                  struct error *err)
{
    const enum ranks_side from = backwards ? RANKS_AFTER : RANKS_BEFORE;
    const enum ranks_side to = backwards ? RANKS_BEFORE : RANKS_AFTER;
    const bool receives = backwards ? has_after(ranks) : has_before(ranks);
    const bool sends = backwards ? has_before(ranks) : has_after(ranks);
    char *at = bytes;

    for (size_t done = 0; done < size;) {
        const size_t some = size - done < RANKS_PIECE_MAX ? size - done : RANKS_PIECE_MAX;
        if (receives && !receive(ranks, from, kind, at + done, some, err))
            return false;
        if (sends && !send(ranks, to, kind, at + done, some, err))
            return false;
        done += some;
    }
    return true;
}

static bool sum_forward(struct ranks *ranks, const struct ranks_part *part, float *numbers,
                        size_t count, double *loss, struct error *err)
{
    const bool first = !has_before(ranks);

    for (size_t begin = 0; begin < count; begin += SUM_BLOCK) {
        const size_t some = count - begin < SUM_BLOCK ? count - begin : SUM_BLOCK;
        const size_t bytes = some * sizeof *numbers;
        if (!first && !receive(ranks, RANKS_BEFORE, KIND_SUM, numbers + begin, bytes, err))
            return false;
        part->add(part->context, begin, some, first, numbers + begin);
        if (has_after(ranks) && !send(ranks, RANKS_AFTER, KIND_SUM, numbers + begin, bytes, err))
            return false;
    }
    *loss = 0;
    if (!first && !receive(ranks, RANKS_BEFORE, KIND_LOSS, loss, sizeof *loss, err))
        return false;
    part->add_loss(part->context, loss);
    return !has_after(ranks) || send(ranks, RANKS_AFTER, KIND_LOSS, loss, sizeof *loss, err);
}

bool ranks_sum(struct ranks *ranks, const struct ranks_part *part, float *numbers, size_t count,
               double *loss, struct error *err)
{
    if (!ranks) {
        *loss = 0;
        part->add(part->context, 0, count, true, numbers);
        part->add_loss(part->context, loss);
        return true;
    }
    return sum_forward(ranks, part, numbers, count, loss, err) &&
           relay(ranks, true, KIND_SUM, numbers, count * sizeof *numbers, err) &&
           relay(ranks, true, KIND_LOSS, loss, sizeof *loss, err);
}

bool ranks_pass(struct ranks *ranks, void *bytes, size_t size, struct error *err)
{
    return !ranks || relay(ranks, false, KIND_PASS, bytes, size, err);
}

bool ranks_gather(struct ranks *ranks, void *items, size_t size, const size_t *begin,
                  struct error *err)
{
    const size_t before = begin[ranks_rank(ranks)] * size;
    const size_t mine = begin[ranks_rank(ranks) + 1] * size;
    const size_t all = begin[ranks_size(ranks)] * size;
    char *at = items;

    if (!ranks)
        return true;
    if (before && !receive(ranks, RANKS_BEFORE, KIND_GATHER, at, before, err))
        return false;
    if (mine && has_after(ranks) && !send(ranks, RANKS_AFTER, KIND_GATHER, at, mine, err))
        return false;
    return relay(ranks, true, KIND_GATHER, items, all, err);
}

bool ranks_agree(struct ranks *ranks, uint64_t key, const char *what, struct error *err)
{
    /* The first key, and the first rank whose own differs. */
    struct {
        uint64_t key, other;
    } seen = {key, UINT64_MAX};

    if (!ranks)
        return true;
    if (has_before(ranks) && !receive(ranks, RANKS_BEFORE, KIND_AGREE, &seen, sizeof seen, err))
        return false;
    if (seen.key != key && seen.other == UINT64_MAX)
        seen.other = ranks->rank;
    if ((has_after(ranks) && !send(ranks, RANKS_AFTER, KIND_AGREE, &seen, sizeof seen, err)) ||
        !relay(ranks, true, KIND_AGREE, &seen, sizeof seen, err))
        return false;
    return seen.other == UINT64_MAX ||
           error_set(err, ERR_DATA, "process %llu of %zu has other %s than process 0",
                     (unsigned long long)seen.other, ranks->size, what);
}
