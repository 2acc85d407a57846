#include "sequence/names.h"

#include <xxhash.h>

#include <string.h>

static void table_grow(struct name_table *table)
{
    const size_t room = table->room ? table->room * 2 : 256;
    struct name_slot *slot = memory_take(room, sizeof *slot);

    for (size_t i = 0; i < room; i++)
        slot[i].code = -1;
    for (size_t i = 0; i < table->room; i++) {
        if (table->slot[i].code < 0)
            continue;
        size_t at = table->slot[i].hash & (room - 1);
        while (slot[at].code >= 0)
            at = (at + 1) & (room - 1);
        slot[at] = table->slot[i];
    }
    free(table->slot);
    table->slot = slot;
    table->room = room;
}

/* The slot of a text, or the free one where it belongs. */
static struct name_slot *table_find(struct name_table *table, uint64_t hash,
                                    const struct table_string *text)
{
    size_t at = hash & (table->room - 1);

    for (;; at = (at + 1) & (table->room - 1)) {
        struct name_slot *slot = &table->slot[at];
        if (slot->code < 0 || (slot->hash == hash && slot->text.length == text->length &&
                               memcmp(slot->text.bytes, text->bytes, text->length) == 0))
            return slot;
    }
}

static void table_put(struct name_table *table, struct name_slot *slot, struct name_slot value)
{
    *slot = value;
    if (++table->count * 2 > table->room)
        table_grow(table);
}

void names_init(struct names *names)
{
    *names = (struct names){.limit = NAMES_MAX};
    pthread_mutex_init(&names->lock, NULL);
    table_grow(&names->table);
}

void names_clear(struct names *names)
{
    pthread_mutex_destroy(&names->lock);
    free(names->table.slot);
    free(names->text);
    arena_clear(&names->memory);
    *names = (struct names){0};
}

void name_cache_init(struct name_cache *cache, struct names *names)
{
    *cache = (struct name_cache){.names = names};
    cache->recent = memory_take_zeroed(NAMES_RECENT, sizeof *cache->recent);
    table_grow(&cache->table);
}

void name_cache_clear(struct name_cache *cache)
{
    free(cache->table.slot);
    free(cache->recent);
    *cache = (struct name_cache){0};
}

static bool add_shared(struct names *names, uint64_t hash, const struct table_string *text,
                       struct name_slot *out, struct error *err)
{
    struct name_slot *slot = table_find(&names->table, hash, text);

    if (slot->code >= 0) {
        *out = *slot;
        return true;
    }
    if (text->length > NAME_BYTES_MAX)
        return error_set(err, ERR_LIMIT, "a name is %zu bytes long, the limit is %d", text->length,
                         NAME_BYTES_MAX);
    if (memchr(text->bytes, '\0', text->length))
        return error_set(err, ERR_DATA, "a name holds a NUL byte");
    if (names->reserved && text->length == strlen(names->reserved) &&
        memcmp(text->bytes, names->reserved, text->length) == 0)
        return error_set(err, ERR_DATA, "a campaign may not be called '%s'", names->reserved);
    if (names->count == names->limit)
        return error_set(err, ERR_LIMIT, "there are more than %zu different names", names->limit);
    if (names->count == names->room) {
        names->room = names->room ? names->room * 2 : 256;
        names->text = memory_resize(names->text, names->room, sizeof *names->text);
    }
    *out = (struct name_slot){
        .hash = hash,
        .text = {arena_string(&names->memory, text->bytes, text->length), text->length},
        .code = (int32_t)names->count,
    };
    names->text[names->count++] = out->text;
    table_put(&names->table, slot, *out);
    return true;
}

static bool find_code(struct name_cache *cache, const struct table_string *text, int32_t *code,
                      struct error *err)
{
    const uint64_t hash = XXH3_64bits(text->bytes, text->length);
    struct name_slot *slot = table_find(&cache->table, hash, text);

    if (slot->code < 0) {
        struct name_slot shared = {0};
        pthread_mutex_lock(&cache->names->lock);
        const bool ok = add_shared(cache->names, hash, text, &shared, err);
        pthread_mutex_unlock(&cache->names->lock);
        if (!ok)
            return false;
        *code = shared.code;
        table_put(&cache->table, slot, shared);
        return true;
    }
    *code = slot->code;
    return true;
}

/* Multiplying mixes upwards, so the place is taken from the top. */
static inline size_t recent_place(struct short_text key)
{
    return (size_t)((key.first * 0x9e3779b97f4a7c15 + key.last) * 0xd6e8feb86659fd93 >> 50);
}

_Static_assert(NAMES_RECENT == 1 << (64 - 50), "recent_place() gives a place");

bool name_cache_code(struct name_cache *cache, const struct table_string *text, int32_t *code,
                     struct error *err)
{
    if (text->length > SHORT_TEXT_MAX || text->length == 0)
        return find_code(cache, text, code, err);
    const struct short_text key = short_text_of(text->bytes, text->length);
    struct name_recent *recent = &cache->recent[recent_place(key)];
    if (recent->length == text->length && short_text_equal(recent->key, key)) {
        *code = recent->code;
        return true;
    }
    if (!find_code(cache, text, code, err))
        return false;
    *recent = (struct name_recent){key, (uint32_t)text->length, *code};
    return true;
}
