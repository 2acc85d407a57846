/* panel_items — names of items to numbers, in order of appearance. */
#ifndef QUERN_FORECAST_PANEL_ITEMS_H
#define QUERN_FORECAST_PANEL_ITEMS_H

#include "base/arena.h"
#include "table/table.h"

struct panel_items {
    const char **name; /* [count], in the arena given to panel_items_add() */
    size_t count, room;
    size_t *slot; /* open addressing; SIZE_MAX is free */
    size_t slots;
};

/* The number of a name, new or not. */
size_t panel_items_add(struct panel_items *items, const struct table_string *name,
                       struct arena *memory);
/* SIZE_MAX when there is no such name. */
size_t panel_items_find(const struct panel_items *items, const struct table_string *name);
/* The names stay where they are; no-op on a zeroed struct. */
void panel_items_clear(struct panel_items *items);

#endif
