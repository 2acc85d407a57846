/*
 * ranks_wire — how bytes get from a rank to its neighbours: ranks_mpi.c and ranks_socket.c.
 */
#ifndef QUERN_REMOTE_RANKS_WIRE_H
#define QUERN_REMOTE_RANKS_WIRE_H

#include "remote/ranks.h"

enum ranks_side { RANKS_BEFORE, RANKS_AFTER };

enum { RANKS_NAME_MAX = 96, RANKS_PIECE_MAX = 1 << 18 /* bytes moved by one call */ };

struct ranks_wire {
    /* Whole or not at all; `seconds` to wait, 0 without limit. */
    bool (*send)(struct ranks *ranks, enum ranks_side side, const void *bytes, size_t size,
                 double seconds, struct error *err);
    bool (*receive)(struct ranks *ranks, enum ranks_side side, void *bytes, size_t size,
                    struct error *err);
    void (*close)(struct ranks *ranks, bool done); /* frees `link` */
};

struct ranks {
    size_t rank, size;
    const struct ranks_wire *wire;
    void *link;
    char name[2][RANKS_NAME_MAX]; /* of the neighbours: " ('algo-2')" or "" */
    bool torn[2];                 /* nothing more can be sent to this side */
};

/* "lost process 1 of 2 ('algo-2'): WHY". Returns false. */
bool ranks_lost(struct ranks *ranks, enum ranks_side side, const char *why, struct error *err);

#endif
