#include "sales/names.h"

#include "base/error.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* KEYS_MAX holds both forms of every name of names.def with room to spare. */
enum { KEY_MAX = 40, KEYS_MAX = 2048, WORD_MAX = SALES_NAME_MAX };

static const struct {
    const char *clean, *other;
} dictionary[] = {
#define NAME(clean, other) {clean, other},
#define OTHER_WORDS(words)
#include "sales/names.def"
#undef NAME
#undef OTHER_WORDS
};

static const char *const other_words[] = {
#define NAME(clean, other)
#define OTHER_WORDS(words) words,
#include "sales/names.def"
#undef NAME
#undef OTHER_WORDS
};

enum { NAMES = sizeof dictionary / sizeof *dictionary };

/* A name as it is compared: letters and digits only. */
struct key {
    char text[KEY_MAX + 1];
    size_t length;
    size_t name; /* index in the dictionary; NAMES: no name, but a word near one */
    bool stems;  /* made of the words' stems */
};

/* By form, then by first letter: begin[form][letter] .. begin[form][letter + 1] - 1. */
static struct key keys[KEYS_MAX];
static size_t key_count, begin[2][UINT8_MAX + 2];
static pthread_once_t keys_once = PTHREAD_ONCE_INIT;

/* U+00C0 to U+017F without accents; blank: no letter. Two-letter forms are spelt out below. */
static const char latin[] =
    "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty" /* 00C0 to 00FF */
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll" /* 0100 to 013F */
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static uint32_t next_point(const unsigned char **at)
{
    const unsigned char *c = *at;
    const size_t length = c[0] < 0x80    ? 1
                          : c[0] >= 0xf0 ? 4
                          : c[0] >= 0xe0 ? 3
                          : c[0] >= 0xc0 ? 2
                                         : 1;
    uint32_t point = length == 1 ? c[0] : c[0] & (0xffu >> (length + 1));

    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xc0) != 0x80) { /* cut short: take what is there */
            *at += i;
            return ' ';
        }
        point = point << 6 | (c[i] & 0x3f);
    }
    *at += length;
    return point;
}

/* The plain letters of a character, "" for an accent of its own, " " for what parts words. */
static const char *letters_of(uint32_t point, char letter[2])
{
    letter[1] = '\0';
    letter[0] = ' ';
    if (point >= 'A' && point <= 'Z')
        letter[0] = (char)(point + ('a' - 'A'));
    else if ((point >= 'a' && point <= 'z') || (point >= '0' && point <= '9'))
        letter[0] = (char)point;
    else if (point == 0x152 || point == 0x153)
        return "oe";
    else if (point == 0xc6 || point == 0xe6)
        return "ae";
    else if (point >= 0xc0 && point <= 0x17f)
        letter[0] = latin[point - 0xc0];
    else if (point >= 0x300 && point <= 0x36f)
        return "";
    else if (point >= 0x180 && point != 0x2019 && (point < 0x2000 || point > 0x206f))
        letter[0] = '?'; /* a letter of another script: never equal to one of ours */
    return letter;
}

/* Words of plain letters with one blank between them. */
static size_t plain_words(const char *written, char *plain, size_t room)
{
    const unsigned char *at = (const unsigned char *)written;
    size_t length = 0;

    while (*at) {
        char letter[2];
        for (const char *c = letters_of(next_point(&at), letter); *c; c++) {
            if (*c == ' ' && (length == 0 || plain[length - 1] == ' '))
                continue;
            if (length + 1 >= room)
                return 0;
            plain[length++] = *c;
        }
    }
    while (length > 0 && plain[length - 1] == ' ')
        length--;
    plain[length] = '\0';
    return length;
}

/*
 * The singular, or something that a singular and its plurals share: without a last s or x, then
 * without a last e, with y as i. tomatoes, tomato; berries, berry; choux, chou; flores, flor.
 */
static size_t stem_length(char *word, size_t length)
{
    if (length > 3 && (word[length - 1] == 's' || word[length - 1] == 'x'))
        length--;
    if (length > 3 && word[length - 1] == 'e')
        length--;
    if (length > 3 && word[length - 1] == 'y')
        word[length - 1] = 'i';
    return length;
}

static bool join_words(const char *plain, bool stems, struct key *key)
{
    char word[WORD_MAX + 1];

    key->length = 0;
    key->stems = stems;
    while (*plain) {
        size_t length = strcspn(plain, " ");
        const size_t step = length + (plain[length] == ' ');
        memcpy(word, plain, length);
        if (stems)
            length = stem_length(word, length);
        if (key->length + length > KEY_MAX)
            return false;
        memcpy(key->text + key->length, word, length);
        key->length += length;
        plain += step;
    }
    key->text[key->length] = '\0';
    return key->length > 0;
}

static void add_key(size_t name, const char *text, size_t length)
{
    char part[WORD_MAX + 1], plain[WORD_MAX + 1];

    BUG_ON(length > WORD_MAX);
    memcpy(part, text, length);
    part[length] = '\0';
    BUG_ON(plain_words(part, plain, sizeof plain) == 0);
    for (int stems = 0; stems < 2; stems++) {
        BUG_ON(key_count == KEYS_MAX);
        BUG_ON(!join_words(plain, stems, &keys[key_count]));
        keys[key_count++].name = name;
    }
}

static int compare_keys(const void *left, const void *right)
{
    const struct key *a = left, *b = right;

    return a->stems != b->stems ? a->stems - b->stems : (uint8_t)a->text[0] - (uint8_t)b->text[0];
}

static void sort_keys(void)
{
    size_t at = 0;

    qsort(keys, key_count, sizeof *keys, compare_keys);
    for (size_t form = 0; form < 2; form++)
        for (size_t letter = 0; letter < UINT8_MAX + 2; letter++) {
            while (at < key_count && keys[at].stems == form && (uint8_t)keys[at].text[0] < letter)
                at++;
            begin[form][letter] = at;
        }
}

static void add_keys(size_t name, const char *texts)
{
    for (const char *at = texts; *at;) {
        const size_t length = strcspn(at, "|");
        add_key(name, at, length);
        at += length + (at[length] == '|');
    }
}

static void make_keys(void)
{
    for (size_t i = 0; i < NAMES; i++) {
        add_keys(i, dictionary[i].clean);
        add_keys(i, dictionary[i].other);
    }
    for (size_t i = 0; i < sizeof other_words / sizeof *other_words; i++)
        add_keys(NAMES, other_words[i]);
    sort_keys();
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * What two names of which the shorter has `length` letters may differ by, in all. A letter in place
 * of another makes other words of short ones (peace, grace), so there it costs more than a letter
 * more or less and than two that are swapped.
 */
struct tolerance {
    size_t edits, change;
};

static struct tolerance tolerance_of(size_t length)
{
    return length < 5    ? (struct tolerance){0, 1}
           : length == 5 ? (struct tolerance){1, 2}
           : length < 9  ? (struct tolerance){1, 1}
                         : (struct tolerance){2, 1};
}

/* Edits from one to the other; more than is tolerated is told as some number above it. */
static size_t distance(const struct key *a, const struct key *b, struct tolerance most)
{
    size_t row[3][KEY_MAX + 1];
    size_t *before = row[0], *last = row[1], *now = row[2];

    if (a->length > b->length + most.edits || b->length > a->length + most.edits)
        return most.edits + 1;
    for (size_t j = 0; j <= b->length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a->length; i++) {
        size_t lowest = now[0] = i;
        for (size_t j = 1; j <= b->length; j++) {
            const bool same = a->text[i - 1] == b->text[j - 1];
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (same ? 0 : most.change));
            if (i > 1 && j > 1 && a->text[i - 1] == b->text[j - 2] &&
                a->text[i - 2] == b->text[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
            lowest = least(lowest, now[j]);
        }
        if (lowest > most.edits)
            return lowest;
        size_t *const free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[b->length];
}

/* The nearest name of both forms of what was written, and whether another is as near. */
struct nearest {
    size_t name, distance;
    bool tied;
};

/* A name as near as that of an earlier form does not count. */
static void look(const struct key *want, struct nearest *best)
{
    const uint8_t letter = (uint8_t)want->text[0];
    const size_t nearer = best->distance;

    for (size_t i = begin[want->stems][letter]; i < begin[want->stems][letter + 1]; i++) {
        const struct tolerance most = tolerance_of(least(want->length, keys[i].length));
        const size_t far = distance(want, &keys[i], most);
        if (far > most.edits || far > best->distance || far >= nearer)
            continue;
        best->tied = far == best->distance && (best->tied || best->name != keys[i].name);
        best->distance = far;
        best->name = keys[i].name;
    }
}

/* The name that is the same, or NAMES. Stems may fall together where names do not. */
static size_t find_same(const struct key *want)
{
    const uint8_t letter = (uint8_t)want->text[0];
    size_t found = NAMES;

    for (size_t i = begin[want->stems][letter]; i < begin[want->stems][letter + 1]; i++) {
        if (want->length != keys[i].length || memcmp(want->text, keys[i].text, want->length) != 0)
            continue;
        if (found != NAMES && found != keys[i].name)
            return NAMES;
        found = keys[i].name;
    }
    return found;
}

const char *sales_name_settle(const char *written)
{
    char plain[WORD_MAX + 1];
    struct key form[2];
    struct nearest best = {.name = NAMES, .distance = SIZE_MAX};

    pthread_once(&keys_once, make_keys);
    if (plain_words(written, plain, sizeof plain) == 0)
        return NULL;
    for (int stems = 0; stems < 2; stems++) {
        if (!join_words(plain, stems, &form[stems]))
            return NULL;
        const size_t same = find_same(&form[stems]);
        if (same != NAMES)
            return dictionary[same].clean;
    }
    for (int stems = 0; stems < 2; stems++)
        look(&form[stems], &best);
    return best.name < NAMES && !best.tied ? dictionary[best.name].clean : NULL;
}

size_t sales_names_count(void)
{
    return NAMES;
}

const char *sales_names_clean(size_t index)
{
    return dictionary[index].clean;
}

const char *sales_names_other(size_t index)
{
    return dictionary[index].other;
}
