#include "sales/key_index.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

enum { SLOTS_FIRST = 256 };

uint64_t key_hash(int32_t number, const char *text)
{
    return XXH3_64bits_withSeed(text, strlen(text), (uint64_t)(uint32_t)number);
}

bool key_index_find(const struct key_index *keys, uint64_t hash, key_same same, const void *context,
                    size_t *index)
{
    if (keys->slots == 0)
        return false;
    for (size_t i = hash & (keys->slots - 1);; i = (i + 1) & (keys->slots - 1)) {
        const struct key_slot *slot = &keys->slot[i];
        if (slot->place == KEY_INDEX_NONE)
            return false;
        if (slot->hash == hash && same(context, slot->place - 1)) {
            *index = slot->place - 1;
            return true;
        }
    }
}

static void put(struct key_index *keys, struct key_slot entry)
{
    size_t i = entry.hash & (keys->slots - 1);

    while (keys->slot[i].place != KEY_INDEX_NONE)
        i = (i + 1) & (keys->slots - 1);
    keys->slot[i] = entry;
}

/* At most half full, so that a search ends soon. */
void key_index_add(struct key_index *keys, uint64_t hash, size_t index)
{
    if (2 * (keys->count + 1) > keys->slots) {
        const struct key_index old = *keys;
        keys->slots = old.slots ? 2 * old.slots : SLOTS_FIRST;
        keys->slot = memory_take_zeroed(keys->slots, sizeof *keys->slot);
        for (size_t i = 0; i < old.slots; i++)
            if (old.slot[i].place != KEY_INDEX_NONE)
                put(keys, old.slot[i]);
        free(old.slot);
    }
    put(keys, (struct key_slot){hash, index + 1});
    keys->count++;
}

void key_index_clear(struct key_index *keys)
{
    free(keys->slot);
    *keys = (struct key_index){0};
}
