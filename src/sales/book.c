#include "sales/book.h"

#include "sales/book_internal.h"
#include "sales/names.h"
#include "sales/weeks.h"

#include <string.h>
#include <xxhash.h>

enum { FIRST_ROOM = 16 };

void *book_grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? 2 * *room : FIRST_ROOM;
    return memory_resize(array, *room, size);
}

struct sales_book *sales_book_new(void)
{
    return memory_take_zeroed(1, sizeof(struct sales_book));
}

static void free_vegetable(struct book_vegetable *vegetable)
{
    for (size_t m = 0; m < vegetable->months; m++)
        for (size_t i = 0; i < MONTH_TEXTS; i++)
            free(vegetable->month[m].text[i]);
    free(vegetable->month);
    free(vegetable->week);
}

void sales_book_free(struct sales_book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < book->vegetables; i++)
        free_vegetable(&book->vegetable[i]);
    for (size_t i = 0; i < book->rows; i++)
        free(book->row[i].posted);
    free(book->vegetable);
    free(book->row);
    free(book->name);
    free(book->by_name.slot);
    free(book->by_key.slot);
    free(book->by_vegetable.slot);
    free(book->place);
    arena_clear(&book->texts);
    free(book);
}

size_t sales_book_rows(const struct sales_book *book)
{
    return book->rows;
}

static uint64_t hash_text(const char *text)
{
    return XXH3_64bits(text, strlen(text));
}

static uint64_t hash_key(uint32_t name, int32_t period)
{
    const uint32_t key[2] = {name, (uint32_t)period};

    return XXH3_64bits(key, sizeof key);
}

/* Which of the three indices, and what is looked for. */
enum index_kind { BY_NAME, BY_VEGETABLE, BY_KEY };
struct wanted {
    enum index_kind kind;
    const char *text;
    uint32_t name;
    int32_t period;
};

static bool is_wanted(const struct sales_book *book, uint32_t at, const struct wanted *want)
{
    if (want->kind == BY_NAME)
        return strcmp(book->name[at].written, want->text) == 0;
    if (want->kind == BY_VEGETABLE)
        return strcmp(book->vegetable[at].name, want->text) == 0;
    return book->row[at].name == want->name && book->row[at].period == want->period;
}

static uint64_t hash_wanted(const struct wanted *want)
{
    return want->kind == BY_KEY ? hash_key(want->name, want->period) : hash_text(want->text);
}

static uint64_t hash_of(const struct sales_book *book, enum index_kind kind, uint32_t at)
{
    if (kind == BY_NAME)
        return hash_text(book->name[at].written);
    if (kind == BY_VEGETABLE)
        return hash_text(book->vegetable[at].name);
    return hash_key(book->row[at].name, book->row[at].period);
}

static void make_room(struct sales_book *book, enum index_kind kind, struct book_index *index)
{
    const struct book_index old = *index;

    if (index->used * 2 < index->room)
        return;
    index->room = old.room ? 2 * old.room : 2 * FIRST_ROOM;
    index->slot = memory_take(index->room, sizeof *index->slot);
    memset(index->slot, 0xff, index->room * sizeof *index->slot);
    for (size_t i = 0; i < old.room; i++) {
        if (old.slot[i] == BOOK_NONE)
            continue;
        size_t at = hash_of(book, kind, old.slot[i]) & (index->room - 1);
        while (index->slot[at] != BOOK_NONE)
            at = (at + 1) & (index->room - 1);
        index->slot[at] = old.slot[i];
    }
    free(old.slot);
}

/* The slot of what is wanted; it holds BOOK_NONE where it is new, and then the caller fills it. */
static uint32_t *find(struct sales_book *book, const struct wanted *want)
{
    struct book_index *index = want->kind == BY_NAME        ? &book->by_name
                               : want->kind == BY_VEGETABLE ? &book->by_vegetable
                                                            : &book->by_key;

    make_room(book, want->kind, index);
    for (size_t at = hash_wanted(want) & (index->room - 1);; at = (at + 1) & (index->room - 1)) {
        if (index->slot[at] == BOOK_NONE)
            index->used++;
        if (index->slot[at] == BOOK_NONE || is_wanted(book, index->slot[at], want))
            return &index->slot[at];
    }
}

static uint32_t find_vegetable(struct sales_book *book, const char *name)
{
    uint32_t *slot = find(book, &(struct wanted){.kind = BY_VEGETABLE, .text = name});

    if (*slot != BOOK_NONE)
        return *slot;
    book->vegetable = book_grow(book->vegetable, book->vegetables, &book->vegetables_room,
                                sizeof *book->vegetable);
    book->vegetable[book->vegetables] = (struct book_vegetable){.name = name};
    book->places_valid = false;
    return *slot = (uint32_t)book->vegetables++;
}

static uint32_t find_name(struct sales_book *book, const char *written)
{
    uint32_t *slot = find(book, &(struct wanted){.kind = BY_NAME, .text = written});

    if (*slot != BOOK_NONE)
        return *slot;
    const char *copy = arena_string(&book->texts, written, strlen(written));
    const char *clean = sales_name_settle(written);
    book->name = book_grow(book->name, book->names, &book->names_room, sizeof *book->name);
    book->name[book->names] = (struct book_name){
        .written = copy,
        .recognised = clean != NULL,
        .vegetable = find_vegetable(book, clean ? clean : copy),
    };
    return *slot = (uint32_t)book->names++;
}

static struct book_week *find_week(struct book_vegetable *vegetable, int32_t start)
{
    size_t low = 0, high = vegetable->weeks;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (vegetable->week[middle].start < start)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < vegetable->weeks && vegetable->week[low].start == start)
        return &vegetable->week[low];
    vegetable->week = book_grow(vegetable->week, vegetable->weeks, &vegetable->weeks_room,
                                sizeof *vegetable->week);
    memmove(vegetable->week + low + 1, vegetable->week + low,
            (vegetable->weeks - low) * sizeof *vegetable->week);
    vegetable->weeks++;
    vegetable->week[low] = (struct book_week){.start = start, .first = BOOK_NONE};
    return &vegetable->week[low];
}

static void replace_posted(struct book_row *row, const char *posted)
{
    const size_t length = strlen(posted);

    if (!row->posted || length > row->posted_length)
        row->posted = memory_resize(row->posted, length + 1, 1);
    memcpy(row->posted, posted, length + 1);
    row->posted_length = length;
}

void sales_book_put(struct sales_book *book, const struct sales_row *row)
{
    if (!sales_period_valid(row->period) || book->rows == BOOK_NONE)
        return;
    const uint32_t name = find_name(book, row->vegetable);
    struct book_vegetable *vegetable = &book->vegetable[book->name[name].vegetable];
    struct book_week *week = find_week(vegetable, sales_period_start(row->period));
    uint32_t *slot =
        find(book, &(struct wanted){.kind = BY_KEY, .name = name, .period = row->period});

    if (*slot == BOOK_NONE) {
        book->row = book_grow(book->row, book->rows, &book->rows_room, sizeof *book->row);
        book->row[book->rows] =
            (struct book_row){.period = row->period, .name = name, .next = week->first};
        *slot = week->first = (uint32_t)book->rows++;
        book->name[name].rows++;
    }
    struct book_row *kept = &book->row[*slot];
    replace_posted(kept, row->posted);
    kept->sales = row->sales;
    kept->changed = true;
    week->touched = vegetable->dirty = vegetable->changed = true;
}
