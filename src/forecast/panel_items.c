#include "forecast/panel_items.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { SLOTS_FIRST = 256 };

static size_t place_of(const struct panel_items *items, const char *bytes, size_t length)
{
    size_t place = (size_t)XXH3_64bits(bytes, length) & (items->slots - 1);

    while (items->slot[place] != SIZE_MAX) {
        const char *name = items->name[items->slot[place]];
        if (strlen(name) == length && memcmp(name, bytes, length) == 0)
            break;
        place = (place + 1) & (items->slots - 1);
    }
    return place;
}

static void grow(struct panel_items *items)
{
    items->slots = items->slots ? items->slots * 2 : SLOTS_FIRST;
    items->slot = memory_resize(items->slot, items->slots, sizeof *items->slot);
    memset(items->slot, 0xff, items->slots * sizeof *items->slot);
    for (size_t i = 0; i < items->count; i++)
        items->slot[place_of(items, items->name[i], strlen(items->name[i]))] = i;
}

size_t panel_items_add(struct panel_items *items, const struct table_string *name,
                       struct arena *memory)
{
    if (items->count * 2 >= items->slots)
        grow(items);
    const size_t place = place_of(items, name->bytes, name->length);

    if (items->slot[place] != SIZE_MAX)
        return items->slot[place];
    if (items->count == items->room) {
        items->room = items->room ? items->room * 2 : SLOTS_FIRST;
        items->name = memory_resize(items->name, items->room, sizeof *items->name);
    }
    items->name[items->count] = arena_string(memory, name->bytes, name->length);
    items->slot[place] = items->count;
    return items->count++;
}

size_t panel_items_find(const struct panel_items *items, const struct table_string *name)
{
    return items->slots ? items->slot[place_of(items, name->bytes, name->length)] : SIZE_MAX;
}

void panel_items_clear(struct panel_items *items)
{
    free(items->name);
    free(items->slot);
    *items = (struct panel_items){0};
}
