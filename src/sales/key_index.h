/* key_index — where in an array the row of a key is: a hash table of indices. */
#ifndef QUERN_SALES_KEY_INDEX_H
#define QUERN_SALES_KEY_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEY_INDEX_NONE = 0 };

struct key_index {
    struct key_slot {
        uint64_t hash;
        size_t place; /* index + 1, or KEY_INDEX_NONE */
    } * slot;
    size_t slots, count; /* slots: a power of two, or 0 */
};

/* Keys are a number and a text. */
uint64_t key_hash(int32_t number, const char *text);

/* Whether row `index` has the key that is looked for. */
typedef bool (*key_same)(const void *context, size_t index);

/* Give the index of a key that is there; else *index is untouched and the answer is false. */
bool key_index_find(const struct key_index *keys, uint64_t hash, key_same same, const void *context,
                    size_t *index);
/* Add a key that is not there. */
void key_index_add(struct key_index *keys, uint64_t hash, size_t index);
void key_index_clear(struct key_index *keys);

#endif
