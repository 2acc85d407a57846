#include "transform/categories.h"

#include "base/text.h"

#include <xxhash.h>

#include <math.h>
#include <string.h>

static size_t hash_of(const struct table_string *text)
{
    return (size_t)XXH3_64bits(text->bytes, text->length);
}

static void add_slot(struct category_slot *slot, size_t mask, const struct table_string *text,
                     size_t code)
{
    size_t at = hash_of(text) & mask;

    while (slot[at].code)
        at = (at + 1) & mask;
    slot[at] = (struct category_slot){text->bytes, (uint32_t)text->length, (uint32_t)code + 1};
}

void categories_make(struct categories *categories, const struct table_string *text,
                     const double *number, size_t count, bool missing, struct arena *memory)
{
    struct table_string *copy = ARENA_ZERO(memory, struct table_string, count + missing);
    double *numbers = number ? ARENA_NEW(memory, double, count + missing) : NULL;
    size_t slots = 4;

    while (slots < count * 2)
        slots *= 2;
    struct category_slot *slot = ARENA_ZERO(memory, struct category_slot, slots);
    for (size_t i = 0; i < count; i++) {
        copy[i] = (struct table_string){arena_string(memory, text[i].bytes, text[i].length),
                                        text[i].length};
        add_slot(slot, slots - 1, &copy[i], i);
        if (numbers)
            numbers[i] = number[i];
    }
    if (numbers && missing)
        numbers[count] = NAN;
    *categories = (struct categories){
        .count = count + missing,
        .missing = missing,
        .text = copy,
        .number = numbers,
        .mask = slots - 1,
        .slot = slot,
    };
}

/* Another spelling of a number. */
static size_t find_number(const struct categories *c, const struct table_string *text)
{
    double value;
    size_t low = 0, high = c->count - c->missing;

    if (!text_to_double(text->bytes, text->length, &value))
        return CATEGORY_UNKNOWN;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (c->number[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->count - c->missing && c->number[low] == value ? low : CATEGORY_UNKNOWN;
}

size_t categories_find(const struct categories *c, const struct table_string *text)
{
    for (size_t at = hash_of(text) & c->mask; c->slot[at].code; at = (at + 1) & c->mask)
        if (c->slot[at].length == text->length &&
            memcmp(c->slot[at].bytes, text->bytes, text->length) == 0)
            return c->slot[at].code - 1;
    return c->number ? find_number(c, text) : CATEGORY_UNKNOWN;
}
