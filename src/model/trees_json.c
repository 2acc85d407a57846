/*
 * JSON as XGBoost writes it: with NaN and Infinity where a number has no finite value (thresholds
 * of categorical nodes in 1.x). Numbers are read as doubles and lists of them stay flat.
 */
#include "model/trees_document.h"

#include "base/text.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

enum { NUMBER_BYTES_MAX = 64, EXACT_DIGITS = 15, EXACT_POWER = 22 };

/* A bounded reader; `at` never passes `size`. */
struct json {
    const char *bytes;
    size_t size, at, values;
    struct arena *memory;
    struct error *err;
};

static bool wrong(struct json *j, const char *what)
{
    return error_set(j->err, ERR_DATA, "byte %zu: %s", j->at, what);
}

/* The next byte that is not space; 0 at the end. */
static char peek(struct json *j)
{
    while (j->at < j->size && (j->bytes[j->at] == ' ' || j->bytes[j->at] == '\n' ||
                               j->bytes[j->at] == '\r' || j->bytes[j->at] == '\t'))
        j->at++;
    return j->at < j->size ? j->bytes[j->at] : '\0';
}

static bool take(struct json *j, char c)
{
    if (peek(j) != c)
        return false;
    j->at++;
    return true;
}

static bool take_word(struct json *j, const char *word)
{
    const size_t length = strlen(word);

    if (j->size - j->at < length || memcmp(j->bytes + j->at, word, length) != 0)
        return false;
    j->at += length;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/*
 * A decimal of at most 15 digits with a power of ten of at most 22: both are exact doubles, so one
 * product or quotient rounds correctly (Clinger 1990). False when the text is anything else.
 */
static bool short_number(const char *text, size_t length, double *number)
{
    static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const bool negative = length > 0 && text[0] == '-';
    size_t i = negative, digits = 0;
    int64_t whole = 0;
    int power = 0, exponent = 0;

    for (; i < length && is_digit(text[i]) && digits < EXACT_DIGITS; i++, digits++)
        whole = whole * 10 + (text[i] - '0');
    if (digits == 0)
        return false;
    if (i < length && text[i] == '.')
        for (i++; i < length && is_digit(text[i]) && digits < EXACT_DIGITS; i++, digits++, power--)
            whole = whole * 10 + (text[i] - '0');
    if (i < length && (text[i] | 32) == 'e') {
        const bool down = ++i < length && text[i] == '-';

        i += i < length && (text[i] == '-' || text[i] == '+');
        if (i == length || length - i > 3)
            return false;
        for (; i < length && is_digit(text[i]); i++)
            exponent = exponent * 10 + (text[i] - '0');
        power += down ? -exponent : exponent;
    }
    if (i != length || power < -EXACT_POWER || power > EXACT_POWER)
        return false;
    *number = power < 0 ? (double)whole / powers[-power] : (double)whole * powers[power];
    if (negative)
        *number = -*number;
    return true;
}

/* A number or a word that stands for one. */
static bool read_number(struct json *j, double *number)
{
    static const struct {
        const char *word;
        double value;
    } words[] = {{"true", 1},   {"false", 0},           {"NaN", NAN},
                 {"-NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    size_t length = 0;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (take_word(j, words[i].word)) {
            *number = words[i].value;
            return true;
        }
    const char *text = j->bytes + j->at;

    while (length < j->size - j->at && length < NUMBER_BYTES_MAX &&
           (is_digit(text[length]) || (text[length] && strchr("+-.eE", text[length]))))
        length++;
    if (!short_number(text, length, number) && !text_to_double(text, length, number))
        return wrong(j, "a value is expected");
    j->at += length;
    return true;
}

static bool starts_number(char c)
{
    return is_digit(c) || (c && strchr("-tfNI", c));
}

static bool read_hex(struct json *j, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++) {
        const char c = j->at < j->size ? j->bytes[j->at] : '\0';
        const char low = (char)(c | 32);

        if (!is_digit(c) && !(low >= 'a' && low <= 'f'))
            return wrong(j, "four hexadecimal digits are expected");
        *code = *code * 16 + (unsigned)(is_digit(c) ? c - '0' : low - 'a' + 10);
        j->at++;
    }
    return true;
}

/* After "\u". */
static bool read_code(struct json *j, struct text *text)
{
    unsigned code, low;
    char bytes[UTF8_MAX];

    if (!read_hex(j, &code))
        return false;
    if (code >= 0xd800 && code < 0xdc00) {
        if (!take_word(j, "\\u") || !read_hex(j, &low) || low < 0xdc00 || low > 0xdfff)
            return wrong(j, "half of a surrogate pair is missing");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code == 0 || (code >= 0xdc00 && code <= 0xdfff))
        return wrong(j, "that character is not allowed");
    text_add(text, bytes, utf8_encode(bytes, code));
    return true;
}

static bool read_escape(struct json *j, struct text *text)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char c = j->at < j->size ? j->bytes[j->at] : '\0';
    const char *known = c ? strchr(from, c) : NULL;

    if (c == 'u') {
        j->at++;
        return read_code(j, text);
    }
    if (!known)
        return wrong(j, "an unknown escape");
    text_add(text, to + (known - from), 1);
    j->at++;
    return true;
}

static bool read_characters(struct json *j, struct text *text)
{
    while (j->at < j->size) {
        const char *start = j->bytes + j->at;
        size_t plain = 0;

        while (plain < j->size - j->at && start[plain] && start[plain] != '"' &&
               start[plain] != '\\')
            plain++;
        text_add(text, start, plain);
        j->at += plain;
        if (j->at == j->size || !j->bytes[j->at])
            break;
        if (j->bytes[j->at++] == '"')
            return true;
        if (!read_escape(j, text))
            return false;
    }
    return wrong(j, "a text does not end");
}

static bool read_text(struct json *j, const char **kept, size_t *length)
{
    struct text text = {0};

    if (!take(j, '"'))
        return wrong(j, "a text is expected");
    const bool ok = read_characters(j, &text);

    if (ok) {
        *kept = arena_string(j->memory, text.bytes ? text.bytes : "", text.length);
        *length = text.length;
    }
    text_clear(&text);
    return ok;
}

static bool read_value(struct json *j, size_t depth, struct document_value *value);

/* After an item: true at a comma; else the list is over, or wrong. */
static bool goes_on(struct json *j, char close, bool *ok)
{
    if (take(j, ','))
        return true;
    *ok = take(j, close) || wrong(j, "',' or the end of the list is expected");
    return false;
}

static bool read_numbers(struct json *j, struct document_value *value)
{
    double *numbers = NULL;
    size_t room = 0;
    bool ok = true;

    do {
        if (value->count == room) {
            room = room * 2 + 16;
            numbers = memory_resize(numbers, room, sizeof *numbers);
        }
        peek(j);
        ok = read_number(j, &numbers[value->count++]);
    } while (ok && goes_on(j, ']', &ok));
    if (ok) {
        double *kept = ARENA_NEW(j->memory, double, value->count);

        memcpy(kept, numbers, value->count * sizeof *kept);
        value->kind = DOCUMENT_NUMBERS;
        value->numbers = kept;
    }
    free(numbers);
    return ok;
}

static bool read_items(struct json *j, size_t depth, struct document_value *value)
{
    struct document_value *items = NULL;
    size_t room = 0;
    bool ok = true;

    do {
        if (value->count == room) {
            room = room * 2 + 16;
            items = memory_resize(items, room, sizeof *items);
        }
        items[value->count] = (struct document_value){0};
        ok = read_value(j, depth, &items[value->count++]);
    } while (ok && goes_on(j, ']', &ok));
    if (ok) {
        struct document_value *kept = ARENA_NEW(j->memory, struct document_value, value->count);

        memcpy(kept, items, value->count * sizeof *kept);
        value->item = kept;
    }
    free(items);
    return ok;
}

static bool read_list(struct json *j, size_t depth, struct document_value *value)
{
    value->kind = DOCUMENT_LIST;
    if (take(j, ']'))
        return true;
    return starts_number(peek(j)) ? read_numbers(j, value) : read_items(j, depth, value);
}

static bool read_map(struct json *j, size_t depth, struct document_value *value)
{
    struct document_member *members = NULL;
    size_t room = 0, length;
    bool ok = true;

    value->kind = DOCUMENT_MAP;
    if (take(j, '}'))
        return true;
    do {
        if (value->count == room) {
            room = room * 2 + 16;
            members = memory_resize(members, room, sizeof *members);
        }
        struct document_member *m = &members[value->count++];

        *m = (struct document_member){0};
        ok = read_text(j, &m->key, &length) && (take(j, ':') || wrong(j, "':' is expected")) &&
             read_value(j, depth, &m->value);
    } while (ok && goes_on(j, '}', &ok));
    if (ok) {
        struct document_member *kept = ARENA_NEW(j->memory, struct document_member, value->count);

        memcpy(kept, members, value->count * sizeof *kept);
        value->member = kept;
    }
    free(members);
    return ok;
}

static bool read_value(struct json *j, size_t depth, struct document_value *value)
{
    if (depth > DOCUMENT_DEPTH_MAX)
        return wrong(j, "values are nested too deep");
    if (++j->values > DOCUMENT_VALUES_MAX)
        return error_set(j->err, ERR_LIMIT, "there are more than %d values", DOCUMENT_VALUES_MAX);
    switch (peek(j)) {
    case '{':
        j->at++;
        return read_map(j, depth + 1, value);
    case '[':
        j->at++;
        return read_list(j, depth + 1, value);
    case '"':
        value->kind = DOCUMENT_TEXT;
        return read_text(j, &value->text, &value->count);
    case 'n':
        return take_word(j, "null") || wrong(j, "a value is expected");
    default:
        value->kind = DOCUMENT_NUMBER;
        return read_number(j, &value->number);
    }
}

bool document_read_json(struct document_value *document, const char *bytes, size_t size,
                        struct arena *memory, struct error *err)
{
    struct json j = {bytes, size, 0, 0, memory, err};

    *document = (struct document_value){0};
    if (!read_value(&j, 0, document))
        return false;
    peek(&j);
    return j.at == size || wrong(&j, "there is more after the model");
}
