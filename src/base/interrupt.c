#include "base/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

/* Signal handlers can reach nothing but globals; other threads read it, so it is an atomic. */
static atomic_bool pending;

static void on_signal(int number)
{
    if (atomic_exchange(&pending, true)) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

void interrupt_install(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A closed pipe and a file over its limit are failures of write(), not ends of the process. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

bool interrupt_check(const char *doing, struct error *err)
{
    if (!atomic_load_explicit(&pending, memory_order_relaxed))
        return true;
    return error_set(err, ERR_INTERRUPT, "interrupted while %s", doing);
}
