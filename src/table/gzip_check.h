/*
 * gzip_check — is a .gz file whole? DuckDB reads a file that was cut off, or whose checksum is
 * wrong, without a word; rows would be lost in silence. So it is unpacked once beforehand, by zlib,
 * and thrown away.
 */
#ifndef QUERN_TABLE_GZIP_CHECK_H
#define QUERN_TABLE_GZIP_CHECK_H

#include "base/error.h"

/*
 * ERR_DATA       the file is no gzip file, ends too early, or its checksum is wrong
 * ERR_IO         it cannot be read
 * ERR_INTERRUPT  a signal came
 */
MUST_CHECK bool gzip_check(const char *path, struct error *err);

#endif
