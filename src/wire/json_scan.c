#include "wire/json_scan.h"

#include "base/utf8.h"
#include "base/number.h"

#include <math.h>
#include <string.h>

void json_scan_init(struct json_scan *scan, const char *body, size_t size, size_t depth_max,
                    struct arena *memory)
{
    *scan = (struct json_scan){.begin = body, .at = body, .end = body + size, .memory = memory};
    scan->depth_max = depth_max < JSON_DEPTH_MAX ? depth_max : JSON_DEPTH_MAX;
}

/* Remember the first mistake and stand still. */
static bool fail(struct json_scan *scan, const char *problem)
{
    if (!scan->problem)
        scan->problem = problem;
    return false;
}

static inline void skip_space(struct json_scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
}

enum json_kind json_peek(struct json_scan *scan)
{
    if (scan->problem)
        return JSON_VALUE_NONE;
    skip_space(scan);
    if (scan->at == scan->end)
        return JSON_VALUE_NONE;
    switch (*scan->at) {
    case '{':
        return JSON_VALUE_OBJECT;
    case '[':
        return JSON_VALUE_LIST;
    case '"':
        return JSON_VALUE_STRING;
    case 't':
        return JSON_VALUE_TRUE;
    case 'f':
        return JSON_VALUE_FALSE;
    case 'n':
        return JSON_VALUE_NULL;
    case 'N':
        return JSON_VALUE_NAN;
    case 'I':
        return JSON_VALUE_INFINITY;
    case '-':
        return scan->at + 1 < scan->end && scan->at[1] == 'I' ? JSON_VALUE_INFINITY
                                                              : JSON_VALUE_NUMBER;
    default:
        return *scan->at >= '0' && *scan->at <= '9' ? JSON_VALUE_NUMBER : JSON_VALUE_NONE;
    }
}

static inline bool bit(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static inline void set_bit(uint64_t *bits, size_t i, bool value)
{
    bits[i / 64] = (bits[i / 64] & ~(UINT64_C(1) << (i % 64))) | (uint64_t)value << (i % 64);
}

bool json_enter(struct json_scan *scan, char open)
{
    if (scan->problem)
        return false;
    skip_space(scan);
    if (scan->at == scan->end || *scan->at != open)
        return fail(scan, open == '{' ? "expected an object" : "expected a list");
    if (scan->depth == scan->depth_max)
        return fail(scan, "too deeply nested");
    scan->at++;
    set_bit(scan->object, scan->depth, open == '{');
    set_bit(scan->started, scan->depth, false);
    scan->depth++;
    return true;
}

/* Whether the object or list entered last goes on; leaves it if not. */
static bool goes_on(struct json_scan *scan, char close)
{
    const size_t level = scan->depth - 1;

    if (scan->problem)
        return false;
    skip_space(scan);
    if (scan->at == scan->end)
        return fail(scan, "the end came too early");
    if (*scan->at == close) {
        scan->at++;
        scan->depth--;
        return false;
    }
    if (!bit(scan->started, level)) {
        set_bit(scan->started, level, true);
        return true;
    }
    if (*scan->at != ',')
        return fail(scan, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
    scan->at++;
    skip_space(scan);
    return true;
}

bool json_item(struct json_scan *scan)
{
    if (!goes_on(scan, ']'))
        return false;
    return json_peek(scan) != JSON_VALUE_NONE || fail(scan, "expected a value");
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The four hex digits of "\u" at `at`; -1 if they are not there. */
static int32_t read_unit(const char *at, const char *end)
{
    int32_t unit = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* "\u...." behind `*at`, a pair of them if need be; its UTF-8 to `out`. 0: not a character. */
static size_t unescape_unit(const char **at, const char *end, char *out)
{
    const int32_t first = read_unit(*at, end);

    if (first < 0 || (first >= 0xdc00 && first < 0xe000))
        return 0;
    *at += 4;
    if (first < 0xd800 || first >= 0xe000)
        return utf8_encode(out, (uint32_t)first);
    if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return 0;
    const int32_t second = read_unit(*at + 2, end);
    if (second < 0xdc00 || second >= 0xe000)
        return 0;
    *at += 6;
    return utf8_encode(out,
                       0x10000u + ((uint32_t)(first - 0xd800) << 10) + (uint32_t)(second - 0xdc00));
}

/* The text between [at, end), which has escapes, in memory of its own. */
static bool unescape(struct json_scan *scan, const char *at, const char *end,
                     struct table_string *text)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *out = arena_take(scan->memory, (size_t)(end - at), 1);
    size_t length = 0;

    while (at < end) {
        if (*at != '\\') {
            out[length++] = *at++;
            continue;
        }
        const char *known = strchr(from, at[1]);
        at += 2;
        if (known && *known) {
            out[length++] = to[known - from];
        } else {
            const size_t count = at[-1] == 'u' ? unescape_unit(&at, end, out + length) : 0;
            if (count == 0)
                return fail(scan, "an escape in this string is wrong");
            length += count;
        }
    }
    *text = (struct table_string){out, length};
    return true;
}

static bool read_string(struct json_scan *scan, struct table_string *text)
{
    const char *start = scan->at + 1, *at = start;
    bool escapes = false;

    for (; at < scan->end && *at != '"'; at++) {
        if ((unsigned char)*at < ' ')
            return fail(scan, "a control character in this string");
        if (*at == '\\') {
            escapes = true;
            at++;
        }
    }
    if (at >= scan->end)
        return fail(scan, "this string never ends");
    if (!escapes)
        *text = (struct table_string){start, (size_t)(at - start)};
    else if (!unescape(scan, start, at, text))
        return false;
    scan->at = at + 1;
    return true;
}

bool json_key(struct json_scan *scan, struct table_string *key)
{
    if (!goes_on(scan, '}'))
        return false;
    if (scan->at == scan->end || *scan->at != '"')
        return fail(scan, "expected a key in quotes");
    if (!read_string(scan, key))
        return false;
    skip_space(scan);
    if (scan->at == scan->end || *scan->at != ':')
        return fail(scan, "expected ':'");
    scan->at++;
    return json_peek(scan) != JSON_VALUE_NONE || fail(scan, "expected a value");
}

static bool read_word(struct json_scan *scan, const char *word, struct json_scalar *value)
{
    const size_t length = strlen(word);

    if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0)
        return fail(scan, "expected a value");
    value->text = (struct table_string){scan->at, length};
    scan->at += length;
    return true;
}

static inline bool is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

static inline const char *skip_digits(const char *at, const char *end)
{
    while (is_digit(at, end))
        at++;
    return at;
}

/* The end of the number at `at`, as JSON has it; NULL if there is none. */
static const char *number_end(const char *at, const char *end)
{
    at += *at == '-';
    if (!is_digit(at, end) || (*at == '0' && is_digit(at + 1, end)))
        return NULL;
    at = skip_digits(at, end);
    if (at < end && *at == '.') {
        if (!is_digit(++at, end))
            return NULL;
        at = skip_digits(at, end);
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        if (!is_digit(at, end))
            return NULL;
        at = skip_digits(at, end);
    }
    return at;
}

static bool read_number(struct json_scan *scan, struct json_scalar *value)
{
    const char *start = scan->at, *stop = number_end(start, scan->end);

    /* "1.2.3" */
    if (!stop || (stop < scan->end && *stop == '.'))
        return fail(scan, "not a number");
    value->text = (struct table_string){start, (size_t)(stop - start)};
    scan->at = stop;
    return true;
}

static bool convert_number(struct json_scan *scan, struct json_scalar *value)
{
    const char *start = value->text.bytes;

    if (number_read(start, start + value->text.length, &value->number))
        return true;
    scan->at = start;
    return fail(scan, "a number that is too long");
}

static bool read_scalar(struct json_scan *scan, struct json_scalar *value)
{
    switch (value->kind) {
    case JSON_VALUE_STRING:
        return read_string(scan, &value->text);
    case JSON_VALUE_NUMBER:
        return read_number(scan, value);
    case JSON_VALUE_TRUE:
        return read_word(scan, "true", value);
    case JSON_VALUE_FALSE:
        return read_word(scan, "false", value);
    case JSON_VALUE_NULL:
        return read_word(scan, "null", value);
    case JSON_VALUE_NAN:
        return read_word(scan, "NaN", value);
    case JSON_VALUE_INFINITY:
        return read_word(scan, *scan->at == '-' ? "-Infinity" : "Infinity", value);
    default:
        return fail(scan, "expected a value");
    }
}

bool json_read_scalar(struct json_scan *scan, struct json_scalar *value)
{
    value->kind = json_peek(scan);
    return read_scalar(scan, value) &&
           (value->kind != JSON_VALUE_NUMBER || convert_number(scan, value));
}

bool json_item_text(struct json_scan *scan, struct json_scalar *value)
{
    if (!goes_on(scan, ']'))
        return false;
    value->kind = json_peek(scan);
    return value->kind == JSON_VALUE_LIST || value->kind == JSON_VALUE_OBJECT ||
           read_scalar(scan, value);
}

bool json_skip(struct json_scan *scan)
{
    const size_t level = scan->depth;
    struct json_scalar value;
    struct table_string key;

    do {
        const enum json_kind kind = json_peek(scan);
        if (kind == JSON_VALUE_OBJECT || kind == JSON_VALUE_LIST) {
            if (!json_enter(scan, kind == JSON_VALUE_OBJECT ? '{' : '['))
                return false;
        } else {
            value.kind = kind;
            if (!read_scalar(scan, &value))
                return false;
        }
        /* Close what ends here, up to the next value. */
        while (scan->depth > level && !scan->problem &&
               !(bit(scan->object, scan->depth - 1) ? json_key(scan, &key) : json_item(scan)))
            continue;
    } while (scan->depth > level && !scan->problem);
    return !scan->problem;
}

bool json_finish(struct json_scan *scan)
{
    if (scan->problem)
        return false;
    skip_space(scan);
    return scan->at == scan->end || fail(scan, "something follows the end");
}

struct json_mark json_here(struct json_scan *scan)
{
    return (struct json_mark){scan->at, scan->depth};
}

void json_return(struct json_scan *scan, struct json_mark mark)
{
    scan->at = mark.at;
    scan->depth = mark.depth;
}

bool json_check(const struct json_scan *scan, struct error *err)
{
    size_t line = 1;
    const char *start = scan->begin;

    if (!scan->problem)
        return true;
    for (const char *at = scan->begin; at < scan->at; at++)
        if (*at == '\n') {
            line++;
            start = at + 1;
        }
    return error_set(err, ERR_DATA, "JSON, line %zu, column %zu: %s", line,
                     (size_t)(scan->at - start) + 1, scan->problem);
}
