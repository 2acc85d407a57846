#include "base/text.h"

#include "base/arena.h"
#include "base/number.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool text_to_int64(const char *text, size_t length, int64_t *value)
{
    size_t i = 0;
    const bool negative = length > 0 && text[0] == '-';
    uint64_t sum = 0;

    if (length > 0 && (text[0] == '-' || text[0] == '+'))
        i = 1;
    if (i == length)
        return false;
    for (; i < length; i++) {
        const unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(sum, 10u, &sum) ||
            __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    if (sum > (uint64_t)INT64_MAX + negative)
        return false;
    *value = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

bool text_to_double(const char *text, size_t length, double *value)
{
    enum { LENGTH_MAX = 63 };

    return length <= LENGTH_MAX && number_read(text, text + length, value) == text + length &&
           isfinite(*value);
}

void text_trim(const char **text, size_t *length)
{
    while (*length > 0 && (**text == ' ' || **text == '\t')) {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && ((*text)[*length - 1] == ' ' || (*text)[*length - 1] == '\t'))
        (*length)--;
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

bool text_is_missing(const char *text, size_t length)
{
    return length == 0 || is_word(text, length, "nan") || is_word(text, length, "null") ||
           (length == 2 && memcmp(text, "NA", 2) == 0);
}

bool text_to_number(const char *text, size_t length, double *value)
{
    text_trim(&text, &length);
    if (!text_is_missing(text, length))
        return text_to_double(text, length, value);
    *value = (double)NAN;
    return true;
}

bool text_to_bool(const char *text, size_t length, bool *value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        {"true", true}, {"false", false}, {"1", true},   {"0", false},  {"t", true}, {"1.0", true},
        {"0.0", false}, {"f", false},     {"yes", true}, {"no", false}, {"y", true}, {"n", false},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == length && strncasecmp(words[i].word, text, length) == 0) {
            *value = words[i].value;
            return true;
        }
    return false;
}

bool text_ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);

    return length > tail && strcasecmp(text + length - tail, end) == 0;
}

/* Days from 1970-01-01 of a proleptic Gregorian date. */
static int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
    /* Count from 1 March, so that the leap day is the last of its year. */
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const unsigned year_of_era = (unsigned)(year - era * 400);
    const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const unsigned day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + (int64_t)day_of_era - 719468;
}

struct scanner {
    const char *at, *end;
};

static bool scan_digits(struct scanner *s, int count, unsigned *value)
{
    if (s->end - s->at < count)
        return false;
    *value = 0;
    for (int i = 0; i < count; i++) {
        const unsigned digit = (unsigned)(unsigned char)s->at[i] - '0';
        if (digit > 9)
            return false;
        *value = *value * 10 + digit;
    }
    s->at += count;
    return true;
}

static bool scan_char(struct scanner *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static bool scan_date(struct scanner *s, int64_t *days)
{
    static const unsigned char month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year, month, day;

    if (!scan_digits(s, 4, &year) || !scan_char(s, '-') || !scan_digits(s, 2, &month) ||
        !scan_char(s, '-') || !scan_digits(s, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > month_days[month - 1])
        return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2 && day == 29 && !leap)
        return false;
    *days = days_from_date(year, month, day);
    return true;
}

static bool scan_clock(struct scanner *s, int64_t *microseconds)
{
    unsigned hour, minute, second = 0;
    int64_t fraction = 0;

    if (!scan_digits(s, 2, &hour) || !scan_char(s, ':') || !scan_digits(s, 2, &minute))
        return false;
    if (scan_char(s, ':')) {
        if (!scan_digits(s, 2, &second))
            return false;
        if (scan_char(s, '.') || scan_char(s, ',')) {
            int64_t unit = 100000;
            const char *first = s->at;
            for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++, unit /= 10)
                fraction += unit * (*s->at - '0');
            if (s->at == first)
                return false;
        }
    }
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    *microseconds = ((int64_t)hour * 3600 + minute * 60 + second) * 1000000 + fraction;
    return true;
}

static bool scan_zone(struct scanner *s, int64_t *offset)
{
    unsigned hour, minute = 0;

    *offset = 0;
    if (s->at == s->end || scan_char(s, 'Z') || scan_char(s, 'z'))
        return true;
    const int64_t sign = *s->at == '-' ? -1 : 1;
    if (!scan_char(s, '+') && !scan_char(s, '-'))
        return false;
    if (!scan_digits(s, 2, &hour))
        return false;
    if (s->at < s->end) {
        (void)scan_char(s, ':');
        if (!scan_digits(s, 2, &minute))
            return false;
    }
    *offset = sign * ((int64_t)hour * 3600 + minute * 60) * 1000000;
    return hour < 24 && minute < 60;
}

bool text_to_time(const char *text, size_t length, int64_t *microseconds)
{
    struct scanner s = {text, text + length};
    int64_t days, clock = 0, offset = 0;

    if (!scan_date(&s, &days))
        return false;
    if (s.at < s.end) {
        if (!scan_char(&s, 'T') && !scan_char(&s, ' ') && !scan_char(&s, 't'))
            return false;
        if (!scan_clock(&s, &clock) || !scan_zone(&s, &offset))
            return false;
    }
    if (s.at != s.end)
        return false;
    *microseconds = days * 86400000000 + clock - offset;
    return true;
}

/* `width` digits with zeros in front. */
static char *put_digits(char *out, uint64_t value, size_t width, char after)
{
    for (size_t i = width; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    out[width] = after;
    return out + width + 1;
}

void text_from_time(char text[TEXT_TIME_SIZE], int64_t microseconds)
{
    /* Years that begin on 1 March, as above; an era is 400 of them. */
    enum { DAYS_TO_1970 = 719468, ERA_DAYS = 146097 };
    const uint64_t time = microseconds > 0 ? (uint64_t)microseconds : 0;
    const uint64_t clock = time / 1000 % 86400000;
    const uint64_t day = time / UINT64_C(86400000000) + DAYS_TO_1970;
    const uint64_t era = day / ERA_DAYS, of_era = day % ERA_DAYS;
    const uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const uint64_t from_march = (5 * of_year + 2) / 153;
    const uint64_t month = from_march < 10 ? from_march + 3 : from_march - 9;

    text = put_digits(text, era * 400 + year + (month <= 2), 4, '-');
    text = put_digits(text, month, 2, '-');
    text = put_digits(text, of_year - (153 * from_march + 2) / 5 + 1, 2, 'T');
    text = put_digits(text, clock / 3600000, 2, ':');
    text = put_digits(text, clock / 60000 % 60, 2, ':');
    text = put_digits(text, clock / 1000 % 60, 2, '.');
    text = put_digits(text, clock % 1000, 3, 'Z');
    *text = '\0';
}

void text_from_decimal(char text[TEXT_DECIMAL_SIZE], double value)
{
    enum { DECIMALS_MAX = 17 };
    int decimals = 0;

    if (!isfinite(value)) {
        memcpy(text, "NaN", sizeof "NaN");
        return;
    }
    do
        snprintf(text, TEXT_DECIMAL_SIZE, "%.*f", decimals, value);
    while (decimals++ < DECIMALS_MAX && strtod(text, NULL) != value);
    /* What was rounded at the last decimal may end in zeros, and may be "-0.000". */
    size_t length = strlen(text);
    if (memchr(text, '.', length))
        while (text[length - 1] == '0' || text[length - 1] == '.') {
            const bool point = text[--length] == '.';
            text[length] = '\0';
            if (point)
                break;
        }
    if (strcmp(text, "-0") == 0)
        memcpy(text, "0", sizeof "0");
}

static void make_room(struct text *text, size_t more)
{
    if (text->room - text->length > more)
        return;
    text->room = (text->length + more + 1) * 2;
    text->bytes = memory_resize(text->bytes, text->room, 1);
}

void text_add(struct text *text, const char *bytes, size_t length)
{
    make_room(text, length);
    if (length)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_add_format(struct text *text, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    make_room(text, (size_t)length);
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
    va_end(again);
    text->length += (size_t)length;
}

void text_clear(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}
