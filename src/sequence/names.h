/*
 * names — one dictionary of names that several threads fill: text to a code, first come.
 *
 * Codes depend on which thread came first, so they never reach a file: sort the names at the end
 * and map. Each thread asks through its own cache, so that the lock is taken once a new name.
 */
#ifndef QUERN_SEQUENCE_NAMES_H
#define QUERN_SEQUENCE_NAMES_H

#include "base/arena.h"
#include "base/error.h"
#include "sequence/short_text.h"
#include "table/table.h"

#include <pthread.h>

enum { NAMES_MAX = 1000000, NAME_BYTES_MAX = 65536, NAMES_RECENT = 16384 };

struct name_slot {
    uint64_t hash;
    struct table_string text;
    int32_t code; /* -1: free */
};

struct name_table {
    struct name_slot *slot;
    size_t room, count;
};

struct names {
    pthread_mutex_t lock;
    struct name_table table;
    struct table_string *text; /* [count] by code; stable only once nobody adds */
    size_t count, room;
    size_t limit;         /* of names; NAMES_MAX after names_init() */
    const char *reserved; /* a name that is refused (ERR_DATA), or NULL */
    struct arena memory;
};

/* A short name seen lately, at the place that its text alone decides. */
struct name_recent {
    struct short_text key;
    uint32_t length; /* 0: free */
    int32_t code;
};

struct name_cache {
    struct names *names;
    struct name_table table;
    struct name_recent *recent; /* [NAMES_RECENT] */
};

void names_init(struct names *names);
void names_clear(struct names *names);

void name_cache_init(struct name_cache *cache, struct names *names);
void name_cache_clear(struct name_cache *cache);

/* ERR_LIMIT beyond names->limit names or NAME_BYTES_MAX bytes. */
MUST_CHECK bool name_cache_code(struct name_cache *cache, const struct table_string *text,
                                int32_t *code, struct error *err);

#endif
