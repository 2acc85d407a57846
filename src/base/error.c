#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_one_line(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = ' ';
}

bool error_set(struct error *err, enum error_code code, const char *format, ...)
{
    va_list args;

    err->code = code;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    make_one_line(err->text);
    return false;
}

bool error_wrap(struct error *err, const char *format, ...)
{
    char context[ERROR_TEXT_MAX / 2], joined[2 * ERROR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(context, sizeof context, format, args);
    va_end(args);
    snprintf(joined, sizeof joined, "%s: %s", context, err->text);
    memcpy(err->text, joined, sizeof err->text - 1);
    err->text[sizeof err->text - 1] = '\0';
    make_one_line(err->text);
    return false;
}

int error_exit_status(const struct error *err)
{
    switch (err->code) {
    case ERR_NONE:
        return 0;
#define X(name, exit, http, text)                                                                  \
    case ERR_##name:                                                                               \
        return exit;
        ERROR_CODES(X)
#undef X
    }
    return 1;
}

int error_http_status(const struct error *err)
{
    switch (err->code) {
    case ERR_NONE:
        return 200;
#define X(name, exit, http, text)                                                                  \
    case ERR_##name:                                                                               \
        return http;
        ERROR_CODES(X)
#undef X
    }
    return 500;
}

_Noreturn void bug_report(const char *file, int line, const char *what)
{
    fprintf(stderr, "quern: internal error at %s:%d: %s\n", file, line, what);
    abort();
}
