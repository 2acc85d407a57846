/*
 * load_bodies — what a load test sends: one file, one text, each line of a file, or a mix of
 * requests to several paths.
 */
#ifndef QUERN_MONITOR_LOAD_BODIES_H
#define QUERN_MONITOR_LOAD_BODIES_H

#include "base/error.h"
#include "table/table.h"

struct load_target {
    const char *method, *path;
};

struct load_bodies {
    struct table_string *body;  /* [count], into `bytes` or the text given */
    struct load_target *target; /* [count], of a mix; else NULL */
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
/*
 * A mix: a file with one request on each line, "METHOD PATH" or "METHOD PATH BODY", sent in turn.
 *
 * ERR_DATA  a line is no request; it is named      ERR_LIMIT  as above
 */
MUST_CHECK bool load_bodies_read_mix(struct load_bodies *bodies, const char *path,
                                     struct error *err);
/* No-op on a zeroed struct. */
void load_bodies_clear(struct load_bodies *bodies);

#endif
