/*
 * number — decimals to doubles and back, correctly rounded and fast.
 *
 * Reading gives the double nearest to the decimal, ties to even, as strtod() does; writing gives
 * the shortest decimal that reads back as the same double, the nearest one if there are several.
 */
#ifndef QUERN_BASE_NUMBER_H
#define QUERN_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

enum {
    NUMBER_READ_MAX = 512, /* longest decimal that is read */
    NUMBER_WRITE_MAX = 32, /* bytes that number_write() may touch */
};

/*
 * Read the decimal at the start of [at, end): [+-] digits [. digits] [e [+-] digits], at least one
 * digit in front of the exponent. Returns the end of what was read, or NULL when there is none or
 * it is too long. *value may come out infinite.
 */
const char *number_read(const char *at, const char *end, double *value);

/* A finite number; returns its length. No NUL at the end. */
size_t number_write(char *out, double value);

#endif
