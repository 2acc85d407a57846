/*
 * ranks — the processes that do one job together, standing in a row: rank 0, 1, ... size - 1.
 *
 * Each talks to the one before it and to the one after it, through Open MPI (the job was started by
 * mpirun) or through sockets of its own (every process was started by itself and told the list of
 * hosts, as containers are). NULL stands for a process on its own, rank 0 of 1, everywhere below.
 *
 * Sums run along the row: each adds its part to what it receives and passes it on, and the last
 * sends the result back. So a sum is always made in the order of the ranks, in the same bits as by
 * one process that has all parts.
 *
 * All functions are called by all ranks in the same order, each by one thread. They wait for the
 * others without limit, but not for one that has ended: its going ends the wait with a sentence,
 * and so does an interrupt.
 *
 * ERR_IO         a process is gone; the message has its number, its host and, where it could still
 *                say so, why
 * ERR_INTERRUPT  a signal came while waiting
 */
#ifndef QUERN_REMOTE_RANKS_H
#define QUERN_REMOTE_RANKS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { RANKS_MAX = 1024, RANKS_PORT = 7413, RANKS_WAIT = 300 };

struct ranks;

/*
 * The processes that mpirun has started with this one; NULL, and no library is opened, where it has
 * not, or this one alone.
 *
 * ERR_LIBRARY  mpirun is not Open MPI's, or libmpi is missing
 */
MUST_CHECK bool ranks_open_mpi(struct ranks **ranks, struct error *err);

/*
 * Processes on hosts known by name: rank r listens at port + r of its own host for rank r + 1.
 * Whoever comes with another `job` is turned away; it is no secret, so the network must be one
 * where only the job's hosts can connect.
 */
struct ranks_hosts {
    const char *const *host; /* [size] */
    size_t size, rank;
    size_t port;    /* 0: RANKS_PORT */
    double seconds; /* to wait for the others to come; 0: RANKS_WAIT */
    uint64_t job;
};
/* ERR_IO  a host that did not come in time: names it */
MUST_CHECK bool ranks_open_hosts(struct ranks **ranks, const struct ranks_hosts *hosts,
                                 struct error *err);

/*
 * `failure` is what ends this process, if something does (NULL or ERR_NONE: the job is done): the
 * neighbours are told, and say it.
 */
void ranks_close(struct ranks *ranks, const struct error *failure);

size_t ranks_rank(const struct ranks *ranks);
size_t ranks_size(const struct ranks *ranks);

/* What a rank adds to a sum. */
struct ranks_part {
    void *context;
    /* Add this rank's numbers begin .. begin+count-1 to `sum`; `first`: write them. */
    void (*add)(void *context, size_t begin, size_t count, bool first, float *sum);
    void (*add_loss)(void *context, double *loss); /* *loss is 0 for the first */
};

/* Put the sums over all ranks into numbers [count] and *loss of each. */
MUST_CHECK bool ranks_sum(struct ranks *ranks, const struct ranks_part *part, float *numbers,
                          size_t count, double *loss, struct error *err);

/* What rank 0 has in `bytes` [size] goes to all. */
MUST_CHECK bool ranks_pass(struct ranks *ranks, void *bytes, size_t size, struct error *err);

/*
 * Rank r has filled in items begin[r] .. begin[r+1]-1 of `size` bytes each; afterwards every rank
 * has all of them, 0 .. begin[ranks_size()]-1.
 */
MUST_CHECK bool ranks_gather(struct ranks *ranks, void *items, size_t size, const size_t *begin,
                             struct error *err);

/*
 * All ranks have the same `key`: the settings and the data of what comes.
 *
 * ERR_DATA  "process 1 of 2 has other WHAT than process 0"
 */
MUST_CHECK bool ranks_agree(struct ranks *ranks, uint64_t key, const char *what, struct error *err);

#endif
