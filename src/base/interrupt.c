#include "base/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t pending; /* signal handlers can reach nothing but globals */

static void on_signal(int number)
{
    if (pending) {
        signal(number, SIG_DFL);
        raise(number);
    }
    pending = 1;
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

bool interrupt_pending(void)
{
    return pending;
}

bool interrupt_check(const char *doing, struct error *err)
{
    if (!pending)
        return true;
    return error_set(err, ERR_INTERRUPT, "interrupted while %s", doing);
}
