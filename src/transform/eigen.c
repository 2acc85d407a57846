/* eigen — LAPACK's symmetric eigenproblem, from a library that is opened when first used. */
#include "transform/fit.h"

#include "base/library.h"

#include <pthread.h>

enum { LAPACK_COL_MAJOR = 102 };

static struct {
    int (*dsyevd)(int layout, char job, char half, int n, double *a, int stride, double *value);
    void (*set_threads)(int threads);
    struct error error;
} lapack;
static pthread_once_t lapack_once = PTHREAD_ONCE_INIT;

/* One thread, so that the order of additions does not depend on how many processors there are. A
 * LAPACK without OpenBLAS has no threads to begin with. */
static void open_library(void)
{
    static const char hint[] = "install liblapacke and libopenblas0 (tools/setup does)";
    static const char *const solvers[] = {"liblapacke.so.3", "liblapacke.so", NULL};
    static const char *const products[] = {"libopenblas.so.0", "libopenblas.so", NULL};
    static const struct library_symbol solve[] = {{"LAPACKE_dsyevd", (void **)&lapack.dsyevd}};
    static const struct library_symbol threads[] = {
        {"openblas_set_num_threads", (void **)&lapack.set_threads}};
    struct error none = {0};

    if (!library_open("LAPACKE", solvers, solve, 1, hint, &lapack.error))
        return;
    if (library_open("OpenBLAS", products, threads, 1, hint, &none))
        lapack.set_threads(1);
}

bool eigen_solve(double *matrix, size_t n, double *value, struct error *err)
{
    pthread_once(&lapack_once, open_library);
    if (lapack.error.code != ERR_NONE) {
        *err = lapack.error;
        return false;
    }
    /* Read by columns the upper half is the lower one, and the vectors come out as rows. */
    const int status = lapack.dsyevd(LAPACK_COL_MAJOR, 'V', 'L', (int)n, matrix, (int)n, value);
    if (status != 0)
        return error_set(err, ERR_LIBRARY, "LAPACK found no eigenvalues (dsyevd gave %d)", status);
    return true;
}
