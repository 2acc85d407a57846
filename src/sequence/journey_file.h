/*
 * journey_file — journeys.bin: a journey_set on disk, mapped when it is opened.
 *
 *   struct journey_file_header   magic, version, counts, where each section is
 *   sections, each at a multiple of 64 bytes, little endian
 *     offset    uint64 [count + 1]
 *     time      int64  [impressions]
 *     id        int64  [count]
 *     entity    uint64 [count]
 *     token     int32  [impressions]
 *     converted uint8  [count]
 *     split     uint8  [count]
 *     name_end  uint64 [campaigns]    where each name ends in `names`, its NUL included
 *     names     bytes                 each with a NUL at its end
 *     summary   struct journey_summary without pointers
 *
 * Internal to one version of Quern on one machine: it is rebuilt, never exchanged. Opening checks
 * the structure once (sizes, offsets, tokens, splits, names), after that nothing needs checking.
 */
#ifndef QUERN_SEQUENCE_JOURNEY_FILE_H
#define QUERN_SEQUENCE_JOURNEY_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "sequence/journey_set.h"
#include "sequence/journey_summary.h"

enum { JOURNEY_FILE_VERSION = 1 };

#define JOURNEY_FILE_MAGIC "QUERNJNY"

enum journey_section {
    SECTION_OFFSET,
    SECTION_TIME,
    SECTION_ID,
    SECTION_ENTITY,
    SECTION_TOKEN,
    SECTION_CONVERTED,
    SECTION_SPLIT,
    SECTION_NAME_END,
    SECTION_NAMES,
    SECTION_SUMMARY,
    SECTION_COUNT,
};

struct journey_file_header {
    char magic[8];
    uint32_t version, header_size;
    uint64_t count, impressions, campaigns, vocabulary, max_length;
    struct {
        uint64_t at, size;
    } section[SECTION_COUNT];
};

struct journey_file {
    struct journey_set set; /* a view of the mapped file */
    struct journey_summary summary;
    struct file_map map;
    struct arena memory; /* pointers to the names */
};

/* ERR_DATA when the file is not one, of another version, damaged or cut off. */
MUST_CHECK bool journey_file_open(struct journey_file *file, const char *path, struct error *err);
/* No-op on a zeroed struct. */
void journey_file_close(struct journey_file *file);

/* Where each section goes, given the counts in the header and the bytes of the names. Fills in
 * everything else of the header; returns the size of the file. */
uint64_t journey_file_plan(struct journey_file_header *header, uint64_t name_bytes);

#endif
