/*
 * s3_xml — the two kinds of XML answer a store gives: a page of a listing, and an error.
 *
 * The scanner knows elements, text and the predefined entities; attributes, comments and the
 * declaration are skipped, DTDs refused. Depth and lengths are bounded. An answer may come from
 * anyone who is in the way, so nothing in it is trusted.
 */
#ifndef QUERN_REMOTE_S3_XML_H
#define QUERN_REMOTE_S3_XML_H

#include "base/arena.h"
#include "base/error.h"

#include <stdint.h>

enum { S3_XML_DEPTH_MAX = 16, S3_XML_NAME_MAX = 64, S3_PAGE_OBJECTS_MAX = 10000 };

struct s3_object {
    char *key;
    uint64_t size;
    char *etag;       /* with its quotes; "" when not told */
    int64_t modified; /* microseconds since 1970; 0 when not told */
};

struct s3_page {
    struct s3_object *object; /* [count] */
    size_t count, room;
    char *next; /* continuation token; NULL on the last page */
};

/*
 * Add the objects of one answer to ListObjectsV2 with encoding-type=url; `page` grows, its text
 * lives in `memory`.
 *
 * ERR_IO  not such an answer, or a key that cannot be
 */
MUST_CHECK bool s3_page_parse(struct s3_page *page, const char *bytes, size_t size,
                              struct arena *memory, struct error *err);
void s3_page_clear(struct s3_page *page);

/* Text of the first element of that name that holds only text, cut to `room`; false if none. */
bool s3_xml_find(const char *bytes, size_t size, const char *name, char *out, size_t room);

#endif
