#include "forecast/lbfgs.h"

#include "base/interrupt.h"
#include "base/library.h"

#include <pthread.h>
#include <string.h>

/* lbfgs.h of libLBFGS 1.10, double precision. A NULL parameter block means its defaults. */
typedef double (*evaluate_function)(void *instance, const double *x, double *g, int n, double step);
typedef int (*progress_function)(void *instance, const double *x, const double *g, double fx,
                                 double xnorm, double gnorm, double step, int n, int k, int ls);
enum {
    LBFGS_CONVERGED = 0,
    LBFGS_STOPPED = 1, /* what follow() returned */
    LBFGS_ALREADY_MINIMISED = 2,
    LBFGS_OUT_OF_INTERVAL = -1003, /* the first of the codes with which a line search gives up */
};

static struct {
    int (*minimise)(int n, double *x, double *fx, evaluate_function evaluate,
                    progress_function progress, void *instance, void *parameters);
    double *(*take)(int n);
    void (*release)(double *x);
} api;
static struct error api_error;
static pthread_once_t api_once = PTHREAD_ONCE_INIT;

static void open_library(void)
{
    static const char *const candidates[] = {"liblbfgs.so.0", "liblbfgs-1.10.so", "liblbfgs.so",
                                             NULL};
    static const struct library_symbol symbols[] = {
        {"lbfgs", (void **)&api.minimise},
        {"lbfgs_malloc", (void **)&api.take},
        {"lbfgs_free", (void **)&api.release},
    };

    if (!library_open("libLBFGS", candidates, symbols, sizeof symbols / sizeof *symbols,
                      "run tools/setup or install liblbfgs0", &api_error) &&
        api_error.code == ERR_NONE)
        BUG("library_open failed without a reason");
}

struct search {
    lbfgs_function function;
    void *context;
    size_t count, steps, most_steps;
    struct error *err; /* of an interruption */
};

/* The library may round the number of variables up for its vector instructions. */
static double evaluate(void *instance, const double *x, double *g, int n, double step)
{
    struct search *search = instance;

    (void)step;
    for (size_t i = search->count; i < (size_t)n; i++)
        g[i] = 0;
    return search->function(search->context, x, g, search->count);
}

static int follow(void *instance, const double *x, const double *g, double fx, double xnorm,
                  double gnorm, double step, int n, int k, int ls)
{
    struct search *search = instance;

    (void)x, (void)g, (void)fx, (void)xnorm, (void)gnorm, (void)step, (void)n, (void)ls;
    search->steps = (size_t)k;
    return search->steps >= search->most_steps || !interrupt_check("fitting", search->err);
}

static bool search_from(double *x, struct search *search, struct lbfgs_end *end, struct error *err)
{
    double *at = api.take((int)search->count);

    if (!at)
        return error_set(err, ERR_LIBRARY, "libLBFGS has no memory for %zu variables",
                         search->count);
    memcpy(at, x, search->count * sizeof *x);
    const int status =
        api.minimise((int)search->count, at, &end->value, evaluate, follow, search, NULL);
    const bool ended = status >= LBFGS_OUT_OF_INTERVAL;
    if (ended)
        memcpy(x, at, search->count * sizeof *x);
    api.release(at);
    end->steps = search->steps;
    end->converged = status == LBFGS_CONVERGED || status == LBFGS_ALREADY_MINIMISED;
    if (err->code != ERR_NONE)
        return false;
    return ended || error_set(err, ERR_LIBRARY, "libLBFGS refused the problem: code %d", status);
}

bool lbfgs_minimise(double *x, size_t count, lbfgs_function function, void *context,
                    size_t most_steps, struct lbfgs_end *end, struct error *err)
{
    struct search search = {function, context, count, 0, most_steps, err};

    pthread_once(&api_once, open_library);
    if (api_error.code != ERR_NONE) {
        *err = api_error;
        return false;
    }
    return search_from(x, &search, end, err);
}
