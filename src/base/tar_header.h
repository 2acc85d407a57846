/*
 * tar_header — the 512-byte block in front of every file of a tar archive (POSIX.1-1988 ustar;
 * pax of POSIX.1-2001), for base/tar_*.c only. Numbers are octal digits.
 */
#ifndef QUERN_BASE_TAR_HEADER_H
#define QUERN_BASE_TAR_HEADER_H

#include <assert.h>

enum { TAR_BLOCK = 512, TAR_EXTRA_BYTES_MAX = 64 * 1024 };

struct tar_header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
    char type;
    char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155];
    char pad[12];
};
static_assert(sizeof(struct tar_header) == TAR_BLOCK, "a header is one block");

/* Types that need more than writing bytes. */
enum {
    TAR_FILE = '0',
    TAR_HARD_LINK = '1',
    TAR_LINK = '2',
    TAR_FOLDER = '5',
    TAR_CONTIGUOUS = '7', /* to be read as a plain file */
    TAR_PAX = 'x',        /* more about the next entry */
    TAR_PAX_GLOBAL = 'g',
    TAR_GNU_NAME = 'L', /* the name of the next entry */
    TAR_GNU_LINK = 'K',
    TAR_GNU_SPARSE = 'S',
};

/* The sum of all bytes, those of the checksum itself taken as spaces. */
static inline unsigned tar_checksum(const struct tar_header *header)
{
    const unsigned char *bytes = (const unsigned char *)header;
    unsigned sum = 0;

    for (unsigned i = 0; i < TAR_BLOCK; i++)
        sum += i >= 148 && i < 156 ? ' ' : bytes[i];
    return sum;
}

#endif
