#include "transform/frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SLOTS_MIN = 16 };

/* Where a row stands in the table of slots, or the free slot where it would. */
static size_t slot_of(const struct row_errors *errors, size_t row)
{
    size_t at = (row * (size_t)0x9E3779B97F4A7C15u) >> 32 & (errors->slots - 1);

    while (errors->slot[at] && errors->slot[at]->row != row)
        at = (at + 1) & (errors->slots - 1);
    return at;
}

static void grow(struct row_errors *errors)
{
    errors->slots = errors->slots ? errors->slots * 2 : SLOTS_MIN;
    errors->slot = ARENA_ZERO(errors->memory, struct row_error *, errors->slots);
    for (struct row_error *e = errors->first; e; e = e->next)
        errors->slot[slot_of(errors, e->row)] = e;
}

void row_errors_add(struct row_errors *errors, size_t row, const char *column, const char *format,
                    ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;

    if (row_errors_find(errors, row))
        return;
    if (errors->count * 2 >= errors->slots)
        grow(errors);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct row_error *error = ARENA_NEW(errors->memory, struct row_error, 1);
    *error = (struct row_error){
        .row = row,
        .column = column ? arena_string(errors->memory, column, strlen(column)) : NULL,
        .text = arena_string(errors->memory, text, strlen(text)),
        .next = errors->first,
    };
    errors->first = error;
    errors->count++;
    errors->slot[slot_of(errors, row)] = error;
}

const struct row_error *row_errors_find(const struct row_errors *errors, size_t row)
{
    return errors->slots ? errors->slot[slot_of(errors, row)] : NULL;
}
