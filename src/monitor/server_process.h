/* server_process — `quern serve` of a bundle as a child process, for as long as it is needed. */
#ifndef QUERN_MONITOR_SERVER_PROCESS_H
#define QUERN_MONITOR_SERVER_PROCESS_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

struct server_process {
    pid_t pid;
    int port; /* on 127.0.0.1 */
};

/* Start one on a free port and wait until it answers. It ends when this process does. */
MUST_CHECK bool server_process_start(struct server_process *server, const char *bundle,
                                     struct error *err);
/* Ask it to stop, and wait; no-op on a zeroed struct. */
void server_process_stop(struct server_process *server);

#endif
