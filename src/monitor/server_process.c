#include "monitor/server_process.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_STEP_US = 2000, PORT_BYTES_MAX = 64 };
static const double start_seconds = 60, stop_seconds = 30;

/* In the child: become the server. Only calls that are safe after fork(). */
_Noreturn static void become_server(const char *bundle, const char *port_file, pid_t parent)
{
    const int null = open("/dev/null", O_RDONLY);

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1); /* it ended before the line above */
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execl("/proc/self/exe", "quern", "serve", bundle, "--host", "127.0.0.1", "--port", "0",
          "--port-file", port_file, "--quiet", (char *)NULL);
    _exit(127);
}

/* True once it has ended; then it is waited for. */
static bool has_ended(struct server_process *server, int *status)
{
    if (waitpid(server->pid, status, WNOHANG) != server->pid)
        return false;
    server->pid = 0;
    return true;
}

static bool read_port(const char *path, int *port, struct error *err)
{
    char *bytes;
    size_t size;
    int64_t number;

    if (!file_read(path, PORT_BYTES_MAX, &bytes, &size, err))
        return false;
    size = strcspn(bytes, "\r\n");
    const bool ok = text_to_int64(bytes, size, &number) && number > 0 && number < 65536;
    free(bytes);
    *port = ok ? (int)number : 0;
    return ok || error_set(err, ERR_IO, "the server wrote no port");
}

static bool wait_for_port(struct server_process *server, const char *path, struct error *err)
{
    const double start = clock_seconds();
    int status;

    while (!file_exists(path)) {
        if (has_ended(server, &status))
            return error_set(err, ERR_CHECK, "the server did not start (exit status %d)",
                             WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        if (clock_seconds() - start > start_seconds)
            return error_set(err, ERR_CHECK, "the server did not answer within %.0f s",
                             start_seconds);
        if (!interrupt_check("waiting for a server", err))
            return false;
        usleep(WAIT_STEP_US);
    }
    return read_port(path, &server->port, err);
}

bool server_process_start(struct server_process *server, const char *bundle, struct error *err)
{
    const char *base = getenv("TMPDIR");
    struct text folder = {0}, path = {0};
    struct error ignored = {0};
    bool ok = true;

    *server = (struct server_process){0};
    text_add_format(&folder, "%s/quern-serve-XXXXXX", base && base[0] ? base : "/tmp");
    if (!mkdtemp(folder.bytes)) {
        error_set(err, ERR_IO, "cannot create folder '%s': %s", folder.bytes, strerror(errno));
        text_clear(&folder);
        return false;
    }
    text_add_format(&path, "%s/port", folder.bytes);
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become_server(bundle, path.bytes, parent);
    server->pid = pid > 0 ? pid : 0;
    ok = pid > 0 || error_set(err, ERR_IO, "cannot start a process: %s", strerror(errno));
    ok = ok && wait_for_port(server, path.bytes, err);
    if (!ok)
        server_process_stop(server);
    if (!file_remove_tree(folder.bytes, &ignored) && ok) {
        *err = ignored;
        server_process_stop(server);
        ok = false;
    }
    text_clear(&folder);
    text_clear(&path);
    return ok;
}

void server_process_stop(struct server_process *server)
{
    const double start = clock_seconds();
    int status;

    if (server->pid <= 0)
        return;
    kill(server->pid, SIGTERM);
    while (!has_ended(server, &status)) {
        if (clock_seconds() - start > stop_seconds)
            kill(server->pid, SIGKILL);
        usleep(WAIT_STEP_US);
    }
    *server = (struct server_process){0};
}
