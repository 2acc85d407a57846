/*
 * error — the one way a fallible function says why it failed.
 *
 * Fallible functions return bool (or a pointer) and take `struct error *err` last. `error_set()`
 * returns false, so failing is one line. The text is one sentence that names the place: file, row,
 * column, key or flag. Each level adds context once, with `error_wrap()`, only where it knows more.
 *
 * BUG() is for mistakes of this program and is always compiled in; input must never reach it.
 */
#ifndef QUERN_BASE_ERROR_H
#define QUERN_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Every code with its exit status, its HTTP status and its meaning. */
#define ERROR_CODES(X)                                                                             \
    /* name       exit http meaning                          */                                    \
    X(ARG, 2, 400, "wrong use")                                                                    \
    X(CONFIG, 2, 400, "wrong pipeline file")                                                       \
    X(DATA, 1, 422, "bad data")                                                                    \
    X(LIMIT, 1, 413, "over a set limit")                                                           \
    X(IO, 1, 500, "input or output failed")                                                        \
    X(LIBRARY, 1, 500, "a library is missing or failed")                                           \
    X(INTERRUPT, 1, 503, "interrupted")                                                            \
    X(CHECK, 1, 500, "a check failed")

enum error_code {
    ERR_NONE,
#define X(name, exit, http, text) ERR_##name,
    ERROR_CODES(X)
#undef X
};

enum { ERROR_TEXT_MAX = 768 };

struct error {
    enum error_code code;
    char text[ERROR_TEXT_MAX];
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* Record a failure. Line breaks and control characters in the result become spaces. Returns false.
 */
bool error_set(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "context: " in front of a recorded failure. Returns false. */
bool error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

int error_exit_status(const struct error *err);
int error_http_status(const struct error *err);

_Noreturn void bug_report(const char *file, int line, const char *what);
#define BUG(what) bug_report(__FILE__, __LINE__, what)
#define BUG_ON(condition)                                                                          \
    do {                                                                                           \
        if (__builtin_expect(!!(condition), 0))                                                    \
            BUG(#condition);                                                                       \
    } while (0)

#endif
