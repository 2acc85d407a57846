/*
 * names — what a vegetable or a fruit is called in clean English.
 *
 * A name is compared without case, accents, spaces and punctuation, and without the plural's ending
 * of each of its words, with the English, French and Spanish names of the dictionary (names.def).
 * If none is the same, the nearest with the same first letter is meant, within some edits: a letter
 * more, less or changed, or two neighbours swapped. How many depends on the shorter of the two:
 *
 *   up to 4 letters  none
 *   5                one, but no changed letter: other words are too near (peace, grace)
 *   6 to 8           one
 *   above            two
 *
 * Where two vegetables are equally near, or an everyday word that is none, nothing is guessed.
 */
#ifndef QUERN_SALES_NAMES_H
#define QUERN_SALES_NAMES_H

#include <stddef.h>

enum { SALES_NAME_MAX = 200 /* bytes of a name as written */ };

/* The clean name (it lives for ever), or NULL: it cannot be settled. Thread-safe. */
const char *sales_name_settle(const char *written);

/* The dictionary, for tests: clean names, and of each the other names, "tomate|jitomate". */
size_t sales_names_count(void);
const char *sales_names_clean(size_t index);
const char *sales_names_other(size_t index);

#endif
