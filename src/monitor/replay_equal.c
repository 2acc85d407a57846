#include "monitor/replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 64 };

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.';
}

/* Length of the number that begins at `at`, or 0: not one, or part of a word. */
static size_t number_at(const char *text, size_t size, size_t at, double *value)
{
    char copy[NUMBER_MAX], *end;
    size_t length = 0;

    if (at > 0 && is_word(text[at - 1]))
        return 0;
    while (at + length < size && length < NUMBER_MAX - 1 &&
           strchr("0123456789+-.eE", text[at + length]) && text[at + length] != '\0')
        length++;
    if (length == 0 || text[at] == 'e' || text[at] == 'E' || text[at] == '+')
        return 0;
    memcpy(copy, text + at, length);
    copy[length] = '\0';
    *value = strtod(copy, &end);
    if (end != copy + length || (at + length < size && is_word(text[at + length])))
        return 0;
    return length;
}

bool replay_equal(const char *a, size_t a_size, const char *b, size_t b_size, double tolerance)
{
    size_t i = 0, k = 0;

    if (a_size == b_size && (a_size == 0 || memcmp(a, b, a_size) == 0))
        return true;
    if (tolerance <= 0)
        return false;
    while (i < a_size && k < b_size) {
        double x, y;
        const size_t x_length = number_at(a, a_size, i, &x);
        const size_t y_length = x_length ? number_at(b, b_size, k, &y) : 0;
        if (x_length && y_length) {
            if (!(fabs(x - y) <= tolerance * fmax(1, fmax(fabs(x), fabs(y)))))
                return false;
            i += x_length;
            k += y_length;
        } else if (a[i++] != b[k++]) {
            return false;
        }
    }
    return i == a_size && k == b_size;
}
