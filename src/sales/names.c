#include "sales/names.h"

#include "base/error.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* KEYS_MAX holds both forms of every name of names.def with room to spare. */
enum { KEY_MAX = 40, KEYS_MAX = 2048, WORD_MAX = SALES_NAME_MAX };

static const struct {
    const char *clean, *other;
} dictionary[] = {
#define NAME(clean, other) {clean, other},
#include "sales/names.def"
#undef NAME
};

enum { NAMES = sizeof dictionary / sizeof *dictionary };

/* A name as it is compared: letters and digits only. */
struct key {
    char text[KEY_MAX + 1];
    size_t length;
    size_t name;  /* index in the dictionary */
    uint64_t has; /* a bit for each letter and digit in it */
    bool stems;   /* made of the words' stems */
};

static struct key keys[KEYS_MAX];
static size_t key_count;
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
    key->has = 0;
    for (size_t i = 0; i < key->length; i++)
        key->has |= UINT64_C(1) << (key->text[i] & 63);
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
        keys[key_count].stems = stems;
        keys[key_count++].name = name;
    }
}

static void make_keys(void)
{
    for (size_t i = 0; i < NAMES; i++) {
        add_key(i, dictionary[i].clean, strlen(dictionary[i].clean));
        for (const char *at = dictionary[i].other; *at;) {
            const size_t length = strcspn(at, "|");
            add_key(i, at, length);
            at += length + (at[length] == '|');
        }
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits from one to the other, neighbours swapped counting once; above `limit` it is limit + 1. */
static size_t distance(const struct key *a, const struct key *b, size_t limit)
{
    size_t row[3][KEY_MAX + 1];
    size_t *before = row[0], *last = row[1], *now = row[2];

    /* An edit takes away one letter at most and adds one, so most need no closer look. */
    if (a->length > b->length + limit || b->length > a->length + limit ||
        (size_t)__builtin_popcountll(a->has ^ b->has) > 2 * limit)
        return limit + 1;
    for (size_t j = 0; j <= b->length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a->length; i++) {
        size_t lowest = now[0] = i;
        for (size_t j = 1; j <= b->length; j++) {
            const bool same = a->text[i - 1] == b->text[j - 1];
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && a->text[i - 1] == b->text[j - 2] &&
                a->text[i - 2] == b->text[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
            lowest = least(lowest, now[j]);
        }
        if (lowest > limit)
            return limit + 1;
        size_t *const free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return least(last[b->length], limit + 1);
}

static size_t edits_allowed(size_t length)
{
    return length <= 3 ? 0 : length <= 5 ? 1 : 2;
}

/* The nearest name of both forms of what was written, and whether another is as near. */
struct nearest {
    size_t name, distance;
    bool tied;
};

static void look(const struct key *want, size_t limit, struct nearest *best)
{
    if (limit == 0)
        return;
    for (size_t i = 0; i < key_count; i++) {
        /* A short name with another first letter is another word. */
        if (limit == 1 && keys[i].text[0] != want->text[0])
            continue;
        const size_t far = distance(want, &keys[i], least(limit, edits_allowed(keys[i].length)));
        if (far > limit || far > edits_allowed(keys[i].length) || far > best->distance)
            continue;
        best->tied = far == best->distance && (best->tied || best->name != keys[i].name);
        best->distance = far;
        best->name = keys[i].name;
    }
}

/* The name that is the same, or NAMES. Stems may fall together where names do not. */
static size_t find_same(const struct key *want, bool stems)
{
    size_t found = NAMES;

    for (size_t i = 0; i < key_count; i++) {
        if (keys[i].stems != stems || want->length != keys[i].length ||
            memcmp(want->text, keys[i].text, want->length) != 0)
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

    pthread_once(&keys_once, make_keys);
    if (plain_words(written, plain, sizeof plain) == 0)
        return NULL;
    for (int stems = 0; stems < 2; stems++) {
        if (!join_words(plain, stems, &form[stems]))
            return NULL;
        const size_t same = find_same(&form[stems], stems);
        if (same != NAMES)
            return dictionary[same].clean;
    }
    const size_t limit = edits_allowed(form[0].length);
    struct nearest best = {.name = NAMES, .distance = limit + 1};
    for (int stems = 0; stems < 2; stems++)
        look(&form[stems], edits_allowed(form[stems].length), &best);
    return best.distance <= limit && !best.tied ? dictionary[best.name].clean : NULL;
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
