/*
 * ranks_mpi — neighbours through Open MPI, opened only under its mpirun.
 *
 * In Open MPI a communicator is the address of a symbol of the library, so no header of it is
 * needed. Waiting asks MPI_Test in turn with the interrupt flag: when a process of the job dies,
 * mpirun sends SIGTERM to the others, and one that sat inside MPI_Recv would be killed unheard.
 */
#include "remote/ranks_wire.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "base/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MPI_SUCCESS_ = 0, MPI_THREAD_FUNNELED_ = 1, TAG = 7 };

struct mpi {
    int (*initialise)(int *argc, char ***argv, int required, int *provided);
    int (*finalise)(void);
    int (*version)(char *text, int *length);
    int (*size)(void *communicator, int *size);
    int (*rank)(void *communicator, int *rank);
    int (*set_errors)(void *communicator, void *handler);
    int (*send)(const void *bytes, int count, void *type, int to, int tag, void *communicator,
                void **request);
    int (*receive)(void *bytes, int count, void *type, int from, int tag, void *communicator,
                   void **request);
    int (*test)(void **request, int *done, void *status);
    void *world, *byte, *errors_return;
};

static bool open_library(struct mpi *mpi, struct error *err)
{
    const char *const candidates[] = {"libmpi.so.40", "libmpi.so.80", "libmpi.so", NULL};
    const struct library_symbol symbols[] = {
        {"MPI_Init_thread", (void **)&mpi->initialise},
        {"MPI_Finalize", (void **)&mpi->finalise},
        {"MPI_Get_library_version", (void **)&mpi->version},
        {"MPI_Comm_size", (void **)&mpi->size},
        {"MPI_Comm_rank", (void **)&mpi->rank},
        {"MPI_Comm_set_errhandler", (void **)&mpi->set_errors},
        {"MPI_Isend", (void **)&mpi->send},
        {"MPI_Irecv", (void **)&mpi->receive},
        {"MPI_Test", (void **)&mpi->test},
        {"ompi_mpi_comm_world", &mpi->world},
        {"ompi_mpi_byte", &mpi->byte},
        {"ompi_mpi_errors_return", &mpi->errors_return},
    };

    return library_open("Open MPI", candidates, symbols, sizeof symbols / sizeof *symbols,
                        "install openmpi-bin (Debian) and start with its mpirun", err);
}

/* Give the processor to others soon: there may be fewer processors than processes. */
static void pause_for(size_t *waits)
{
    const struct timespec moment = {.tv_nsec = 50 * 1000};

    if (++*waits > 2000)
        nanosleep(&moment, NULL);
}

static bool finish(struct ranks *ranks, enum ranks_side side, void *request, double seconds,
                   struct error *err)
{
    const struct mpi *mpi = ranks->link;
    const double end = clock_seconds() + seconds;
    size_t waits = 0;
    int done = 0;

    for (;;) {
        if (mpi->test(&request, &done, NULL) != MPI_SUCCESS_)
            return ranks_lost(ranks, side, "Open MPI cannot reach it", err);
        if (done)
            return true;
        if (seconds > 0 && clock_seconds() > end)
            return ranks_lost(ranks, side, "it does not answer", err);
        if (seconds <= 0 && !interrupt_check("waiting for another process", err)) {
            /* The request is still open: no call that could go on with it. */
            ranks->torn[RANKS_BEFORE] = ranks->torn[RANKS_AFTER] = true;
            return false;
        }
        pause_for(&waits);
    }
}

static int neighbour(const struct ranks *ranks, enum ranks_side side)
{
    return (int)ranks->rank + (side == RANKS_AFTER ? 1 : -1);
}

static bool mpi_send(struct ranks *ranks, enum ranks_side side, const void *bytes, size_t size,
                     double seconds, struct error *err)
{
    const struct mpi *mpi = ranks->link;
    void *request = NULL;

    if (mpi->send(bytes, (int)size, mpi->byte, neighbour(ranks, side), TAG, mpi->world, &request) !=
        MPI_SUCCESS_)
        return ranks_lost(ranks, side, "Open MPI cannot reach it", err);
    return finish(ranks, side, request, seconds, err);
}

static bool mpi_receive(struct ranks *ranks, enum ranks_side side, void *bytes, size_t size,
                        struct error *err)
{
    const struct mpi *mpi = ranks->link;
    void *request = NULL;

    if (mpi->receive(bytes, (int)size, mpi->byte, neighbour(ranks, side), TAG, mpi->world,
                     &request) != MPI_SUCCESS_)
        return ranks_lost(ranks, side, "Open MPI cannot reach it", err);
    return finish(ranks, side, request, 0, err);
}

/* After a failure MPI_Finalize would wait for the others; mpirun ends the job instead. */
static void mpi_close(struct ranks *ranks, bool done)
{
    struct mpi *mpi = ranks->link;

    if (done)
        mpi->finalise();
    free(mpi);
}

static bool start(struct mpi *mpi, struct ranks *ranks, struct error *err)
{
    static const struct ranks_wire wire = {mpi_send, mpi_receive, mpi_close};
    int provided, rank = 0, size = 0;

    if (mpi->initialise(NULL, NULL, MPI_THREAD_FUNNELED_, &provided) != MPI_SUCCESS_ ||
        mpi->size(mpi->world, &size) != MPI_SUCCESS_ ||
        mpi->rank(mpi->world, &rank) != MPI_SUCCESS_ ||
        mpi->set_errors(mpi->world, mpi->errors_return) != MPI_SUCCESS_)
        return error_set(err, ERR_LIBRARY, "Open MPI cannot be initialised");
    if (size > RANKS_MAX)
        return error_set(err, ERR_LIMIT, "mpirun has started %d processes, the limit is %d", size,
                         RANKS_MAX);
    *ranks = (struct ranks){.rank = (size_t)rank, .size = (size_t)size, .wire = &wire, .link = mpi};
    return true;
}

/* Started by an mpirun with others? Its variables are the only way to tell without the library. */
static bool is_started(struct error *err, bool *ok)
{
    const char *size = getenv("OMPI_COMM_WORLD_SIZE"), *other = getenv("PMI_SIZE");

    *ok = true;
    if (size)
        return strcmp(size, "1") != 0;
    if (getenv("PMIX_RANK"))
        return true;
    if (other && strcmp(other, "1") != 0)
        *ok = error_set(err, ERR_LIBRARY,
                        "started by another MPI than Open MPI (PMI_SIZE is %.20s): use the mpirun "
                        "of Open MPI",
                        other);
    return false;
}

bool ranks_open_mpi(struct ranks **ranks, struct error *err)
{
    bool ok;

    *ranks = NULL;
    if (!is_started(err, &ok))
        return ok;
    struct mpi *mpi = memory_take_zeroed(1, sizeof *mpi);
    struct ranks *made = memory_take_zeroed(1, sizeof *made);
    ok = open_library(mpi, err) && start(mpi, made, err);
    if (ok && made->size > 1) {
        *ranks = made;
        return true;
    }
    if (ok)
        mpi->finalise();
    free(mpi);
    free(made);
    return ok;
}
