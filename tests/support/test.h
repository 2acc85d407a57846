/*
 * test — tests that register themselves and a few checks that print what they saw.
 *
 *   TEST(csv_splits_a_row) { EXPECT_EQ(fields, 3); }
 *
 * Every test program links support/test.c, whose main() runs all registered tests under cmocka.
 * An argument is a pattern of test names: `build/tests/test_base 'text*'`.
 */
#ifndef QUERN_TESTS_SUPPORT_TEST_H
#define QUERN_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#include "base/error.h"

void test_register(const char *name, void (*function)(void **));

#define TEST(name)                                                                                 \
    static void name(void **state);                                                                \
    __attribute__((constructor)) static void register_##name(void)                                 \
    {                                                                                              \
        test_register(#name, name);                                                                \
    }                                                                                              \
    static void name(__attribute__((unused)) void **state)

/* `row` in a message is the index printed by the innermost EACH_ROW, for tables of cases. */
extern int test_row;
#define EACH_ROW(table, r)                                                                         \
    for (__typeof__(&(table)[0]) r = (test_row = 0, &(table)[0]);                                  \
         r < (table) + sizeof(table) / sizeof *(table); r++, test_row++)

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s:%d: row %d: not true: %s", __FILE__, __LINE__, test_row, #condition);     \
    } while (0)
#define EXPECT_EQ(got, want)                                                                       \
    do {                                                                                           \
        const long long got_ = (long long)(got), want_ = (long long)(want);                        \
        if (got_ != want_)                                                                         \
            fail_msg("%s:%d: row %d: %s is %lld, not %lld", __FILE__, __LINE__, test_row, #got,    \
                     got_, want_);                                                                 \
    } while (0)
#define EXPECT_STR(got, want)                                                                      \
    do {                                                                                           \
        const char *got_ = (got), *want_ = (want);                                                 \
        if (!got_ || strcmp(got_, want_) != 0)                                                     \
            fail_msg("%s:%d: row %d: %s is \"%s\", not \"%s\"", __FILE__, __LINE__, test_row,      \
                     #got, got_ ? got_ : "(null)", want_);                                         \
    } while (0)
#define EXPECT_NEAR(got, want, tolerance)                                                          \
    do {                                                                                           \
        const double got_ = (got), want_ = (want), far_ = got_ - want_;                            \
        if (!(far_ <= (tolerance) && far_ >= -(tolerance)))                                        \
            fail_msg("%s:%d: row %d: %s is %.17g, not %.17g", __FILE__, __LINE__, test_row, #got,  \
                     got_, want_);                                                                 \
    } while (0)
/* `got` contains the text `part`. */
#define EXPECT_HAS(got, part)                                                                      \
    do {                                                                                           \
        const char *got_ = (got), *part_ = (part);                                                 \
        if (!got_ || !strstr(got_, part_))                                                         \
            fail_msg("%s:%d: row %d: \"%s\" does not contain \"%s\"", __FILE__, __LINE__,          \
                     test_row, got_ ? got_ : "(null)", part_);                                     \
    } while (0)
/* A call that must succeed; prints the error otherwise. */
#define EXPECT_OK(call, err)                                                                       \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s:%d: row %d: %s failed: %s", __FILE__, __LINE__, test_row, #call,          \
                     (err)->text);                                                                 \
    } while (0)
#define EXPECT_ERROR(call, err, want, part)                                                        \
    do {                                                                                           \
        *(err) = (struct error){0};                                                                \
        EXPECT(!(call));                                                                           \
        EXPECT_EQ((err)->code, (want));                                                            \
        EXPECT_HAS((err)->text, (part));                                                           \
    } while (0)

/* A new empty folder of this test, removed when the program ends. */
const char *test_folder(void);
/* "folder/name" inside test_folder(); a static buffer that the fourth later call overwrites. */
const char *test_path(const char *name);
/* Write `text` to a file of the test folder; the path as test_path() gives it. */
const char *test_file(const char *name, const char *text);
/* "tests/golden/x" inside the source tree; a static buffer that the fourth later call overwrites.
 */
const char *test_source(const char *name);
/* A path inside the shared folder of reference data, or NULL after printing a loud skip. */
const char *test_shared(const char *name);

/*
 * Where the program, the source tree and the reference data are was written into the tests when
 * they were built; $QUERN, $QUERN_SOURCE and $QUERN_SHARED say otherwise.
 */

/* Run the `quern` binary with arguments (shell syntax); stdout and stderr into caller-freed text.
 */
struct test_output {
    int status; /* exit status, or 128 + signal */
    char *out, *err;
};
struct test_output test_quern(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for any shell command; $QUERN in it is the program. */
struct test_output test_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
void test_output_clear(struct test_output *output);

/*
 * Wait until `done` says yes: true. False when the child has ended before, or a minute is over
 * (then it is killed). The child is still to be waited for.
 */
bool test_wait_until(bool (*done)(const void *context), const void *context, pid_t child);
/* The same for a file to appear. */
bool test_wait_for_file(const char *path, pid_t child);

#endif
