/* load_bodies — what a load test sends: one file, one text, or each line of a file. */
#ifndef QUERN_MONITOR_LOAD_BODIES_H
#define QUERN_MONITOR_LOAD_BODIES_H

#include "base/error.h"
#include "table/table.h"

struct load_bodies {
    struct table_string *body; /* [count], into `bytes` or the text given */
    size_t count;
    char *bytes;
};

/*
 * At most one of the three may be given; none leaves no body.
 *
 * ERR_ARG  more than one      ERR_LIMIT  over 1 GiB, or over LOAD_BODIES_MAX lines
 */
MUST_CHECK bool load_bodies_read(struct load_bodies *bodies, const char *file, const char *text,
                                 const char *lines, struct error *err);
/* No-op on a zeroed struct. */
void load_bodies_clear(struct load_bodies *bodies);

#endif
